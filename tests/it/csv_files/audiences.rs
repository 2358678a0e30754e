//! Audiences as CSV: what people open in a spreadsheet.

use super::{RUN, beside};
use crate::support::Sandbox;

const RULES: &str = "
tiermill: 1
name: shop
inputs:
  orders: {path: orders.csv, columns: {customer: id, time: at, amount: amount}, csv: {types: {weight: double}}}
metrics: {revenue: sum(amount), last_day: max(day(time)), weight: max(weight), note: max(note)}
segments:
  tier:
    rules: [{id: vip, when: revenue > 10, label: {zh: 贵宾, en: 'VIP, gold'}}]
    default: rest
output: {columns: [id, revenue, last_day, weight, note, tier]}
";

fn audience(settings: &str) -> String {
    let sandbox = Sandbox::new();
    let orders = "id,at,amount,weight,note\n\
                  =1+1,2026-10-01,12.5,0.1,\"-2+3\"\n-7,2026-10-02,1000,-1e-7,\"a \"\"b\"\"\nc\"\n\
                  x,2026-10-02,1,1,\n+86 10,2026-10-02,11,1,@SUM(A1)\n";
    sandbox.text("orders.csv", orders);
    sandbox.text("rules.yml", &format!("{RULES}audiences: [{{segment: tier.vip, format: csv{settings}}}]\n"));
    sandbox.tiermill(&RUN).done();
    let manifest = std::fs::read_to_string(beside(&sandbox, "manifest.json")).unwrap();
    assert!(manifest.contains("audience-tier.vip.csv"));
    std::fs::read_to_string(beside(&sandbox, "audience-tier.vip.csv")).unwrap()
}

#[test]
fn a_csv_that_runs_nothing() {
    let expected = "id,revenue,last_day,weight,note,tier\n\
                    '+86 10,11.00,2026-10-02,1,'@SUM(A1),vip\n\
                    -7,1000.00,2026-10-02,-0.0000001,\"a \"\"b\"\"\nc\",vip\n\
                    '=1+1,12.50,2026-10-01,0.1,'-2+3,vip\n";
    assert_eq!(audience(""), expected);
    assert_eq!(audience(", labels: zh, bom: true"), format!("\u{feff}{}", expected.replace("vip", "贵宾")));
    assert_eq!(
        audience(", columns: [tier, id], labels: en"),
        "tier,id\n\"VIP, gold\",'+86 10\n\"VIP, gold\",-7\n\"VIP, gold\",'=1+1\n"
    );
}

#[test]
fn labels_are_of_csv_files() {
    let sandbox = Sandbox::new();
    sandbox.text("orders.csv", "id,at,amount,weight,note\nx,2026-10-01,1,1,\n");
    sandbox.text("rules.yml", &format!("{RULES}audiences: [{{segment: tier.vip, labels: zh}}]\n"));
    let ran = sandbox.tiermill(&RUN);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("`labels` is of CSV files, and this audience is Parquet"), "{}", ran.stderr);
}
