//! The same inputs give the same bytes: on any number of threads, in any order of rows and files, run after run.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::UInt32Array;
use arrow::compute::{concat_batches, take_record_batch};
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::support::Sandbox;
use crate::support::sandbox::project;

/// Every aggregate, every way to score, and segments of all of them.
pub(crate) const RULES: &str = "
tiermill: 1
name: everything
inputs:
  orders:
    path: orders/*.parquet
    columns: {customer: customer_id, order: order_id, time: ordered_at, amount: amount}
metrics:
  recency_days: days_since(max(time))
  first_days: days_since(min(time))
  gap: last_gap(time)
  purchase_days: count(distinct day(time))
  rows: count(*)
  orders: count(distinct order)
  revenue: sum(amount)
  revenue_90d: {expr: sum(amount), window: 90d}
  recent_share: {expr: sum(amount), window: 180d, per: revenue}
  discs: sum(quantity)
  least: min(amount)
  most: {expr: max(amount), window: 360d}
  mean_discs: avg(quantity)
  first_amount: first(amount)
  last_amount: last(amount)
  last_discs: {expr: last(quantity), window: 180d}
  usual_discs: top(quantity, sum(amount))
  most_frequent_discs: top(quantity, count(*))
  steadiness: {expr: monthly_cv(count(*)), window: 360d}
  steadiness_of_money: {expr: monthly_cv(sum(amount)), window: 540d}
  avg_order: revenue / rows
  usual_gap: gap_quantile(time, 0.8)
scores:
  r: {of: recency_days, quantiles: 5, best: low}
  f: {of: rows, quantiles: 5, ties: split}
  m: {of: revenue, quantiles: 5}
  usual: {of: avg_order, quantiles: 10}
  steady: {of: steadiness, quantiles: 4, best: low}
  r2: {of: recency_days, mean: true, best: low}
  f2: {of: rows, breaks: [2]}
  m2: {of: avg_order, mean: true}
  among: {of: revenue, quantiles: 4, ties: split, within: usual_discs, min_group: 100}
  value: {weighted: {r: 0.2, f: 0.3, m: 0.5}}
bands:
  abc: {of: revenue, cumulative: {A: 0.80, B: 0.95, C: 1}}
  by_order: {of: avg_order, cumulative: {top: 0.5, rest: 1}, within: purchase_days, min_group: 20}
  from_top: {of: revenue, top: {best: 1%, next: 500, rest: all}, within: usual_discs}
clv: {model: simple, horizon: 365d, margin: 0.3}
segments:
  rfm: {preset: rfm-11, scores: [r, f, m]}
  eight: {preset: cn-8, scores: [r2, f2, m2]}
  stage:
    preset: lifecycle-retail
    fitted: customer
    metrics: {recency: recency_days, since_first: first_days, last_gap: gap, orders: rows}
  tier:
    rules:
      - id: best
        when: abc = 'A' and rfm in ('champions', 'loyal')
      - id: asleep
        when: recency_days > 365 or gap is null and recent_share < 0.5
    default: other
edges: {within: 0.05}
audiences: [tier.best]
overrides: {path: overrides.csv}
";

pub(crate) const OVERRIDES: &str = "segmentation,customer,action,segment,reason,author
tier,00001,pin,best,why,who
tier,00003,exclude,best,why,who
rfm,00002,floor,loyal,why,who
eight,nobody,cap,key_value,why,who
";

/// The whole CDNOW table.
pub(crate) fn cdnow() -> RecordBatch {
    let file = File::open(project().join("data/cdnow/orders.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&batches[0].schema(), &batches).unwrap()
}

/// Runs the rules in a sandbox and returns the files whose bytes must not change.
fn run(sandbox: &Sandbox, threads: &str) -> BTreeMap<String, Vec<u8>> {
    sandbox.text("rules.yml", RULES);
    sandbox.text("overrides.csv", OVERRIDES);
    let args = ["run", "rules.yml", "--as-of", "1998-06-30", "--out", "out", "--threads", threads];
    sandbox.tiermill(&args).done();
    data_files(&sandbox.path("out/as_of=1998-06-30"))
}

/// Every file of a partition but the manifest, which names the input files, and its hash.
fn data_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = crate::support::folder::files(folder);
    files.retain(|name, _| name != "_run/manifest.json" && name != "_SUCCESS");
    files
}

fn assert_same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    let names =
        "_run/audience-tier.best.parquet _run/edges.parquet _run/model.json _run/overrides.parquet _run/rejected.parquet \
         _run/segment_profile.parquet _run/segments.parquet _run/summary.parquet part-00000.parquet"
            .split_whitespace();
    assert!(expected.keys().eq(names), "{:?}", expected.keys());
    assert!(found.keys().eq(expected.keys()), "{:?}", found.keys());
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

#[test]
fn the_same_bytes() {
    let orders = cdnow();
    let whole = Sandbox::new();
    whole.orders("orders/all.parquet", &orders);
    let expected = run(&whole, "1");
    let manifest = || std::fs::read(whole.path("out/as_of=1998-06-30/_run/manifest.json")).unwrap();
    let first_manifest = manifest();

    // On two threads, over the first run; the manifest is the same, too.
    assert_same(&run(&whole, "2"), &expected);
    assert!(manifest() == first_manifest);
    // Once more on as many shards as there may be.
    assert_same(&run(&whole, "7"), &expected);

    // All rows shuffled and dealt out to seven files of different sizes.
    let mut rows: Vec<u32> = (0..orders.num_rows() as u32).collect();
    rows.shuffle(&mut ChaCha8Rng::seed_from_u64(7));
    let shuffled = take_record_batch(&orders, &UInt32Array::from(rows)).unwrap();
    let split = Sandbox::new();
    let mut start = 0;
    for part in 0..7 {
        let end = if part == 6 { shuffled.num_rows() } else { start + 2_000 * (part + 1) };
        split.orders(&format!("orders/{}.parquet", 6 - part), &shuffled.slice(start, end - start));
        start = end;
    }
    assert_same(&run(&split, "2"), &expected);
    assert_same(&run(&split, "1"), &expected);
}
