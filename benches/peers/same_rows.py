"""Exits with an error unless two sets of Parquet files hold the same rows: `same_rows.py GLOB GLOB`.

A program of its own, so that compare.py stays small: a child process is charged with its parent's peak memory.
"""

import sys

import duckdb

ROWS = """
    SELECT customer_id, recency_days::BIGINT, days_since_first::BIGINT, order_count::BIGINT, revenue::DECIMAL(18, 2),
        r::BIGINT, f::BIGINT, m::BIGINT, abc, segment, segment_rule::BIGINT
    FROM '{}'
"""

one, other = (ROWS.format(glob) for glob in sys.argv[1:])
for left, right in ((one, other), (other, one)):
    surplus = duckdb.sql(f"({left}) EXCEPT ALL ({right})")
    if rows := surplus.limit(5).fetchall():
        print(*rows, sep="\n", file=sys.stderr)
        sys.exit(f"these rows of one output are not in the other: {' and '.join(sys.argv[1:])}")
