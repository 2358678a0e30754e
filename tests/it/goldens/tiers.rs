//! Tiers by place from the top, value classes, and classes of a fixed width.

use super::{golden, worth};

const REVENUE: &str = "metrics: {revenue: sum(amount)}\n";

#[test]
fn tiers_from_the_top() {
    // Ten customers worth 100 90 90 90 60 50 40 30 20 10. Before 100 nobody, before the 90s 1, before 60 4.
    // first: fewer than 1 before: 100. fifth: before / 10 < 20 %: 0 and 1 before, so all three 90s, though they make four
    // of ten. five: fewer than 5 before: 60. rest.
    worth(&[10, 20, 30, 40, 50, 60, 90, 90, 90, 100]).check(
        &format!(
            "{REVENUE}bands:
  tier: {{of: revenue, top: {{first: 1, fifth: 20%, five: 5, rest: all}}}}
  tenth: {{of: revenue, top: {{best: 10%, next: 10.000001%, rest: 100%}}}}
  everybody: {{of: revenue, top: {{all: all}}}}
"
        ),
        // A tenth of ten is one: before the 90s there is one, which is not below 10 %, but below a little more.
        "id tier tenth everybody
         1 rest rest all
         2 rest rest all
         3 rest rest all
         4 rest rest all
         5 rest rest all
         6 five rest all
         7 fifth next all
         8 fifth next all
         9 fifth next all
         10 first best all",
    );
    // Counts are met by few customers, too, and equals share: all three are among the first one.
    worth(&[7, 7, 7]).check(
        &format!("{REVENUE}bands: {{tier: {{of: revenue, top: {{first: 1, ten: 10, rest: all}}}}}}\n"),
        "id tier\n 1 first\n 2 first\n 3 first",
    );
}

#[test]
fn tiers_of_negative_values_and_nulls() {
    // The gaps are 9 and 2 days, of customer 3 there is none: N = 2, and the last band for the one without. Of balances
    // the largest of all below zero is still the first.
    golden(
        "id:int at:date amount:int
         1 2025-01-01 -5
         1 2025-01-10 -5
         2 2025-01-01 -20
         2 2025-01-03 -1
         3 2025-01-01 -30",
    )
    .check(
        "metrics: {gap: last_gap(time), balance: sum(amount), n: count(*), mean: balance / n}
bands:
  slow: {of: gap, top: {slowest: 50%, other: all}}
  debt: {of: balance, top: {least: 1, other: all}}
  mean_debt: {of: mean, top: {least: 33%, other: all}}
",
        "id slow debt mean_debt\n 1 slowest least least\n 2 other other other\n 3 other other other",
    );
}

#[test]
fn d8_value_classes_by_revenue_and_by_profit() {
    // 高 / 中 / 低 by thirds of revenue, and by place from the top of profit: amount less cost. Revenue 10 to 60; profit 9, 1,
    // 28, 10, 50, 0. Thirds: 1 + floor(3 × worse / 6). Tops: 50 and 28 are before less than a third; 10, 9 and 1 with 2, 3
    // and 4 before are below 90 %; 0 has 5 before: 83 % is below 90 %, too. By 80 % it is not.
    golden(
        "id:int at:date amount:int cost:int
         1 2025-01-01 10 1
         2 2025-01-01 20 19
         3 2025-01-01 30 2
         4 2025-01-01 40 30
         5 2025-01-01 50 0
         6 2025-01-01 60 60",
    )
    .check(
        "metrics: {revenue: sum(amount), profit: sum(amount) - sum(cost)}
scores: {value: {of: revenue, quantiles: 3}}
bands: {profit_class: {of: profit, top: {高: 33%, 中: 80%, 低: all}}}
segments:
  value_class:
    rules:
      - {id: high, when: value = 3, label: {zh: 高, en: High}}
      - {id: middle, when: value = 2, label: {zh: 中, en: Middle}}
    default: {id: low, label: {zh: 低, en: Low}}
",
        "id value value_class profit profit_class
         1 1 low 9.00 中
         2 1 low 1.00 中
         3 2 middle 28.00 高
         4 2 middle 10.00 中
         5 3 high 50.00 高
         6 3 high 0.00 低",
    );
}

#[test]
fn d15_age_bands_and_breaks_of_every_kind_of_number() {
    // 25 to 35 years: as of January 2025 born from 1990 to 2000. Ages 24, 25, 35, 36 and unknown against [25, 36].
    // Counts against [2, 3]; money against [10.50]; doubles against [10.50, 11]: 31.50 / 3 is 10.5, exactly; days against
    // [0, 30], best low: on the day itself both are reached, 30 days before one, 31 none.
    golden(
        "id:int at:date amount:decimal born:int
         1 2025-01-31 10.50 2001
         2 2025-01-01 10.49 2000
         3 2024-12-31 10.50 1990
         3 2024-12-31 10.50 1990
         3 2024-12-31 10.50 1990
         4 2025-01-30 11.00 1989
         4 2025-01-31 11.00 1989
         5 2025-01-31 31.50 -",
    )
    .check(
        "metrics:
  age: year(as_of) - last(born)
  n: count(*)
  revenue: sum(amount)
  mean: revenue / n
  recency: days_since(max(time))
scores:
  age_band: {of: age, breaks: [25, 36]}
  often: {of: n, breaks: [2, 3]}
  much: {of: revenue, breaks: [10.50]}
  per_order: {of: mean, breaks: [10.50, 11]}
  fresh: {of: recency, breaks: [0, 30], best: low}
",
        "id age age_band often much per_order fresh
         1 24 1 1 2 2 3
         2 25 2 1 1 1 2
         3 35 2 3 2 2 1
         4 36 3 2 2 3 3
         5 - - 1 2 3 3",
    );
}

#[test]
fn d5_d6_frequency_and_amount_are_two_axes() {
    // Often or rarely against the mean number of orders, 7/4 = 1.75, and large or small against the mean order value: of 10,
    // 100, 10, 100 it is 55. Four customers, one of each kind.
    golden(
        "id:int at:date amount:int
         1 2025-01-01 10
         2 2025-01-01 100
         3 2025-01-01 5
         3 2025-01-02 15
         4 2025-01-01 100
         4 2025-01-02 150
         4 2025-01-03 50",
    )
    .check(
        "metrics: {n: count(*), revenue: sum(amount), mean: revenue / n}
scores: {often: {of: n, mean: true}, large: {of: mean, mean: true}}
segments:
  frequency: {rules: [{id: often, when: often = 2}], default: rarely}
  amount: {rules: [{id: large, when: large = 2}], default: small}
",
        "id frequency amount\n 1 rarely small\n 2 rarely large\n 3 often small\n 4 often large",
    );
}

#[test]
fn d17_share_of_discounted_orders() {
    // One of two, none of one, three of four.
    golden(
        "id:int at:date amount:int discount:int
         1 2025-01-01 10 0
         1 2025-01-02 10 2
         2 2025-01-01 10 0
         3 2025-01-01 10 1
         3 2025-01-02 10 1
         3 2025-01-03 10 -
         3 2025-01-04 10 5",
    )
    .check(
        "metrics:
  n: count(*)
  discount_share: {expr: count(*), where: discount > 0, per: n}
segments: {price: {rules: [{id: sensitive, when: discount_share > 0.5}], default: other}}
",
        "id discount_share price\n 1 0.5 other\n 2 0 other\n 3 0.75 sensitive",
    );
}

#[test]
fn d1_rfm_each_with_its_own_window() {
    // As of 31 January: 90 days reach back to 3 November, 60 to 3 December, 30 to 2 January. a: 1 January is too old for m, and 10
    // November for f. b: only r knows of the order. c: nothing is left of it.
    golden(
        "id:text at:date amount:int
         a 2025-01-31 10
         a 2025-01-01 20
         a 2024-11-10 40
         b 2024-11-10 100
         c 2024-10-01 7",
    )
    .check(
        "metrics:
  recency_days: {expr: days_since(max(time)), window: 90d}
  orders: {expr: count(*), window: 60d}
  revenue: {expr: sum(amount), window: 30d}
scores:
  r: {of: recency_days, breaks: [30], best: low}
  f: {of: orders, breaks: [2]}
  m: {of: revenue, breaks: [10]}
segments:
  rfm: {preset: cn-8, scores: [r, f, m]}
",
        "id recency_days orders revenue r f m rfm
         a 0 2 10.00 2 2 2 key_value
         b 82 0 0.00 1 1 1 general_win_back
         c - 0 0.00 - 1 1 unscored",
    );
}
