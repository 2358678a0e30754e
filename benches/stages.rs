//! What each stage of a run costs, in orders or customers a second: `cargo bench --bench stages`.
//!
//! The job is that of `peers/rules.yml`, and once more with a BG/NBD and Gamma-Gamma section; the orders are made by
//! `generate/` in a folder that is gone afterwards. Small on purpose: they fit the processor's caches, so these figures
//! find a stage that has become slower, and say nothing of a hundred million orders. That is what `peers/` is for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "generate/orders.rs"]
mod orders;

use std::path::{Path, PathBuf};

use clap::Parser;
use criterion::{BatchSize, BenchmarkGroup, Criterion, Throughput};
use tempfile::TempDir;
use tiermill::diag::{Diagnostics, Source, render};
use tiermill::engine::polars::sums::Sums;
use tiermill::engine::polars::{apply, clv, fit, profile, write};
use tiermill::plan::Plan;
use tiermill::publish::readback;
use tiermill::resolve::{Catalogs, Missing, Settings};
use tiermill::{resolve, spec};

const ORDERS: u64 = 200_000;
const CUSTOMERS: u64 = 20_000;
const AS_OF: &str = "2025-11-30";
const RULES: &str = include_str!("peers/rules.yml");
const CLV: &str = "
clv: {model: bg_nbd, spend: gamma_gamma, horizon: 365d, time_unit: 7d, margin: 0.30, discount_rate: 0.10}
";

type Group<'a> = BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn main() {
    let folder = TempDir::new().unwrap();
    generate(&folder.path().join("orders"));
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("stages");
    stages(&mut group, folder.path());
    lifetime_value(&mut group, folder.path());
    group.finish();
    criterion.final_summary();
}

fn generate(folder: &Path) {
    let out = folder.to_str().unwrap();
    let (rows, customers) = (ORDERS.to_string(), CUSTOMERS.to_string());
    let args = ["generate", "--rows", &rows, "--customers", &customers, "--files", "4", "--out", out];
    orders::write(&orders::Options::parse_from(args)).unwrap();
}

/// Each stage of the job, from what the stages before it made.
fn stages(group: &mut Group<'_>, folder: &Path) {
    group.bench_function("plan", |bencher| bencher.iter(|| plan(RULES, folder)));

    let plan = plan(RULES, folder);
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
        let labelled = apply::label(&plan, &model, &profile.customers).unwrap();
        apply::published(&plan.output, &labelled).unwrap()
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
    let plan = plan(&format!("{RULES}{CLV}"), folder);
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

/// Rules file → plan, footers of the orders included.
fn plan(rules: &str, folder: &Path) -> Plan {
    let mut source = Source::new("rules.yml", rules.to_owned());
    let mut complaints = Diagnostics::new();
    let settings =
        Settings { as_of: AS_OF.parse().unwrap(), base: PathBuf::from(folder), out: None, lint: false };
    let plan = spec::read(&mut source, &[], &mut complaints).and_then(|rules| {
        let catalogs = Catalogs::read(&rules, &settings, Missing::Error, &mut complaints);
        resolve::resolve(&rules, &catalogs, &settings, &source, &mut complaints)
    });
    plan.unwrap_or_else(|| panic!("{}", render::text(&complaints, &source, false)))
}
