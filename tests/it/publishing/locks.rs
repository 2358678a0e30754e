//! The lock of a day: who waits for whom, and what stands in its place.
#![cfg(unix)]

use std::process::Command;
use std::time::{Duration, Instant};

use super::{AS_OF, FOLDER, RUN, names, shop};
use crate::support::sandbox::lock;
use crate::support::{Ran, Sandbox};

const AREA: &str = ".out.tiermill";
const LOCK: &str = ".out.tiermill/as_of=2025-01-31.lock";

fn nothing_left(sandbox: &Sandbox) {
    assert_eq!(names(&sandbox.path("")), ["orders.parquet", "out", "rules.yml"]);
}

#[test]
fn runs_of_one_day_wait_if_they_are_told_to() {
    let sandbox = shop();
    let held = lock(&sandbox.path("out"), AS_OF).unwrap();
    let waits = sandbox.command(&[&RUN[..], &["--lock-wait", "60"]].concat()).spawn().unwrap();
    let start = Instant::now();
    let ran = sandbox.tiermill(&[&RUN[..], &["--lock-wait", "1"]].concat());
    assert_eq!((ran.code, ran.result()["retryable"].as_bool()), (Some(6), Some(true)));
    assert!(start.elapsed() >= Duration::from_secs(1), "it waits as long as it was told to");
    assert!(!sandbox.path(FOLDER).exists());
    drop(held);
    let ran = Ran::new(&waits.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    nothing_left(&sandbox);
}

#[test]
fn runs_of_different_days_go_side_by_side() {
    let sandbox = shop();
    let days: Vec<String> = (1..=8).map(|month| format!("2025-{month:02}-28")).collect();
    for _ in 0..3 {
        // What a dead run left of each day makes them clear away after one another, too.
        for day in &days {
            std::fs::create_dir_all(sandbox.path(AREA).join(format!("as_of={day}.staging"))).unwrap();
        }
        let run = |day: &String| {
            sandbox.command(&["run", "rules.yml", "--as-of", day, "--out", "out"]).spawn().unwrap()
        };
        let runs: Vec<_> = days.iter().map(run).collect();
        for run in runs {
            let ran = Ran::new(&run.wait_with_output().unwrap());
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        }
        assert_eq!(names(&sandbox.path("out")).len(), days.len());
        nothing_left(&sandbox);
    }
}

#[test]
fn runs_of_one_day_exclude_each_other() {
    let sandbox = shop();
    for _ in 0..5 {
        let runs: Vec<_> = (0..6).map(|_| sandbox.command(&RUN).spawn().unwrap()).collect();
        let codes = runs.into_iter().map(|run| run.wait_with_output().unwrap().status.code().unwrap());
        let codes: Vec<i32> = codes.collect();
        assert!(codes.contains(&0) && codes.iter().all(|code| [0, 6].contains(code)), "{codes:?}");
        assert_eq!(names(&sandbox.path("out")), ["as_of=2025-01-31"]);
        nothing_left(&sandbox);
    }
}

/// Runs with something in the place of the lock, and expects a message.
fn refused(sandbox: &Sandbox, what: &str) {
    let mut child = sandbox.command(&RUN).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(30), "it hangs at {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    let ran = Ran::new(&child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(5), "{ran:?}");
    assert!(ran.stderr.contains(&format!("as_of=2025-01-31.lock` is {what}, so no run")), "{}", ran.stderr);
    assert!(!sandbox.path(FOLDER).exists());
}

#[test]
fn what_is_no_lock_is_neither_followed_nor_emptied_nor_waited_for() {
    let sandbox = shop();
    std::fs::create_dir(sandbox.path(AREA)).unwrap();
    let victim = sandbox.text("victim", "precious");
    for target in ["../victim", "../not-there"] {
        std::os::unix::fs::symlink(target, sandbox.path(LOCK)).unwrap();
        refused(&sandbox, "a symbolic link");
        std::fs::remove_file(sandbox.path(LOCK)).unwrap();
    }
    assert!(!sandbox.path("not-there").exists());
    assert!(Command::new("mkfifo").arg(sandbox.path(LOCK)).status().unwrap().success());
    refused(&sandbox, "no file");
    std::fs::remove_file(sandbox.path(LOCK)).unwrap();
    std::fs::create_dir(sandbox.path(LOCK)).unwrap();
    refused(&sandbox, "a folder");
    std::fs::remove_dir(sandbox.path(LOCK)).unwrap();
    // Another name of a file that somebody needs: locked, and left as it is.
    std::fs::hard_link(&victim, sandbox.path(LOCK)).unwrap();
    sandbox.tiermill(&RUN).done();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(std::fs::read_to_string(sandbox.path(LOCK)).unwrap(), "precious");
    std::fs::remove_file(sandbox.path(LOCK)).unwrap();
    // The area itself is no folder of its own.
    std::fs::remove_dir(sandbox.path(AREA)).unwrap();
    std::fs::create_dir(sandbox.path("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", sandbox.path(AREA)).unwrap();
    let ran = sandbox.tiermill(&RUN);
    assert_eq!(ran.code, Some(5));
    assert!(ran.stderr.contains("cannot hold the staging folder: it is no folder"), "{}", ran.stderr);
}
