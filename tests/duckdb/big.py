"""The one large case: orders made by DuckDB itself from hashes of their row number, and a rules file that uses everything.

No Python loop touches a row, so ten million orders are no trouble. The same count gives the same orders.
"""

from decimal import Decimal
from pathlib import Path

import expr
from expr import quote_text as t
from rules import Band, Metric, Rules, Score, Segmentation

AS_OF = "2025-11-03"
TYPES = {"customer": "VARCHAR", "time": "TIMESTAMPTZ", "amount": "DECIMAL(18,2)"}
FILES = 4


def write(connection, count, folder):
    """Writes `count` orders of about `count` / 8 customers in several files; returns (path, files) as `generate.write` does."""
    data = Path(folder, "data", "orders")
    data.mkdir(parents=True)

    def roll(salt, sides):
        return f"CAST(hash(i * 1000 + {salt}) % {sides} AS BIGINT)"

    customers = max(count // 8, 1)
    # the smaller of two rolls: some customers buy much more than others; no instant is unique
    customer = f"least({roll(1, customers)}, {roll(2, customers)})"
    # days, then hours, around local midnights; a few days lie after the as-of
    minutes = f"{roll(3, 1100)} * 1440 + {roll(4, 48)} * 30"
    columns = f"""
      CASE WHEN {roll(5, 1000)} = 0 THEN NULL ELSE 'C' || {customer} END AS customer_id,
      'o' || i AS order_id,
      CASE WHEN {roll(6, 1000)} = 0 THEN NULL ELSE TIMESTAMPTZ '2025-11-14 05:00:00+00' - to_minutes({minutes}) END AS ordered_at,
      CASE WHEN {roll(7, 1000)} = 0 THEN NULL WHEN {roll(8, 20)} = 0 THEN -{roll(9, 5000)} * 0.01
        WHEN {roll(10, 4)} = 0 THEN 25.00 ELSE {roll(11, 30000)} * 0.01 END::DECIMAL(18, 2) AS amount,
      ['completed', 'completed', 'completed', 'refunded', NULL][1 + {roll(12, 5)}] AS status,
      ['web', 'app', 'store', NULL][1 + {roll(13, 4)}] AS channel,
      ['beauty', 'books', 'toys', '服装', NULL][1 + {roll(14, 5)}] AS category,
      ({roll(15, 2000)} * 0.01)::DECIMAL(18, 2) AS cost,
      (1 + {roll(16, 4)})::INTEGER AS quantity"""
    connection.execute("SET TimeZone = 'UTC'")
    files = []
    for number in range(FILES):
        file = data / f"part-{number}.parquet"
        rows = f"SELECT {columns} FROM range({number}, {count}, {FILES}) AS r(i)"
        connection.execute(f"COPY ({rows}) TO {t(str(file))} (FORMAT parquet)")
        files.append(str(file))
    return "data/orders/*.parquet", files


def rules():
    """A rules file that uses every part of the first version."""
    n, lit = expr.name, expr.lit
    web = expr.binary("=", n("channel"), lit("web"))
    status = expr.any_of(expr.binary("<>", n("status"), lit("refunded")), expr.is_null(n("status")))
    built = Rules("large", "", "customer_id", "order_id", "ordered_at", "amount", "America/New_York", "order", status)
    built.metrics = [
        Metric("recency_days", "days", "days_since_last"),
        Metric("days_since_first", "days", "days_since_first"),
        Metric("last_gap_days", "days", "last_gap", nullable=True),
        Metric("purchase_days", "count", "purchase_days"),
        Metric("order_count", "count", "orders"),
        Metric("row_count", "count", "rows"),
        Metric("categories", "count", "count_distinct", "category"),
        Metric("revenue", "money", "sum", "amount"),
        Metric("revenue_90d", "money", "sum", "amount", window_days=90),
        Metric("cost_total", "dec", "sum", "cost"),
        Metric("items", "int", "sum", "quantity"),
        Metric("smallest", "money", "min", "amount"),
        Metric("largest_365d", "money", "max", "amount", window_days=365),
        Metric("average", "double", "avg", "amount"),
        Metric("first_channel", "str", "first", "channel"),
        Metric("last_category", "str", "last", "category"),
        Metric("favourite", "str", "top", "category", ("sum", "amount")),
        Metric("web_share", "double", "sum", "amount", where=web, per="revenue"),
        Metric("contact_cv", "double", "monthly_cv", window_days=360, leaf=True),
        Metric("avg_order", "double", derived=expr.binary("/", n("revenue"), n("order_count"))),
        Metric("margin", "exact", derived=expr.binary("-", n("revenue"), n("cost_total"))),
        Metric("gap_or_age", "exact", derived=expr.call("coalesce", n("last_gap_days"), n("days_since_first"))),
        Metric("kept", "exact", derived=expr.call("greatest", n("margin"), lit(0))),
    ]
    built.scores = [
        Score("r", "quantiles", "recency_days", 5, best="low"),
        Score("f", "breaks", "order_count", 5, [2, 4, 8, 16]),
        Score("m", "quantiles", "revenue", 5),
        Score("m_split", "quantiles", "revenue", 10, split_ties=True),
        Score("r2", "mean", "recency_days", 2, best="low"),
        Score("f2", "mean", "order_count", 2),
        Score("m2", "mean", "revenue", 2),
        Score("percentile", "quantiles", "average", 100, best="high"),
        Score("gap_score", "quantiles", "last_gap_days", 4, best="low"),
        Score("value", "weighted", weights={"r": Decimal("0.2"), "f": Decimal("0.3"), "m": Decimal("0.5")}),
    ]
    built.bands = [
        Band("abc", "revenue", {"A": Decimal("0.80"), "B": Decimal("0.95"), "C": 1}),
        Band("margin_band", "margin", {"A": Decimal("0.70"), "B": Decimal("0.90"), "C": 1}),
    ]
    built.clv = (365, Decimal("0.30"))
    stage = [
        ("new", expr.all_of(expr.binary("<=", n("days_since_first"), lit(30)), expr.binary("=", n("order_count"), lit(1)))),
        ("churned", expr.binary(">", n("recency_days"), lit(365))),
        ("reactivated", expr.all_of(expr.binary("<=", n("recency_days"), lit(30)), expr.binary(">", n("last_gap_days"), lit(180)))),
        ("loyal", expr.binary(">=", n("order_count"), lit(5))),
    ]
    tier = [
        ("high_value", expr.all_of(expr.binary("=", n("abc"), lit("A")), expr.is_in(n("rfm"), ["champions", "loyal"]))),
        ("web_lover", expr.all_of(expr.binary(">", n("web_share"), lit(Decimal("0.5"))), expr.binary("<>", n("stage"), lit("churned")))),
    ]
    built.segments = [
        Segmentation("rfm", "rfm-11", ("r", "f", "m")),
        Segmentation("eight", "cn-8", ("r2", "f2", "m2")),
        Segmentation("stage", rules=stage, default="active"),
        Segmentation("tier", rules=tier, default="regular"),
    ]
    return built
