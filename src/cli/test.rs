//! `tiermill test`: the tests of a rules file, those in it and those in the file beside it (`NAME.tests.yml`).

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::diag::{Diagnostics, Source};
use crate::pipeline::{Exit, read_source};
use crate::spec::{self, Test};
use crate::trial::{self, Outcome, Subject};

use super::args::{Format, TestArgs};
use super::terminal::Terminal;
use super::{draw, out, settings};

/// A text with its tests.
struct Suite {
    source: Source,
    tests: Vec<Test>,
    complaints: Diagnostics,
}

pub(super) fn test(args: &TestArgs, terminal: &Terminal) -> Exit {
    let path = &args.rules.rules;
    let mut source = match read_source(path) {
        Ok(source) => source,
        Err(failure) => return out::failed(&failure),
    };
    let mut complaints = Diagnostics::new();
    let rules = spec::read(&mut source, &args.rules.set, &mut complaints);
    let (Some(rules), false) = (rules, complaints.has_errors()) else {
        draw::diagnostics(&complaints, &source, terminal);
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
            Err(failure) => return out::failed(&failure),
        }
    }
    if suites.iter().all(|suite| suite.tests.is_empty() && suite.complaints.is_empty()) {
        let (name, beside) = (&source.name, beside.display());
        out::note(&format!("error: no tests: neither under `tests:` of `{name}` nor in `{beside}`"));
        return Exit::Rules;
    }
    let mut ended: Vec<(Source, Vec<Outcome>)> = Vec::new();
    let mut is_wrong = false;
    for mut suite in suites {
        let outcomes = trial::run(&subject, &suite.tests, &mut suite.complaints);
        is_wrong |= suite.complaints.has_errors();
        draw::diagnostics(&suite.complaints, &suite.source, terminal);
        ended.push((suite.source, outcomes));
    }
    let all = || ended.iter().flat_map(|(source, outcomes)| outcomes.iter().map(move |one| (source, one)));
    let failed = all().filter(|(_, one)| !one.failures.is_empty()).count();
    let passed = all().count() - failed;
    let printed = out::all_data(&match args.rules.format {
        Format::Text => {
            let tests: String = all().map(|(source, outcome)| text(source, outcome)).collect();
            format!("{tests}{passed} passed, {failed} failed\n")
        }
        Format::Json => {
            let tests: Vec<Value> = all().map(|(source, outcome)| document(source, outcome)).collect();
            format!("{}\n", json!({"passed": passed, "failed": failed, "tests": tests}))
        }
    });
    if failed > 0 || is_wrong { Exit::Rules } else { printed }
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
    for note in &outcome.notes {
        let line = source.line_column(note.at.start).0;
        text.push_str(&format!("      {}:{line}: note: {}\n", source.name, note.message));
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
    let notes = outcome.notes.iter().map(|note| {
        let (line, column) = source.line_column(note.at.start);
        json!({"line": line, "column": column, "message": note.message})
    });
    json!({
        "name": outcome.name.value,
        "file": source.name,
        "line": source.line_column(outcome.name.span.start).0,
        "passed": outcome.failures.is_empty(),
        "failures": failures.collect::<Vec<_>>(),
        "notes": notes.collect::<Vec<_>>(),
    })
}
