"""rules.yml by hand in Polars: `with_polars.py AS_OF OUT`, in the folder of `orders/`; writes OUT/part-00000.parquet.

The same job as duckdb.sql: one streaming scan to a table of customers, then scores and classes on the histogram of each
value, joined back in one streaming query, which Polars does faster than it collects cuts first and compares.
"""

import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl
from polars import col

as_of, out = date.fromisoformat(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True)


def days_since(stamp: pl.Expr) -> pl.Expr:
    return (pl.lit(as_of) - stamp.dt.date()).dt.total_days().cast(pl.Int32)


def score(histogram: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """`histogram` has the worst value first."""
    worse = col("len").cum_sum() - col("len")
    return histogram.with_columns((1 + 5 * worse // col("len").sum()).cast(pl.Int16).alias(name))


def histogram(of: str, descending: bool = False) -> pl.LazyFrame:
    return profile.group_by(of).agg(len=pl.len().cast(pl.Int64)).sort(of, descending=descending)


profile = (
    pl.scan_parquet("orders/*.parquet")
    .filter(
        col("status") == "completed",
        col("ordered_at") < datetime.combine(as_of + timedelta(days=1), time(), UTC),
    )
    .group_by("customer_id")
    .agg(
        recency_days=days_since(col("ordered_at").max()),
        days_since_first=days_since(col("ordered_at").min()),
        order_count=pl.len().cast(pl.Int64),
        revenue=col("amount").sum().cast(pl.Decimal(18, 2)),
    )
    .collect(engine="streaming")
    .lazy()
)

cents = (col("revenue") * 100).cast(pl.Int64) * col("len")
before, total = cents.sum() - cents.cum_sum(), cents.clip(0).sum()
recency = score(histogram("recency_days", descending=True), "r").drop("len")
frequency = score(histogram("order_count"), "f").drop("len")
monetary = (
    score(histogram("revenue"), "m")
    .with_columns(
        abc=pl.when(col("revenue") <= 0).then(pl.lit("C"))
        .when(100 * before < 80 * total).then(pl.lit("A"))
        .when(100 * before < 95 * total).then(pl.lit("B"))
        .otherwise(pl.lit("C"))
    )
    .drop("len")
)

r, f, m, abc = map(col, ("r", "f", "m", "abc"))
rules = [
    ("champion", (abc == "A") & (r >= 4) & (f >= 4)),
    ("loyal", (f >= 4) & (m >= 3)),
    ("at_risk", (r <= 2) & (m >= 4)),
    ("lost", (r == 1) & (f <= 2) & (abc == "C")),
]
segment, segment_rule = pl.lit("regular"), pl.lit(0, pl.Int16)
for number, (name, when) in reversed(list(enumerate(rules, start=1))):
    segment = pl.when(when).then(pl.lit(name)).otherwise(segment)
    segment_rule = pl.when(when).then(pl.lit(number, pl.Int16)).otherwise(segment_rule)

(
    profile.join(recency, on="recency_days").join(frequency, on="order_count").join(monetary, on="revenue")
    .with_columns(segment=segment, segment_rule=segment_rule)
    .sort("customer_id")
    .sink_parquet(out / "part-00000.parquet", compression="zstd")
)
