//! `output`: which columns are published, in which order.

use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{OutputColumn, Type};
use crate::spec;

use super::scope::{CustomerScope, unknown};

/// All columns: the id, attributes, metrics, scores, bands, CLV, segmentations.
pub(super) fn all(customer: &(String, Type), scope: &CustomerScope) -> Vec<OutputColumn> {
    let all = [(customer.0.as_str(), customer.1)].into_iter().chain(scope.columns());
    all.map(|(name, ty)| OutputColumn { name: name.to_owned(), ty }).collect()
}

/// The columns as asked for, or all.
pub(super) fn resolve(
    written: &spec::Output,
    all: &[OutputColumn],
    out: &mut Diagnostics,
) -> Vec<OutputColumn> {
    match &written.columns {
        Some(wanted) => pick(wanted, all, out),
        None => all.to_vec(),
    }
}

/// Some of all columns, of which the first is the id; it must be among them.
pub(super) fn pick(
    wanted: &[Spanned<String>],
    all: &[OutputColumn],
    out: &mut Diagnostics,
) -> Vec<OutputColumn> {
    let id = all.first().map_or("", |column| column.name.as_str());
    let mut columns: Vec<OutputColumn> = Vec::new();
    for name in wanted {
        let known = all.iter().map(|column| column.name.as_str());
        match all.iter().find(|column| column.name == name.value) {
            None => out.push(unknown(&name.value, known, "columns are").with_span(name.span)),
            Some(_) if columns.iter().any(|column| column.name == name.value) => out.push(
                Diagnostic::error(Code::DuplicateName, format!("`{}` is listed twice", name.value))
                    .with_span(name.span)
                    .with_hint("remove one of them"),
            ),
            Some(column) => columns.push(column.clone()),
        }
    }
    if let Some(first) = wanted.first()
        && !columns.iter().any(|column| column.name == id)
    {
        out.push(
            Diagnostic::error(Code::BadValue, format!("the columns leave out `{id}`"))
                .with_span(first.span)
                .with_hint("a row without its customer's id can be neither joined nor checked"),
        );
    }
    columns
}
