//! Orders without an amount: how often customers come back is foretold all the same; of money nothing is said.

use super::{BG_NBD, folder, model, rules};
use crate::support::{Ran, Rows, Sandbox};

/// The rules of the other tests, without what needs an amount.
fn bare(clv: &str) -> String {
    let with = rules(clv);
    let without = with.replace(", amount: amount", "");
    let (head, tail) = without.split_once("metrics:").unwrap();
    let (_, tail) = tail.split_once("clv: {").unwrap();
    format!(
        "{head}metrics:\n  n: count(*)\nscores:\n  e: {{of: expected_orders, quantiles: 10}}\nclv: {{{tail}"
    )
}

fn run(sandbox: &Sandbox, rules: &str, more: &[&str]) -> Ran {
    sandbox.text("rules.yml", rules);
    let run = ["run", "rules.yml", "--as-of", "1997-09-30", "--out", "out"];
    sandbox.tiermill(&[&run[..], more].concat())
}

#[test]
fn orders_are_foretold_as_with_amounts() {
    for kind in ["bg_nbd", "mbg_nbd", "pareto_nbd"] {
        let clv = BG_NBD.replace("bg_nbd", kind);
        let (with, without) = (Sandbox::new(), Sandbox::new());
        run(&with, &rules(&clv), &[]).done();
        run(&without, &bare(&clv), &[]).done();
        let (with_rows, rows) = (Rows::parts(&folder(&with)), Rows::parts(&folder(&without)));
        for column in ["customer_id", "expected_orders", "p_alive", "churn", "churn_rule"] {
            assert_eq!(rows.column(column), with_rows.column(column), "{kind} {column}");
        }
        assert_eq!(
            rows.columns,
            ["customer_id", "n", "e", "expected_orders", "p_alive", "churn", "churn_rule"]
        );
        let (with, without) = (model(&with), model(&without));
        assert_eq!(with["clv"]["params"], without["clv"]["params"]);
        assert!(without["clv"]["spend"].is_null() && !with["clv"]["spend"].is_null());
    }
}

/// A frozen model says the same, and the summary has no lifetime value to add up.
#[test]
fn a_frozen_model_is_applied_to_orders_alone() {
    let sandbox = Sandbox::new();
    let bare = bare(BG_NBD);
    run(&sandbox, &bare, &[]).done();
    let before = Rows::parts(&folder(&sandbox));
    std::fs::copy(folder(&sandbox).join("_run/model.json"), sandbox.path("model.json")).unwrap();
    run(&sandbox, &bare, &["--model", "model.json"]).done();
    assert_eq!(Rows::parts(&folder(&sandbox)).rows, before.rows);
    let summary = Rows::read(&folder(&sandbox).join("_run/summary.parquet"));
    for column in ["clv", "revenue"] {
        assert!(summary.column(column).iter().all(|value| value.to_string() == "-"), "{column}");
    }
}

#[test]
fn a_holdout_compares_orders() {
    let sandbox = Sandbox::new();
    let held = |rules: &str| {
        sandbox.text("rules.yml", rules);
        let ran = sandbox.tiermill(&["run", "rules.yml", "--as-of", "1998-06-30", "--out", "out"]).done();
        let table = Rows::read(&sandbox.path("out/as_of=1998-06-30/_run/calibration.parquet"));
        (ran.result()["calibration"].clone(), table)
    };
    let clv = format!("{BG_NBD}, holdout: 273d");
    let (with, with_table) = held(&rules(&clv));
    let (without, table) = held(&bare(&clv));
    for key in ["predicted_orders", "actual_orders", "customers", "mean_absolute_error_orders"] {
        assert!(!with[key].is_null());
        assert_eq!(with[key], without[key], "{key}");
    }
    assert!(without.get("predicted_revenue").is_none() && without.get("actual_revenue").is_none());
    assert_eq!(table.columns, with_table.columns[..5]);
    for column in &table.columns {
        assert_eq!(table.column(column), with_table.column(column), "{column}");
    }
}

/// A test of a few rows, with a model that was learned of all.
#[test]
fn rule_tests_need_no_amount() {
    let sandbox = Sandbox::new();
    let bare = bare(BG_NBD);
    run(&sandbox, &bare, &[]).done();
    std::fs::copy(folder(&sandbox).join("_run/model.json"), sandbox.path("model.json")).unwrap();
    let test = "tests:
  - name: who just came is here
    as_of: 1997-09-30
    model: model.json
    orders:
      - {customer: 1, time: 1997-09-01}
      - {customer: 1, time: 1997-09-29}
      - {customer: 2, time: 1997-01-01}
      - {customer: 2, time: 1997-01-02}
      - {customer: 2, time: 1997-01-03}
    expect:
      1: {churn: here, n: 2}
      2: {churn: gone, n: 3}
  - name: nothing is learned
    as_of: 1997-09-30
    learn: false
    orders: [{customer: 1, time: 1997-09-01}]
    expect:
      1: {p_alive: null, expected_orders: null}
";
    sandbox.text("rules.yml", &format!("{bare}{test}"));
    let ran = sandbox.tiermill(&["test", "rules.yml"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("2 passed, 0 failed"), "{}", ran.stdout);
}

/// What is asked for and needs money is an error at its place that says what to do.
#[test]
fn what_needs_money_is_refused_where_it_is_asked_for() {
    let bare = bare(BG_NBD);
    for (change, column) in [
        (("p_alive < 0.5", "clv > 3"), "clv"),
        (("of: expected_orders", "of: expected_order_value"), "expected_order_value"),
        (("segments:", "output: {columns: [customer_id, clv]}\nsegments:"), "clv"),
        (("segments:", "bands:\n  abc: {of: clv, cumulative: {A: 0.8, B: 1}}\nsegments:"), "clv"),
        (("segments:", "summary: {metrics: [clv]}\nsegments:"), "clv"),
        (("segments:", "audiences: [{segment: churn.gone, columns: [customer_id, clv]}]\nsegments:"), "clv"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.text("rules.yml", &bare.replace(change.0, change.1));
        let ran = sandbox.tiermill(&["check", "rules.yml"]);
        assert_eq!(ran.code, Some(2), "{change:?} {}", ran.stderr);
        let said = format!("the column `{column}` needs an amount");
        assert!(ran.stderr.contains(&said), "{change:?} {}", ran.stderr);
        assert!(ran.stderr.contains("`inputs.orders.columns.amount`"), "{}", ran.stderr);
        assert_eq!(ran.stderr.matches("error[").count(), 1, "{}", ran.stderr);
    }
}
