"""rules.yml by hand in DataFusion: `with_datafusion.py AS_OF OUT`, in the folder of `orders/`; writes OUT/part-00000.parquet.

The same shape as duckdb.sql: one scan to a table of customers, the cuts of each score and class from the histogram of
its values, then one pass that compares. Pushed-down filters, larger batches and more row-group writers changed nothing.
"""

import os
import sys
from pathlib import Path

from datafusion import SessionConfig, SessionContext

as_of, out = sys.argv[1:]
Path(out).mkdir(parents=True)


def days_since(instant: str) -> str:
    return f"CAST(DATE '{as_of}' AS INT) - CAST(CAST({instant} AS DATE) AS INT)"


def cuts(name: str, value: str, more: str = "") -> str:
    """The least value of each score, which is 1 + floor(5 * customers with a worse value / customers)."""
    scores = [f"min(value) FILTER (WHERE 5 * worse >= {s - 1} * customers) AS {name}{s}" for s in (2, 3, 4, 5)]
    return f"""
        SELECT {", ".join(scores)}{more}
        FROM (
            SELECT
                value,
                sum(n) OVER (ORDER BY value) - n AS worse,
                sum(n) OVER () AS customers,
                sum(cents) OVER () - sum(cents) OVER (ORDER BY value) AS above,
                sum(greatest(cents, 0)) OVER () AS total
            FROM (
                SELECT {value} AS value, count(*) AS n, count(*) * CAST(100 * {value} AS BIGINT) AS cents
                FROM profile
                GROUP BY {value}
            )
        )
    """


def score(name: str, value: str) -> str:
    whens = " ".join(f"WHEN {value} >= {name}{s} THEN {s}" for s in (5, 4, 3, 2))
    return f"CAST(CASE {whens} ELSE 1 END AS SMALLINT) AS {name}"


context = SessionContext(SessionConfig().with_target_partitions(len(os.sched_getaffinity(0))))
context.register_parquet("orders", "orders/")
profile = context.sql(f"""
    SELECT
        customer_id,
        {days_since("max(ordered_at)")} AS recency_days,
        {days_since("min(ordered_at)")} AS days_since_first,
        count(*) AS order_count,
        CAST(sum(amount) AS DECIMAL(18, 2)) AS revenue
    FROM orders
    WHERE status = 'completed' AND ordered_at < TIMESTAMP '{as_of}T00:00:00Z' + INTERVAL '1 day'
    GROUP BY customer_id
""")
context.register_record_batches("profile", profile.collect_partitioned())

classes = """,
    min(value) FILTER (WHERE value > 0 AND 100 * above < 80 * total) AS a,
    min(value) FILTER (WHERE value > 0 AND 100 * above < 95 * total) AS b
"""
context.sql(f"""
    COPY (
        WITH
        recency AS ({cuts("r", "-recency_days")}),
        frequency AS ({cuts("f", "order_count")}),
        monetary AS ({cuts("m", "revenue", classes)}),
        scored AS (
            SELECT
                customer_id, recency_days, days_since_first, order_count, revenue,
                {score("r", "-recency_days")}, {score("f", "order_count")}, {score("m", "revenue")},
                CASE WHEN revenue >= a THEN 'A' WHEN revenue >= b THEN 'B' ELSE 'C' END AS abc
            FROM profile CROSS JOIN recency CROSS JOIN frequency CROSS JOIN monetary
        ),
        ruled AS (
            SELECT
                *,
                CAST(CASE
                    WHEN abc = 'A' AND r >= 4 AND f >= 4 THEN 1
                    WHEN f >= 4 AND m >= 3 THEN 2
                    WHEN r <= 2 AND m >= 4 THEN 3
                    WHEN r = 1 AND f <= 2 AND abc = 'C' THEN 4
                    ELSE 0
                END AS SMALLINT) AS segment_rule
            FROM scored
        )
        SELECT
            customer_id, recency_days, days_since_first, order_count, revenue, r, f, m, abc,
            CASE segment_rule
                WHEN 1 THEN 'champion' WHEN 2 THEN 'loyal' WHEN 3 THEN 'at_risk' WHEN 4 THEN 'lost' ELSE 'regular'
            END AS segment,
            segment_rule
        FROM ruled
        ORDER BY customer_id
    ) TO '{out}/part-00000.parquet' STORED AS PARQUET OPTIONS ('format.compression' 'zstd(3)')
""").collect()
