//! `summary`: which metric is money, and mean and median of others, against what the published rows say.

use crate::support::{Rows, Sandbox, Value, table};

const RULES: &str = "tiermill: 1
name: shop
inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}
metrics:
  n: count(*)
  gross: sum(amount)
  net: sum(amount - refund)
  mean: gross / n
  biggest: {expr: max(amount), window: 20d}
scores:
  f: {of: n, breaks: [2, 3]}
  w: {weighted: {f: 0.5}}
segments:
  size: {rules: [{id: big, when: gross >= 30}], default: small}
output: {path: out}
";

const ORDERS: &str = "id:text at:date amount:decimal refund:decimal
    a 2025-01-01 10.00 1.00
    a 2025-01-20 25.50 0.50
    b 2025-01-20 30.01 0.00
    c 2025-01-02 1.00 0.10
    d 2025-01-03 2.00 2.50
    e 2025-01-25 0.01 0.00";

fn summary(sandbox: &Sandbox) -> Rows {
    Rows::read(&sandbox.path("out/as_of=2025-01-31/_run/summary.parquet"))
}

fn run(sandbox: &Sandbox, more: &str, args: &[&str]) -> crate::support::Ran {
    sandbox.text("rules.yml", &format!("{RULES}{more}"));
    sandbox.tiermill(&[&["run", "rules.yml", "--as-of", "2025-01-31"], args].concat())
}

/// Worked out by hand.
#[test]
fn revenue_mean_and_median_of_a_few_customers() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(ORDERS));
    let ran = run(&sandbox, "summary: {revenue: net, metrics: [n, net, mean, biggest, f, w]}\n", &[]).done();
    let rows = summary(&sandbox);
    let row = |segment: &str| {
        let at = rows.column("segment").iter().position(|one| **one == Value::text(segment)).unwrap();
        let line = |name: &str| rows.column(name)[at].to_string();
        let names =
            ["revenue", "n_mean", "n_median", "net_mean", "net_median", "biggest_mean", "biggest_median"];
        names.map(line).join(" ")
    };
    // a: net 34.00 of 2 orders; b: net 30.01 of 1. In 20 days the biggest are 25.50 and 30.01.
    assert_eq!(row("big"), "64.01 1.5 1.5 32.005 32.005 27.755 27.755");
    // c 0.90, d −0.50, e 0.01; only e has an order in the last 20 days: who has no value has no say.
    assert_eq!(row("small"), "0.41 1 1 0.13666666666666666 0.01 0.01 0.01");
    let shares: Vec<f64> = rows.column("revenue_share").iter().map(|value| double(value).unwrap()).collect();
    assert_eq!(shares, [6401.0 / 6442.0, 41.0 / 6442.0]);
    assert_eq!(rows.columns[rows.columns.len() - 4..], ["f_mean", "f_median", "w_mean", "w_median"]);
    assert!(ran.stderr.contains("64.01") || ran.stdout.contains("64.01"), "{}", ran.stderr);
}

/// Without the key nothing is different; with it nothing but the summary is.
#[test]
fn parts_do_not_depend_on_the_summary() {
    let (with, without) = (Sandbox::new(), Sandbox::new());
    for sandbox in [&with, &without] {
        sandbox.orders("orders.parquet", &table::words(ORDERS));
    }
    run(&with, "summary: {revenue: net, metrics: [n]}\n", &[]).done();
    run(&without, "", &[]).done();
    let parts = |sandbox: &Sandbox| Rows::parts(&sandbox.path("out/as_of=2025-01-31")).rows;
    assert_eq!(parts(&with), parts(&without));
    let (with, without) = (summary(&with), summary(&without));
    assert_eq!(with.columns[..without.columns.len()], without.columns);
    assert_eq!(
        without.column("revenue").iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["65.51", "3.01"]
    );
}

fn double(value: &Value) -> Option<f64> {
    match value.to_string().as_str() {
        "-" => None,
        number => Some(number.parse().unwrap()),
    }
}

/// The naive reference: each customer's row, one after the other, in whole cents where they are exact.
fn reference(rows: &Rows, segment: &str, column: &str, scale: i32) -> [Option<f64>; 2] {
    let unit = 10_f64.powi(scale);
    let of_segment = rows.column("size").into_iter().zip(rows.column(column));
    let of_segment = of_segment.filter(|(own, _)| **own == Value::text(segment));
    let mut values: Vec<f64> = of_segment.filter_map(|(_, value)| double(value)).collect();
    if values.is_empty() {
        return [None, None];
    }
    let whole = |value: f64| (value * unit).round() as i128;
    let exact: i128 = values.iter().map(|value| whole(*value)).sum();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let median = match values.len() % 2 {
        1 => values[middle],
        _ => (whole(values[middle - 1]) + whole(values[middle])) as f64 / 2.0 / unit,
    };
    [Some(exact as f64 / (values.len() as f64 * unit)), Some(median)]
}

/// 3,000 orders of 700 customers, on one thread and on several.
#[test]
fn against_the_rows_on_any_number_of_threads() {
    let mut words = "id:text at:date amount:decimal refund:decimal\n".to_owned();
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for _ in 0..3000 {
        let (id, day, cents, back) = (next(700), 1 + next(31), next(3000), next(300));
        words += &format!("c{id} 2025-01-{day:02} {}.{:02} 0.{:02}\n", cents / 100, cents % 100, back % 100);
    }
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(&words));
    let more = "summary: {revenue: net, metrics: [n, net, gross, biggest, mean, f]}\n";
    let bytes = |threads: &str| {
        run(&sandbox, more, &["--threads", threads]).done();
        std::fs::read(sandbox.path("out/as_of=2025-01-31/_run/summary.parquet")).unwrap()
    };
    assert_eq!(bytes("1"), bytes("4"));
    let (rows, summary) = (Rows::parts(&sandbox.path("out/as_of=2025-01-31")), summary(&sandbox));
    for (at, segment) in summary.column("segment").iter().enumerate() {
        for (column, scale) in [("n", 0), ("net", 2), ("gross", 2), ("biggest", 2), ("f", 0)] {
            let wanted = reference(&rows, &segment.to_string(), column, scale);
            let names = [format!("{column}_mean"), format!("{column}_median")];
            assert_eq!(names.map(|name| double(summary.column(&name)[at])), wanted, "{segment} {column}");
        }
        let [wanted, _] = reference(&rows, &segment.to_string(), "mean", 12);
        let found = double(summary.column("mean_mean")[at]).unwrap();
        assert!((found / wanted.unwrap() - 1.0).abs() < 1e-10, "{found}");
    }
}

/// Groups that are too small to show are not shown in these columns either.
#[test]
fn small_groups_are_hidden() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(ORDERS));
    run(&sandbox, "privacy: {report_min_group: 3}\nsummary: {revenue: net, metrics: [n]}\n", &[]).done();
    let rows = summary(&sandbox);
    let shown = rows.column("n_mean").iter().filter(|value| double(value).is_some()).count();
    let counted = rows.column("customers").iter().filter(|value| double(value).is_some()).count();
    assert_eq!(shown, counted);
    assert!(shown < 2);
}

#[test]
fn what_is_no_money_and_what_has_no_mean() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(ORDERS));
    for (summary, said) in [
        ("{revenue: mean}", "`mean` is a double, and money is exact"),
        ("{revenue: nett}", "nothing here is named `nett`"),
        ("{revenue: f}", "`f` is a score, and here stands a metric"),
        ("{metrics: [size]}", "only numbers have a mean and a median"),
        ("{metrics: [n, n]}", "`n` is listed twice"),
        ("{metrics: [m]}", "nothing here is named `m`"),
        ("{metrics: [as_of]}", "`as_of` is no column of a customer"),
        ("{metric: [n]}", "`metrics`"),
    ] {
        sandbox.text("rules.yml", &format!("{RULES}summary: {summary}\n"));
        let ran = sandbox.tiermill(&["check", "rules.yml"]);
        assert_eq!(ran.code, Some(2), "{summary} {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{summary} {}", ran.stderr);
    }
    sandbox.text("rules.yml", &format!("{RULES}summary: {{revenue: net, metrics: [n, mean]}}\n"));
    let plan = sandbox.tiermill(&["plan", "rules.yml", "--as-of", "2025-01-31"]).done();
    assert!(plan.stdout.contains("revenue is net"), "{}", plan.stdout);
    assert!(plan.stdout.contains("mean and median of n, mean"), "{}", plan.stdout);
}
