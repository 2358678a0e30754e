//! CSV in and out: exports as systems write them ([`exports`]), what cannot be read ([`unreadable`]), scratch files
//! ([`scratch`]), and audiences that people open ([`audiences`]).

mod audiences;
mod exports;
mod imports;
mod scratch;
mod unreadable;

use crate::support::{Rows, Sandbox};

const AS_OF: &str = "2026-11-01";
const FOLDER: &str = "out/as_of=2026-11-01";
const RUN: [&str; 6] = ["run", "rules.yml", "--as-of", AS_OF, "--out", "out"];

fn bytes(sandbox: &Sandbox, name: &str, bytes: &[u8]) {
    std::fs::write(sandbox.path(name), bytes).unwrap();
}

/// A file beside the parts.
fn beside(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    sandbox.path(FOLDER).join("_run").join(name)
}

/// The rejected rows: file, line, reason, and customer, time and amount as they stand there.
fn rejected(sandbox: &Sandbox) -> Vec<String> {
    let table = Rows::read(&beside(sandbox, "rejected.parquet"));
    let line = |row: &Vec<crate::support::Value>| {
        let words: Vec<String> = row.iter().map(ToString::to_string).collect();
        words.join("|")
    };
    table.rows.iter().map(line).collect()
}

/// Some columns of the parts, a line a customer.
fn published(sandbox: &Sandbox, columns: &[&str]) -> Vec<String> {
    let parts = Rows::parts(&sandbox.path(FOLDER));
    let line = |row: &Vec<crate::support::Value>| {
        let words: Vec<String> = columns.iter().map(|name| row[parts.at(name)].to_string()).collect();
        words.join(" ")
    };
    parts.rows.iter().map(line).collect()
}
