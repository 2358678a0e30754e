//! Customers close to a boundary that decides their label, by hand.

use super::{FOLDER, RUN};
use crate::support::{Rows, Sandbox, table};

const RULES: &str = "
tiermill: 1
name: shop
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, time: at, amount: amount}
metrics:
  revenue: sum(amount)
  rows: count(*)
  days: days_since(max(time))
  unused: max(amount)
scores:
  m: {of: revenue, breaks: [100, 200]}
  r: {of: days, breaks: [20], best: low}
  nobody: {of: unused, breaks: [1]}
bands: {abc: {of: revenue, cumulative: {A: 0.80, B: 1}}}
segments:
  tier:
    rules:
      - {id: gold, when: m = 3}
      - {id: silver, when: m = 2 and days <= 30}
      - {id: young, when: r = 2 and rows = 1}
    default: rest
  vip:
    rules:
      - {id: 'yes', when: tier = 'gold' and abc = 'A'}
    default: 'no'
edges: {within: 0.05}
overrides: {path: overrides.csv}
";

fn shop(rows: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(&format!("id:text at:date amount:decimal{rows}")));
    sandbox.text("rules.yml", RULES);
    sandbox.text(
        "overrides.csv",
        "segmentation,customer,action,segment,reason,author\ntier,pinned,pin,rest,why,who\n",
    );
    sandbox
}

fn edges(sandbox: &Sandbox) -> Vec<String> {
    sandbox.tiermill(&RUN).done();
    let edges = Rows::read(&sandbox.path(FOLDER).join("_run/edges.parquet"));
    let columns =
        ["segmentation", "customer", "label", "metric", "value", "boundary", "distance", "other_label"];
    assert_eq!(edges.columns, columns);
    edges.rows.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")).collect()
}

/// O5: the work list for overrides. As of 2025-01-31.
#[test]
fn o5_customers_near_a_boundary_are_listed() {
    let sandbox = shop(
        "
         above 2025-01-25 210.00
         barely 2025-01-30 210.01
         below 2025-01-02 190.00
         far 2025-01-02 189.99
         late 2025-01-01 150.00
         later 2024-12-31 150.00
         on 2025-01-11 50.00
         pinned 2025-01-11 200.00",
    );
    // `abc` begins at 190 (the sum above is 620.01, four fifths of all are 928; 190.00 is still an A, 189.99, too).
    let expected = [
        // 210 is 5 % above 200: just near. Below it, two orders ago, is silver.
        "tier above gold revenue 210 200 0.05 silver",
        "tier below silver revenue 190 200 0.05 gold",
        "tier below silver days 29 30 0.03333333333333333 rest",
        "tier far silver days 29 30 0.03333333333333333 rest",
        // 30 days are the last of silver: the boundary itself is nothing away.
        "tier late silver days 30 30 0 rest",
        "tier later rest days 31 30 0.03333333333333333 silver",
        // Twenty days still score 2; one row is no boundary for `rows = 1` but the value itself, on both sides.
        "tier on young rows 1 1 0 rest",
        "tier on young days 20 20 0 rest",
        "vip above yes revenue 210 200 0.05 no",
        "vip below no revenue 190 200 0.05 yes",
    ];
    assert_eq!(edges(&sandbox), expected);
}

/// Nothing is near zero, and a metric that is null is near nothing.
#[test]
fn nothing_is_near_zero() {
    let sandbox = shop("\n a 2025-01-31 0.00\n b 2025-01-31 0.01");
    sandbox.text("rules.yml", &RULES.replace("m = 3", "revenue > 0"));
    let found = edges(&sandbox);
    // The cut of `abc` is a cent, which is the value itself; zero, which the rule names, is near nothing.
    let boundaries: Vec<&str> = found.iter().map(|line| line.split(' ').nth(5).unwrap()).collect();
    assert_eq!(boundaries, ["1", "0.01", "0.01"], "{found:?}");
}
