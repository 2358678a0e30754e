//! Incremental days: a profile that is extended gives the files of a cold run, whatever comes, late or early.

use std::fs::File;
use std::path::Path;

use arrow::array::{AsArray, BooleanArray};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tiermill::engine::Cache;
use tiermill::engine::polars::{profile, profile_cache};

use crate::support::sandbox::project;
use crate::support::table::{self, Cells};
use crate::support::{Ran, Sandbox};

pub(super) const MICROS_A_DAY: i64 = 86_400_000_000;
/// 2025-01-01.
pub(super) const START: i64 = 20_089;

pub(super) fn date(day: i64) -> String {
    (chrono::NaiveDate::default() + chrono::Days::new((START + day) as u64)).to_string()
}

/// A run as of a day; the place of its profile.
fn run(sandbox: &Sandbox, as_of: &str, out: &str, more: &[&str]) -> (String, String) {
    let args = ["run", "rules.yml", "--as-of", as_of, "--threads", "2", "--out", out];
    let ran: Ran = sandbox.tiermill(&[&args[..], more].concat());
    if ran.code == Some(3) {
        // Rows that nobody can use may be most of a small file.
        return ("refused".to_owned(), ran.result()["message"].as_str().unwrap().to_owned());
    }
    let ran = ran.done();
    let line = ran.stderr.lines().find(|line| line.starts_with("profile")).unwrap().to_owned();
    (ran.result()["profile"].as_str().unwrap().to_owned(), line)
}

fn differing(sandbox: &Sandbox, as_of: &str) -> Vec<String> {
    let files = |out: &str| crate::support::folder::files(&sandbox.path(out).join(format!("as_of={as_of}")));
    let (cold, cached) = (files("cold"), files("cached"));
    let names: std::collections::BTreeSet<_> = cold.keys().chain(cached.keys()).cloned().collect();
    names.into_iter().filter(|name| cold.get(name) != cached.get(name)).collect()
}

/// Runs cold and with the cache; what differs, and the place of the profile with what is said of it.
pub(super) fn both(sandbox: &Sandbox, as_of: &str) -> (Vec<String>, String, String) {
    let (cold, said) = run(sandbox, as_of, "cold", &[]);
    let (way, line) = run(sandbox, as_of, "cached", &["--cache", "cache"]);
    if cold == "refused" {
        assert_eq!((way.as_str(), line.as_str()), ("refused", said.as_str()));
    }
    (differing(sandbox, as_of), way, line)
}

#[track_caller]
fn check(sandbox: &Sandbox, as_of: &str, expected: &str, said: &str) {
    let (differing, way, line) = both(sandbox, as_of);
    assert_eq!(way, expected, "{line}");
    assert!(line.contains(said), "{line}");
    assert!(differing.is_empty(), "{differing:?} differ as of {as_of}: {line}");
}

/// One order: the customer, the day, cents (none is null), and the file.
#[derive(Clone, Debug)]
struct Order {
    customer: u8,
    day: i64,
    cents: Option<i64>,
    hour: i64,
}

fn write(sandbox: &Sandbox, file: &str, orders: &[Order], text_ids: bool) {
    let customers = || orders.iter().map(|order| (order.customer > 0).then_some(order.customer));
    let ids = match text_ids {
        true => Cells::Text(customers().map(|id| id.map(|id| format!("customer-{id}"))).collect()),
        false => Cells::Int(customers().map(|id| id.map(i64::from)).collect()),
    };
    let at = |order: &Order| Some((START + order.day) * MICROS_A_DAY + order.hour * 3_600_000_000);
    let batch = table::batch(&[
        ("id", ids),
        ("at", Cells::Utc(orders.iter().map(at).collect())),
        ("amount", Cells::Decimal(orders.iter().map(|order| order.cents.map(i128::from)).collect(), 2)),
    ]);
    sandbox.orders(file, &batch);
}

/// Metrics that merge; the last need days that are later than all before.
const METRICS: [&str; 12] = [
    "n: count(*)",
    "recency: days_since(max(time))",
    "since: days_since(min(time))",
    "revenue_30d: {expr: sum(amount), window: 30d}",
    "n_7d: {expr: count(amount), window: 7d}",
    "refunds_90d: {expr: sum(amount), where: amount < 0, window: 90d}",
    "least: min(amount)",
    "most: {expr: max(amount), where: amount < 50}",
    "mean: avg(amount)",
    "days: count(distinct day(time))",
    "days_30d: {expr: count(distinct day(time)), window: 30d}",
    "gap: last_gap(time)",
];

fn rules(metrics: &[usize], zone: &str) -> String {
    let lines: Vec<String> = metrics.iter().map(|at| format!("  {}\n", METRICS[*at])).collect();
    format!(
        "tiermill: 1
name: days
timezone: {zone}
inputs: {{orders: {{path: orders/*.parquet, columns: {{customer: id, time: at, amount: amount}}}}}}
metrics:
  revenue: sum(amount)
{}scores: {{m: {{of: revenue, quantiles: 3, ties: split}}}}
segments: {{tier: {{rules: [{{id: best, when: m = 3}}], default: rest}}}}
",
        lines.concat()
    )
}

fn order() -> impl Strategy<Value = Order> {
    // Zero is nobody: such rows are set aside, as those without an amount.
    let cents = prop_oneof![9 => (-3_000_i64..9_000).prop_map(Some), 1 => Just(None)];
    (0_u8..40, -70_i64..70, cents, 0_i64..24).prop_map(|(customer, day, cents, hour)| Order {
        customer,
        day,
        cents,
        hour,
    })
}

/// What there is to read at each step: orders, by the days since the last step that they are early (or, below zero, late).
fn steps() -> impl Strategy<Value = Vec<(i64, Vec<Order>, i64)>> {
    let late = prop_oneof![6 => Just(0_i64), 1 => Just(30)];
    proptest::collection::vec((1_i64..41, proptest::collection::vec(order(), 0..12), late), 2..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn extended_runs_are_cold_runs(
        first in proptest::collection::vec(order(), 1..160),
        steps in steps(),
        metrics in proptest::sample::subsequence((0..METRICS.len()).collect::<Vec<_>>(), 0..METRICS.len()),
        zone in proptest::sample::select(vec!["UTC", "Asia/Shanghai", "America/New_York"]),
        text_ids in any::<bool>(),
    ) {
        let sandbox = Sandbox::new();
        sandbox.text("rules.yml", &rules(&metrics, zone));
        let mut day = 0;
        // A day on which no row counts publishes nothing: one always does.
        let early = Order { customer: 1, day: -200, cents: Some(100), hour: 0 };
        let first: Vec<Order> = first.into_iter().chain([early]).collect();
        write(&sandbox, "orders/0.parquet", &first, text_ids);
        let say = |(differing, way, line): (Vec<String>, String, String), day: i64| {
            prop_assert!(differing.is_empty(), "{differing:?} as of day {day}, {way}: {line}");
            Ok::<_, TestCaseError>(())
        };
        say(both(&sandbox, &date(day)), day)?;
        for (at, (days, orders, late)) in steps.iter().enumerate() {
            // Rows of a new file are after the last day, some of them of days to come, or late.
            let came = |order: &Order| Order { day: day + 1 - late + order.day.rem_euclid(days + 3), ..order.clone() };
            let orders: Vec<Order> = orders.iter().map(came).collect();
            if !orders.is_empty() {
                // Names before and after those that are there.
                let file = if at % 2 == 0 { format!("orders/{}.parquet", at + 1) } else { format!("orders/-{at}.parquet") };
                write(&sandbox, &file, &orders, text_ids);
            }
            day += days;
            say(both(&sandbox, &date(day)), day)?;
        }
    }
}

fn orders(text: &str) -> Vec<Order> {
    let order = |line: &str| {
        let words: Vec<i64> = line.split_whitespace().map(|word| word.parse().unwrap()).collect();
        Order { customer: words[0] as u8, day: words[1], cents: Some(words[2]), hour: 12 }
    };
    text.lines().map(order).collect()
}

/// What is read, and what is said of it.
#[test]
fn what_is_read() {
    let sandbox = Sandbox::new();
    sandbox.text("rules.yml", &rules(&(0..METRICS.len()).collect::<Vec<_>>(), "UTC"));
    write(&sandbox, "orders/0.parquet", &orders("1 -60 100\n2 -60 300\n3 -58 50"), true);
    write(&sandbox, "orders/1.parquet", &orders("1 -6 150\n2 -2 900\n4 3 20\n1 4 20\n1 60 10"), true);
    check(&sandbox, &date(0), "read", "reads everything: nothing is kept");
    // Rows that were later ones, and days that leave a window.
    check(&sandbox, &date(4), "extended", "kept as of 2025-01-01, reads 1 of 2 files");
    check(&sandbox, &date(4), "kept", "kept profile");
    write(&sandbox, "orders/2.parquet", &orders("1 5 100\n9 5 100\n0 5 100\n2 70 100"), true);
    check(&sandbox, &date(5), "extended", "kept as of 2025-01-05, reads 2 of 3 files");
    // Nothing new, and no file with a day that leaves: but one of 90 days.
    check(&sandbox, &date(6), "extended", "reads 2 of 3 files");
    check(&sandbox, &date(40), "extended", "reads 3 of 3 files");
    // A late file: the days are not apart.
    write(&sandbox, "orders/3.parquet", &orders("1 41 100\n3 -57 100"), true);
    check(
        &sandbox,
        &date(41),
        "read",
        "reads everything: new files hold days up to 2025-02-10, and `days` does not",
    );
    // A file that was read before is another now.
    write(&sandbox, "orders/0.parquet", &orders("1 -60 100\n2 -60 301\n3 -58 50"), true);
    check(&sandbox, &date(42), "read", "reads everything: nothing is kept");
    check(&sandbox, &date(41), "read", "reads everything: nothing is kept");
}

/// Sums, counts and extremes do not care when a row comes; a late file is picked up as of the same day, too.
#[test]
fn late_files_are_picked_up() {
    let sandbox = Sandbox::new();
    sandbox.text("rules.yml", &rules(&(0..9).collect::<Vec<_>>(), "UTC"));
    write(&sandbox, "orders/1.parquet", &orders("1 -6 150\n2 -2 900\n4 3 20"), false);
    check(&sandbox, &date(0), "read", "nothing is kept");
    write(&sandbox, "orders/0.parquet", &orders("1 -80 -150\n7 -20 900\n2 0 20"), false);
    check(&sandbox, &date(0), "extended", "reads 2 of 2 files");
    check(&sandbox, &date(1), "extended", "kept as of 2025-01-01");
}

#[test]
fn what_does_not_merge() {
    let sandbox = Sandbox::new();
    let base = rules(&[0], "UTC");
    write(&sandbox, "orders/1.parquet", &orders("1 -6 150\n2 -2 900"), true);
    let more = [
        ("usual: top(amount, count(*))", "`usual` does not merge"),
        ("most_7d: {expr: max(amount), window: 7d}", "`most_7d` does not merge"),
        ("amounts: count(distinct amount)", "`amounts` does not merge"),
        ("first: first(amount)", "`first` does not merge"),
    ];
    for (at, (metric, why)) in more.into_iter().enumerate() {
        sandbox.text("rules.yml", &base.replace("scores:", &format!("  {metric}\nscores:")));
        let day = 3 * at as i64;
        check(&sandbox, &date(day), "read", "nothing is kept");
        check(&sandbox, &date(day + 1), "read", why);
    }
}

/// A gap between some of the days: the first day that came need not be one of them.
#[test]
fn gaps_between_some_days() {
    let sandbox = Sandbox::new();
    let refunds = "  refund_days: {expr: days_since(max(time)), where: amount < 0}
  refund_gap: {expr: last_gap(time), where: amount < 0}
scores:";
    sandbox.text("rules.yml", &rules(&[0, 11], "UTC").replace("scores:", refunds));
    write(&sandbox, "orders/0.parquet", &orders("1 -20 -100\n1 -10 -100\n2 -5 -100"), true);
    check(&sandbox, &date(0), "read", "nothing is kept");
    write(&sandbox, "orders/1.parquet", &orders("1 1 50\n2 1 50\n2 2 -100"), true);
    check(&sandbox, &date(2), "read", "reads everything: `refund_gap` does not merge");
}

/// More customers than a slice or a part has, and more parts from one day to the next: the same rows in the same order.
#[test]
fn slices_and_parts() {
    let sandbox = Sandbox::new();
    let cache = Cache::at(&sandbox.path("cache"));
    for text_ids in [true, false] {
        // In seven days most customers have left.
        let metrics: Vec<usize> = (0..METRICS.len()).filter(|at| text_ids || *at != 4).collect();
        let days = rules(&metrics, "UTC");
        sandbox.text("rules.yml", &days.replace("orders/*", &format!("orders-{text_ids}/*")));
        // Three parts, four, and then only changes of a few customers, some of them new.
        let days = [(0, 280_000, 1, 0), (1, 370_000, 3, 0), (2, 371_000, 97, 1), (3, 372_000, 89, 2)];
        let mut at_border: Vec<i64> = Vec::new();
        for (at, customers, every, changes) in days {
            let ids = (0..customers).map(|id: i64| id * 7_919 % 1_000_003).filter(|id| id % every == 0);
            let ids: Vec<i64> = ids.chain(at_border.drain(..)).collect();
            let id_cells = match text_ids {
                true => Cells::Text(ids.iter().map(|id| Some(format!("c{id}"))).collect()),
                false => Cells::Int(ids.iter().map(|id| Some(*id)).collect()),
            };
            let time = |id: &i64| Some((START + at * 3 - id % 3) * MICROS_A_DAY);
            let batch = table::batch(&[
                ("id", id_cells),
                ("at", Cells::Naive(ids.iter().map(time).collect())),
                ("amount", Cells::Decimal(ids.iter().map(|id| Some(i128::from(id % 997))).collect(), 2)),
            ]);
            sandbox.orders(&format!("orders-{text_ids}/{at}.parquet"), &batch);
            let mut plan = sandbox.plan("rules.yml", &date(at * 3)).unwrap();
            plan.part_customers = 100_000;
            let cold = profile::run(&plan, 2).unwrap();
            // Those who stand where one slice ends and the next begins order again.
            for row in 262_142..262_146 {
                let id = cold.customers.column("id").unwrap().get(row).unwrap().to_string();
                at_border.push(id.trim_matches(['"', 'c']).parse().unwrap());
            }
            let (first, way) = profile_cache::run(&plan, 3, None, Some(&cache)).unwrap();
            assert_eq!(way.name(), if at == 0 { "read" } else { "extended" }, "{way}");
            let (second, way) = profile_cache::run(&plan, 3, None, Some(&cache)).unwrap();
            assert_eq!(way, profile_cache::ProfileOrigin::Kept);
            for found in [first, second] {
                assert_eq!(found.counts, cold.counts);
                assert_eq!(found.customers.schema(), cold.customers.schema());
                assert!(found.customers.equals_missing(&cold.customers));
            }
            let entries = cache.entries().unwrap().into_iter().map(|entry| entry.about.unwrap());
            let of_job = entries.filter(|about| about.family == plan.profile_family());
            let entry = of_job.max_by_key(|about| about.as_of.clone()).unwrap();
            // Aggregates, what was set aside, and a file for each day since.
            assert_eq!(entry.tables.len(), 2 + if text_ids { 0 } else { changes }, "{:?}", entry.tables);
        }
    }
}

/// A day that changes little is kept as what it changes; the rest is the file of the day before, which stays when that
/// day's entry goes.
#[test]
fn what_changes_is_kept() {
    let sandbox = Sandbox::new();
    sandbox.text("rules.yml", &rules(&(0..METRICS.len()).collect::<Vec<_>>(), "UTC"));
    let first: Vec<String> = (1..60).map(|id| format!("{id} -{} {}", id % 28, id * 100)).collect();
    write(&sandbox, "orders/0.parquet", &orders(&first.join("\n")), true);
    check(&sandbox, &date(0), "read", "nothing is kept");
    write(&sandbox, "orders/1.parquet", &orders("7 1 100\n200 1 100"), true);
    check(&sandbox, &date(1), "extended", "kept as of 2025-01-01");
    write(&sandbox, "orders/2.parquet", &orders("7 2 -50\n100 2 100\n200 2 1"), true);
    check(&sandbox, &date(2), "extended", "kept as of 2025-01-02");
    let entry = |day: i64| {
        let entries = Cache::at(&sandbox.path("cache")).entries().unwrap();
        let mut of_day = entries.into_iter().filter(|entry| entry.about.as_ref().unwrap().as_of == date(day));
        sandbox.path("cache").join(of_day.next().unwrap().key)
    };
    let rows = |folder: &Path, file: &str| {
        let file = File::open(folder.join(file)).unwrap();
        ParquetRecordBatchReaderBuilder::try_new(file).unwrap().metadata().file_metadata().num_rows()
    };
    let last = entry(2);
    // Those who ordered, and those whose orders have left the last seven or thirty days.
    assert_eq!(rows(&last, "aggregates.parquet"), 59);
    assert!((2..12).contains(&rows(&last, "changes-1.parquet")));
    assert!((3..12).contains(&rows(&last, "changes-2.parquet")));
    check(&sandbox, &date(2), "kept", "kept profile");
    for day in [0, 1] {
        std::fs::remove_dir_all(entry(day)).unwrap();
    }
    check(&sandbox, &date(2), "kept", "kept profile");
    check(&sandbox, &date(3), "extended", "kept as of 2025-01-03");
    // Too much has changed: everything is written again.
    let many: Vec<String> = (1..30).map(|id| format!("{id} 4 10")).collect();
    write(&sandbox, "orders/4.parquet", &orders(&many.join("\n")), true);
    check(&sandbox, &date(4), "extended", "kept as of 2025-01-04");
    let whole = entry(4);
    assert_eq!(rows(&whole, "aggregates.parquet"), 61);
    assert!(!whole.join("changes-1.parquet").exists());
    // Without one of its files, an entry is none.
    std::fs::remove_file(sandbox.path("orders/4.parquet")).unwrap();
    std::fs::remove_file(last.join("changes-1.parquet")).unwrap();
    check(&sandbox, &date(2), "read", "reads everything: what is kept is broken");
}

/// A model that learns from histories, with days held out: a file a month, and three steps.
#[test]
fn a_model_over_days() {
    let file = File::open(project().join("data/cdnow/orders.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    let all = concat_batches(&batches[0].schema(), &batches).unwrap();
    let time = all.column_by_name("ordered_at").unwrap();
    let time = arrow::compute::cast(time, &arrow::datatypes::DataType::Date32).unwrap();
    let days: Vec<i32> = time.as_primitive::<arrow::datatypes::Date32Type>().values().to_vec();
    let sandbox = Sandbox::new();
    let day = |date: &str| table::days(date);
    let add = |file: &str, from: &str, to: &str| {
        let (from, to) = (day(from), day(to));
        let mask: BooleanArray = days.iter().map(|day| Some(*day > from && *day <= to)).collect();
        sandbox.orders(file, &filter_record_batch(&all, &mask).unwrap());
    };
    sandbox.text("rules.yml", super::CLV);
    add("orders/a.parquet", "1996-12-31", "1997-12-31");
    add("orders/b.parquet", "1997-12-31", "1998-02-28");
    check(&sandbox, "1998-02-28", "read", "nothing is kept");
    add("orders/c.parquet", "1998-02-28", "1998-03-03");
    check(&sandbox, "1998-03-01", "extended", "kept as of 1998-02-28");
    check(&sandbox, "1998-03-15", "extended", "kept as of 1998-03-01");
    add("orders/d.parquet", "1998-03-15", "1998-06-30");
    check(&sandbox, "1998-04-30", "extended", "kept as of 1998-03-15");
    // Each run, and the time before its holdout.
    assert_eq!(std::fs::read_dir(sandbox.path("cache")).unwrap().count(), 8);
}
