//! What each stage of a run costs, in orders or customers a second: `cargo bench --bench stages`.
//!
//! The job is that of `peers/rules.yml`, and once more with a BG/NBD and Gamma-Gamma section; the orders are made by
//! `generate/` in a folder that is gone afterwards. Small on purpose: they fit the processor's caches, so these figures
//! find a stage that has become slower, and say nothing of a hundred million orders. That is what `peers/` is for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "generate/orders.rs"]
mod orders;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput};
use tempfile::TempDir;
use tiermill::diag::render;
use tiermill::engine::Cache;
use tiermill::engine::polars::fit::{self, clv};
use tiermill::engine::polars::tables::sums::Sums;
use tiermill::engine::polars::{profile, profile_cache, tables, write};
use tiermill::pipeline::{self, Data};
use tiermill::plan::Plan;
use tiermill::publish::readback;
use tiermill::resolve::Settings;

const ORDERS: u64 = 200_000;
const CUSTOMERS: u64 = 20_000;
const AS_OF: &str = "2025-11-30";
/// The generator's own, and the one after it.
const LAST_DAY: &str = "2025-12-31";
const NEXT_DAY: &str = "2026-01-01";
const RULES: &str = include_str!("peers/rules.yml");
const CLV: &str = "
clv: {model: bg_nbd, spend: gamma_gamma, horizon: 365d, time_unit: 7d, margin: 0.30, discount_rate: 0.10}
";

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn main() {
    let folder = TempDir::new().unwrap();
    generate(&folder.path().join("orders"), ORDERS, &[]);
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("stages");
    stages(&mut group, folder.path());
    lifetime_value(&mut group, folder.path());
    next_day(&mut group, &folder.path().join("days"));
    group.finish();
    criterion.final_summary();
}

fn generate(folder: &Path, orders: u64, more: &[&str]) {
    let out = folder.to_str().unwrap();
    let (rows, customers) = (orders.to_string(), CUSTOMERS.to_string());
    let args = ["generate", "--rows", &rows, "--customers", &customers, "--files", "4", "--out", out];
    orders::write(&orders::Options::parse_from([&args[..], more].concat())).unwrap();
}

/// Each stage of the job, from what the stages before it made.
fn stages(group: &mut Group<'_>, folder: &Path) {
    group.bench_function("plan", |bencher| bencher.iter(|| plan(RULES, folder, AS_OF)));

    let plan = plan(RULES, folder, AS_OF);
    group.throughput(Throughput::Elements(ORDERS));
    let threads = std::thread::available_parallelism().unwrap().get();
    let profiled = || profile::run(&plan, threads).unwrap();
    group.bench_function("profile", |bencher| bencher.iter(profiled));

    let profile = profiled();
    group.throughput(Throughput::Elements(profile.customers.height() as u64));
    let fitted = || fit::run(&plan, &profile, None).unwrap();
    group.bench_function("fit", |bencher| bencher.iter(fitted));

    let model = fitted();
    let applied = || {
        let (rows, _) = tables::label(&plan, &model, &profile.customers).unwrap();
        rows
    };
    group.bench_function("apply", |bencher| bencher.iter(applied));

    let rows = applied();
    let part = "part-00000.parquet".to_owned();
    let written = || write::table(&rows, &folder.join(&part), &Vec::new()).unwrap();
    group.bench_function("write", |bencher| bencher.iter(written));

    written();
    let parts = [part];
    let read_back = || {
        let expected = Sums::of(&plan, &rows).unwrap();
        readback::check(&plan, folder, &parts, &expected).unwrap();
    };
    group.bench_function("read back", |bencher| bencher.iter(read_back));
}

/// The two halves of CLV: what is learned from all histories, and what is foretold for each.
fn lifetime_value(group: &mut Group<'_>, folder: &Path) {
    let plan = plan(&format!("{RULES}{CLV}"), folder, AS_OF);
    let profile = profile::run(&plan, 1).unwrap();
    group.throughput(Throughput::Elements(profile.customers.height() as u64));
    let learned = || clv::learn(&plan, &profile).unwrap();
    group.bench_function("clv fit", |bencher| bencher.iter(learned));

    let model = learned();
    group.bench_function("clv value", |bencher| {
        let value = |profile| clv::value(&plan, profile, model.as_ref()).unwrap();
        bencher.iter_batched(|| profile.clone(), value, BatchSize::SmallInput);
    });
}

/// A kept profile that is read again, and one that a day with a hundredth more orders is added to.
fn next_day(group: &mut Group<'_>, folder: &Path) {
    generate(&folder.join("orders"), ORDERS, &[]);
    let cache_folder = folder.join("cache");
    let cache = Cache::at(&cache_folder);
    let profile = |plan: &Plan| profile_cache::run(plan, 2, None, Some(&cache)).unwrap();
    let first = plan(RULES, folder, LAST_DAY);
    let (before, way) = profile(&first);
    assert_eq!(way.name(), "read");
    group.throughput(Throughput::Elements(before.customers.height() as u64));
    group.bench_function("kept profile", |bencher| bencher.iter(|| profile(&first)));

    generate(&folder.join("new"), ORDERS / 100, &["--from", NEXT_DAY, "--to", NEXT_DAY]);
    for (number, file) in fs::read_dir(folder.join("new")).unwrap().enumerate() {
        fs::rename(file.unwrap().path(), folder.join(format!("orders/new-{number}.parquet"))).unwrap();
    }
    let next = plan(RULES, folder, NEXT_DAY);
    let kept = cache_folder.join(next.profile_key());
    group.bench_function("next day", |bencher| {
        let forget = || drop(fs::remove_dir_all(&kept));
        let extended = |()| {
            let (profile, way) = profile(&next);
            assert_eq!(way.name(), "extended");
            profile
        };
        bencher.iter_batched(forget, extended, BatchSize::PerIteration);
    });
}

/// Rules file → plan, footers of the orders included.
fn plan(rules: &str, folder: &Path, as_of: &str) -> Plan {
    let path = folder.join("rules.yml");
    fs::write(&path, rules).unwrap();
    let settings =
        Settings { as_of: as_of.parse().unwrap(), base: PathBuf::from(folder), out: None, lint: false };
    let mut compiled = pipeline::compile(&path, &[], &settings, Data::Required).unwrap();
    let plan = compiled.plan.take();
    plan.unwrap_or_else(|| panic!("{}", render::text(&compiled.diagnostics, &compiled.source, false)))
}
