//! Every complaint about a rules file, to the letter: `fixtures/diagnostics/<code>.yml` and what is printed for it.
//!
//! A fixture may begin with lines for this test alone, which are cut off: `#: data` checks it against the test data,
//! `#: set a.b=c` adds an override. `TIERMILL_BLESS=1 cargo test --release diagnostics` writes the `.txt` files anew;
//! read what changed before it is committed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tiermill::diag::Code;
use tiermill::spec::Override;

use crate::rules::{self, Checked};

/// Codes that no rules file alone can raise: `model-misfit` needs a `--model` that was fitted for other rules.
const WITHOUT_FIXTURE: [Code; 1] = [Code::ModelMisfit];

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/diagnostics");
    let entries = fs::read_dir(folder).expect("the fixtures");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    files
}

/// `bad-value-12.yml` → `bad-value`.
fn code_of(file: &Path) -> String {
    let stem = file.file_stem().expect("a name").to_string_lossy().into_owned();
    match stem.rsplit_once('-') {
        Some((code, number)) if number.bytes().all(|b| b.is_ascii_digit()) => code.to_owned(),
        _ => stem,
    }
}

fn check_fixture(file: &Path) -> Checked {
    let whole = fs::read_to_string(file).expect("a fixture");
    let mut text = whole.as_str();
    let (mut with_data, mut overrides) = (false, Vec::new());
    while let Some(rest) = text.strip_prefix("#: ") {
        let (directive, rest) = rest.split_once('\n').expect("a line");
        match directive.split_once(' ') {
            None if directive == "data" => with_data = true,
            Some(("set", set)) => {
                let (path, value) = set.split_once('=').expect("path=value");
                overrides.push(Override { path: path.to_owned(), value: value.to_owned() });
            }
            _ => panic!("{}: what is `{directive}`?", file.display()),
        }
        text = rest;
    }
    rules::check(text, &overrides, with_data)
}

#[test]
fn every_fixture_prints_what_is_pinned() {
    let bless = std::env::var_os("TIERMILL_BLESS").is_some();
    let mut wrong = Vec::new();
    for file in fixtures() {
        let (checked, code) = (check_fixture(&file), code_of(&file));
        let printed = checked.text();
        let pin = file.with_extension("txt");
        if !printed.contains(&format!("[{code}]")) {
            wrong.push(format!("{}: does not raise `{code}`, but\n{printed}", file.display()));
        }
        if bless {
            fs::write(&pin, &printed).expect("a writable fixture");
        } else if fs::read_to_string(&pin).ok().as_deref() != Some(&printed) {
            wrong.push(format!("{} is not what is printed now:\n{printed}", pin.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n\n{} fixtures are wrong", wrong.join("\n"), wrong.len());
}

#[test]
fn every_code_has_a_fixture() {
    let with: BTreeSet<String> = fixtures().iter().map(|file| code_of(file)).collect();
    let all: BTreeSet<String> =
        Code::ALL.iter().filter(|code| !WITHOUT_FIXTURE.contains(code)).map(ToString::to_string).collect();
    assert_eq!(with, all);
}
