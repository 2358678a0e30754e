//! What is computed of each customer's rows: local dates, windows, exact money, nulls, lifetime value.

use super::golden;

#[test]
fn a_window_is_half_open() {
    // As of 31 January, 30 days are 2 to 31 January: (D − 30, D], and D − 30 is the 1st. 1 day is the 31st itself.
    golden(
        "id:text at:date amount:int
         a 2025-01-01 1
         a 2025-01-02 2
         a 2025-01-31 4
         a 2025-02-01 8
         b 2025-01-01 5",
    )
    .check(
        "metrics:
  revenue: sum(amount)
  month: {expr: sum(amount), window: 30d}
  orders: {expr: count(*), window: 30d}
  today: {expr: sum(amount), window: 1d}
  largest: {expr: max(amount), window: 30d}
  days: {expr: days_since(max(time)), window: 30d}
  all: {expr: sum(amount), window: 31d}
  recency: days_since(max(time))
",
        "id revenue month orders today largest days all recency
         a 7.00 6.00 2 4.00 4.00 0 7.00 0
         b 5.00 0.00 0 0.00 - - 5.00 30",
    );
}

#[test]
fn the_last_gap_is_between_purchase_days() {
    // a: the 31st and the 20th: 11; the 3rd is seen last and earlier; twice on the 31st is one day. b: one day only. c: 1 and 2 January of
    // three days. d: the window leaves two of its days, and e only one.
    golden(
        "id:text at:naive
         a 2025-01-31T08:00:00
         a 2025-01-20T08:00:00
         a 2025-01-31T23:59:59
         a 2025-01-03T08:00:00
         b 2025-01-05T08:00:00
         b 2025-01-05T09:00:00
         c 2025-01-02T00:00:00
         c 2024-12-24T08:00:00
         c 2025-01-01T23:59:59
         d 2025-01-02T08:00:00
         d 2025-01-09T08:00:00
         e 2025-01-01T08:00:00
         e 2025-01-09T08:00:00",
    )
    .check(
        "metrics:
  gap: last_gap(time)
  recent: {expr: last_gap(time), window: 30d}
  days: count(distinct day(time))
",
        "id gap recent days
         a 11 11 3
         b - - 1
         c 1 - 3
         d 7 7 2
         e 8 - 2",
    );
}

#[test]
fn monthly_cv_counts_empty_buckets() {
    // Buckets of 30 days back from 31 January: 0 is 2 to 31 January, 1 is 3 December to 1 January, 2 is 3 November to
    // 2 December. Population deviation over mean: a has 2, 0, 0 orders: mean 2/3, variance (16 + 4 + 4)/27 = 8/9,
    // so √(8/9) ÷ (2/3) = √2. In 60 days 2, 0: mean 1, deviation 1. b has 1, 1, 1: no spread. c has 0, 1, 1: mean 2/3,
    // variance 2/9, so √(2/9) ÷ (2/3) = 1/√2; in 60 days 0, 1: 1. d bought before: mean 0, null.
    // Of amounts: a 10, 0, 0: √2 again; b 1, 2, 3: mean 2, variance 2/3: √(2/3)/2 = 0.408…; c 0, 3, -3: mean 0, null.
    golden(
        "id:text at:date amount:int
         a 2025-01-31 4
         a 2025-01-02 6
         b 2025-01-02 1
         b 2025-01-01 2
         b 2024-12-02 3
         c 2024-12-03 3
         c 2024-11-03 -3
         d 2024-11-02 9",
    )
    .check(
        "metrics:
  cv: {expr: monthly_cv(count(*)), window: 90d}
  short: {expr: monthly_cv(count(*)), window: 60d}
  money: {expr: monthly_cv(sum(amount)), window: 90d}
",
        "id cv short money
         a 1.4142135623730951 1 1.4142135623730951
         b 0 0 0.408248290463863
         c 0.7071067811865476 1 -
         d - - -",
    );
}

/// In the same proportions the same variation, to the last bit: the double nearest to √2, and to √(1/6).
#[test]
fn monthly_cv_of_equal_histories_is_equal() {
    let rows: String = [1_i64, 3, 7, 11, 49, 999_999_937]
        .iter()
        .flat_map(|scale| {
            let late = format!("b{scale} 2025-01-31 {}\nb{scale} 2024-12-31 {}", 3 * scale, 2 * scale);
            [format!("a{scale} 2025-01-31 {scale}\n{late}\nb{scale} 2024-11-30 {scale}\n")]
        })
        .collect();
    let scales = [1, 11, 3, 49, 7, 999_999_937];
    let a: String = scales.iter().map(|scale| format!("a{scale} 1.4142135623730951\n")).collect();
    let b: String = scales.iter().map(|scale| format!("b{scale} 0.408248290463863\n")).collect();
    golden(&format!("id:text at:date amount:int\n{rows}"))
        .check("metrics: {cv: {expr: monthly_cv(sum(amount)), window: 90d}}\n", &format!("id cv\n{a}{b}"));
}

/// `/` is the quotient of two doubles, rounded once, whether one of them is a constant or not and however many customers
/// there are: 5 ÷ 49 is 0.10204081632653061, and 5 × (1 ÷ 49) would be 0.1020408163265306.
#[test]
fn a_quotient_is_rounded_once() {
    let rules = "metrics:
  revenue: sum(amount)
  by_constant: revenue / 49
  by_decimal: revenue / 0.49
  of_constant: 5 / revenue
  of_constants: 5 / 49
  by_days: revenue / (as_of - date '2024-12-13')
  by_zero: revenue / 0
  by_nothing: revenue / (revenue - revenue)
  between: revenue / (revenue * 49 / 5)
";
    let (constant, constants) = (5.0_f64 / 49.0, 5.0 / 49.0);
    assert!(constant != 5.0 * (1.0 / 49.0));
    let row = |id: &str, revenue: f64| {
        let (a, b) = (revenue / 49.0, revenue / 0.49);
        let between = revenue / (revenue * 49.0 / 5.0);
        format!("{id} {a} {b} {} {constants} {a} - - {between}\n", 5.0 / revenue)
    };
    let head = "id by_constant by_decimal of_constant of_constants by_days by_zero by_nothing between";
    golden("id:text at:date amount:int\n a 2025-01-31 5").check(rules, &format!("{head}\n{}", row("a", 5.0)));
    golden("id:text at:date amount:int\n a 2025-01-31 5\n b 2025-01-31 11\n c 2025-01-31 19")
        .check(rules, &format!("{head}\n{}{}{}", row("a", 5.0), row("b", 11.0), row("c", 19.0)));
}

#[test]
fn dates_are_local() {
    // As of 31 January in Shanghai (UTC+8): 15:59:59 UTC of the 31st is 23:59:59 there, 16:00 is the 1st of February
    // and too late. 16:00 UTC of the 30th is midnight, the first second of the 31st.
    let instants = "id:text at:utc
         a 2025-01-31T15:59:59
         a 2025-01-31T16:00:00
         b 2025-01-30T15:59:59.999999
         c 2025-01-30T16:00:00
         d 2025-01-31T16:00:00";
    let rules = "metrics: {recency: days_since(max(time)), n: count(*)}\n";
    golden(instants).zone("Asia/Shanghai").check(rules, "id recency n\n a 0 1\n b 1 1\n c 0 1");
    // In UTC all of them are on the 30th and 31st.
    golden(instants).check(rules, "id recency n\n a 0 2\n b 1 1\n c 1 1\n d 0 1");
    // Naive times already are local, whatever the zone.
    golden("id:text at:naive\n a 2025-01-31T23:59:59\n b 2025-02-01T00:00:00")
        .zone("Asia/Shanghai")
        .check(rules, "id recency n\n a 0 1");
    // Texts: dates, local times, and instants with an offset, of which the second is 1 February in Shanghai.
    golden(
        "id:text at:text
         a 2025-01-30
         b 2025-01-31T23:59:59
         c 2025-01-31T15:59:59Z
         d 2025-01-31T10:00:00+01:00
         d 2025-01-31T11:00:00-05:00
         e 31.01.2025",
    )
    .zone("Asia/Shanghai")
    .check(rules, "id recency n\n a 1 1\n b 0 1\n c 0 1\n d 0 1");
}

#[test]
fn dates_are_local_across_a_change_of_the_clocks() {
    // New York went from EST (UTC−5) to EDT (UTC−4) on 9 March 2025, 07:00 UTC, and back on 2 November, 06:00 UTC.
    // In winter midnight is 05:00 UTC, in summer 04:00.
    let rules = "metrics:
  recency: days_since(max(time))
  first: days_since(min(time))
  n: count(*)
  days: count(distinct day(time))
  last: last(channel)
  early: first(channel)
";
    golden(
        "id:text at:utc channel:text
         a 2025-03-09T04:59:59 x
         b 2025-03-09T05:00:00 x
         c 2025-03-10T03:59:59 x
         d 2025-03-10T04:00:00 x",
    )
    .zone("America/New_York")
    .until("2025-03-09")
    .check(rules, "id recency first n days last early\n a 1 1 1 1 x x\n b 0 0 1 1 x x\n c 0 0 1 1 x x");
    // The hour from 01:00 stands twice on 2 November: 05:30 UTC is the first 01:30, 06:15 UTC the second 01:15.
    // The later instant is the last order, although its local time is earlier.
    golden(
        "id:text at:utc channel:text
         a 2025-11-02T06:15:00 second
         a 2025-11-02T05:30:00 once
         b 2025-11-02T03:59:59 x
         b 2025-11-03T04:59:59 y",
    )
    .zone("America/New_York")
    .until("2025-11-02")
    .check(rules, "id recency first n days last early\n a 0 0 2 1 second once\n b 0 1 2 2 y x");
}

#[test]
fn money_is_exact() {
    // Ten dimes are one: in doubles 0.1 added ten times is 0.9999999999999999.
    let dimes: String = (0..10).map(|_| "a 2025-01-01 0.1\n").collect();
    golden(&format!("id:text at:date amount:float\n{dimes}"))
        .check("metrics: {revenue: sum(amount)}\n", "id revenue\n a 1.00");
    // A float is rounded half away from zero as it is read: 0.125 is a half in binary, too. 0.124 and -0.124 are not.
    // NaN and infinities are no orders: d has no other and is no customer.
    golden(
        "id:text at:date amount:float
         a 2025-01-01 0.125
         b 2025-01-01 -0.125
         c 2025-01-01 0.124
         c 2025-01-01 -0.124
         c 2025-01-01 0.004
         d 2025-01-01 NaN
         e 2025-01-01 inf
         e 2025-01-01 -inf
         e 2025-01-01 2.5
         f 2025-01-01 -0.0",
    )
    .check(
        "metrics: {revenue: sum(amount), n: count(*)}\n",
        "id revenue n\n a 0.13 1\n b -0.13 1\n c 0.00 3\n e 2.50 1\n f 0.00 1",
    );
    // With no decimal places 2.5 is 3 and -2.5 is -3; with three 0.125 stays.
    let halves = "id:text at:date amount:float\n a 2025-01-01 2.5\n b 2025-01-01 -2.5\n c 2025-01-01 0.125";
    let revenue = "metrics: {revenue: sum(amount)}\n";
    golden(halves).input("    scale: 0\n").check(revenue, "id revenue\n a 3\n b -3\n c 0");
    golden(halves).input("    scale: 3\n").check(revenue, "id revenue\n a 2.500\n b -2.500\n c 0.125");
    // Whole numbers are whole units.
    golden("id:text at:date amount:int\n a 2025-01-01 5\n a 2025-01-01 -2")
        .check(revenue, "id revenue\n a 3.00");
    // Texts are decimal numbers; one with more places than money has, or none at all, is no order.
    golden(
        "id:text at:date amount:text
         a 2025-01-01 12.30
         a 2025-01-01 .7
         b 2025-01-01 1e2
         c 2025-01-01 1.005
         d 2025-01-01 1,50",
    )
    .check(revenue, "id revenue\n a 13.00\n b 100.00");
}

#[test]
fn aggregates_skip_nulls() {
    // b: nothing but nulls: counts and sums are zero, everything else is null. avg is the exact sum over the count of
    // what is there: 10.01 / 2. `top` by money: x 5 + 1, y 6: the smaller value wins the tie; by rows x. Refunds weigh.
    golden(
        "id:text at:date amount:decimal channel:text n:int
         a 2025-01-03 5.00 x 1
         a 2025-01-02 6.00 y -
         a 2025-01-04 1.00 x 9
         a 2025-01-05 4.00 - 9
         b 2025-01-01 4.00 - -
         c 2025-01-01 9.00 x 5
         c 2025-01-01 -9.50 x 5
         c 2025-01-01 -0.20 y 4
         c 2025-01-01 -0.20 y 3",
    )
    .check(
        "metrics:
  rows: count(*)
  known: count(channel)
  channels: count(distinct channel)
  numbers: count(distinct n)
  total: sum(n)
  least: min(n)
  most: max(n)
  middle: avg(n)
  average: avg(amount)
  early: first(channel)
  late: last(channel)
  late_number: last(n)
  by_money: top(channel, sum(amount))
  by_rows: top(channel, count(*))
",
        "id rows known channels numbers total least most middle average early late late_number by_money by_rows
         a 4 3 2 2 19 1 9 19/3 16/4 y x 9 x x
         b 1 0 0 0 0 - - - 4/1 - - - - -
         c 4 4 2 3 17 3 5 17/4 -0.9/4 x y 5 y x",
    );
}

#[test]
fn a_zero_divisor_gives_null() {
    // Web's share of all: 3 of 4; nothing of 5; c's refund makes it 0 in all; d has -1 of -1.
    golden(
        "id:text at:date amount:int channel:text
         a 2025-01-01 3 web
         a 2025-01-01 1 shop
         b 2025-01-01 5 shop
         c 2025-01-01 5 web
         c 2025-01-01 -5 shop
         d 2025-01-01 -1 web",
    )
    .check(
        "metrics:
  revenue: sum(amount)
  share: {expr: sum(amount), where: channel = 'web', per: revenue}
  quotient: count(*) / revenue
scores: {s: {of: share, quantiles: 3}}
",
        "id revenue share quotient s
         a 4.00 0.75 0.5 2
         b 5.00 0 0.2 1
         c 0.00 - - -
         d -1.00 1 -1 3",
    );
}

#[test]
fn rows_that_do_not_count() {
    // `where` first: a null status is not 'done'. Then no customer, no time, no amount. An order after the as-of date is
    // left out, and a customer of only such rows is none.
    golden(
        "id:text order_id:int at:date amount:decimal status:text
         a 1 2025-01-01 1.00 done
         a 1 2025-01-02 2.00 done
         a - 2025-01-03 4.00 done
         a 2 2025-01-04 8.00 open
         a 3 2025-01-05 16.00 -
         - 4 2025-01-06 1.00 done
         b 5 - 1.00 done
         c 6 2025-01-06 - done
         d 7 2025-02-01 1.00 done",
    )
    .input("    where: status = 'done'\n")
    .check(
        "metrics: {rows: count(*), orders: count(distinct order), revenue: sum(amount)}\n",
        "id rows orders revenue\n a 3 1 7.00",
    );
}

#[test]
fn simple_lifetime_value() {
    // revenue / (days since the first order + 1) × 365 × 0.3. a: 100 in 31 days, 3.2258… a day. b: bought today, one day.
    // c: a refund. The double's last digits follow from the order: divide, times the horizon, times the margin.
    let orders = "id:text at:date amount:int
         a 2025-01-01 60
         a 2025-01-20 40
         b 2025-01-31 10
         c 2025-01-30 -4";
    golden(orders).check(
        "metrics: {revenue: sum(amount)}\nclv: {model: simple, horizon: 365d, margin: 0.3}\n\
         scores: {s: {of: clv, quantiles: 3}}\nbands: {abc: {of: clv, cumulative: {A: 0.5, B: 1}}}\n",
        // 10950/31 = 353.2, and 1095 and -219: of 1448.2 in all b has 75.6 %.
        "id clv s abc\n a 10950/31 2 B\n b 1095 3 A\n c -219 1 B",
    );
    // The margin may be a metric: 0.5 for a, 0 for b, and null for c, which has no value then.
    golden(orders).check(
        "metrics:
  revenue: sum(amount)
  margin: case when revenue > 50 then 0.5 when revenue > 0 then 0 end
clv: {model: simple, horizon: 31d, margin: margin}
",
        "id clv\n a 50\n b 0\n c -",
    );
}

#[test]
fn quantiles_of_ones_own_gaps() {
    // a bought on the 1st, 2nd, 4th, 8th and 16th, twice on the 8th: gaps 1 2 4 8. At least 80 % of four are ⌈3.2⌉ = 4 of them: 8;
    // 75 % are exactly 3: 4; a little more, 4: 8; 25 %: 1; 1 %: ⌈0.04⌉ = 1: 1; all: 8. The last 20 days, from the 12th, hold one day
    // of a, and of shop 1 there are the 1st, the 8th and the 16th: gaps 7 and 8. b has one gap of 20 000 days, and one of
    // 150; c one day only. d's gaps are 3 3 9, in whatever order its days are seen.
    golden(
        "id:text at:date shop:int
         a 2025-01-16 1
         a 2025-01-08 1
         a 2025-01-08 2
         a 2025-01-04 2
         a 2025-01-02 2
         a 2025-01-01 1
         b 2025-01-01 1
         b 1970-03-31 1
         b 2024-08-04 1
         c 2025-01-01 1
         d 2025-01-01 1
         d 2025-01-16 1
         d 2025-01-04 1
         d 2025-01-13 1",
    )
    .check(
        "metrics:
  most: gap_quantile(time, 0.8)
  three_quarters: gap_quantile(time, 0.75)
  more: gap_quantile(time, 0.750001)
  quarter: gap_quantile(time, 0.25)
  least: gap_quantile(time, 0.01)
  all: gap_quantile(time, 1)
  recent: {expr: \"gap_quantile(time, 0.5)\", window: 20d}
  here: {expr: \"gap_quantile(time, 0.5)\", where: shop = 1}
  twice: 2 * gap_quantile(time, 0.5)
",
        "id most three_quarters more quarter least all recent here twice
         a 8 4 8 1 1 8 - 7 4
         b 19850 19850 19850 150 150 19850 - 150 300
         c - - - - - - - - -
         d 9 9 9 3 3 9 3 3 6",
    );
}
