//! Rows of a test that do not count, for the reader of a failure: each is run by itself, and the ledger says what came of it.

use crate::diag::{Diagnostics, Span};
use crate::engine::Counts;
use crate::pipeline::{self, Resources};
use crate::resolve::{self, Settings};
use crate::spec::{Test, TestRow};

use super::{Failure, Subject, Tables};

/// More rows than anybody writes into a test; those after them are not looked at.
const MOST: usize = 100;

/// What is said of the rows of customers about whom something was not as expected.
pub(super) fn notes(
    tables: &Tables<'_>,
    subject: &Subject<'_>,
    test: &Test,
    settings: &Settings,
    failures: &[Failure],
) -> Vec<Failure> {
    let expected = test.expect.iter().filter(|one| {
        let columns = one.columns.iter().flatten();
        let mut places = columns.flat_map(|(key, cell)| [key.span, cell.span]).chain([one.customer.span]);
        places.any(|place| failures.iter().any(|failure| failure.at == place))
    });
    let concerned: Vec<&str> = expected.map(|one| one.customer.value.as_str()).collect();
    let rows = test.tables.iter().flat_map(|(name, rows)| rows.iter().map(move |row| (name, row)));
    rows.take(MOST)
        .filter(|(_, row)| tables.customer(row).is_some_and(|id| concerned.contains(&id)))
        .filter_map(|(name, row)| {
            let alone = Test { tables: vec![(name.clone(), vec![row.clone()])], ..test.clone() };
            let why = why(&counts(tables, subject, &alone, settings, &name.value)?)?;
            Some(Failure { at: place(row)?, message: format!("this row is left out: {why}"), value: None })
        })
        .collect()
}

fn place(row: &TestRow) -> Option<Span> {
    row.iter().map(|(key, cell)| key.span.to(cell.span)).reduce(Span::to)
}

fn why(counts: &Counts) -> Option<&'static str> {
    if counts.filtered > 0 {
        return Some("`where` is not true for it");
    }
    if counts.later > 0 {
        return Some("it is after `as_of`");
    }
    (!counts.rejected.is_empty()).then_some("a value that it needs is missing or cannot be read")
}

/// What became of the rows of one table.
fn counts(
    tables: &Tables<'_>,
    subject: &Subject<'_>,
    test: &Test,
    settings: &Settings,
    table: &str,
) -> Option<Counts> {
    let folder = super::Folder::create().ok()?;
    let mut ignored = Diagnostics::new();
    let catalogs = tables.write(test, &folder.0, &mut ignored)?.ok()?;
    let plan = resolve::resolve(subject.rules, &catalogs, settings, subject.source, &mut ignored)?;
    let (profile, _) = pipeline::prepare(plan).ok()?.profile(&Resources::threads(1)).ok()?;
    let of_table = profile.counts.inputs.iter().filter(|input| {
        input.name == table || input.name.strip_prefix(table).is_some_and(|rest| rest.starts_with('['))
    });
    of_table.map(|input| input.counts.clone()).find(|counts| counts.read > 0)
}
