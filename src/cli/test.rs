//! `tiermill test`: the tests of a rules file, those in it and those in the file beside it (`NAME.tests.yml`).

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::diag::{Diagnostics, Source, render};
use crate::pipeline::{Exit, read_source};
use crate::spec::{self, Test};
use crate::trial::{self, Outcome, Subject};

use super::args::{Format, TestArgs};
use super::settings;

/// A text with its tests.
struct Suite {
    source: Source,
    tests: Vec<Test>,
    complaints: Diagnostics,
}

pub(super) fn test(args: &TestArgs) -> Exit {
    let path = &args.rules.rules;
    let mut source = match read_source(path) {
        Ok(source) => source,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            return failure.exit;
        }
    };
    let mut complaints = Diagnostics::new();
    let rules = spec::read(&mut source, &args.rules.set, &mut complaints);
    let (Some(rules), false) = (rules, complaints.has_errors()) else {
        eprint!("{}", render::text(&complaints, &source, false));
        return Exit::Rules;
    };
    let base = settings::base(path);
    let subject = Subject { rules: &rules, source: &source, base: &base };
    let mut suites = vec![Suite { source: source.clone(), tests: rules.tests.clone(), complaints }];
    let beside = beside(path);
    if beside.is_file() {
        match read_source(&beside) {
            Ok(source) => {
                let mut complaints = Diagnostics::new();
                let tests = spec::read_tests(&source, &mut complaints);
                suites.push(Suite { source, tests, complaints });
            }
            Err(failure) => {
                eprintln!("error: {}", failure.message);
                return failure.exit;
            }
        }
    }
    if suites.iter().all(|suite| suite.tests.is_empty() && suite.complaints.is_empty()) {
        eprintln!(
            "error: no tests: neither under `tests:` of `{}` nor in `{}`",
            source.name,
            beside.display()
        );
        return Exit::Rules;
    }
    let mut ended: Vec<(Source, Vec<Outcome>)> = Vec::new();
    let mut is_wrong = false;
    for mut suite in suites {
        let outcomes = trial::run(&subject, &suite.tests, &mut suite.complaints);
        is_wrong |= suite.complaints.has_errors();
        eprint!("{}", render::text(&suite.complaints, &suite.source, false));
        ended.push((suite.source, outcomes));
    }
    let all = || ended.iter().flat_map(|(source, outcomes)| outcomes.iter().map(move |one| (source, one)));
    let failed = all().filter(|(_, one)| !one.failures.is_empty()).count();
    let passed = all().count() - failed;
    match args.rules.format {
        Format::Text => {
            all().for_each(|(source, outcome)| print!("{}", text(source, outcome)));
            println!("{passed} passed, {failed} failed");
        }
        Format::Json => {
            let tests: Vec<Value> = all().map(|(source, outcome)| document(source, outcome)).collect();
            println!("{}", json!({"passed": passed, "failed": failed, "tests": tests}));
        }
    }
    if failed > 0 || is_wrong { Exit::Rules } else { Exit::Done }
}

/// `shop.yml` → `shop.tests.yml`.
fn beside(rules: &Path) -> PathBuf {
    let stem = rules.file_stem().unwrap_or_default().to_string_lossy();
    let extension = rules.extension().unwrap_or_default().to_string_lossy();
    rules.with_file_name(format!("{stem}.tests.{extension}"))
}

fn text(source: &Source, outcome: &Outcome) -> String {
    let name = &outcome.name.value;
    if outcome.failures.is_empty() {
        return format!("ok    {name}\n");
    }
    let mut text = format!("FAIL  {name}\n");
    for failure in &outcome.failures {
        let line = source.line_column(failure.at.start).0;
        text.push_str(&format!("      {}:{line}: {}\n", source.name, failure.message));
    }
    text
}

fn document(source: &Source, outcome: &Outcome) -> Value {
    let failures = outcome.failures.iter().map(|failure| {
        let (line, column) = source.line_column(failure.at.start);
        json!({
            "line": line,
            "column": column,
            "message": failure.message,
            "value": failure.value.as_ref().map(|value| json!({
                "customer": value.customer, "column": value.column,
                "expected": value.expected, "got": value.got,
            })),
        })
    });
    json!({
        "name": outcome.name.value,
        "file": source.name,
        "line": source.line_column(outcome.name.span.start).0,
        "passed": outcome.failures.is_empty(),
        "failures": failures.collect::<Vec<_>>(),
    })
}
