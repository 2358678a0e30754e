//! What a test expects against what came out.

use crate::decimal::Decimal;
use crate::diag::suggest;
use crate::engine::polars::Frame;
use crate::engine::polars::cells::{self, Cells};
use crate::plan::Plan;
use crate::spec::{Cell, Expected, Test};

use super::{Difference, Failure};

/// Everything that is not as expected, in the order of the test.
pub(super) fn compare(plan: &Plan, labelled: &Frame, test: &Test) -> Vec<Failure> {
    let mut failures = Vec::new();
    let Some(ids) = cells::of(labelled, &plan.customer.column) else { return failures };
    for Expected { customer, columns } in &test.expect {
        let id = &customer.value;
        let mut fail = |at, message: String, value| failures.push(Failure { at, message, value });
        let row = ids.texts.iter().position(|text| text.as_ref() == Some(id));
        let (row, columns) = match (row, columns) {
            (None, None) => continue,
            (Some(_), None) => {
                fail(customer.span, format!("`{id}` is in the output, and should not be"), None);
                continue;
            }
            (None, Some(_)) => {
                fail(customer.span, format!("`{id}` is not in the output"), None);
                continue;
            }
            (Some(row), Some(columns)) => (row, columns),
        };
        for (column, expected) in columns {
            let name = &column.value;
            let Some(cells) = cells::of(labelled, name) else {
                let known: Vec<&str> = cells::columns(labelled);
                let hint = suggest(name, known.iter().copied(), "columns are");
                fail(column.span, format!("there is no column `{name}`: {hint}"), None);
                continue;
            };
            let got = cells.texts[row].as_deref();
            if !is_same(&expected.value, got, &cells) {
                let said = |text: Option<&str>| text.map_or("null".to_owned(), |text| format!("`{text}`"));
                let wanted = expected.value.text();
                let message = format!("{id}.{name} is {}, expected {}", said(got), said(wanted));
                let (customer, column) = (id.clone(), name.clone());
                let (expected_text, got) = (wanted.map(str::to_owned), got.map(str::to_owned));
                fail(
                    expected.span,
                    message,
                    Some(Difference { customer, column, expected: expected_text, got }),
                );
            }
        }
    }
    failures
}

/// Numbers are the same if their values are; a double is compared to the places that were written.
fn is_same(expected: &Cell, got: Option<&str>, cells: &Cells) -> bool {
    let (Some(expected), Some(got)) = (expected.text(), got) else {
        return expected.text().is_none() && got.is_none();
    };
    if cells.is_double {
        let places = expected.split_once('.').map_or(0, |(_, places)| places.len());
        let tolerance = 0.5 * 10_f64.powi(-i32::try_from(places).unwrap_or(0));
        return match (expected.parse::<f64>(), got.parse::<f64>()) {
            (Ok(expected), Ok(got)) => (expected - got).abs() <= tolerance * (1.0 + 1e-9),
            _ => false,
        };
    }
    match (cells.is_number, Decimal::parse(expected), Decimal::parse(got)) {
        (true, Some(expected), Some(got)) => expected.cmp(&got).is_eq(),
        _ => expected == got,
    }
}
