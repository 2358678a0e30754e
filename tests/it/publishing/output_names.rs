//! Columns under other names, and the as-of date as one of them.

use serde_json::Value as Json;

use super::{FOLDER, RUN, shop};
use crate::support::{Rows, Sandbox};

const RENAME: &str = "output: {rename: {id: customer_id, tier: grade}, as_of_column: true}\n";

fn renamed(more: &str) -> Sandbox {
    let sandbox = shop();
    let rules = std::fs::read_to_string(sandbox.path("rules.yml")).unwrap();
    sandbox.text("rules.yml", &format!("{rules}{more}"));
    sandbox
}

#[test]
fn renamed_columns_hold_what_they_held() {
    let plain = shop();
    plain.tiermill(&RUN).done();
    let expected = Rows::parts(&plain.path(FOLDER));
    let sandbox = renamed(RENAME);
    sandbox.tiermill(&RUN).done();
    let found = Rows::parts(&sandbox.path(FOLDER));
    assert_eq!(found.columns[0], "as_of");
    assert_eq!(found.columns[1], "customer_id");
    let other = |name: &String| match name.as_str() {
        "id" => "customer_id".to_owned(),
        "tier" => "grade".to_owned(),
        name => name.to_owned(),
    };
    assert_eq!(found.columns[1..], expected.columns.iter().map(other).collect::<Vec<_>>());
    assert_eq!(found.rows.len(), expected.rows.len());
    for (found, expected) in found.rows.iter().zip(&expected.rows) {
        assert_eq!(found[0].to_string(), "2025-01-31");
        assert_eq!(found[1..], expected[..]);
    }
    let manifest = std::fs::read_to_string(sandbox.path(FOLDER).join("_run/manifest.json")).unwrap();
    let manifest: Json = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["columns"][0], serde_json::json!(["as_of", "DATE"]));
    assert_eq!(manifest["columns"][1], serde_json::json!(["customer_id", "VARCHAR"]));
    // The plan says both names; a run under other names is another run.
    let plan = sandbox.tiermill(&["plan", "rules.yml", "--as-of", "2025-01-31"]).done().stdout;
    assert!(plan.contains("customer_id  ") && plan.contains("VARCHAR, `id` in the rules"), "{plan}");
    let skip = [&RUN[..], &["--skip-code", "99"]].concat();
    assert_eq!(sandbox.tiermill(&skip).code, Some(99));
    let again = [&skip[..], &["--set", "output.rename.tier=level"]].concat();
    assert_eq!(sandbox.tiermill(&again).code, Some(0));
}

#[test]
fn audiences_have_the_names_of_the_output() {
    let audiences = "audiences: [tier.best, {segment: tier.fresh, columns: [tier, id]}]\n";
    let sandbox = renamed(&format!("{RENAME}{audiences}"));
    sandbox.tiermill(&RUN).done();
    let columns = |name: &str| {
        Rows::read(&sandbox.path(FOLDER).join(format!("_run/audience-tier.{name}.parquet"))).columns
    };
    assert_eq!(columns("best"), Rows::parts(&sandbox.path(FOLDER)).columns);
    assert_eq!(columns("fresh"), ["grade", "customer_id"]);
}

/// Two columns may change places, and only the names of those that are published count.
#[test]
fn names_may_be_exchanged() {
    let sandbox = renamed("output: {columns: [id, m, value], rename: {m: value, value: m}}\n");
    sandbox.tiermill(&RUN).done();
    assert_eq!(Rows::parts(&sandbox.path(FOLDER)).columns, ["id", "value", "m"]);
    let sandbox = renamed("output: {columns: [id, m], rename: {m: value}}\n");
    sandbox.tiermill(&RUN).done();
    assert_eq!(Rows::parts(&sandbox.path(FOLDER)).columns, ["id", "value"]);
}
