//! `--memory-limit`: customers who do not fit go through scratch files, and the output is the same, byte by byte.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tiermill::engine::polars::profile::{self, Memory};
use tiermill::pipeline::Resources;

use crate::support::Sandbox;
use crate::support::folder::files;
use crate::support::sandbox::publish;
use crate::support::table::{self, Cells};

const AS_OF: &str = "2025-06-30";

/// Every kind of state, in the records and outside of them.
const METRICS: &str = "
metrics:
  recency_days: days_since(max(time))
  first_days: days_since(min(time))
  gap: last_gap(time)
  usual_gap: gap_quantile(time, 0.8)
  purchase_days: count(distinct day(time))
  rows: count(*)
  orders: count(distinct order)
  channels: count(distinct channel)
  revenue: sum(amount)
  revenue_90d: {expr: sum(amount), window: 90d}
  online: {expr: sum(amount), where: channel = 'web'}
  pieces: sum(quantity)
  least: min(amount)
  most: {expr: max(amount), window: 120d}
  most_rated: max(rating)
  least_quantity: min(quantity)
  least_channel: min(channel)
  rated: count(rating)
  first_channel: first(channel)
  last_amount: last(amount)
  top_channel: top(channel, sum(amount))
  usual_quantity: top(quantity, count(*))
  steadiness: {expr: monthly_cv(sum(amount)), window: 180d}
  avg_order: revenue / rows
scores:
  r: {of: recency_days, quantiles: 5, best: low}
  f: {of: rows, quantiles: 5, ties: split}
  m: {of: revenue, quantiles: 5, within: top_channel}
bands:
  abc: {of: revenue, cumulative: {A: 0.80, B: 0.95, C: 1}}
clv: {model: simple, horizon: 365d, margin: 0.3}
segments:
  rfm: {preset: rfm-11, scores: [r, f, m]}
";

const ORDERS: &str = "
tiermill: 1
name: memory
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, order: order, time: at, amount: amount}
";

/// What ids look like.
#[derive(Clone, Copy, Debug)]
enum Ids {
    Int,
    Short,
    /// The first twelve bytes do not tell them apart.
    Long,
    /// Short and long ones, with zero bytes at the end.
    Mixed,
}

impl Ids {
    fn cells(self, customers: &[Option<u64>]) -> Cells {
        let text = |id: u64| match self {
            Self::Mixed if id.is_multiple_of(3) => format!("c{}\0", id / 2),
            Self::Mixed if id % 3 == 1 => format!("c{id}"),
            Self::Short => format!("c{id}"),
            _ => format!("customer-of-this-shop-{id}"),
        };
        match self {
            Self::Int => Cells::Int(customers.iter().map(|id| id.map(|id| 5_000 - 7 * id as i64)).collect()),
            _ => Cells::Text(customers.iter().map(|id| id.map(text)).collect()),
        }
    }
}

/// Orders of so many customers, some of them not fit to be used.
fn orders(ids: Ids, customers: u64, rows: usize) -> Vec<(&'static str, Cells)> {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let who: Vec<Option<u64>> =
        (0..rows).map(|_| (!random.random_bool(0.01)).then(|| random.random_range(0..customers))).collect();
    let start = i64::from(table::days("2024-12-01")) * 86_400_000_000;
    let at = (0..rows).map(|_| Some(start + random.random_range(0..220) * 86_400_000_000)).collect();
    let amounts = (0..rows).map(|_| Some(random.random_range(-500..100_000))).collect();
    let order = (0..rows).map(|_| Some(random.random_range(0..rows as i64))).collect();
    let channels = ["web", "shop", "a channel with a long name"];
    let channel = (0..rows)
        .map(|_| random.random_bool(0.9).then(|| channels[random.random_range(0..3)].to_owned()))
        .collect();
    let quantity = (0..rows).map(|_| random.random_bool(0.9).then(|| random.random_range(0..9))).collect();
    let rating = (0..rows)
        .map(|_| random.random_bool(0.7).then(|| [0.0, -0.0, 1.5, f64::NAN][random.random_range(0..4)]))
        .collect();
    vec![
        ("id", ids.cells(&who)),
        ("at", Cells::Naive(at)),
        ("amount", Cells::Decimal(amounts, 2)),
        ("order", Cells::Int(order)),
        ("channel", Cells::Text(channel)),
        ("quantity", Cells::Int(quantity)),
        ("rating", Cells::Float(rating)),
    ]
}

/// What is published, and how many bytes were spilled.
type Ran = (BTreeMap<String, Vec<u8>>, u64);

impl Sandbox {
    fn within(&self, threads: usize, states: Option<u64>) -> Ran {
        std::fs::create_dir_all(self.path("scratch")).unwrap();
        let memory = states.map(|states| Memory { states, scratch: self.path("scratch") });
        let mut plan = self.plan("rules.yml", AS_OF).unwrap_or_else(|complaints| panic!("{complaints}"));
        plan.part_customers = 1_000;
        let (published, spilled) =
            publish(plan, &Resources { memory, ..Resources::threads(threads) }).unwrap();
        assert_eq!(
            std::fs::read_dir(self.path("scratch")).unwrap().count(),
            0,
            "scratch files have no names"
        );
        (files(&published.folder), spilled)
    }

    /// The same bytes, the manifest with its counts included, within any bounds.
    fn check(&self, what: &str) {
        let (expected, spilled) = self.within(2, None);
        assert_eq!(spilled, 0);
        assert!(expected.len() > 6, "several parts: {:?}", expected.keys());
        for (threads, states) in [(1, 400_000), (3, 200_000), (2, 0)] {
            let (found, spilled) = self.within(threads, Some(states));
            assert!(spilled > 0, "{what}: nothing spilled within {states}");
            assert!(found.keys().eq(expected.keys()), "{:?}", found.keys());
            let differ: Vec<_> = expected.iter().filter(|(name, bytes)| found[*name] != **bytes).collect();
            let differ: Vec<_> = differ.into_iter().map(|(name, _)| name).collect();
            assert!(differ.is_empty(), "{what}, {threads} threads, {states} bytes: {differ:?} differ");
        }
        let (found, spilled) = self.within(2, Some(1 << 30));
        assert_eq!((spilled, found == expected), (0, true));
    }
}

fn shop(ids: Ids) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::batch(&orders(ids, 2_500, 12_000)));
    sandbox
}

#[test]
fn the_same_bytes_with_whole_numbers_as_ids() {
    let sandbox = shop(Ids::Int);
    sandbox.text("rules.yml", &format!("{ORDERS}{METRICS}"));
    sandbox.check("int");
}

#[test]
fn the_same_bytes_with_texts_as_ids() {
    for ids in [Ids::Short, Ids::Long, Ids::Mixed] {
        let sandbox = shop(ids);
        sandbox.text("rules.yml", &format!("{ORDERS}{METRICS}"));
        sandbox.check(&format!("{ids:?}"));
    }
}

/// Those of the table of customers who have no room find their attributes, orders and events all the same.
#[test]
fn the_same_bytes_with_a_population_and_events() {
    let sandbox = shop(Ids::Short);
    let mut random = ChaCha8Rng::seed_from_u64(5);
    // Every other customer, and as many prospects.
    let listed: Vec<Option<u64>> = (0..2_500).map(|at| Some(2 * at)).collect();
    let regions = listed.iter().map(|_| Some(["north", "south"][random.random_range(0..2)].to_owned()));
    let customers = [("id", Ids::Short.cells(&listed)), ("region", Cells::Text(regions.collect()))];
    sandbox.orders("customers.parquet", &table::batch(&customers));
    // Visits of customers, of strangers, and of nobody else knows whom.
    let visitors: Vec<Option<u64>> = (0..6_000).map(|_| Some(random.random_range(0..8_000))).collect();
    let at = (0..6_000).map(|_| Some(table::days("2025-01-01") + random.random_range(0..150))).collect();
    let visits = [("id", Ids::Short.cells(&visitors)), ("at", Cells::Date(at))];
    sandbox.orders("visits.parquet", &table::batch(&visits));
    for unknown in ["join", "leave_out"] {
        let inputs = format!(
            "{ORDERS}  customers: {{path: customers.parquet, columns: {{customer: id}}, attributes: [region], unknown: {unknown}}}
  visits: {{path: visits.parquet, columns: {{customer: id, time: at}}}}
"
        );
        let visits = "  visits: {expr: count(*), from: visits}
  last_visit: {expr: max(time), from: visits}
scores:";
        let metrics = METRICS.replacen("scores:", visits, 1);
        sandbox.text("rules.yml", &format!("{inputs}{metrics}"));
        sandbox.check(unknown);
    }
}

#[test]
fn what_a_killed_run_has_left_is_removed() {
    let sandbox = shop(Ids::Short);
    sandbox.text("rules.yml", &format!("{ORDERS}{METRICS}"));
    sandbox.text("rest", "");
    std::fs::create_dir_all(sandbox.path("scratch")).unwrap();
    let left = sandbox.path("scratch/.tiermill-scratch-1-0");
    std::fs::write(&left, "rows").unwrap();
    let (_, spilled) = sandbox.within(1, Some(0));
    assert!(spilled > 0 && !left.exists());
}

#[test]
fn a_scratch_folder_that_cannot_be_written_to_is_an_error() {
    let sandbox = shop(Ids::Short);
    sandbox.text("rules.yml", &format!("{ORDERS}{METRICS}"));
    let plan = sandbox.plan("rules.yml", AS_OF).unwrap();
    let memory = Memory { states: 0, scratch: sandbox.path("no-such-folder") };
    let error = profile::run_within(&plan, 2, Some(&memory)).unwrap_err().to_string();
    assert!(error.contains("scratch file in") && error.contains("no-such-folder"), "{error}");
}

/// On the command line: a limit that is too low says the least, one that is enough changes nothing.
#[test]
fn the_limit_of_a_run() {
    let sandbox = shop(Ids::Short);
    sandbox.text("rules.yml", &format!("{ORDERS}{METRICS}"));
    let run = |more: &[&str]| {
        let args = ["run", "rules.yml", "--as-of", AS_OF, "--out", "out", "--threads", "2"];
        sandbox.tiermill(&[&args[..], more].concat())
    };
    let ran = run(&["--memory-limit", "300MB"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("the least on 2 threads is 336MB"), "{}", ran.stderr);
    let ran = run(&["--memory-limit", "336MB"]).done();
    assert_eq!(ran.result()["spilled_bytes"], 0);
    let limited = files(&sandbox.path("out/as_of=2025-06-30"));
    run(&[]).done();
    assert!(files(&sandbox.path("out/as_of=2025-06-30")) == limited);
}

/// The whole way from the command line: more customers than the least limit has room for.
#[test]
fn a_run_that_spills() {
    let sandbox = Sandbox::new();
    let mut columns = orders(Ids::Long, 400_000, 700_000);
    columns.truncate(3);
    sandbox.orders("orders.parquet", &table::batch(&columns));
    let rules = "
tiermill: 1
name: many
inputs: {orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}}
metrics: {revenue: sum(amount), rows: count(*), recency: days_since(max(time)), gap: last_gap(time)}
scores: {m: {of: revenue, quantiles: 5}}
";
    sandbox.text("rules.yml", rules);
    let run = |more: &[&str]| {
        let args = ["run", "rules.yml", "--as-of", AS_OF, "--out", "out", "--threads", "1"];
        let ran = sandbox.tiermill(&[&args[..], more].concat()).done();
        (files(&sandbox.path("out/as_of=2025-06-30")), ran)
    };
    let (expected, ran) = run(&[]);
    assert_eq!(ran.result()["spilled_bytes"], 0);
    let (found, ran) = run(&["--memory-limit", "303MB", "--scratch", "."]);
    assert!(ran.result()["spilled_bytes"].as_u64() > Some(1_000_000), "{ran:?}");
    assert!(ran.stderr.contains("MB spilled"), "{}", ran.stderr);
    assert!(found == expected);
}
