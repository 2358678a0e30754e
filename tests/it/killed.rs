//! Runs that are killed where no signal handler helps: while rows are spilled, and while a profile is kept. What was
//! published before stays, and the next run works and leaves nothing behind.
#![cfg(target_os = "linux")]

use std::process::Child;
use std::time::{Duration, Instant};

use crate::support::folder::{files, names};
use crate::support::table::{self, Cells};
use crate::support::{Ran, Sandbox};

const FOLDER: &str = "out/as_of=2025-06-30";
const RUN: [&str; 8] = ["run", "rules.yml", "--as-of", "2025-06-30", "--out", "out", "--threads", "1"];
const RULES: &str = "
tiermill: 1
name: many
inputs: {orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}}
metrics: {revenue: sum(amount), rows: count(*), recency: days_since(max(time)), gap: last_gap(time)}
scores: {m: {of: revenue, quantiles: 5}}
";

/// More customers than the least limit has room for.
fn many() -> Sandbox {
    let sandbox = Sandbox::new();
    let rows = 0..700_000_i64;
    let id = |row: i64| row.wrapping_mul(6_364_136_223_846_793_005).wrapping_shr(33) % 400_000;
    let start = i64::from(table::days("2024-12-01"));
    let columns = [
        (
            "id",
            Cells::Text(rows.clone().map(|row| Some(format!("customer-of-this-shop-{}", id(row)))).collect()),
        ),
        ("at", Cells::Date(rows.clone().map(|row| Some((start + row % 220) as i32)).collect())),
        ("amount", Cells::Decimal(rows.map(|row| Some(i128::from(row % 9_973))).collect(), 2)),
    ];
    sandbox.orders("orders.parquet", &table::batch(&columns));
    sandbox.text("rules.yml", RULES);
    std::fs::create_dir(sandbox.path("scratch")).unwrap();
    sandbox
}

/// Kills a run as soon as it is where it should be; one that ends before that is repeated.
fn killed(sandbox: &Sandbox, args: &[&str], is_there: impl Fn(&Child) -> bool) {
    let run = || {
        let mut child = sandbox.command(&[&RUN[..], args].concat()).spawn().unwrap();
        let start = Instant::now();
        while !is_there(&child) {
            assert!(start.elapsed() < Duration::from_secs(120), "the run never gets there");
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        Ran::new(&child.wait_with_output().unwrap()).code.is_none()
    };
    assert!((0..20).any(|_| run()), "one of twenty runs is still there when it is killed");
}

/// Whether a process has written to a scratch file, which has no name any more.
fn spills(child: &Child) -> bool {
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
    open.map(|entry| entry.path()).any(|file| {
        let target = std::fs::read_link(&file).unwrap_or_default();
        target.to_string_lossy().contains(".tiermill-scratch-")
            && std::fs::metadata(&file).is_ok_and(|file| file.len() > 0)
    })
}

#[test]
fn a_run_that_is_killed_while_it_spills() {
    const LIMIT: [&str; 4] = ["--memory-limit", "303MB", "--scratch", "scratch"];
    let sandbox = many();
    // Nothing was published before: nothing is there now.
    killed(&sandbox, &LIMIT, spills);
    assert_eq!(names(&sandbox.path("out")), [""; 0]);
    let run = || sandbox.tiermill(&[&RUN[..], &LIMIT].concat()).done();
    assert!(run().result()["spilled_bytes"].as_u64() > Some(0));
    let before = files(&sandbox.path(FOLDER));
    // The earlier partition stays.
    killed(&sandbox, &LIMIT, spills);
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-06-30"]);
    assert!(files(&sandbox.path(FOLDER)) == before, "the earlier partition has changed");
    // A name that a kill leaves while the file has one is gone after the next run.
    sandbox.text("scratch/.tiermill-scratch-1-0", "rows");
    run();
    assert!(files(&sandbox.path(FOLDER)) == before);
    assert_eq!(names(&sandbox.path("scratch")), [""; 0]);
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-06-30"]);
}

#[test]
fn a_run_that_is_killed_while_its_profile_is_kept() {
    const CACHE: [&str; 2] = ["--cache", "cache"];
    let sandbox = many();
    sandbox.tiermill(&RUN).done();
    let before = files(&sandbox.path(FOLDER));
    // The first bytes of the table are there, and it has no entry that says what it holds.
    let is_writing = |_: &Child| {
        let drafts = names(&sandbox.path("cache"));
        let table = |draft: &String| sandbox.path("cache").join(draft).join("aggregates.parquet");
        drafts.iter().any(|draft| std::fs::metadata(table(draft)).is_ok_and(|file| file.len() > 0))
    };
    killed(&sandbox, &CACHE, is_writing);
    assert!(files(&sandbox.path(FOLDER)) == before, "the earlier partition has changed");
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-06-30"]);
    let left = names(&sandbox.path("cache"));
    assert!(left.len() == 1 && left[0].starts_with(".draft-"), "{left:?}");
    // What is half-written is no entry: the next run reads, and removes it.
    let run = || {
        let ran = sandbox.tiermill(&[&RUN[..], &CACHE].concat()).done();
        assert!(files(&sandbox.path(FOLDER)) == before);
        ran.result()["profile"].as_str().unwrap().to_owned()
    };
    assert_eq!(run(), "read");
    let kept = names(&sandbox.path("cache"));
    assert!(kept.len() == 1 && !kept[0].starts_with('.'), "{kept:?}");
    assert_eq!(run(), "kept");
    assert_eq!(names(&sandbox.path("cache")), kept);
}
