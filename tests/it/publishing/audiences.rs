//! Audiences: one file a named segment, with the chosen columns.

use super::{AS_OF, FOLDER, RULES, RUN, shop};
use crate::support::Rows;

fn words(rows: &Rows) -> Vec<String> {
    let line =
        |row: &Vec<crate::support::Value>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    rows.rows.iter().map(line).collect()
}

/// R4: the audience of one segment as its own file.
#[test]
fn r4_the_audience_of_one_segment_is_a_file() {
    let sandbox = shop();
    let audiences = "
audiences:
  - tier.best
  - {segment: tier.rest, columns: [abc, id, revenue]}
";
    sandbox.text("rules.yml", &format!("{RULES}{audiences}"));
    sandbox.tiermill(&RUN).done();
    let best = Rows::read(&sandbox.path(FOLDER).join("_run/audience-tier.best.parquet"));
    let parts = Rows::parts(&sandbox.path(FOLDER));
    assert_eq!(best.columns, parts.columns, "the output's columns, if none are chosen");
    let tier = parts.at("tier");
    let wanted: Vec<_> = parts.rows.iter().filter(|row| row[tier].to_string() == "best").collect();
    assert_eq!(best.rows.iter().collect::<Vec<_>>(), wanted);
    let rest = Rows::read(&sandbox.path(FOLDER).join("_run/audience-tier.rest.parquet"));
    assert_eq!(rest.columns, ["abc", "id", "revenue"]);
    assert_eq!(words(&rest), ["B d 0.01"]);
    let manifest = std::fs::read_to_string(sandbox.path(FOLDER).join("_run/manifest.json")).unwrap();
    assert!(manifest.contains("audience-tier.rest.parquet"));
}

#[test]
fn columns_need_not_be_in_the_output() {
    let sandbox = shop();
    let more = "
audiences: [{segment: tier.fresh, columns: [id, days]}, tier.best]
output: {columns: [id, tier]}
";
    sandbox.text("rules.yml", &format!("{RULES}{more}"));
    sandbox.tiermill(&RUN).done();
    let fresh = Rows::read(&sandbox.path(FOLDER).join("_run/audience-tier.fresh.parquet"));
    assert_eq!(words(&fresh), ["c 1"]);
    let best = Rows::read(&sandbox.path(FOLDER).join("_run/audience-tier.best.parquet"));
    assert_eq!(best.columns, ["id", "tier"]);
}

/// A label may be any text, a file's name may not.
#[test]
fn the_name_of_the_file() {
    let sandbox = shop();
    let rules = RULES.replace("id: best", "id: 'VIP 1/2 重要'") + "\naudiences: [tier.VIP 1/2 重要]\n";
    sandbox.text("rules.yml", &rules);
    let plan = sandbox.plan("rules.yml", AS_OF).unwrap();
    assert_eq!(plan.audiences[0].file_name(), "audience-tier.VIP%201%2F2%20重要.parquet");
    sandbox.tiermill(&RUN).done();
    assert_eq!(
        Rows::read(&sandbox.path(FOLDER).join("_run").join(plan.audiences[0].file_name())).rows.len(),
        2
    );
}
