-- rules.yml as an expert would write it for DuckDB: one scan, one table of customers, then scores and bands on
-- the histogram of each value (few rows), joined back. A window over all customers would be slower.
-- Needs the variables `as_of` (DATE) and `out` (path), and runs in the folder of `orders/`.

SET TimeZone = 'UTC';
SET preserve_insertion_order = false;

CREATE TEMP TABLE profile AS
SELECT
    customer_id,
    (getvariable('as_of') - max(ordered_at)::DATE)::INTEGER AS recency_days,
    (getvariable('as_of') - min(ordered_at)::DATE)::INTEGER AS days_since_first,
    count(*) AS order_count,
    sum(amount)::DECIMAL(18, 2) AS revenue
FROM 'orders/*.parquet'
WHERE status = 'completed' AND ordered_at < (getvariable('as_of') + 1)::TIMESTAMPTZ
GROUP BY customer_id;

COPY (
    WITH
    -- score = 1 + floor(5 * customers with a strictly worse value / customers)
    recency AS (
        SELECT
            recency_days,
            1 + 5 * (sum(count(*)) OVER (ORDER BY recency_days DESC) - count(*)) // sum(count(*)) OVER () AS r
        FROM profile
        GROUP BY recency_days
    ),
    frequency AS (
        SELECT
            order_count,
            1 + 5 * (sum(count(*)) OVER (ORDER BY order_count) - count(*)) // sum(count(*)) OVER () AS f
        FROM profile
        GROUP BY order_count
    ),
    amounts AS (
        SELECT revenue, count(*) AS customers, count(*) * (revenue * 100)::BIGINT AS cents
        FROM profile
        GROUP BY revenue
    ),
    -- before = the revenue of all customers with more; a class needs before / positive revenue below its bound
    shares AS (
        SELECT
            revenue,
            1 + 5 * (sum(customers) OVER up - customers) // sum(customers) OVER () AS m,
            sum(cents) OVER () - sum(cents) OVER up AS before,
            sum(greatest(cents, 0)) OVER () AS total
        FROM amounts
        WINDOW up AS (ORDER BY revenue)
    ),
    monetary AS (
        SELECT
            revenue,
            m,
            CASE
                WHEN revenue <= 0 THEN 'C'
                WHEN 100 * before < 80 * total THEN 'A'
                WHEN 100 * before < 95 * total THEN 'B'
                ELSE 'C'
            END AS abc
        FROM shares
    ),
    scored AS (
        SELECT
            customer_id, recency_days, days_since_first, order_count, revenue,
            r::SMALLINT AS r, f::SMALLINT AS f, m::SMALLINT AS m, abc
        FROM profile JOIN recency USING (recency_days) JOIN frequency USING (order_count) JOIN monetary USING (revenue)
    ),
    ruled AS (
        SELECT
            *,
            CASE
                WHEN abc = 'A' AND r >= 4 AND f >= 4 THEN 1
                WHEN f >= 4 AND m >= 3 THEN 2
                WHEN r <= 2 AND m >= 4 THEN 3
                WHEN r = 1 AND f <= 2 AND abc = 'C' THEN 4
                ELSE 0
            END::SMALLINT AS segment_rule
        FROM scored
    )
    SELECT
        * EXCLUDE (segment_rule),
        CASE segment_rule
            WHEN 1 THEN 'champion' WHEN 2 THEN 'loyal' WHEN 3 THEN 'at_risk' WHEN 4 THEN 'lost' ELSE 'regular'
        END AS segment,
        segment_rule
    FROM ruled
    ORDER BY customer_id
) TO (getvariable('out')) (FORMAT parquet, COMPRESSION zstd);
