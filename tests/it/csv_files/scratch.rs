//! Scratch files: for the owner alone, and gone however the run ends.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::RUN;
use crate::support::Sandbox;

fn large() -> Sandbox {
    let sandbox = Sandbox::new();
    let mut text = "id,at,amount\n".to_owned();
    for row in 0..400_000 {
        text +=
            &format!("{},2026-10-{:02} 10:00,{}.{:02}\n", row % 5_000, 1 + row % 28, row % 977, row % 100);
    }
    sandbox.text("orders.csv", &text);
    let rules = "tiermill: 1\nname: large\ninputs:\n  orders:\n    path: orders.csv\n    \
                 csv: {date: '%Y-%m-%d %H:%M'}\n    columns: {customer: id, time: at, amount: amount}\n\
                 metrics: {revenue: sum(amount)}\n";
    sandbox.text("rules.yml", rules);
    sandbox
}

/// The staging area, beside the output.
fn staging(sandbox: &Sandbox) -> PathBuf {
    sandbox.path(".out.tiermill")
}

fn scratch(sandbox: &Sandbox) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(staging(sandbox)) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with(".tiermill-import-"));
    paths
}

/// Sends a signal as soon as there are scratch files; the exit code, none of a signal that was not caught.
fn interrupt(sandbox: &Sandbox, signal: &str) -> Option<i32> {
    let mut child = sandbox.command(&RUN).spawn().unwrap();
    let start = Instant::now();
    let folder = loop {
        assert!(start.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none());
        let folder = scratch(sandbox).pop();
        match folder.filter(|folder| folder.join("0").exists()) {
            Some(folder) => break folder,
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    };
    let mode = |path: &std::path::Path| std::fs::metadata(path).map(|file| file.permissions().mode() & 0o777);
    assert_eq!((mode(&folder).unwrap(), mode(&folder.join("0")).unwrap()), (0o700, 0o600));
    Command::new("sh").args(["-c", &format!("kill -{signal} {}", child.id())]).status().unwrap();
    child.wait_with_output().unwrap().status.code()
}

#[test]
fn they_are_gone_however_the_run_ends() {
    let sandbox = large();
    assert_eq!(interrupt(&sandbox, "TERM"), Some(143));
    assert!(scratch(&sandbox).is_empty());
    // Nobody can clean up after this but the next run.
    assert_eq!(interrupt(&sandbox, "KILL"), None);
    assert_eq!(scratch(&sandbox).len(), 1);
    sandbox.tiermill(&RUN).done();
    assert!(scratch(&sandbox).is_empty());
    // A failure behind the import: an amount that has no place in its column.
    let line = format!("id,at,amount\n{}", "1,2026-10-01 10:00,9999999999999999.00\n".repeat(200));
    sandbox.text("orders.csv", &line);
    let ran = sandbox.tiermill(&RUN);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(scratch(&sandbox).is_empty());
}
