//! Segmentations that read one another, in any order of the file.

use super::{golden, worth};

#[test]
fn o1_d22_crossed_rules() {
    // High value and buys apparel: one rule over a tier and a top category. The tier stands below what reads it.
    golden(
        "id:int at:date amount:int category:text
         1 2025-01-01 90 apparel
         1 2025-01-02 10 books
         2 2025-01-01 95 books
         3 2025-01-01 5 apparel
         4 2025-01-01 4 books",
    )
    .check(
        "metrics:
  revenue: sum(amount)
  favourite_category: top(category, sum(amount))
bands: {abc: {of: revenue, cumulative: {A: 0.80, C: 1}}}
segments:
  campaign:
    rules:
      - {id: fashion_vip, when: tier = 'high_value' and favourite_category = 'apparel'}
      - {id: fashion, when: not tier = 'high_value' and favourite_category = 'apparel'}
      - {id: vip, when: tier = 'high_value' or revenue is null}
    default: none
  tier: {rules: [{id: high_value, when: abc = 'A'}], default: regular}
",
        "id tier campaign campaign_rule
         1 high_value fashion_vip 1
         2 high_value vip 3
         3 regular fashion 2
         4 regular none 0",
    );
}

#[test]
fn d21_a_tier_inside_a_segment() {
    // Two levels: gold and silver inside the loyal, large and small inside the rest; the second level is declared first, the
    // numbers of its rules count in its own list. Columns stay in the order of the file.
    worth(&[1, 5, 20, 50]).check(
        "metrics: {revenue: sum(amount), n: count(*)}
segments:
  level:
    rules:
      - {id: gold, when: stage = 'loyal' and revenue >= 50}
      - {id: silver, when: stage = 'loyal'}
      - {id: large, when: stage_rule = 0 and revenue >= 5}
    default: small
  third: {rules: [{id: metal, when: \"level in ('gold', 'silver')\"}], default: other}
  stage: {rules: [{id: loyal, when: revenue >= 20}], default: other}
",
        "id revenue n level level_rule third third_rule stage stage_rule
         1 1.00 1 small 0 other 0 other 0
         2 5.00 1 large 3 other 0 other 0
         3 20.00 1 silver 2 metal 1 loyal 1
         4 50.00 1 gold 1 metal 1 loyal 1",
    );
}
