//! A run that is told to stop, or killed: the earlier partition stays, and the next run cleans up.
#![cfg(unix)]

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::{files, names};
use crate::support::table::{Cells, batch};
use crate::support::{Ran, Sandbox};

const FOLDER: &str = "out/as_of=2025-01-31";
const RUN: [&str; 8] = ["run", "rules.yml", "--as-of", "2025-01-31", "--out", "out", "--threads", "1"];

/// Enough customers that they take a while to write.
const CUSTOMERS: i64 = 300_000;

fn large() -> Sandbox {
    let sandbox = Sandbox::new();
    // Values without a pattern, so that they are slow to compress.
    let scattered = |n: i64| n.wrapping_mul(6_364_136_223_846_793_005).wrapping_shr(40) & 0xff_ffff;
    let each = |value: &dyn Fn(i64) -> i64| (0..CUSTOMERS).map(|n| Some(value(n))).collect();
    let columns = [
        ("id", Cells::Int(each(&|n| n))),
        ("at", Cells::Date(vec![Some(crate::support::table::days("2025-01-01")); CUSTOMERS as usize])),
        ("amount", Cells::Int(each(&scattered))),
    ];
    sandbox.orders("orders.parquet", &batch(&columns));
    let rules = "tiermill: 1\nname: large\ninputs:\n  orders:\n    path: orders.parquet\n    \
                 columns: {customer: id, time: at, amount: amount}\nmetrics: {revenue: sum(amount)}\n\
                 scores: {m: {of: revenue, quantiles: 5}}\n";
    sandbox.text("rules.yml", rules);
    sandbox
}

/// Sends a signal as soon as the run writes to its staging folder; none where the run was faster.
fn interrupt(sandbox: &Sandbox, signal: &str) -> Option<Ran> {
    let mut child = sandbox.command(&RUN).spawn().unwrap();
    let staging = sandbox.path(".out.tiermill/as_of=2025-01-31.staging");
    let start = Instant::now();
    while !staging.exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "the run never gets to publish");
        if child.try_wait().unwrap().is_some() {
            return None;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    send(&child, signal);
    let output = child.wait_with_output().unwrap();
    (output.status.code() != Some(0)).then(|| Ran::new(&output))
}

fn send(child: &Child, signal: &str) {
    let kill = format!("kill -{signal} {}", child.id());
    Command::new("sh").args(["-c", &kill]).status().unwrap();
}

/// Interrupts a run in its midst: a run that ends before the signal arrives is repeated.
fn interrupted(sandbox: &Sandbox, signal: &str) -> Ran {
    let runs = (0..50).find_map(|_| interrupt(sandbox, signal));
    runs.expect("one of fifty runs is still publishing when the signal arrives")
}

#[test]
fn a_run_that_is_told_to_stop() {
    let sandbox = large();
    sandbox.tiermill(&RUN).done();
    let before = files(&sandbox.path(FOLDER));
    for (signal, code) in [("TERM", 143), ("INT", 130), ("TERM", 143), ("TERM", 143)] {
        let ran = interrupted(&sandbox, signal);
        assert_eq!(ran.code, Some(code), "{signal}: {ran:?}");
        let result = ran.result();
        assert_eq!((&result["code"], &result["retryable"]), (&code.into(), &true.into()), "{result}");
        assert_eq!(names(&sandbox.path("out")), ["as_of=2025-01-31"], "after {signal}");
        assert_eq!(names(&sandbox.path("")), ["orders.parquet", "out", "rules.yml"], "after {signal}");
        assert!(files(&sandbox.path(FOLDER)) == before, "after {signal} the earlier partition has changed");
    }
}

#[test]
fn a_run_that_is_killed() {
    let sandbox = large();
    sandbox.tiermill(&RUN).done();
    let before = files(&sandbox.path(FOLDER));
    let ran = interrupted(&sandbox, "KILL");
    assert_eq!(ran.code, None, "{ran:?}");
    assert!(files(&sandbox.path(FOLDER)) == before);
    // Nobody could clean up; the next run does, and no lock is left.
    sandbox.tiermill(&RUN).done();
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-01-31"]);
    assert_eq!(names(&sandbox.path("")), ["orders.parquet", "out", "rules.yml"]);
    assert!(files(&sandbox.path(FOLDER)) == before);
}
