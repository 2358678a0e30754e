//! Expressions as SQL that a person would write: what a plan shows of what is written. Columns are those of
//! `data/orders.parquet` in `rules.rs`.

use serde_json::Value as Json;
use tiermill::plan::Plan;
use tiermill::report::Outline;

use crate::rules;

const HEAD: &str = "tiermill: 1
name: shop
inputs:
  orders:
    path: data/orders.parquet
    columns: {customer: customer_id, order: order_id, time: ordered_at, amount: amount}
  customers: {path: data/people.parquet, columns: {customer: customer_id}, attributes: {born: Birth Year, since: since}}
";

const METRICS: &str = "metrics:
  recency_days: days_since(max(time))
  order_count: count(*)
  revenue: sum(amount)
  average: avg(amount)
  favourite: top(category, sum(amount))
";

/// A text as a YAML scalar.
pub(crate) fn scalar(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn plan(text: &str) -> Plan {
    let checked = rules::check(text, &[], true);
    checked.plan.clone().unwrap_or_else(|| panic!("{}", checked.text()))
}

fn tree(plan: &Plan) -> Json {
    serde_json::to_value(Outline::of(plan, "out".as_ref(), false)).unwrap()
}

/// The plan of a rules file with one more metric.
fn metric(written: &str) -> Plan {
    plan(&format!("{HEAD}{METRICS}  x: {written}\n"))
}

/// The plan of a rules file with one rule.
fn rule(written: &str) -> Plan {
    let scores = "scores:\n  r: {of: recency_days, quantiles: 5}\n  f: {of: order_count, quantiles: 5}\n";
    let segments = "segments: {tier: {default: low, rules: [{id: high, when: ";
    plan(&format!("{HEAD}{METRICS}{scores}{segments}{}}}]}}}}\n", scalar(written)))
}

/// What a plan shows of its last metric, in the form of a rules file; the words of its window are left out.
pub(crate) fn shown(plan: &Plan) -> String {
    let metric = tree(plan)["metrics"].as_array().unwrap().last().unwrap().clone();
    let keys = ["expr", "from", "where"].into_iter().filter_map(|key| {
        let text = metric[key].as_str()?;
        Some(format!("{key}: {}", scalar(text)))
    });
    let window = metric["window"]["days"].as_u64().map(|days| format!("window: {days}d"));
    format!("{{{}}}", keys.chain(window).collect::<Vec<_>>().join(", "))
}

/// What a plan shows of its first rule.
pub(crate) fn shown_rule(plan: &Plan) -> String {
    tree(plan)["segmentations"][0]["rules"][0]["when"].as_str().unwrap().to_owned()
}

/// What a plan shows of the condition on its orders.
pub(crate) fn shown_where(plan: &Plan) -> String {
    tree(plan)["inputs"][0]["where"].as_str().unwrap().to_owned()
}

/// Every expression is shown as expected, and what is shown reads as the same expression again.
fn check(table: &[(&str, &str)], make: fn(&str) -> Plan, shown: fn(&Plan) -> String) {
    let mut wrong = Vec::new();
    for (written, expected) in table {
        let plan = make(written);
        let found = shown(&plan);
        if found != *expected {
            wrong.push(format!("(r#\"{written}\"#, r#\"{found}\"#), // expected {expected}\n"));
        }
        let again = make(&found);
        let (digest, again) = (plan.to_string(), again.to_string());
        if digest != again {
            wrong.push(format!("`{found}` is not `{written}`:\n{again}\n{digest}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.concat());
}

/// A condition that is shown as it is written.
fn same<'a>(written: &'a [&'a str]) -> Vec<(&'a str, &'a str)> {
    written.iter().map(|written| (*written, *written)).collect()
}

#[test]
fn rules_with_no_more_parentheses_than_needed() {
    let kept = [
        "recency_days <= 30 and order_count = 1",
        "order_count = 1 or order_count = 2 and revenue > 3",
        "(order_count = 1 or order_count = 2) and revenue > 3",
        "not (order_count = 1 and revenue > 3)",
        "not (order_count = 1)",
        "order_count + 2 * 3 - 4 > 5",
        "(order_count + 2) * 3 > 5",
        "order_count - (2 - 3) > 5",
        "order_count / 2 / 3 > 5",
        "order_count / (2 / 3) > 5",
        "order_count * (2 * 3) > 5",
        "-order_count + 2 > -3",
        "-(order_count + 2) > 3",
        "order_count - -3 > 5",
        "-(-order_count) > 5",
        "order_count between 1 and 2 and revenue > 3",
        "order_count not between 1 + 1 and 2 * 3 or revenue > 3",
        "r * 100 + f * 10 in (55, 54)",
        "order_count not in (1, 2)",
        "revenue is not null and average is null",
        "(revenue > 1) is null",
        "(revenue > 1) = (order_count > 1)",
        "favourite like '%''s_'",
        "favourite not like 'A%'",
        "case when revenue > 1 or r = 5 then 1 when f = 2 then 2.5 else r end > 2",
        "case when revenue > 1 then 'a' end = 'a'",
        "coalesce(revenue, average, 0) > least(r, 2) + greatest(f, 3)",
        "abs(revenue - 100) < 0.01",
        "round(average, 2) = 12.3 and round(average) = 12",
        "true",
        "null and true",
        "revenue = null",
    ];
    check(&same(&kept), rule, shown_rule);
    let simpler = [
        ("((recency_days) <= (30))", "recency_days <= 30"),
        (
            "(order_count = 1) OR ((order_count = 2) AND (revenue > 3))",
            "order_count = 1 or order_count = 2 and revenue > 3",
        ),
        ("(order_count + (2 * 3)) - 4 > 5", "order_count + 2 * 3 - 4 > 5"),
        ("not order_count = 1", "not (order_count = 1)"),
        ("not order_count is null", "order_count is not null"),
        ("not order_count in (1)", "order_count not in (1)"),
        ("order_count >= 1 and order_count <= 2", "order_count between 1 and 2"),
        ("order_count in (1, null)", "order_count in (1) or order_count = null"),
        ("case f when 5 then 'a' else 'b' end = 'a'", "case when f = 5 then 'a' else 'b' end = 'a'"),
        ("revenue != 3", "revenue <> 3"),
    ];
    check(&simpler, rule, shown_rule);
    // The same from the right as from the left, though another tree.
    let found = shown_rule(&rule("r = 1 and (f = 1 and (revenue > 1 or (r = 2 or f = 2)))"));
    assert_eq!(found, "r = 1 and f = 1 and (revenue > 1 or r = 2 or f = 2)");
    assert_eq!(shown_rule(&rule(&found)), found);
}

#[test]
fn numbers_dates_and_names() {
    let kept = [
        "revenue > 100 and revenue > 100.5 and revenue > 100.125",
        "average >= 0.001 and order_count > 2.5",
        "since >= '2025-01-01' and '2026-01-01' > since",
        "since between '2025-01-01' and '2025-12-31'",
        "since not in ('2025-01-01', '2025-01-02')",
        "since > as_of - 365 and since <= as_of + 30 - order_count",
        "since + (order_count + 1) > '2025-01-01'",
        "coalesce(since, date '2025-01-01') < '2026-01-01'",
        "days_since(since) < 30 and days_since(date '2025-01-01') > 3",
        "since - date '2025-01-01' > 30",
        "year(as_of) - born between 25 and 35 and month(since) = 12",
        "favourite = '图书' or favourite = '' or favourite = 'it''s'",
    ];
    check(&same(&kept), rule, shown_rule);
    let simpler = [
        (
            "revenue > 100.00 and average > 1.50 and order_count > 1e3",
            "revenue > 100 and average > 1.5 and order_count > 1000",
        ),
        ("since > date '2025-01-01'", "since > '2025-01-01'"),
        ("as_of - since < 30", "days_since(since) < 30"),
        ("year('2025-01-01') = 2025", "year(date '2025-01-01') = 2025"),
        ("\"born\" > 1990", "born > 1990"),
    ];
    check(&simpler, rule, shown_rule);
}

#[test]
fn aggregates_as_in_the_rules_file() {
    let table = [
        ("days_since(min(time))", "{expr: 'days_since(min(time))'}"),
        ("days_since(max(ordered_at))", "{expr: 'days_since(max(ordered_at))'}"),
        ("max(time) - min(time)", "{expr: 'max(time) - min(time)'}"),
        ("max(day(time))", "{expr: 'max(day(time))'}"),
        ("max(paid_on) - 30", "{expr: 'max(paid_on) - 30'}"),
        ("max(paid_on) + 30", "{expr: 'max(paid_on) + 30'}"),
        ("year(max(time))", "{expr: 'year(max(time))'}"),
        ("count(distinct order)", "{expr: 'count(distinct order)'}"),
        ("count(distinct day(ordered_at))", "{expr: 'count(distinct day(ordered_at))'}"),
        ("count(channel)", "{expr: 'count(channel)'}"),
        ("avg(price)", "{expr: 'avg(price)'}"),
        ("sum(price) / count(price)", "{expr: 'sum(price) / count(price)'}"),
        ("sum(amount * 1.10)", "{expr: 'sum(amount * 1.1)'}"),
        (
            "sum(case when is_gift then 0 else amount end)",
            "{expr: 'sum(case when is_gift then 0 else amount end)'}",
        ),
        ("first(channel)", "{expr: 'first(channel)'}"),
        ("top(category, sum(amount))", "{expr: 'top(category, sum(amount))'}"),
        ("top(units, count(*))", "{expr: 'top(units, count(*))'}"),
        ("last_gap(time)", "{expr: 'last_gap(time)'}"),
        ("gap_quantile(time, 0.80)", "{expr: 'gap_quantile(time, 0.8)'}"),
        ("{expr: sum(amount), window: 90d}", "{expr: 'sum(amount)', window: 90d}"),
        (
            "{expr: count(*) / sum(amount), where: not is_gift, window: 7d}",
            "{expr: 'count(*) / sum(amount)', where: 'not is_gift', window: 7d}",
        ),
        (
            "{expr: sum(amount), where: \"day(ordered_at) = paid_on and ordered_at < '2026-01-01'\", per: revenue}",
            "{expr: 'sum(amount) / revenue', where: 'day(ordered_at) = paid_on and ordered_at < ''2026-01-01'''}",
        ),
        ("{expr: monthly_cv(sum(amount)), window: 360d}", "{expr: 'monthly_cv(sum(amount))', window: 360d}"),
        ("revenue / order_count", "{expr: 'revenue / order_count'}"),
        ("123456789012345678901234", "{expr: '123456789012345678901234'}"),
    ];
    check(&table, metric, shown);
}
