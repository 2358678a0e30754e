//! Expressions: what is written → the typed expression of the plan, with every conversion spelt out. Columns are
//! those of `data/orders.parquet` in `rules.rs`; an aggregate stands in brackets.

mod aggregates;

use tiermill::plan::{Expr, Plan};

use crate::plan::expressions::{scalar, shown, shown_rule, shown_where};
use crate::rules;

const HEAD: &str = "tiermill: 1
name: shop
inputs:
  orders:
    path: data/orders.parquet
    columns: {customer: customer_id, order: order_id, time: ordered_at, amount: amount}
";

const METRICS: &str = "metrics:
  recency_days: days_since(max(time))
  order_count: count(*)
  revenue: sum(amount)
  average: avg(amount)
  favourite: top(category, sum(amount))
  last_paid: max(paid_on)
";

/// The text of an expression in a plan, with `#3` replaced by what the aggregate is.
fn spelt_out(expr: &Expr, plan: &Plan) -> String {
    let mut text = format!("{expr} -> {}", expr.ty.sql());
    for (at, aggregate) in plan.aggregates.iter().enumerate().rev() {
        text = text.replace(&format!("#{at}"), &format!("[{aggregate}]"));
    }
    text
}

fn plan_of(text: &str) -> Result<Plan, String> {
    let checked = rules::check(text, &[], true);
    checked.plan.clone().ok_or_else(|| checked.text())
}

/// The expression of a rules file with `written` at some place of it. What `tiermill plan` shows of it reads as the same
/// expression again.
fn expression(
    written: &str,
    rules: impl Fn(&str) -> String,
    shown: impl Fn(&Plan) -> String,
    expression: impl Fn(&Plan) -> String,
) -> String {
    let plan = match plan_of(&rules(written)) {
        Ok(plan) => plan,
        Err(complaint) => return complaint,
    };
    let (found, shown) = (expression(&plan), shown(&plan));
    let again = plan_of(&rules(&shown)).map_or_else(|complaint| complaint, |plan| expression(&plan));
    assert_eq!(again, found, "`{shown}` is shown of `{written}`");
    found
}

/// A metric in YAML → its expression.
fn metric(written: &str) -> String {
    let rules = |metric: &str| format!("{HEAD}{METRICS}  x: {metric}\n");
    let last = |plan: &Plan| spelt_out(&plan.metrics.last().expect("the metric").expr, plan);
    expression(written, rules, shown, last)
}

/// A condition of a rule in YAML → its expression.
fn rule(written: &str) -> String {
    let rest = "scores:\n  r: {of: recency_days, quantiles: 5, best: low}\n\
                \x20 f: {of: order_count, quantiles: 5}\n  v: {weighted: {r: 0.5, f: 0.5}}\n\
                bands:\n  abc: {of: revenue, cumulative: {A: 0.8, B: 1}}\n\
                segments:\n  tier:\n    default: low\n    rules:\n    - id: high\n      when: ";
    let rules = |when: &str| format!("{HEAD}{METRICS}{rest}{when}\n");
    let first = |plan: &Plan| plan.segmentations[0].rules[0].when.to_string();
    expression(written, rules, |plan| scalar(&shown_rule(plan)), first)
}

/// A condition on the rows of the input in YAML → its expression.
fn row(written: &str) -> String {
    let rules = |condition: &str| format!("{HEAD}    where: {condition}\n{METRICS}");
    let condition = |plan: &Plan| plan.orders[0].condition.clone().expect("the condition").to_string();
    expression(written, rules, |plan| scalar(&shown_where(plan)), condition)
}

fn check(read: fn(&str) -> String, table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter_map(|(written, expected)| {
            let found = read(written);
            (found != *expected)
                .then(|| format!("(r#\"{written}\"#, r#\"{found}\"#), // expected {expected}\n"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.concat());
}

#[test]
fn precedence_is_that_of_sql() {
    check(
        rule,
        &[
            (
                "order_count = 1 or order_count = 2 and revenue > 3",
                "(order_count = 1 or (order_count = 2 and revenue > 3.00))",
            ),
            (
                "(order_count = 1 or order_count = 2) and revenue > 3",
                "((order_count = 1 or order_count = 2) and revenue > 3.00)",
            ),
            ("not order_count = 1 and revenue > 3", "(not (order_count = 1) and revenue > 3.00)"),
            ("not (order_count = 1 and revenue > 3)", "not ((order_count = 1 and revenue > 3.00))"),
            ("order_count + 2 * 3 - 4 > 5", "((order_count + (2 * 3)) - 4) > 5"),
            ("order_count - 2 - 3 > 5", "((order_count - 2) - 3) > 5"),
            ("(order_count + 2) * 3 > 5", "((order_count + 2) * 3) > 5"),
            ("-order_count + 2 > -3", "(-(order_count) + 2) > -3"),
            ("\"- (order_count + 2) > +3\"", "-((order_count + 2)) > 3"),
            (
                "order_count between 1 and 2 and revenue > 3",
                "((order_count >= 1 and order_count <= 2) and revenue > 3.00)",
            ),
            (
                "order_count not between 1 + 1 and 2 * 3 or revenue > 3",
                "(not ((order_count >= (1 + 1) and order_count <= (2 * 3))) or revenue > 3.00)",
            ),
            ("not order_count is null", "not (order_count is null)"),
            (
                "NOT order_count IN (1) AND revenue IS NOT NULL",
                "(not (order_count in (1)) and not (revenue is null))",
            ),
            (
                "order_count == 1 and revenue != 3 and revenue <> 4",
                "((order_count = 1 and revenue <> 3.00) and revenue <> 4.00)",
            ),
        ],
    );
}

#[test]
fn numbers_meet_in_the_widest_exact_type() {
    check(
        metric,
        &[
            ("sum(amount) + 1", "([sum(amount)] + 1.00) -> DECIMAL(18, 2)"),
            ("sum(amount) + 0.125", "(cast([sum(amount)] as DECIMAL(18, 3)) + 0.125) -> DECIMAL(18, 3)"),
            ("sum(amount) * 0.125", "([sum(amount)] * 0.125) -> DECIMAL(18, 5)"),
            ("count(*) * 2", "([count(*)] * 2) -> BIGINT"),
            ("count(*) * 0.5", "(cast([count(*)] as DECIMAL(18, 0)) * 0.5) -> DECIMAL(18, 1)"),
            (
                "sum(amount) * sum(units)",
                "([sum(amount)] * cast([sum(units)] as DECIMAL(18, 0))) -> DECIMAL(18, 2)",
            ),
            ("sum(price)", "[sum(cast(price as DECIMAL(18, 2)))] -> DECIMAL(18, 2)"),
            ("sum(units)", "[sum(units)] -> BIGINT"),
            ("max(price)", "[max(price)] -> DOUBLE"),
            ("max(price) + 1", "([max(price)] + 1.0) -> DOUBLE"),
            ("max(price) * 0.5", "([max(price)] * 0.5) -> DOUBLE"),
            ("max(price) * sum(amount)", "([max(price)] * cast([sum(amount)] as DOUBLE)) -> DOUBLE"),
            (
                "sum(amount) / count(*)",
                "(cast([sum(amount)] as DOUBLE) / cast([count(*)] as DOUBLE)) -> DOUBLE",
            ),
            ("1 / 2", "(1.0 / 2.0) -> DOUBLE"),
            ("sum(amount) / 0", "(cast([sum(amount)] as DOUBLE) / 0.0) -> DOUBLE"),
            ("recency_days + 1", "(cast(recency_days as BIGINT) + 1) -> BIGINT"),
            ("recency_days - order_count", "(cast(recency_days as BIGINT) - order_count) -> BIGINT"),
            (
                "recency_days * recency_days",
                "(cast(recency_days as BIGINT) * cast(recency_days as BIGINT)) -> BIGINT",
            ),
            ("-recency_days", "-(cast(recency_days as BIGINT)) -> BIGINT"),
            ("abs(recency_days)", "abs(cast(recency_days as BIGINT)) -> BIGINT"),
            ("-sum(amount)", "-([sum(amount)]) -> DECIMAL(18, 2)"),
            ("abs(min(amount))", "abs([min(amount)]) -> DECIMAL(18, 2)"),
            ("round(sum(amount))", "round([sum(amount)], 0) -> DECIMAL(18, 0)"),
            ("round(sum(amount), 1)", "round([sum(amount)], 1) -> DECIMAL(18, 1)"),
            ("round(sum(amount), 2)", "[sum(amount)] -> DECIMAL(18, 2)"),
            ("round(sum(amount), 4)", "[sum(amount)] -> DECIMAL(18, 2)"),
            (
                "round(avg(amount), 2)",
                "round((cast([sum(amount)] as DOUBLE) / cast([count(amount)] as DOUBLE)), 2) -> DOUBLE",
            ),
            ("round(count(*), 2)", "[count(*)] -> BIGINT"),
            (
                "greatest(count(*), 1.5)",
                "greatest(cast([count(*)] as DECIMAL(18, 1)), 1.5) -> DECIMAL(18, 1)",
            ),
            (
                "least(sum(amount), avg(amount), 3)",
                "least(cast([sum(amount)] as DOUBLE), (cast([sum(amount)] as DOUBLE) / cast([count(amount)] as DOUBLE)), 3.0) -> DOUBLE",
            ),
            (
                "coalesce(avg(amount), 0)",
                "coalesce((cast([sum(amount)] as DOUBLE) / cast([count(amount)] as DOUBLE)), 0.0) -> DOUBLE",
            ),
            ("coalesce(null, 1)", "coalesce(null, 1) -> BIGINT"),
            ("coalesce(last_gap(time), recency_days)", "coalesce([last_gap(time)], recency_days) -> INTEGER"),
            ("sum(amount * 1.1)", "[sum((amount * 1.1))] -> DECIMAL(18, 3)"),
            ("sum(amount * units)", "[sum((amount * cast(units as DECIMAL(18, 0))))] -> DECIMAL(18, 2)"),
            (
                "sum(price * units)",
                "[sum(cast((price * cast(units as DOUBLE)) as DECIMAL(18, 2)))] -> DECIMAL(18, 2)",
            ),
            ("sum(-amount)", "[sum(-(amount))] -> DECIMAL(18, 2)"),
            (
                "sum(case when is_gift then 0 else amount end)",
                "[sum(case when is_gift then 0.00 else amount end)] -> DECIMAL(18, 2)",
            ),
            ("123456789012345678901234", "123456789012345678901234 -> DECIMAL(18, 0)"),
            ("sum(amount) * 1e-3", "([sum(amount)] * 0.001) -> DECIMAL(18, 5)"),
            ("sum(amount) + 1.50", "([sum(amount)] + 1.50) -> DECIMAL(18, 2)"),
            ("9223372036854775807 + count(*)", "(9223372036854775807 + [count(*)]) -> BIGINT"),
            (
                "9223372036854775808 + count(*)",
                "(9223372036854775808 + cast([count(*)] as DECIMAL(18, 0))) -> DECIMAL(18, 0)",
            ),
        ],
    );
    check(
        rule,
        &[
            ("revenue > 100", "revenue > 100.00"),
            ("revenue > 100.5", "revenue > 100.50"),
            ("revenue > 100.125", "cast(revenue as DECIMAL(18, 3)) > 100.125"),
            ("average > 100", "average > 100.0"),
            ("average > 100.10", "average > 100.1"),
            ("order_count > 2.5", "cast(order_count as DECIMAL(18, 1)) > 2.5"),
            ("r >= 4", "cast(r as BIGINT) >= 4"),
            ("r * 10 + f >= 44", "((cast(r as BIGINT) * 10) + cast(f as BIGINT)) >= 44"),
            ("v >= 4.5", "v >= 4.500000"),
            ("recency_days > r", "cast(recency_days as BIGINT) > cast(r as BIGINT)"),
            ("revenue > average", "cast(revenue as DOUBLE) > average"),
        ],
    );
}

#[test]
fn null_stays_three_valued() {
    check(
        rule,
        &[
            ("revenue is null", "revenue is null"),
            ("revenue is not null", "not (revenue is null)"),
            ("revenue = null", "revenue = null"),
            ("not (revenue > 1 or average is null)", "not ((revenue > 1.00 or average is null))"),
            ("'null'", "null"),
            ("null and true", "(null and true)"),
            ("order_count in (1, null)", "(order_count in (1) or order_count = null)"),
            ("order_count not in (1, null)", "not ((order_count in (1) or order_count = null))"),
            ("case when revenue > 1 then true end", "case when revenue > 1.00 then true else null end"),
            ("coalesce(revenue > 1, false)", "coalesce(revenue > 1.00, false)"),
            ("true", "true"),
            ("false or order_count = 1", "(false or order_count = 1)"),
            ("(revenue > 1) = (order_count > 1)", "(revenue > 1.00) = (order_count > 1)"),
            ("(revenue > 1) is null", "(revenue > 1.00) is null"),
        ],
    );
}

#[test]
fn lists_ranges_patterns_and_cases() {
    check(
        rule,
        &[
            ("order_count in (1, 2, 3)", "order_count in (1, 2, 3)"),
            ("order_count not in (1)", "not (order_count in (1))"),
            ("order_count in (1, 2.5)", "(order_count in (1) or cast(order_count as DECIMAL(18, 1)) = 2.5)"),
            ("revenue in (1, 2.5)", "revenue in (1.00, 2.50)"),
            ("revenue in (1, average, 3)", "(revenue in (1.00, 3.00) or cast(revenue as DOUBLE) = average)"),
            ("average in (1, 2)", "average in (1.0, 2.0)"),
            ("abc in ('A', 'B')", "abc in ('A', 'B')"),
            ("abc not in ('A')", "not (abc in ('A'))"),
            ("\"'A' = abc\"", "'A' = abc"),
            ("abc <> 'B'", "abc <> 'B'"),
            ("abc like 'A%'", "abc like 'A%'"),
            ("favourite not like '%''s_'", "not (favourite like '%''s_')"),
            ("favourite = '图书' or favourite = ''", "(favourite = '图书' or favourite = '')"),
            ("favourite between 'a' and 'b'", "(favourite >= 'a' and favourite <= 'b')"),
            ("r between 2 and 4", "(cast(r as BIGINT) >= 2 and cast(r as BIGINT) <= 4)"),
            ("revenue not between 1 and 2.5", "not ((revenue >= 1.00 and revenue <= 2.50))"),
            (
                "case when abc = 'A' then 1 when abc = 'B' then 2.5 else r end > 2",
                "case when abc = 'A' then 1.0 when abc = 'B' then 2.5 else cast(r as DECIMAL(18, 1)) end > 2.0",
            ),
            ("case abc when 'A' then 1 else 2 end = 1", "case when abc = 'A' then 1 else 2 end = 1"),
            (
                "case r when 5 then 'a' when 4 then null end = 'a'",
                "case when cast(r as BIGINT) = 5 then 'a' when cast(r as BIGINT) = 4 then null else null end = 'a'",
            ),
        ],
    );
}

#[test]
fn dates_and_days() {
    check(
        metric,
        &[
            ("days_since(max(time))", "(date '2026-11-01' - [max(day(time))]) -> INTEGER"),
            ("days_since(min(time))", "(date '2026-11-01' - [min(day(time))]) -> INTEGER"),
            (
                "days_since(max(ordered_at))",
                "(date '2026-11-01' - cast([max(ordered_at)] as DATE)) -> INTEGER",
            ),
            ("days_since(max(paid_on))", "(date '2026-11-01' - [max(paid_on)]) -> INTEGER"),
            ("days_since(last_paid)", "(date '2026-11-01' - last_paid) -> INTEGER"),
            ("days_since('2026-01-01')", "(date '2026-11-01' - date '2026-01-01') -> INTEGER"),
            ("max(time)", "[max(time)] -> TIMESTAMP"),
            ("max(day(time))", "[max(day(time))] -> DATE"),
            ("count(distinct day(time))", "[count(distinct day(time))] -> BIGINT"),
            ("count(distinct day(ordered_at))", "[count(distinct cast(ordered_at as DATE))] -> BIGINT"),
            ("last_gap(time)", "[last_gap(time)] -> INTEGER"),
            ("year(max(time))", "year(cast([max(time)] as DATE)) -> BIGINT"),
            ("month(max(paid_on))", "month([max(paid_on)]) -> BIGINT"),
            ("year(as_of) - 1990", "(year(date '2026-11-01') - 1990) -> BIGINT"),
            ("max(paid_on) - min(paid_on)", "([max(paid_on)] - [min(paid_on)]) -> INTEGER"),
            ("as_of - max(paid_on)", "(date '2026-11-01' - [max(paid_on)]) -> INTEGER"),
            ("max(paid_on) + 30", "([max(paid_on)] + 30) -> DATE"),
            ("max(paid_on) - 30", "([max(paid_on)] + -(30)) -> DATE"),
            ("as_of - date '2026-01-01'", "(date '2026-11-01' - date '2026-01-01') -> INTEGER"),
            ("max(time) - min(time)", "(cast([max(time)] as DATE) - cast([min(time)] as DATE)) -> INTEGER"),
            ("DATE '2026-01-01'", "date '2026-01-01' -> DATE"),
        ],
    );
    check(
        row,
        &[
            ("ordered_at >= '2026-01-01'", "ordered_at >= cast(date '2026-01-01' as TIMESTAMP)"),
            ("ordered_at >= date '2026-01-01'", "ordered_at >= cast(date '2026-01-01' as TIMESTAMP)"),
            (
                "paid_on between '2026-01-01' and as_of",
                "(paid_on >= date '2026-01-01' and paid_on <= date '2026-11-01')",
            ),
            ("paid_on > ordered_at", "cast(paid_on as TIMESTAMP) > ordered_at"),
            ("day(ordered_at) = paid_on", "cast(ordered_at as DATE) = paid_on"),
            ("time >= '2026-01-01'", "time >= cast(date '2026-01-01' as TIMESTAMP)"),
            ("day(time) >= '2026-01-01'", "day(time) >= date '2026-01-01'"),
            (
                "paid_on in ('2026-01-01', date '2026-01-02')",
                "paid_on in (date '2026-01-01', date '2026-01-02')",
            ),
            ("as_of - paid_on < 30", "cast((date '2026-11-01' - paid_on) as BIGINT) < 30"),
            ("days_since(paid_on) < 30", "cast((date '2026-11-01' - paid_on) as BIGINT) < 30"),
            (
                "year(paid_on) = 2026 and month(time) in (11, 12)",
                "(year(paid_on) = 2026 and month(day(time)) in (11, 12))",
            ),
            (
                "paid_on is null or paid_on > as_of - 365",
                "(paid_on is null or paid_on > (date '2026-11-01' + -(365)))",
            ),
            (
                "coalesce(paid_on, '2026-01-01') > '2025-12-31'",
                "coalesce(paid_on, date '2026-01-01') > date '2025-12-31'",
            ),
        ],
    );
}

#[test]
fn conditions_on_rows() {
    check(
        row,
        &[
            ("status = 'completed'", "status = 'completed'"),
            ("amount > 0", "amount > 0.00"),
            ("amount > 0.001", "cast(amount as DECIMAL(18, 3)) > 0.001"),
            ("price > 0.1", "price > 0.1"),
            ("units > 0 and not is_gift", "(units > 0 and not (is_gift))"),
            ("is_gift", "is_gift"),
            (
                "customer <> 'test' and customer_id like 'C%'",
                "(customer <> 'test' and customer_id like 'C%')",
            ),
            ("order_id > 0 and order is not null", "(order_id > 0 and not (order is null))"),
            ("abs(price - amount) < 0.01", "abs((price - cast(amount as DOUBLE))) < 0.01"),
        ],
    );
}

/// `order`, `time`, `first`, `last`, `date`, `year` … are names where they are no call.
#[test]
fn keywords_of_sql_are_names() {
    let columns = "{customer: date, order: first, time: time, amount: value}";
    let text = format!(
        "tiermill: 1\nname: shop\ninputs:\n  orders:\n    path: o.parquet\n    columns: {columns}\n    where: {}\n\
         metrics:\n  last: count(distinct order)\n  year: days_since(max(time))\n  first: last + year\n  \
         date: max(date)\n  select: count(*)\n  key: sum(amount)\n  user: select + first\n  timestamp: user\n\
         segments:\n  group:\n    rules:\n    - {{id: a, when: {}}}\n    default: b\n",
        "order > 1 and date <> 'x' and user is null and position = current_date",
        "last > 1 and year < 2 and first = 1 and select > 1 and key > 2 and user > 3 and timestamp < 4 and interval",
    );
    let checked = rules::check(&text, &[], false);
    let found = checked.text();
    assert!(found.contains("nothing here is named `interval`"), "{found}");
    assert_eq!(checked.diagnostics.len(), 2, "{found}");
}

/// A rule is shown in the words of the file, whatever quotes and line breaks YAML put around them.
#[test]
fn rules_keep_their_words() {
    let text = format!(
        "{HEAD}{METRICS}segments:\n  tier:\n    default: low\n    rules:\n    \
         - {{id: a, when: (revenue > 1 or order_count > 2) and (average > 3)}}\n    \
         - {{id: b, when: 'favourite = ''图书'' '}}\n    - id: c\n      when: >\n        revenue > 1\n        \
         and\n          order_count > 2\n    - {{id: d, when: &d \"favourite = '\\u56fe'\"}}\n    - {{id: e, when: *d}}\n"
    );
    let plan = plan_of(&text).expect("a plan");
    let words: Vec<&str> = plan.segmentations[0].rules.iter().map(|rule| rule.text.as_str()).collect();
    assert_eq!(
        words,
        [
            "(revenue > 1 or order_count > 2) and (average > 3)",
            "favourite = '图书'",
            "revenue > 1 and order_count > 2",
            "favourite = '图'",
            "favourite = '图'",
        ]
    );
}
