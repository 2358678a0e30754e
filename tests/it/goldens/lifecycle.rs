//! The lifecycle of a shop's customers: with fixed numbers, with the store's, and with each customer's own.

use serde_json::{Value as Json, json};

use super::{compare, golden};
use crate::support::{Rows, Sandbox, table};

const METRICS: &str = "metrics:
  recency_days: days_since(max(time))
  days_since_first: days_since(min(time))
  last_gap_days: last_gap(time)
  order_count: count(*)
";

/// As of 31 January 2025. Gaps in all: 10 of a (1 × 10 days, as the days are 22 October to 30 January: ten gaps of 10 days),
/// and of the others 20 30 40 100 200; all in all 15.
const ORDERS: &str = "id:text at:date
    a 2024-10-22
    a 2024-11-01
    a 2024-11-11
    a 2024-11-21
    a 2024-12-01
    a 2024-12-11
    a 2024-12-21
    a 2024-12-31
    a 2025-01-10
    a 2025-01-20
    a 2025-01-30
    b 2024-10-13
    b 2024-11-02
    b 2024-12-02
    c 2024-11-12
    c 2024-12-22
    d 2024-06-15
    d 2024-09-23
    e 2023-11-28
    e 2024-06-15
    f 2025-01-25
    g 2024-03-01";

#[test]
fn d4_the_lifecycle_with_fixed_numbers() {
    // a: 11 orders, the last yesterday: loyal. b: 60 days: active. c: 40 days: active. d: 130 days: at risk. e: 230 days: dormant;
    // f: first order 6 days ago: new; g: 336 days: dormant.
    golden(ORDERS).check(
        &format!("{METRICS}segments: {{stage: {{preset: lifecycle-retail}}}}\n"),
        "id stage\n a loyal\n b active\n c active\n d at_risk\n e dormant\n f new\n g dormant",
    );
}

#[test]
fn d4_numbers_learned_from_the_gaps_of_the_store() {
    // 15 gaps: ten of 10, then 20 30 40 100 200. 80 % are 12 of them: 30 days. 90 % are 13.5, so 14: 100. 95 % are 14.25, so 15:
    // 200. b (60) and c (40) are at risk, d (130) is dormant, e (230) and g (336) are churned. The others: 0.733333 of 15 are 10.999995, so
    // 11: 20 days; 0.733334 are 11.00001, so 12: 30 days; and 200: b and c are dormant.
    golden(ORDERS).check(
        &format!(
            "{METRICS}segments:
  stage: {{preset: lifecycle-retail, fitted: store}}
  other: {{preset: lifecycle-retail, fitted: {{by: store, active: 0.733333, at_risk: 0.733334}}}}
  given: {{preset: lifecycle-retail, fitted: store, with: {{at_risk_days: 130, dormant_days: 300}}}}
"
        ),
        "id stage other given
         a loyal loyal loyal
         b at_risk dormant at_risk
         c at_risk dormant at_risk
         d dormant dormant at_risk
         e churned churned dormant
         f new new new
         g churned churned churned",
    );
}

#[test]
fn d4_numbers_learned_from_a_customers_own_gaps() {
    // With three gaps or more only a has enough: its own are all 10 days, and with no orders to be loyal for, 1 day is active.
    // With two or more b has 20 and 30: 80 % of two are ⌈1.6⌉ = 2: 30 days, as are 90 % and 95 %: 60 days are churned. With one or more c
    // has 40: active at exactly 40; d has 100 and 130 days are churned; e has 200 and 230 days are churned. f and g have none, and g
    // goes by the store: 336 days are more than 200.
    golden(ORDERS).check(
        &format!(
            "{METRICS}segments:
  three: {{preset: lifecycle-retail, fitted: customer, with: {{loyal_orders: 99}}}}
  two: {{preset: lifecycle-retail, fitted: {{by: customer, min_gaps: 2}}}}
  one: {{preset: lifecycle-retail, fitted: {{by: customer, min_gaps: 1}}}}
"
        ),
        "id three two one
         a active loyal loyal
         b at_risk churned churned
         c at_risk at_risk active
         d dormant dormant churned
         e churned churned churned
         f new new new
         g churned churned churned",
    );
}

fn rules(fitted: &str) -> String {
    format!(
        "tiermill: 1
name: life
inputs:
  orders:
    path: orders.parquet
    columns: {{customer: id, time: at}}
{METRICS}segments: {{stage: {{preset: lifecycle-retail, fitted: {fitted}}}}}
"
    )
}

#[test]
fn the_model_keeps_what_was_learned() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(ORDERS));
    sandbox.text("rules.yml", &rules("customer"));
    let run = ["run", "rules.yml", "--as-of", "2025-01-31", "--out", "out"];
    sandbox.tiermill(&run).done();
    let read = |as_of: &str| {
        let text =
            std::fs::read_to_string(sandbox.path(&format!("out/as_of={as_of}/_run/model.json"))).unwrap();
        (serde_json::from_str::<Json>(&text).unwrap()["lifecycles"][0].clone(), text)
    };
    let (learned, text) = read("2025-01-31");
    let days = |days: [u32; 3]| {
        json!([
            {"variable": "active_days", "quantile": "0.8", "days": days[0]},
            {"variable": "at_risk_days", "quantile": "0.9", "days": days[1]},
            {"variable": "dormant_days", "quantile": "0.95", "days": days[2]},
        ])
    };
    let expected = json!({
        "segmentation": "stage", "fitted": "customer", "gaps": 15, "days": days([30, 100, 200]),
        "min_gaps": 3, "customers_by_own_gaps": 1, "customers_by_store": 6,
    });
    assert_eq!(learned, expected);

    // Frozen, the store's numbers are those of January, though nobody comes back any more: 30 days are active, 31 at risk.
    sandbox.text("model.json", &text);
    sandbox.orders(
        "orders.parquet",
        &table::words("id:text at:date\n x 2024-10-01\n x 2025-03-01\n y 2024-10-01\n y 2025-02-28"),
    );
    let frozen = ["run", "rules.yml", "--as-of", "2025-03-31", "--out", "out", "--model", "model.json"];
    sandbox.tiermill(&frozen).done();
    compare(&Rows::parts(&sandbox.path("out/as_of=2025-03-31")), "id stage\n x active\n y at_risk");
    assert_eq!(read("2025-03-31").0, expected);

    // A model that learned otherwise, or nothing of the kind, is refused.
    for (other, why) in [
        ("store", "were learned otherwise"),
        ("{by: customer, min_gaps: 4}", "were learned otherwise"),
        ("{by: customer, active: 0.7}", "were learned otherwise"),
    ] {
        sandbox.text("rules.yml", &rules(other));
        let ran = sandbox.tiermill(&frozen);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(why), "{ran:?}");
    }

    // Nobody came back: there is nothing to learn, and the preset's numbers are recorded with the reason.
    sandbox.text("rules.yml", &rules("store"));
    sandbox.orders("orders.parquet", &table::words("id:text at:date\n x 2024-11-02\n y 2024-11-01"));
    sandbox.tiermill(&run).done();
    let (learned, _) = read("2025-01-31");
    let reason = "nobody bought on two days: these are the numbers of the preset";
    assert_eq!(
        learned,
        json!({
            "segmentation": "stage", "fitted": "store", "gaps": 0, "days": days([90, 180, 365]),
            "fallback": true, "reason": reason,
        })
    );
    compare(&Rows::parts(&sandbox.path("out/as_of=2025-01-31")), "id stage\n x active\n y at_risk");
}
