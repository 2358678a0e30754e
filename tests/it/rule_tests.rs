//! `tiermill test`: a few rows in, expected columns out, through the way of a run.

use crate::support::{Ran, Sandbox, table};

const RULES: &str = "tiermill: 1
name: shop
timezone: Asia/Shanghai
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, order: order_id, time: at, amount: amount}
    where: status is null or status = 'done'
metrics:
  recency_days: days_since(max(time))
  order_count: count(distinct order)
  revenue: sum(amount)
  mean: revenue / order_count
  favourite: top(category, sum(amount))
scores:
  m: {of: revenue, quantiles: 2}
segments:
  tier:
    rules:
      - {id: high_value, when: revenue >= 100 and recency_days <= 30}
      - {id: lapsed, when: recency_days > 90}
    default: regular
";

const TESTS: &str = "tests:
  - name: what is bought counts up to as-of
    as_of: 2026-11-01
    orders:
      - {customer: ann, time: 2026-10-20, amount: 99.995, status: done, category: tea}
      - {customer: ann, time: 2026-11-01, amount: 0.005, status: done, category: tea}
      - {customer: ann, time: 2026-11-02, amount: 500, status: done, category: pots}
      - {customer: ann, time: 2026-10-25, amount: 500, status: cancelled, category: pots}
      - {customer: bob, time: 2026-07-01, amount: 10}
    expect:
      ann: {tier: high_value, tier_rule: 1, revenue: 100, order_count: 2, mean: 50.0, favourite: tea, m: 2}
      bob: {tier: lapsed, revenue: 10.00, favourite: null, m: 1}
      cyd: null
";

fn sandbox(tests: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox
        .text("rules.yml", &format!("{RULES}{}", tests.replace("99.995", "99.99").replace("0.005", "0.01")));
    sandbox
}

fn check(ran: &Ran, code: i32, lines: &[&str]) {
    assert_eq!(ran.code, Some(code), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), lines, "{}", ran.stderr);
}

/// Without data the columns are what the rows show; with it, those of its files.
#[test]
fn a_test_passes_with_and_without_data() {
    let sandbox = sandbox(TESTS);
    let passed = ["ok    what is bought counts up to as-of", "1 passed, 0 failed"];
    check(&sandbox.tiermill(&["test", "rules.yml"]), 0, &passed);
    let orders = "id:text order_id:text at:utc amount:float status:text category:text extra:int\n a o1 2026-01-01 1 done tea 1";
    sandbox.orders("orders.parquet", &table::words(orders));
    check(&sandbox.tiermill(&["test", "rules.yml"]), 0, &passed);
    // Nothing is published, and nothing is left behind.
    assert!(!sandbox.path("out").exists());
    // The section is part of the rules file like any other.
    assert_eq!(sandbox.tiermill(&["check", "rules.yml"]).code, Some(0));
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2026-11-01"]).done();
}

/// What was expected, what there is, and where it stands.
#[test]
fn a_failure_says_what_there_is() {
    let sandbox = sandbox(
        &TESTS
            .replace("tier: lapsed", "tier: regular")
            .replace("mean: 50.0", "mean: 50.1")
            .replace("cyd: null", "cyd: {tier: regular}")
            .replace("m: 2}", "mm: 2}"),
    );
    let ran = sandbox.tiermill(&["test", "rules.yml"]);
    check(
        &ran,
        2,
        &[
            "FAIL  what is bought counts up to as-of",
            "      rules.yml:33: ann.mean is `50`, expected `50.1`",
            "      rules.yml:33: there is no column `mm`: did you mean `m`?",
            "      rules.yml:34: bob.tier is `lapsed`, expected `regular`",
            "      rules.yml:35: `cyd` is not in the output",
            "      rules.yml:29: note: this row is left out: it is after `as_of`",
            "      rules.yml:30: note: this row is left out: `where` is not true for it",
            "0 passed, 1 failed",
        ],
    );
    let json = sandbox.tiermill(&["test", "rules.yml", "--format", "json"]).result();
    assert_eq!((&json["passed"], &json["failed"]), (&0.into(), &1.into()));
    let value = &json["tests"][0]["failures"][2];
    assert_eq!(value["line"], 34);
    assert_eq!(
        value["value"],
        serde_json::json!({"customer": "bob", "column": "tier", "expected": "regular", "got": "lapsed"})
    );
}

/// A row that does not count is named, where something of its customer is not as expected.
#[test]
fn rows_that_are_left_out_are_named() {
    let test = "tests:
  - name: counted
    as_of: 2026-11-01
    orders:
      - {customer: ann, time: 2026-10-20, amount: 60, status: done}
      - {customer: ann, time: 2026-10-21, amount: 50, status: cancelled}
      - {customer: ann, time: 2026-11-02, amount: 40, status: done}
      - {customer: bob, time: 2026-10-21, amount: 50, status: cancelled}
      - {customer: cyd, time: 2026-10-21, amount: 50, status: cancelled}
      - {customer: dan, time: 2026-10-20, amount: 60, status: null, category: tea}
    expect:
      ann: {revenue: 110}
      bob: {revenue: 50}
      cyd: null
      dan: {revenue: 60}
";
    let lines = [
        "FAIL  counted",
        "      rules.yml:34: ann.revenue is `60.00`, expected `110`",
        "      rules.yml:35: `bob` is not in the output",
        "      rules.yml:28: note: this row is left out: `where` is not true for it",
        "      rules.yml:29: note: this row is left out: it is after `as_of`",
        "      rules.yml:30: note: this row is left out: `where` is not true for it",
        "0 passed, 1 failed",
    ];
    let ran = sandbox(test).tiermill(&["test", "rules.yml"]);
    check(&ran, 2, &lines);
}

/// A model of orders is not learned from a few rows unless something is expected of it.
#[test]
fn lifetime_value_in_a_test() {
    let rules = "tiermill: 1
name: value
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, time: at, amount: amount}
metrics: {revenue: sum(amount)}
clv: {model: bg_nbd, spend: mean, horizon: 365d, margin: 0.3}
bands: {worth: {of: clv, cumulative: {A: 0.8, B: 1}}}
segments:
  tier: {rules: [{id: big, when: revenue > 100}], default: small}
  future: {rules: [{id: good, when: clv > 100}], default: other}
tests:
  - name: of revenue alone
    as_of: 2026-11-01
    orders: [{customer: ann, time: 2026-10-20, amount: 160}]
    expect: {ann: {tier: big, revenue: 160}}
  - name: not learned
    learn: false
    as_of: 2026-11-01
    orders: [{customer: ann, time: 2026-10-20, amount: 160}]
    expect: {ann: {tier: big, clv: null, p_alive: null, future: other, worth: B}}
  - name: learned of one
    as_of: 2026-11-01
    orders: [{customer: ann, time: 2026-10-20, amount: 160}]
    expect: {ann: {future: good}}
";
    let sandbox = Sandbox::new();
    sandbox.text("rules.yml", rules);
    let ran = sandbox.tiermill(&["test", "rules.yml"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        lines[..3],
        ["ok    of revenue alone", "ok    not learned", "FAIL  learned of one"],
        "{ran:?}"
    );
    assert!(lines[3].contains("cannot be fitted") && lines[3].ends_with("or says `learn: false`"), "{ran:?}");
}

/// Tests may stand in a file beside the rules; what is wrong with one is underlined there.
#[test]
fn tests_beside_the_rules() {
    let sandbox = sandbox("");
    let ran = sandbox.tiermill(&["test", "rules.yml"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("no tests: neither under `tests:`"), "{}", ran.stderr);
    // Without files a column is known if a row names it.
    let one = "- name: one
  as_of: 2026-11-01
  orders: [{customer: 7, time: 2026-10-31T20:00:00, amount: 1}]
  expect: {7: {recency_days: 1, tier: regular}}
";
    sandbox.text("rules.tests.yml", one);
    let ran = sandbox.tiermill(&["test", "rules.yml"]);
    let why = "nothing here is named `status` (rules.yml:8); without the input's files a row must name it, if only as null";
    check(&ran, 2, &["FAIL  one", &format!("      rules.tests.yml:1: {why}"), "0 passed, 1 failed"]);
    sandbox.text("rules.tests.yml", &one.replace("amount: 1}", "amount: 1, status: null, category: null}"));
    check(&sandbox.tiermill(&["test", "rules.yml"]), 0, &["ok    one", "1 passed, 0 failed"]);
    sandbox.text(
        "rules.tests.yml",
        "- name: one
  as_of: yesterday
  expect: {a: {tier: regular}}
- name: two
  as_of: 2026-11-01
  visits: [{customer: a, time: 2026-10-01}]
  expect: {a: {tier: regular}}
- nam: three
",
    );
    let ran = sandbox.tiermill(&["test", "rules.yml"]);
    assert_eq!(ran.code, Some(2));
    for words in [
        "`yesterday` is not a date",
        "the rules have no input `visits`",
        "a test has no `expect`",
        "rules.tests.yml:6:3",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    // With data a row may name only what the files have, and as they hold it.
    sandbox.orders("orders.parquet", &table::words("id:int order_id:int at:date amount:decimal status:text category:text\n 1 1 2026-01-01 1 done tea"));
    sandbox.text(
        "rules.tests.yml",
        "- name: one
  as_of: 2026-11-01
  orders: [{customer: ann, time: 2026-10-31, amount: 1.005, categry: tea}]
  expect: {1: {tier: regular}}
",
    );
    let ran = sandbox.tiermill(&["test", "rules.yml"]);
    assert_eq!(ran.code, Some(2));
    for words in [
        "`ann` does not go into a column of whole numbers",
        "`1.005` does not go into a column of decimals with 2 places",
        "did you mean `category`?",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
}

/// Cuts follow from the population: a frozen model brings those of a real one.
#[test]
fn a_frozen_model_brings_the_cuts() {
    let test = "tests:
  - name: alone
    as_of: 2026-11-01
    orders: [{customer: ann, time: 2026-10-20, amount: 60}]
    expect: {ann: {m: 1}}
  - name: among the others
    as_of: 2026-11-01
    model: out/shop/as_of=2026-11-01/_run/model.json
    orders: [{customer: ann, time: 2026-10-20, amount: 60}]
    expect: {ann: {m: 2}}
";
    let sandbox = sandbox(test);
    let orders = "id:text order_id:int at:date amount:decimal status:text category:text
        a 1 2026-10-01 10 done tea
        b 2 2026-10-01 50 done tea";
    sandbox.orders("orders.parquet", &table::words(orders));
    let ran = sandbox.tiermill(&["test", "rules.yml"]);
    assert!(ran.stdout.contains("No such file"), "{}", ran.stdout);
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2026-11-01"]).done();
    check(
        &sandbox.tiermill(&["test", "rules.yml"]),
        0,
        &["ok    alone", "ok    among the others", "2 passed, 0 failed"],
    );
}

/// Customers without an order, attributes, events, opt-outs and orders of two inputs.
#[test]
fn all_inputs_can_be_given() {
    let sandbox = Sandbox::new();
    sandbox.text(
        "rules.yml",
        "tiermill: 1
name: all
inputs:
  orders:
    - {path: web.parquet, columns: {customer: id, time: at, amount: amount}}
    - {path: shop.parquet, columns: {customer: kunde, time: datum, amount: betrag}, where: betrag > 0}
  customers: {path: customers.parquet, columns: {customer: id}, attributes: {region: area}}
  visits: {path: visits.parquet, columns: {customer: who, time: at}}
metrics:
  revenue: sum(amount)
  visits_90d: {from: visits, expr: count(*), window: 90d}
segments:
  tier:
    rules:
      - {id: prospect, when: revenue = 0 and visits_90d > 0}
      - {id: northern, when: region = 'north'}
    default: other
privacy: {suppress: {path: gone.csv, column: id}}
tests:
  - name: all inputs
    as_of: 2026-11-01
    customers:
      - {customer: a, region: north}
      - {customer: b, region: south}
      - {customer: c}
      - {customer: d}
    orders:
      - {customer: a, time: 2026-10-01, amount: 10.50}
      - {input: 2, customer: a, time: 2026-10-01, amount: 1.25}
      - {input: 2, customer: a, time: 2026-10-01, amount: -1.25}
      - {customer: d, time: 2026-10-01, amount: 1.00}
    visits:
      - {customer: c, time: 2026-10-02}
      - {customer: c, time: 2026-01-02}
    suppress: [d]
    expect:
      a: {tier: northern, revenue: 11.75, region: north}
      b: {tier: other, revenue: 0}
      c: {tier: prospect, visits_90d: 1, region: null}
      d: null
",
    );
    check(&sandbox.tiermill(&["test", "rules.yml"]), 0, &["ok    all inputs", "1 passed, 0 failed"]);
}
