//! Names that lead to a pipe or a folder: nothing waits at a pipe that nobody writes to.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::{Sandbox, table};

/// Long enough for any of these commands, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The exit code, and what was said; none where the command waits.
fn ended(sandbox: &Sandbox, args: &[&str]) -> Option<(Option<i32>, String)> {
    let mut child = sandbox.command(args).stdin(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    Some((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[test]
#[cfg(unix)]
fn nothing_waits_at_a_pipe() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words("id:text at:date\n a 2025-01-01"));
    let rules = |more: &str| {
        format!(
            "tiermill: 1\nname: shop\ninputs: {{orders: {{path: orders.parquet, columns: {{customer: id, time: at}}}}}}\n\
             metrics: {{n: count(*)}}\nsegments: {{tier: {{rules: [{{id: best, when: n > 1}}], default: rest}}}}\n{more}output: {{path: out}}\n"
        )
    };
    sandbox.text("rules.yml", &rules(""));
    sandbox.text("overridden.yml", &rules("overrides: {path: nothing}\n"));
    sandbox.text("suppressed.yml", &rules("privacy: {suppress: {path: nothing, column: id}}\n"));
    let nothing = sandbox.path("nothing");
    let run = ["--as-of", "2025-01-31"];
    for is_folder in [false, true] {
        if is_folder {
            std::fs::remove_file(&nothing).unwrap();
            std::fs::create_dir(&nothing).unwrap();
        } else {
            assert!(std::process::Command::new("mkfifo").arg(&nothing).status().unwrap().success());
        }
        for (args, code) in [
            (&["check", "nothing"][..], 2),
            (&["test", "nothing"], 2),
            (&["run", "nothing", run[0], run[1]], 2),
            (&["run", "rules.yml", run[0], run[1], "--model", "nothing"], 2),
            (&["run", "overridden.yml", run[0], run[1]], 4),
            (&["run", "suppressed.yml", run[0], run[1]], 4),
            (&["run", "rules.yml", run[0], run[1], "--set", "inputs.orders.path=nothing"], 4),
        ] {
            let (ended, said) = ended(&sandbox, args).unwrap_or_else(|| panic!("{args:?} waits"));
            assert_eq!(ended, Some(code), "{args:?}: {said}");
            assert!(said.contains("nothing"), "{args:?}: {said}");
        }
    }
}
