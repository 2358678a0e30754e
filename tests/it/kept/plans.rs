//! Random metrics over random days, from one or two inputs: whatever is kept, extended or read, the files are those of a
//! cold run.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::days::{MICROS_A_DAY, START, both, date};
use crate::support::Sandbox;
use crate::support::table::{self, Cells};

/// Aggregates that merge with further days, all or most of the time.
const MERGING: [&str; 17] = [
    "count(*)",
    "count(quantity)",
    "count(channel)",
    "sum(amount)",
    "sum(quantity)",
    "sum(rating)",
    "sum(amount - quantity)",
    "avg(amount)",
    "avg(quantity)",
    "min(amount)",
    "max(quantity)",
    "min(day(time))",
    "max(time)",
    "days_since(max(time))",
    "days_since(min(time))",
    "count(distinct day(time))",
    "last_gap(time)",
];

/// Others: of these one is enough, and everything is read.
const OTHERS: [&str; 11] = [
    "first(channel)",
    "last(channel)",
    "first(amount)",
    "last(quantity)",
    "top(channel, sum(amount))",
    "count(distinct channel)",
    "min(channel)",
    "avg(rating)",
    "max(rating)",
    "gap_quantile(time, 0.5)",
    "sum(amount) / count(*)",
];

const WINDOWS: [&str; 6] = ["", "", "1d", "7d", "30d", "90d"];

const CONDITIONS: [&str; 10] = [
    "",
    "",
    "",
    "amount < 0",
    "channel = 'web'",
    "channel is null",
    "not (quantity between 1 and 2)",
    "rating > 1 or rating is null",
    "month(time) = 1",
    "amount > 10 and channel <> 'web'",
];

/// A row: customer (0 is nobody), day, hour, cents, channel, quantity, rating; null beyond what there is.
type Row = (u8, i64, i64, Option<i64>, usize, i64, usize);

fn row() -> impl Strategy<Value = Row> {
    let cents = prop_oneof![9 => (-3_000_i64..9_000).prop_map(Some), 1 => Just(None)];
    (0_u8..10, 0_i64..90, 0_i64..24, cents, 0_usize..4, 0_i64..5, 0_usize..5)
}

fn at_day(row: &Row, day: i64) -> Row {
    let mut moved = *row;
    moved.1 = day;
    moved
}

fn write(sandbox: &Sandbox, file: &str, rows: &[Row], is_second: bool) {
    let ids = rows.iter().map(|row| (row.0 > 0).then(|| format!("customer-{}", row.0))).collect();
    let micros = |row: &Row| Some((START + row.1) * MICROS_A_DAY + row.2 * 3_600_000_000);
    let times = match is_second {
        true => Cells::Date(rows.iter().map(|row| Some((START + row.1) as i32)).collect()),
        false => Cells::Utc(rows.iter().map(micros).collect()),
    };
    let channels = [Some("web"), Some("shop"), Some("app"), None];
    let ratings = [Some(0.1), Some(1.25), Some(-0.7), Some(1e9 + 0.3), None];
    let batch = table::batch(&[
        (if is_second { "member" } else { "id" }, Cells::Text(ids)),
        ("at", times),
        ("amount", Cells::Decimal(rows.iter().map(|row| row.3.map(i128::from)).collect(), 2)),
        ("channel", Cells::Text(rows.iter().map(|row| channels[row.4].map(str::to_owned)).collect())),
        ("quantity", Cells::Int(rows.iter().map(|row| (row.5 < 4).then_some(row.5)).collect())),
        ("rating", Cells::Float(rows.iter().map(|row| ratings[row.6]).collect())),
    ]);
    sandbox.orders(file, &batch);
}

/// (aggregate, window, condition)
type Metric = (&'static str, usize, usize);

fn metrics() -> impl Strategy<Value = Vec<Metric>> {
    let some = |all: &'static [&'static str]| proptest::sample::select(all);
    let aggregate = prop_oneof![40 => some(&MERGING), 1 => some(&OTHERS)];
    proptest::collection::vec((aggregate, 0..WINDOWS.len(), 0..CONDITIONS.len()), 1..5)
}

fn rules(metrics: &[Metric], zone: &str, filter: usize, is_united: bool, clv: bool) -> String {
    let mut lines = String::new();
    for (at, (aggregate, window, condition)) in metrics.iter().enumerate() {
        // Extremes and gaps of a window do not merge, nor do gaps of some rows: mostly without.
        let bare = aggregate.contains("min(") || aggregate.contains("max(") || aggregate.contains("gap");
        let mut line = format!("  m{at}: {{expr: \"{aggregate}\"");
        if !bare && !WINDOWS[*window].is_empty() {
            line += &format!(", window: {}", WINDOWS[*window]);
        }
        if aggregate != &"last_gap(time)" && !CONDITIONS[*condition].is_empty() {
            line += &format!(", where: \"{}\"", CONDITIONS[*condition]);
        }
        lines += &format!("{line}}}\n");
    }
    let input = |folder: &str, id: &str| {
        let filter = CONDITIONS[filter].replace("time", "at");
        let filter = if filter.is_empty() { filter } else { format!(", where: \"{filter}\"") };
        format!("{{path: {folder}/*.parquet, columns: {{customer: {id}, time: at, amount: amount}}{filter}}}")
    };
    let orders = match is_united {
        true => format!("[{}, {}]", input("orders", "id"), input("second", "member")),
        false => input("orders", "id"),
    };
    let clv = match clv {
        true => "clv: {model: bg_nbd, spend: gamma_gamma, horizon: 90d, margin: 0.3, on_failure: simple}\n",
        false => "",
    };
    format!(
        "tiermill: 1
name: plans
timezone: {zone}
inputs: {{orders: {orders}}}
metrics:
  revenue: sum(amount)
  last_day: days_since(max(time))
{lines}scores: {{s: {{of: revenue, quantiles: 3}}}}
{clv}"
    )
}

/// How many cases there are: more with `PROPTEST_CASES`.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_metrics_over_days(
        metrics in metrics(),
        zone in proptest::sample::select(vec!["UTC", "Asia/Shanghai", "America/New_York"]),
        filter in prop_oneof![2 => Just(0_usize), 1 => 0..CONDITIONS.len()],
        (is_united, clv) in (any::<bool>(), any::<bool>()),
        first in proptest::collection::vec(row(), 1..40),
        // Days, rows of each input, and how many days early they are.
        steps in proptest::collection::vec((
            0_i64..41,
            proptest::collection::vec(row(), 0..12),
            proptest::collection::vec(row(), 0..6),
            prop_oneof![6 => Just(0_i64), 1 => Just(1), 1 => Just(30)],
        ), 1..4),
    ) {
        let sandbox = Sandbox::new();
        sandbox.text("rules.yml", &rules(&metrics, zone, filter, is_united, clv));
        let shifted = |rows: &[Row], by: i64| rows.iter().map(|row| at_day(row, row.1 + by)).collect::<Vec<_>>();
        // Whatever is left out, some rows count: a day on which none does publishes nothing.
        let anchor = |cents, channel| (9, -350, 0, Some(cents), channel, 0, 1);
        let anchors = [anchor(-100, 0), anchor(2_000, 1), anchor(100, 3)];
        let early = [&shifted(&first, -80)[..], &anchors].concat();
        write(&sandbox, "orders/5.parquet", &early, false);
        write(&sandbox, "second/5.parquet", &shifted(&first[..first.len().div_ceil(3)], -80), true);
        let say = |(differing, way, line): (Vec<String>, String, String), day: i64| {
            eprintln!("{way} as of day {day}: {line}");
            prop_assert!(differing.is_empty(), "{differing:?} as of day {day}, {way}: {line}");
            Ok::<_, TestCaseError>(())
        };
        say(both(&sandbox, &date(0)), 0)?;
        let mut day = 0;
        for (at, (days, one, other, early)) in steps.iter().enumerate() {
            // Days after the last run's, some of them still to come.
            let came = |rows: &[Row]| -> Vec<Row> {
                rows.iter().map(|row| at_day(row, day + 1 - early + row.1 % (days + 3))).collect()
            };
            // Names before and after those that are there.
            let name = if at % 2 == 0 { 6 + at } else { 4 - at };
            for (folder, rows, is_second) in [("orders", one, false), ("second", other, true)] {
                if !rows.is_empty() {
                    write(&sandbox, &format!("{folder}/{name}.parquet"), &came(rows), is_second);
                }
            }
            day += days;
            say(both(&sandbox, &date(day)), day)?;
        }
    }
}
