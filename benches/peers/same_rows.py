"""Exits with an error unless two sets of Parquet files hold the same rows, each file sorted: `same_rows.py GLOB GLOB`.

A program of its own, so that compare.py stays small: a child process is charged with its parent's peak memory.
"""

import sys
from glob import glob

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS = """
    SELECT customer_id, recency_days::BIGINT, days_since_first::BIGINT, order_count::BIGINT, revenue::DECIMAL(18, 2),
        r::BIGINT, f::BIGINT, m::BIGINT, abc, segment, segment_rule::BIGINT
    FROM '{}'
"""


def check_order(file: str) -> None:
    last = ""
    for batch in pq.ParquetFile(file).iter_batches(columns=["customer_id"]):
        ids = batch.column(0)
        if ids[0].as_py() <= last or not pc.all(pc.less(ids[:-1], ids[1:]), min_count=0).as_py():
            sys.exit(f"{file} is not sorted by customer")
        last = ids[-1].as_py()


for file in glob(sys.argv[2]):
    check_order(file)
one, other = (ROWS.format(pattern) for pattern in sys.argv[1:])
for left, right in ((one, other), (other, one)):
    surplus = duckdb.sql(f"({left}) EXCEPT ALL ({right})")
    if rows := surplus.limit(5).fetchall():
        print(*rows, sep="\n", file=sys.stderr)
        sys.exit(f"these rows of one output are not in the other: {' and '.join(sys.argv[1:])}")
