//! Scores, bands and segments over attributes: what the table of customers says.

use super::golden;

/// Rich and poor regions; 5 never ordered, and of 6 nothing but the year of birth is known. 9 is not in the table.
const CUSTOMERS: &str = "id:int region:text born:int member:bool since:date height:float points:decimal
    1 rich 1990 true 2024-01-01 1.80 10.50
    2 rich 1980 true 2024-01-01 1.79 10.49
    3 poor 2000 false 2024-01-02 1.50 -0.01
    4 poor 1991 false 2024-01-02 -0.5 0.00
    5 poor - false 2024-01-02 - -
    6 - 1989 - - - -";
const ORDERS: &str = "id:int at:date amount:int
    1 2025-01-01 1000
    2 2025-01-01 500
    3 2025-01-01 50
    4 2025-01-01 20
    6 2025-01-01 700
    9 2025-01-01 1";
const ATTRIBUTES: &str = "[region, born, member, since, height, points]";

#[test]
fn o14_nobody_is_low_just_for_the_region() {
    // rich has 500 and 1000: half of two is one. poor has 0 (who never ordered), 20 and 50: 2 × worse / 3 ≥ 1 from 50. All
    // six: 3 are worse from 500 on; nobody poor is among them. 6 is of no region, and goes by all. From the top: the first of
    // each region; of all six 1000. By share: rich 1000 of 1500; poor 50 of 70, whose 0 is in the last band.
    golden(ORDERS).customers(CUSTOMERS, ATTRIBUTES).check(
        "metrics: {revenue: sum(amount)}
scores:
  all: {of: revenue, quantiles: 2}
  here: {of: revenue, quantiles: 2, within: region, min_group: 2}
bands:
  best: {of: revenue, top: {first: 1, rest: all}, within: region, min_group: 3}
  abc: {of: revenue, cumulative: {A: 0.7, C: 1}, within: region, min_group: 2}
segments:
  tier: {rules: [{id: high, when: here = 2}], default: low}
",
        // best: rich has two customers, fewer than 3, and goes by all: 1000 is the first. abc: of all 2270, before 1000
        // nothing, before 700 44 %, before 500 75 %.
        "id region revenue all here tier best abc
         1 rich 1000.00 2 2 high first A
         2 rich 500.00 2 1 low rest A
         3 poor 50.00 1 2 high first A
         4 poor 20.00 1 1 low rest C
         5 poor 0.00 1 1 low rest C
         6 - 700.00 2 2 high rest A",
    );
}

#[test]
fn d15_d16_breaks_and_groups_of_attributes() {
    // Ages 35 45 25 34 - 36 against [25, 36]; years against [1990, 2000], best low: reached at or before. Heights against
    // [-0.5, 1.80], points against [0, 10.5]. Halves within what is true of a customer, and within a date: 1 and 2; 3, 4, 5.
    golden(ORDERS).customers(CUSTOMERS, ATTRIBUTES).check(
        "metrics: {revenue: sum(amount), age: year(as_of) - born}
scores:
  age_band: {of: age, breaks: [25, 36]}
  years: {of: born, breaks: [1990, 2000], best: low}
  tall: {of: height, breaks: [-0.5, 1.80]}
  pointed: {of: points, breaks: [0, 10.5]}
  points_half: {of: points, quantiles: 2}
  of_members: {of: revenue, quantiles: 2, within: member}
  of_date: {of: revenue, quantiles: 2, within: since}
  of_year: {of: revenue, mean: true, within: born, min_group: 2}
segments:
  campaign: {rules: [{id: young_rich, when: age between 25 and 35 and region = 'rich'}], default: other}
",
        // of_year: every year is one customer's, so all go by the mean of all, 2270 / 6 = 378.3. points: -0.01 0 10.49 10.50: N = 4.
        "id age age_band years tall pointed points_half of_members of_date of_year campaign
         1 35 2 3 3 3 2 2 2 2 young_rich
         2 45 3 3 2 2 2 1 1 2 other
         3 25 2 2 2 1 1 2 2 1 other
         4 34 2 2 2 2 1 1 1 1 other
         5 - - - - - - 1 1 1 other
         6 36 3 3 - - - 2 2 2 other",
    );
}

#[test]
fn prospects_have_no_gaps() {
    // 5 is a prospect whatever is learned. The only gap of all is 10 days, of 3: all three numbers are 10. 1 is within 10 days, 2
    // is not; 3 went by its own.
    golden(
        "id:int at:date
         1 2024-12-31
         1 2024-12-31
         2 2024-12-30
         3 2024-12-21
         3 2024-12-31
         4 2024-12-01
         6 2024-12-01",
    )
    .until("2025-01-10")
    .customers(CUSTOMERS, ATTRIBUTES)
    .check(
        "metrics:
  recency_days: days_since(max(time))
  days_since_first: days_since(min(time))
  last_gap_days: last_gap(time)
  order_count: count(*)
  usual_gap: gap_quantile(time, 0.8)
segments:
  store: {preset: lifecycle-retail, fitted: store, with: {new_days: 0}}
  own: {preset: lifecycle-retail, fitted: {by: customer, min_gaps: 1}, with: {new_days: 0}}
",
        "id usual_gap store own
         1 - active active
         2 - churned churned
         3 10 active active
         4 - churned churned
         5 - prospect prospect
         6 - churned churned",
    );
}
