//! Aggregates: what each is of, that each is computed once, in which order metrics follow, and what is read for them.

use super::{HEAD, check, metric, plan_of};

#[test]
fn aggregates_carry_their_where_and_window() {
    check(
        metric,
        &[
            ("{expr: sum(amount), window: 90d}", "[sum(amount) in the last 90 days] -> DECIMAL(18, 2)"),
            (
                "{expr: sum(amount), where: channel = 'online'}",
                "[sum(amount) where channel = 'online'] -> DECIMAL(18, 2)",
            ),
            (
                "{expr: sum(amount), where: \"channel = 'online' and amount > 5\", window: 30d}",
                "[sum(amount) where (channel = 'online' and amount > 5.00) in the last 30 days] -> DECIMAL(18, 2)",
            ),
            (
                "{expr: sum(amount), where: channel = 'online', per: revenue}",
                "(cast([sum(amount) where channel = 'online'] as DOUBLE) / cast(revenue as DOUBLE)) -> DOUBLE",
            ),
            (
                "{expr: count(*), per: order_count}",
                "(cast([count(*)] as DOUBLE) / cast(order_count as DOUBLE)) -> DOUBLE",
            ),
            (
                "{expr: revenue, per: order_count}",
                "(cast(revenue as DOUBLE) / cast(order_count as DOUBLE)) -> DOUBLE",
            ),
            (
                "{expr: count(*) / sum(amount), window: 7d}",
                "(cast([count(*) in the last 7 days] as DOUBLE) / cast([sum(amount) in the last 7 days] as DOUBLE)) -> DOUBLE",
            ),
            (
                "{expr: monthly_cv(count(*)), window: 360d}",
                "[monthly_cv(count(*)) in the last 360 days] -> DOUBLE",
            ),
            (
                "{expr: monthly_cv(sum(amount)), window: 90d, where: not is_gift}",
                "[monthly_cv(sum(amount)) where not (is_gift) in the last 90 days] -> DOUBLE",
            ),
            ("count(channel)", "[count(channel)] -> BIGINT"),
            ("count(distinct order)", "[count(distinct order)] -> BIGINT"),
            ("count(distinct order_id)", "[count(distinct order_id)] -> BIGINT"),
            ("first(channel)", "[first(channel)] -> VARCHAR"),
            ("last(amount)", "[last(amount)] -> DECIMAL(18, 2)"),
            ("top(category, sum(amount))", "[top(category, sum(amount))] -> VARCHAR"),
            ("top(units, count(*))", "[top(units, count(*))] -> BIGINT"),
            ("top(category, sum(price))", "[top(category, sum(cast(price as DECIMAL(18, 2))))] -> VARCHAR"),
            ("min(category)", "[min(category)] -> VARCHAR"),
            ("avg(units)", "(cast([sum(units)] as DOUBLE) / cast([count(units)] as DOUBLE)) -> DOUBLE"),
            (
                "avg(price)",
                "(cast([sum(cast(price as DECIMAL(18, 2)))] as DOUBLE) / cast([count(cast(price as DECIMAL(18, 2)))] as DOUBLE)) -> DOUBLE",
            ),
            ("COUNT(*)", "[count(*)] -> BIGINT"),
            ("revenue / order_count", "(cast(revenue as DOUBLE) / cast(order_count as DOUBLE)) -> DOUBLE"),
            ("revenue > 100", "revenue > 100.00 -> BOOLEAN"),
            (
                "case when order_count > 1 then 'again' else 'once' end",
                "case when order_count > 1 then 'again' else 'once' end -> VARCHAR",
            ),
            ("favourite", "favourite -> VARCHAR"),
        ],
    );
}

/// An aggregate is computed once, however many metrics use it; another `where` or `window` is another aggregate.
#[test]
fn aggregates_are_computed_once() {
    let metrics = "metrics:
  a: sum(amount)
  b: SUM( amount ) / count(*)
  c: {expr: sum(amount), per: d}
  d: count(*)
  e: {expr: sum(amount), window: 90d}
  f: {expr: sum(amount) / count(*), window: 90d}
  g: {expr: sum(amount), where: channel = 'online'}
  h: {expr: sum(amount), where: (channel = 'online')}
  i: avg(amount)
  j: days_since(max(time))
  k: days_since(max(day(time)))
";
    let plan = plan_of(&format!("{HEAD}{metrics}")).expect("a plan");
    let aggregates: Vec<String> = plan.aggregates.iter().map(ToString::to_string).collect();
    assert_eq!(
        aggregates,
        [
            "sum(amount)",
            "count(*)",
            "sum(amount) in the last 90 days",
            "count(*) in the last 90 days",
            "sum(amount) where channel = 'online'",
            "count(amount)",
            "max(day(time))",
        ]
    );
}

/// Metrics may be derived from later ones; the output keeps the order of the file.
#[test]
fn metrics_are_ordered_by_what_they_read() {
    let metrics = "metrics:
  ratio: total / orders
  share: {expr: sum(units), per: ratio}
  total: big + orders
  orders: count(*)
  big: {expr: count(*), where: amount > 100}
";
    let plan = plan_of(&format!("{HEAD}{metrics}")).expect("a plan");
    let names: Vec<&str> = plan.metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!(names, ["ratio", "share", "total", "orders", "big"]);
    let place = |name: &str| plan.metric_order.iter().position(|at| names[*at] == name).expect("each once");
    assert_eq!(plan.metric_order.len(), names.len());
    for (reader, read) in [("ratio", "total"), ("ratio", "orders"), ("share", "ratio"), ("total", "big")] {
        assert!(place(read) < place(reader), "{read} before {reader}: {:?}", plan.metric_order);
    }
}

/// Only what is read is asked of the files, each column once.
#[test]
fn only_used_columns_are_read() {
    let metrics =
        "metrics:\n  n: {expr: count(distinct order), where: is_gift}\n  c: top(category, sum(price))\n";
    let plan =
        plan_of(&format!("{HEAD}    where: status = 'ok' and order_id > 0\n{metrics}")).expect("a plan");
    let columns: Vec<&str> = plan.orders[0].table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        columns,
        ["customer_id", "ordered_at", "amount", "status", "order_id", "is_gift", "category", "price"]
    );
}
