-- rules.yml as an expert would write it for DuckDB: one scan to one table of customers, the cuts of each score and
-- class from the histogram of its values (few rows), then one pass that compares. Neither a window over all
-- customers nor a join back to them: both were slower. Rows are sorted while they are narrow, before the labels.
-- Needs the variables `as_of` (DATE) and `out` (path), and runs in the folder of `orders/`.

SET TimeZone = 'UTC';
SET preserve_insertion_order = false;

-- The zone is UTC, and a cast of TIMESTAMPTZ would ask the calendar for each customer anew.
CREATE TEMP MACRO utc_date(instant) AS make_timestamp(epoch_us(instant))::DATE;

CREATE TEMP TABLE profile AS
SELECT
    customer_id,
    (getvariable('as_of') - utc_date(max(ordered_at)))::INTEGER AS recency_days,
    (getvariable('as_of') - utc_date(min(ordered_at)))::INTEGER AS days_since_first,
    count(*) AS order_count,
    sum(amount)::DECIMAL(18, 2) AS revenue
FROM 'orders/*.parquet'
WHERE status = 'completed' AND ordered_at < (getvariable('as_of') + 1)::TIMESTAMPTZ
GROUP BY customer_id;

-- score = 1 + floor(5 * customers with a strictly worse value / customers), so the least value of a score is its cut.
-- A score that nobody has gives a null, which no value passes.
CREATE TEMP MACRO score(value, two, three, four, five) AS CASE
    WHEN value >= five THEN 5
    WHEN value >= four THEN 4
    WHEN value >= three THEN 3
    WHEN value >= two THEN 2
    ELSE 1
END::SMALLINT;

COPY (
    WITH
    recency AS (
        SELECT min(value) FILTER (5 * worse >= 1 * customers) AS r2, min(value) FILTER (5 * worse >= 2 * customers) AS r3,
            min(value) FILTER (5 * worse >= 3 * customers) AS r4, min(value) FILTER (5 * worse >= 4 * customers) AS r5
        FROM (
            SELECT -recency_days AS value, sum(count(*)) OVER (ORDER BY value) - count(*) AS worse, sum(count(*)) OVER () AS customers
            FROM profile
            GROUP BY value
        )
    ),
    frequency AS (
        SELECT min(value) FILTER (5 * worse >= 1 * customers) AS f2, min(value) FILTER (5 * worse >= 2 * customers) AS f3,
            min(value) FILTER (5 * worse >= 3 * customers) AS f4, min(value) FILTER (5 * worse >= 4 * customers) AS f5
        FROM (
            SELECT order_count AS value, sum(count(*)) OVER (ORDER BY value) - count(*) AS worse, sum(count(*)) OVER () AS customers
            FROM profile
            GROUP BY value
        )
    ),
    amounts AS (
        SELECT revenue AS value, count(*) AS n, count(*) * (revenue * 100)::BIGINT AS cents
        FROM profile
        GROUP BY value
    ),
    -- above = the revenue of all customers with more; a class needs above / positive revenue below its bound
    monetary AS (
        SELECT min(value) FILTER (5 * worse >= 1 * customers) AS m2, min(value) FILTER (5 * worse >= 2 * customers) AS m3,
            min(value) FILTER (5 * worse >= 3 * customers) AS m4, min(value) FILTER (5 * worse >= 4 * customers) AS m5,
            min(value) FILTER (value > 0 AND 100 * above < 80 * total) AS a,
            min(value) FILTER (value > 0 AND 100 * above < 95 * total) AS b
        FROM (
            SELECT
                value,
                sum(n) OVER up - n AS worse,
                sum(n) OVER () AS customers,
                sum(cents) OVER () - sum(cents) OVER up AS above,
                sum(greatest(cents, 0)) OVER () AS total
            FROM amounts
            WINDOW up AS (ORDER BY value)
        )
    ),
    scored AS (
        SELECT
            customer_id, recency_days, days_since_first, order_count, revenue,
            score(-recency_days, r2, r3, r4, r5) AS r,
            score(order_count, f2, f3, f4, f5) AS f,
            score(revenue, m2, m3, m4, m5) AS m,
            CASE WHEN revenue >= a THEN 'A' WHEN revenue >= b THEN 'B' ELSE 'C' END AS abc
        FROM (FROM profile ORDER BY customer_id), recency, frequency, monetary
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
) TO (getvariable('out')) (FORMAT parquet, COMPRESSION zstd);
