//! `output`: which columns are published, in which order.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::plan::{Customer, OutputColumn};
use crate::spec;

use super::scope::{CustomerScope, unknown};

/// The columns as asked for, or all: the id, attributes, metrics, scores, bands, CLV, segmentations.
pub(super) fn resolve(
    written: &spec::Output,
    customer: &Customer,
    scope: &CustomerScope,
    out: &mut Diagnostics,
) -> Vec<OutputColumn> {
    let all = [(customer.column.as_str(), customer.ty)].into_iter().chain(scope.columns());
    let all: Vec<OutputColumn> = all.map(|(name, ty)| OutputColumn { name: name.to_owned(), ty }).collect();
    let Some(wanted) = &written.columns else { return all };
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
        && !columns.iter().any(|column| column.name == customer.column)
    {
        out.push(
            Diagnostic::error(Code::BadValue, format!("the columns leave out `{}`", customer.column))
                .with_span(first.span)
                .with_hint("a row without its customer's id can be neither joined nor checked"),
        );
    }
    columns
}
