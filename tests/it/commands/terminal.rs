//! What is printed, how, and that nobody has to read it: colour, quiet and verbose, versions, completions and man pages;
//! pipes that close and disks that are full.

use std::fs::{File, OpenOptions};
use std::process::Stdio;

use super::{RUN, shop};
use crate::support::{Ran, Sandbox};

fn result_of(sandbox: &Sandbox, args: &[&str]) -> (Ran, serde_json::Value) {
    std::fs::remove_file(sandbox.path("result.json")).ok();
    let ran = sandbox.tiermill(args);
    let text = std::fs::read_to_string(sandbox.path("result.json")).unwrap();
    (ran, serde_json::from_str(&text).unwrap())
}

/// A command line that cannot be read has a result, too: in the file, and as the last line.
#[test]
fn usage_errors_have_a_result() {
    let sandbox = shop();
    for args in [
        ["run", "rules.yml", "--as-of", "", "--result-file", "result.json"],
        ["run", "rules.yml", "--as-of", "20261101", "--result-file=result.json", "--quiet"],
        ["run", "--result-file", "result.json", "rules.yml", "--no-such", "--verbose"],
    ] {
        let (ran, result) = result_of(&sandbox, &args);
        assert_eq!((ran.code, &result["code"], &result["class"]), (Some(2), &2.into(), &"rules".into()));
        assert_eq!(ran.result(), result);
        assert!(!sandbox.path("out").exists());
    }
}

#[test]
fn dates_of_schedulers() {
    let sandbox = shop();
    for (date, words) in [
        ("2026-11-01T00:00:00+00:00", "did you mean `2026-11-01`?"),
        ("20261101", "did you mean `2026-11-01`?"),
        ("31.10.2026", "did you mean `2026-10-31`?"),
        ("2026-02-30", "there is no such day"),
        ("{{ ds }}", "a template that nobody has rendered"),
        ("", "it is empty, as where Airflow"),
    ] {
        for command in ["run", "plan", "check"] {
            let ran = sandbox.tiermill(&[command, "rules.yml", "--as-of", date]);
            assert_eq!(ran.code, Some(2), "{date}");
            assert!(ran.stderr.contains(words) && ran.stderr.contains("--as-of"), "{date}: {}", ran.stderr);
        }
    }
}

/// A stream that nobody reads, or that has no room, is no panic; a run publishes all the same.
#[cfg(target_os = "linux")]
#[test]
fn streams_that_cannot_be_written() {
    let sandbox = shop();
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    let read_only = || Stdio::from(File::open("/dev/null").unwrap());
    for stream in [&full as &dyn Fn() -> Stdio, &closed, &read_only] {
        std::fs::remove_dir_all(sandbox.path("out")).ok();
        let mut command = sandbox.command(&RUN);
        let code = command.args(["--result-file", "result.json"]).stdout(stream()).stderr(stream());
        assert_eq!(code.status().unwrap().code(), Some(0));
        assert!(sandbox.path("out/as_of=2025-01-31/_SUCCESS").is_file());
        let result = std::fs::read_to_string(sandbox.path("result.json")).unwrap();
        assert!(result.contains("\"class\":\"done\""), "{result}");
        let wrong =
            sandbox.command(&["run", "rules.yml", "--as-of", "x"]).stdout(stream()).stderr(stream()).status();
        assert_eq!(wrong.unwrap().code(), Some(2));
    }
    for args in [
        &["schema"][..],
        &["presets"],
        &["man"],
        &["completions", "bash"],
        &["plan", "rules.yml", "--as-of", "2025-01-31"],
    ] {
        assert_eq!(sandbox.command(args).stdout(closed()).status().unwrap().code(), Some(0), "{args:?}");
        // What is cut off by a full disk is not done.
        assert_eq!(sandbox.command(args).stdout(full()).status().unwrap().code(), Some(5), "{args:?}");
    }
}

#[test]
fn colour_and_loudness() {
    let sandbox = shop();
    let wrong = ["check", "rules.yml", "--set", "scores.m.of=revenu"];
    let colored = |args: &[&str], environment: &[(&str, &str)]| {
        let mut command = sandbox.command(&[&wrong[..], args].concat());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").envs(environment.iter().copied());
        Ran::new(&command.output().unwrap()).stderr.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "stderr is no terminal");
    assert!(colored(&["--color", "always"], &[]) && colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));

    let run = |more: &[&str]| sandbox.tiermill(&[&RUN[..], more].concat()).done();
    assert_eq!(run(&["--quiet"]).stderr, "");
    assert_eq!(run(&["--quiet", "--log-format", "json"]).stderr, "");
    let loud = run(&["-v", "--threads", "2"]).stderr;
    assert!(loud.starts_with("tiermill ") && loud.contains("2 threads"), "{loud}");
    let failed = sandbox.tiermill(&[&RUN[..], &["-q", "--set", "scores.m.of=revenu"]].concat());
    assert!(failed.stderr.contains("error[unknown-name]"), "{}", failed.stderr);
    assert_eq!(sandbox.tiermill(&["check", "rules.yml", "-q", "-v"]).code, Some(2));
}

#[test]
fn versions() {
    let sandbox = shop();
    for args in [["--version", "--verbose"], ["-v", "-V"]] {
        let version = sandbox.tiermill(&args).done().stdout;
        let names: Vec<&str> = version.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(names, ["tiermill", "commit", "engine", "target", "rules format"]);
        assert!(version.contains("engine: polars 0."), "{version}");
    }
}

/// Both are made of the arguments, so every command is in them.
#[test]
fn completions_and_man_pages() {
    let sandbox = shop();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let text = sandbox.tiermill(&["completions", shell]).done().stdout;
        assert!(text.contains("tiermill") && text.contains("deny-warnings"), "{shell}");
    }
    let man = sandbox.tiermill(&["man"]).done().stdout;
    let run = sandbox.tiermill(&["man", "run"]).done().stdout;
    assert!(man.contains(".TH tiermill 1") && man.contains("tiermill\\-presets"), "{man}");
    assert!(run.contains(".TH tiermill-run 1") && run.contains("result\\-file"), "{run}");
    let none = sandbox.tiermill(&["man", "rnu"]);
    assert!(none.code == Some(2) && none.stderr.contains("did you mean `run`?"), "{}", none.stderr);
}
