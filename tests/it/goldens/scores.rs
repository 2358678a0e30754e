//! What is learned and applied: scores, bands, segments.

use super::{golden, worth};

const REVENUE: &str = "metrics: {revenue: sum(amount)}\n";

#[test]
fn quantiles_share_ties() {
    // 10 10 20 30 30 30 40, so N = 7. Strictly worse, from below: 0 0 2 3 3 3 6; five bins give
    // 1 + floor(5 × worse / 7): 0/7, 0/7, 10/7 = 1.4, 15/7 = 2.1 (three times), 30/7 = 4.3.
    // From above (best low) 5 5 4 1 1 1 0 are worse: 25/7 = 3.6, 25/7, 20/7 = 2.9, 5/7 = 0.7 (three times), 0.
    worth(&[10, 10, 20, 30, 30, 30, 40]).check(
        &format!("{REVENUE}scores:\n  high: {{of: revenue, quantiles: 5}}\n  low: {{of: revenue, quantiles: 5, best: low}}\n"),
        "id high low
         1 1 4
         2 1 4
         3 2 3
         4 3 1
         5 3 1
         6 3 1
         7 5 1",
    );
}

#[test]
fn quantiles_of_equals_and_of_few() {
    let scores = format!(
        "{REVENUE}scores:\n  high: {{of: revenue, quantiles: 5}}\n  low: {{of: revenue, quantiles: 5, best: low}}\n"
    );
    // Nobody is worse than anybody.
    worth(&[7, 7, 7]).check(&scores, "id high low\n 1 1 1\n 2 1 1\n 3 1 1");
    // Three customers and five bins: 1 + floor(5 × 0/3), floor(5 × 1/3) = 1, floor(5 × 2/3) = 3.
    worth(&[1, 2, 3]).check(&scores, "id high low\n 1 1 4\n 2 2 2\n 3 4 1");
    worth(&[1]).check(&scores, "id high low\n 1 1 1");
}

#[test]
fn quantiles_split_ties() {
    // Ranks from 0, from the worst; ids ascend among equals: 1 + floor(5 × rank / 7) of 0 1 2 3 4 5 6 is
    // 1 1 2 3 3 4 5. Best low: the order from the worst is 7 (40), 4 5 6 (30), 3 (20), 1 2 (10).
    worth(&[10, 10, 20, 30, 30, 30, 40]).check(
        &format!(
            "{REVENUE}scores:\n  high: {{of: revenue, quantiles: 5, ties: split}}\n  \
             low: {{of: revenue, quantiles: 5, ties: split, best: low}}\n"
        ),
        "id high low
         1 1 4
         2 1 5
         3 2 3
         4 3 1
         5 3 2
         6 4 3
         7 5 1",
    );
    // Text ids ascend by their bytes: B < a < b < ä, so bins of two are {B, a} and {b, ä}.
    golden("id:text at:date amount:int\n ä 2025-01-01 5\n b 2025-01-01 5\n a 2025-01-01 5\n B 2025-01-01 5")
        .check(
            &format!("{REVENUE}scores: {{half: {{of: revenue, quantiles: 2, ties: split}}}}\n"),
            "id half\n B 1\n a 1\n b 2\n ä 2",
        );
}

#[test]
fn breaks_in_both_directions() {
    // Reached at ≥ it, or at ≤ it: 30 is a 3 either way round, 31 and 29 are not.
    worth(&[19, 20, 29, 30, 31]).check(
        &format!("{REVENUE}scores:\n  high: {{of: revenue, breaks: [20, 30]}}\n  low: {{of: revenue, breaks: [20, 30], best: low}}\n"),
        "id high low
         1 1 3
         2 2 3
         3 2 2
         4 3 2
         5 3 1",
    );
    // Recency 0, 30, 31 and 90 days against [30, 90, 180]: 30 days is still the best bin.
    golden("id:int at:date\n 1 2025-01-31\n 2 2025-01-01\n 3 2024-12-31\n 4 2024-11-02\n 5 2024-11-01").check(
        "metrics: {days: days_since(max(time))}\nscores: {r: {of: days, breaks: [30, 90, 180], best: low}}\n",
        "id days r\n 1 0 4\n 2 30 4\n 3 31 3\n 4 90 3\n 5 91 2",
    );
    // A break between two cents, over DECIMAL(18, 2): 10.00 does not reach 10.005, 10.01 does, and the other way.
    golden("id:int at:date amount:decimal\n 1 2025-01-01 10.00\n 2 2025-01-01 10.01").check(
        &format!("{REVENUE}scores:\n  high: {{of: revenue, breaks: [10.005]}}\n  low: {{of: revenue, breaks: [10.005], best: low}}\n"),
        "id high low\n 1 1 2\n 2 2 1",
    );
    // The same for negative numbers: -1 is above -1.5, -2 below it.
    worth(&[-1, -2])
        .check(&format!("{REVENUE}scores: {{s: {{of: revenue, breaks: [-1.5]}}}}\n"), "id s\n 1 2\n 2 1");
}

#[test]
fn the_mean_itself_is_in_the_better_bin() {
    let scores = format!(
        "{REVENUE}scores:\n  high: {{of: revenue, mean: true}}\n  low: {{of: revenue, mean: true, best: low}}\n"
    );
    // The mean of 1, 2, 3 is 2.
    worth(&[1, 2, 3]).check(&scores, "id high low\n 1 1 2\n 2 2 2\n 3 2 1");
    // The mean of 1, 2, 2 is 5/3: 1 is below it, 2 above. Of -1, -2, -2 it is -5/3.
    worth(&[1, 2, 2]).check(&scores, "id high low\n 1 1 2\n 2 2 1\n 3 2 1");
    worth(&[-1, -2, -2]).check(&scores, "id high low\n 1 2 1\n 2 1 2\n 3 1 2");
    // The same in cents, of which there are no thirds.
    golden("id:int at:date amount:decimal\n 1 2025-01-01 0.01\n 2 2025-01-01 0.02\n 3 2025-01-01 0.02")
        .check(&scores, "id high low\n 1 1 2\n 2 2 1\n 3 2 1");
    // Doubles: 0.1 + 0.2 + 0.3 is 0.6000000000000001 in floating point, whose third is above the double 0.2. The
    // doubles themselves are 0.1000000000000000055, 0.2000000000000000111 and 0.2999999999999999889, and their exact mean
    // 0.20000000000000000185 is below 0.2000000000000000111: customer 2 is above the mean, not below.
    golden("id:int at:date amount:decimal\n 1 2025-01-01 0.10\n 2 2025-01-01 0.20\n 3 2025-01-01 0.30")
        .check(
            "metrics:\n  revenue: sum(amount)\n  n: count(*)\n  each: revenue / n\n\
         scores:\n  high: {of: each, mean: true}\n  low: {of: each, mean: true, best: low}\n",
            "id each high low\n 1 0.1 1 2\n 2 0.2 2 1\n 3 0.3 2 1",
        );
    // 0.1 + 0.2 and 0.3 are neighbours among the doubles: no double lies between them, where their mean is. Rounded to
    // either of them, one of the two would be in the better bin both ways round.
    golden("id:int at:date amount:decimal more:decimal\n 1 2025-01-01 0.10 0.20\n 2 2025-01-01 0.30 0")
        .check(
            "metrics:
  x: sum(amount)
  y: sum(more)
  n: count(*)
  each: x / n + y / n
scores:
  high: {of: each, mean: true}
  low: {of: each, mean: true, best: low}
",
            "id each high low\n 1 0.30000000000000004 2 1\n 2 0.3 1 2",
        );
}

#[test]
fn abc_bands() {
    let abc = format!("{REVENUE}bands: {{abc: {{of: revenue, cumulative: {{A: 0.80, B: 0.95, C: 1}}}}}}\n");
    // 170 in all. Before 40 nothing; before the 30s 40/170; before 20 130/170 = 0.76 < 0.80, so the customer that
    // crosses 80 % is an A; before the 10s 150/170 = 0.88 < 0.95: both Bs, although the second crosses 95 %.
    worth(&[10, 10, 20, 30, 30, 30, 40]).check(&abc, "id abc\n 1 B\n 2 B\n 3 A\n 4 A\n 5 A\n 6 A\n 7 A");
    // 100 in all: before 20 exactly 80 %, which is not below 80 %: a B. Before 5 and 1, 80 + 15 = 95 % exactly: Cs.
    worth(&[80, 15, 4, 1]).check(&abc, "id abc\n 1 A\n 2 B\n 3 C\n 4 C");
    // One customer has everything: always at least one A.
    worth(&[1000, 1]).check(&abc, "id abc\n 1 A\n 2 C");
    // Refunds count for nobody's share: 90 of 100, then 10; the -50 is in the last band, and so is the 0.
    worth(&[90, 10, -50, 0]).check(&abc, "id abc\n 1 A\n 2 B\n 3 C\n 4 C");
    // Nothing positive at all.
    worth(&[0, -1]).check(&abc, "id abc\n 1 C\n 2 C");
}

#[test]
fn nulls_are_neither_scored_nor_counted() {
    // gap: only customers 1 and 2 bought on two days. N = 2 of them: 1 is worse off (9 days, best low): 1 + 0, 1 + 2/2.
    // A weighted score is null where a part is. The rules are SQL's: a null is neither below nor not below 5.
    golden(
        "id:int at:date amount:int
         1 2025-01-01 1
         1 2025-01-10 1
         2 2025-01-01 2
         2 2025-01-03 1
         3 2025-01-01 7",
    )
    .check(
        "metrics: {gap: last_gap(time), revenue: sum(amount)}
scores:
  g: {of: gap, quantiles: 2, best: low}
  even: {of: gap, mean: true, best: low}
  fixed: {of: gap, breaks: [5], best: low}
  all: {of: revenue, quantiles: 3}
  both: {weighted: {g: 0.5, all: 0.5}}
bands: {abc: {of: gap, cumulative: {A: 0.5, B: 0.95, C: 1}}}
segments:
  gaps:
    rules:
      - {id: not_short, when: not (gap < 5)}
      - {id: short, when: gap < 5}
      - {id: unknown_or_rich, when: gap < 5 or revenue >= 7}
    default: nobody
  second:
    rules:
      - {id: null_in_and, when: gap > 0 and revenue > 0}
      - {id: missing, when: gap is null}
    default: rest
",
        "id gap g even fixed all both abc gaps gaps_rule second second_rule
         1 9 1 1 1 1 1.000000 A not_short 1 null_in_and 1
         2 2 2 2 2 2 2.000000 B short 2 null_in_and 1
         3 - - - - 3 - C unknown_or_rich 3 missing 2",
    );
}

#[test]
fn weighted_scores_are_exact() {
    // 0.1 × 1 + 0.2 × 3 = 0.7 and 0.1 × 3 + 0.2 × 2 = 0.7: in doubles both are 0.7000000000000001. A third has six
    // places: 0.333333 × 3 = 0.999999. Negative weights subtract.
    golden("id:int at:date amount:int n:int\n 1 2025-01-01 10 30\n 2 2025-01-01 30 20").check(
        "metrics: {x: sum(amount), y: sum(n)}
scores:
  a: {of: x, breaks: [20, 30]}
  b: {of: y, breaks: [20, 30]}
  c: {weighted: {a: 0.1, b: 0.2}}
  third: {weighted: {a: 0.333333}}
  less: {weighted: {b: 2, a: -1}}
segments: {even: {rules: [{id: even, when: c = 0.7}], default: odd}}
",
        "id a b c third less even
         1 1 3 0.700000 0.333333 5.000000 even
         2 3 2 0.700000 0.999999 1.000000 even",
    );
}

#[test]
fn the_first_rule_wins() {
    // 3 is true of two rules and gets the earlier; a segmentation reads the label of the one above it; a label that
    // two rules give keeps the number of the rule.
    worth(&[1, 2, 3, 4]).check(
        &format!(
            "{REVENUE}segments:
  size:
    rules:
      - {{id: large, when: revenue >= 3}}
      - {{id: small, when: revenue >= 2}}
      - {{id: large, when: revenue = 1}}
    default: nobody
  tier:
    rules:
      - {{id: top, when: size = 'large' and revenue > 3}}
      - {{id: middle, when: \"size in ('large', 'small') and size_rule <> 3\"}}
    default: low
"
        ),
        "id size size_rule tier tier_rule
         1 large 3 low 0
         2 small 2 middle 2
         3 large 1 middle 2
         4 large 1 top 1",
    );
}

#[test]
fn presets() {
    // Scores 5 2 3: promising (5th); 3 2 1: about to sleep (7th); 1 2 5: at risk (8th). In twos: fresh and frequent but
    // cheap, 2 2 1, is general value (5th); only fresh, 2 1 1, general to develop (6th); only dear, 1 1 2, key to win back
    // (4th).
    golden(
        "id:text at:date amount:int
         p 2025-01-31 6
         p 2025-01-31 6
         q 2025-01-11 1
         r 2024-01-01 100",
    )
    .check(
        "metrics: {days: days_since(max(time)), n: count(*), revenue: sum(amount)}
scores:
  r: {of: days, breaks: [7, 14, 30, 90], best: low}
  f: {of: n, breaks: [1, 20, 30, 40]}
  m: {of: revenue, breaks: [2, 10, 50, 100]}
  r2: {of: days, breaks: [30], best: low}
  f2: {of: n, breaks: [2]}
  m2: {of: revenue, breaks: [50]}
segments:
  rfm: {preset: rfm-11, scores: [r, f, m]}
  eight: {preset: cn-8, scores: [r2, f2, m2]}
",
        "id r f m rfm rfm_rule eight eight_rule
         p 5 2 3 promising 5 general_value 5
         q 3 2 1 about_to_sleep 7 general_develop 6
         r 1 2 5 at_risk 8 key_win_back 4",
    );
}
