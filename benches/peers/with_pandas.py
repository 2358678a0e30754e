"""rules.yml by hand in pandas: `with_pandas.py AS_OF OUT`, in the folder of `orders/`; writes OUT/part-00000.parquet.

All in memory. PyArrow reads, filters, and makes plain integers: codes of ids, cents of money. pandas groups those; the
cuts of each score and class come from the histogram of its values. Labels are taken from dictionaries, because NumPy's
texts are slow to write.
"""

import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

DAY_US = 86_400_000_000
A, B, C = 0, 1, 2

as_of, out = date.fromisoformat(sys.argv[1]), Path(sys.argv[2])
out.mkdir(parents=True)


def profile() -> tuple[pa.Array, pd.DataFrame]:
    """Ids, sorted, and a row for each."""
    end = datetime.combine(as_of + timedelta(days=1), time(), UTC)
    orders = ds.dataset("orders").to_table(
        columns=["customer_id", "ordered_at", "amount"],
        filter=(pc.field("status") == "completed") & (pc.field("ordered_at") < end),
    )
    ids = orders["customer_id"].combine_chunks().dictionary_encode()
    frame = pd.DataFrame({
        "customer": ids.indices.to_numpy(),
        "ordered_at": orders["ordered_at"].cast(pa.int64()).to_numpy(),
        "cents": pc.multiply(orders["amount"], pa.scalar(100)).cast(pa.int64()).to_numpy(),
    })
    del orders
    customers = frame.groupby("customer").agg(
        last=("ordered_at", "max"), first=("ordered_at", "min"), order_count=("cents", "size"), cents=("cents", "sum")
    )
    today = (as_of - date(1970, 1, 1)).days
    customers["recency_days"] = (today - customers.pop("last") // DAY_US).astype(np.int32)
    customers["days_since_first"] = (today - customers.pop("first") // DAY_US).astype(np.int32)
    # Codes run from 0 without a gap, so the dictionary is in the order of the groups.
    by_id = pc.array_sort_indices(ids.dictionary)
    return ids.dictionary.take(by_id), customers.iloc[by_id.to_numpy()]


def score(values: pd.Series) -> np.ndarray:
    """1 + floor(5 * customers with a worse, which is a lower, value / customers)."""
    counts = values.value_counts(sort=False).sort_index()
    worse = counts.cumsum() - counts
    cuts = [counts.index[5 * worse >= passed * len(values)] for passed in (1, 2, 3, 4)]
    return sum((values >= cut[0] for cut in cuts if len(cut)), start=np.int16(1)).to_numpy().astype(np.int16)


def classes(cents: pd.Series) -> np.ndarray:
    """A class needs what the customers with more hold, as a share of the positive revenue, below its bound."""
    counts = cents.value_counts(sort=False).sort_index()
    value = counts.index.to_numpy()
    held = value * counts.to_numpy()
    above, total = held.sum() - held.cumsum(), held.clip(0).sum()
    a, b = (counts.index[(value > 0) & (100 * above < bound * total)].min() for bound in (80, 95))
    return np.select([cents >= a, cents >= b], [A, B], C)


ids, customers = profile()
r, f, m = score(-customers["recency_days"]), score(customers["order_count"]), score(customers["cents"])
abc = classes(customers["cents"])
rules = {
    "champion": (abc == A) & (r >= 4) & (f >= 4),
    "loyal": (f >= 4) & (m >= 3),
    "at_risk": (r <= 2) & (m >= 4),
    "lost": (r == 1) & (f <= 2) & (abc == C),
}
segment_rule = np.select(list(rules.values()), np.arange(1, 1 + len(rules), dtype=np.int16), np.int16(0))
cents = pa.array(customers["cents"]).cast(pa.decimal128(19, 0))
table = pa.table({
    "customer_id": ids,
    "recency_days": customers["recency_days"],
    "days_since_first": customers["days_since_first"],
    "order_count": customers["order_count"],
    "revenue": pc.multiply(cents, pa.scalar(Decimal("0.01"))).cast(pa.decimal128(18, 2)),
    "r": r,
    "f": f,
    "m": m,
    "abc": pa.array(["A", "B", "C"]).take(pa.array(abc)),
    "segment": pa.array(["regular", *rules]).take(pa.array(segment_rule)),
    "segment_rule": segment_rule,
})
pq.write_table(table, out / "part-00000.parquet", compression="zstd")
