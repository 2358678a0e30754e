//! Cuts of their own for each group: `within` and `min_group`, and what the model records of them.

use serde_json::Value as Json;

use super::{compare, golden};
use crate::support::{Rows, Sandbox, table};

/// Nine customers in regions n, s and w; of one nothing is known.
const REGIONS: &str = "id:int at:date amount:int region:text
    1 2025-01-01 10 n
    2 2025-01-01 20 n
    3 2025-01-01 30 n
    4 2025-01-01 40 n
    5 2025-01-01 1 s
    6 2025-01-01 2 s
    7 2025-01-01 3 s
    8 2025-01-01 5 -
    9 2025-01-01 100 w";
const METRICS: &str = "metrics: {revenue: sum(amount), region: last(region)}\n";

#[test]
fn each_group_has_its_own_cuts() {
    // n alone: of 4, worse ≥ 2 gives a 2, from 30. s alone: of 3, 2 × worse / 3 ≥ 1 from 3. All nine: 2 × worse / 9 ≥ 1 with
    // five worse, from 20: so the 5 of no region is a 1. w has one customer, fewer than 2: 100 against 20 is a 2.
    // Low: n from 20 down (30 and 40 are worse), s from 1 down, all from 5 down (10 has four worse, 5 has five).
    // Means: n 25, s 2, all 211/9 = 23.4.
    golden(REGIONS).check(
        &format!(
            "{METRICS}scores:
  half: {{of: revenue, quantiles: 2, within: region, min_group: 2}}
  low: {{of: revenue, quantiles: 2, best: low, within: region, min_group: 2}}
  mean: {{of: revenue, mean: true, within: region, min_group: 2}}
  everybody: {{of: revenue, quantiles: 2}}
"
        ),
        "id half low mean everybody
         1 1 2 1 1
         2 1 2 1 2
         3 2 1 2 2
         4 2 1 2 2
         5 1 2 1 1
         6 1 1 2 1
         7 2 1 2 1
         8 1 2 1 1
         9 2 1 2 2",
    );
}

#[test]
fn bands_of_groups() {
    // By share: n has 100 in all; before 40 nothing, before 30 40 %, before 20 70 %, before 10 90 %. s has 6: before 2 it is
    // 3/6, which is not below a half; before 1 5/6. All have 211: before 40 100/211 = 0.47, before 5 200/211 = 0.948 < 0.95.
    // From the top: half of 4 is 2, and before 20 there are 2; half of 3 is 1.5; half of all nine 4.5: before 5 there are 5.
    golden(REGIONS).check(
        &format!(
            "{METRICS}bands:
  abc: {{of: revenue, cumulative: {{A: 0.5, B: 0.95, C: 1}}, within: region, min_group: 2}}
  place: {{of: revenue, top: {{first: 1, half: 50%, rest: all}}, within: region, min_group: 2}}
"
        ),
        "id abc place
         1 B rest
         2 B rest
         3 A half
         4 A first
         5 B rest
         6 B half
         7 A first
         8 B rest
         9 A first",
    );
}

#[test]
fn ties_split_inside_a_group() {
    // Equals in two bins of equal size, group by group: ids 1 3 | 5 7 in a, 2 | 4 in b; 6 alone is below min_group, and by
    // the cut of all seven (0 to 3 of 7 are in bin 1: ids 1 to 4; from 5 on it is 2) a 2.
    golden(
        "id:int at:date amount:int kind:text
         1 2025-01-01 5 a
         2 2025-01-01 5 b
         3 2025-01-01 5 a
         4 2025-01-01 5 b
         5 2025-01-01 5 a
         6 2025-01-01 5 c
         7 2025-01-01 5 a",
    )
    .check(
        "metrics: {revenue: sum(amount), kind: last(kind)}
scores: {half: {of: revenue, quantiles: 2, ties: split, within: kind, min_group: 2}}
",
        "id half\n 1 1\n 2 1\n 3 1\n 4 2\n 5 2\n 6 2\n 7 2",
    );
}

#[test]
fn groups_of_numbers_dates_and_conditions() {
    // Two by two: 1 and 2, 3 and 4 (of the whole number), 1 and 3, 2 and 4 (of the date), 1 to 3 and 4 (of the condition).
    golden(
        "id:int at:date amount:int shop:int
         1 2025-01-01 10 -2
         2 2025-01-02 20 -2
         3 2025-01-01 30 11
         4 2025-01-02 40 11",
    )
    .check(
        "metrics:
  revenue: sum(amount)
  shop: last(shop)
  day: day(max(time))
  small: revenue <= 30
scores:
  by_number: {of: revenue, quantiles: 2, within: shop}
  by_date: {of: revenue, quantiles: 2, within: day}
  by_condition: {of: revenue, quantiles: 3, within: small}
",
        "id by_number by_date by_condition\n 1 1 1 1\n 2 2 1 2\n 3 1 2 3\n 4 2 2 1",
    );
}

const RULES: &str = "tiermill: 1
name: groups
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, time: at, amount: amount}
metrics: {revenue: sum(amount), region: last(region)}
scores: {half: {of: revenue, quantiles: 2, within: region, min_group: 2}}
bands: {abc: {of: revenue, cumulative: {A: 0.5, B: 0.95, C: 1}, within: region, min_group: 4}}
";

#[test]
fn the_model_records_groups_and_fallbacks() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(REGIONS));
    sandbox.text("rules.yml", RULES);
    let run = ["run", "rules.yml", "--as-of", "2025-01-31", "--out", "out"];
    sandbox.tiermill(&run).done();
    let text = std::fs::read_to_string(sandbox.path("out/as_of=2025-01-31/_run/model.json")).unwrap();
    let model: Json = serde_json::from_str(&text).unwrap();
    let cut = |value: &str| serde_json::json!([{ "value": value }]);
    let score = &model["scores"][0];
    assert_eq!((&score["customers"], &score["cuts"]), (&9.into(), &cut("20.00")));
    let too_small = "1 customers to learn from, and min_group is 2";
    assert_eq!(
        score["within"],
        serde_json::json!({
            "column": "region",
            "type": "text",
            "min_group": 2,
            "groups": [
                {"value": "n", "customers": 4, "cuts": cut("30.00")},
                {"value": "s", "customers": 3, "cuts": cut("3.00")},
                {"value": "w", "customers": 1, "fallback": true, "reason": too_small},
            ],
        })
    );
    let groups = model["bands"][0]["within"]["groups"].as_array().unwrap();
    assert_eq!(groups[0]["total"], "100.00");
    assert_eq!(groups[0]["cuts"][1], serde_json::json!({"band": "B", "share": "0.95", "at_least": "10.00"}));
    assert!(
        groups[1..].iter().all(|group| group["fallback"] == true && group["cuts"].is_null()),
        "{groups:?}"
    );

    // Frozen: the group x was not there, and gets the cut of all, 20, as does w; in n it is still 30.
    sandbox.text("model.json", &text);
    let later = "id:int at:date amount:int region:text
        1 2025-02-01 29 n
        2 2025-02-01 30 n
        3 2025-02-01 19 x
        4 2025-02-01 20 x
        5 2025-02-01 20 w
        6 2025-02-01 19 -";
    sandbox.orders("orders.parquet", &table::words(later));
    let frozen = ["run", "rules.yml", "--as-of", "2025-02-28", "--out", "out", "--model", "model.json"];
    sandbox.tiermill(&frozen).done();
    let published = Rows::parts(&sandbox.path("out/as_of=2025-02-28"));
    compare(&published, "id half\n 1 1\n 2 2\n 3 1\n 4 2\n 5 2\n 6 1");

    // A model of other groups is refused.
    for other in [("min_group: 2", "min_group: 3"), (", within: region, min_group: 2", "")] {
        sandbox.text("rules.yml", &RULES.replacen(other.0, other.1, 1));
        let ran = sandbox.tiermill(&frozen);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(
            ran.stderr.contains("its `half` has cuts within region (text), groups of 2 or more"),
            "{ran:?}"
        );
    }
}

#[test]
fn many_groups_are_no_trouble() {
    // A group for every two customers, thousands of them: of each the better one is a 2.
    let customers = 10_000;
    let rows: String = (0..customers)
        .map(|id| format!("{id} 2025-01-01 {} g{}\n", 1 + id * 7919 % 10_007, id / 2))
        .collect();
    let orders = format!("id:int at:date amount:int group:text\n{rows}");
    let worth = |id: u64| 1 + id * 7919 % 10_007;
    let expected: String =
        (0..customers).map(|id| format!("{id} {}\n", 1 + u8::from(worth(id) > worth(id ^ 1)))).collect();
    golden(&orders).check(
        "metrics: {revenue: sum(amount), group: last(group)}
scores: {half: {of: revenue, quantiles: 2, within: group, min_group: 2}}
",
        &format!("id half\n{expected}"),
    );
}
