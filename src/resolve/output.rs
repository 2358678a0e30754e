//! `output`: which columns are published, in which order.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::plan::{OutputColumn, Type};
use crate::spec;

use super::names::CLV_COLUMNS;
use super::scope::{CustomerScope, unknown};

/// The columns as asked for, or all: the id, metrics, scores, bands, CLV, segmentations.
pub(super) fn resolve(
    written: &spec::Output,
    customer: &(String, Type),
    scope: &CustomerScope,
    out: &mut Diagnostics,
) -> Vec<OutputColumn> {
    let (clv, others): (Vec<_>, Vec<_>) =
        scope.columns().iter().partition(|(name, _)| CLV_COLUMNS.contains(&name.as_str()));
    let segmentation = |(name, ty): &&(String, Type)| {
        *ty == Type::Text && others.iter().any(|(other, _)| *other == format!("{name}_rule"))
    };
    let first_segmentation = others.iter().position(segmentation).unwrap_or(others.len());
    let (before, segments) = others.split_at(first_segmentation);
    let all = [customer].into_iter().chain(before.iter().copied()).chain(clv).chain(segments.iter().copied());
    let all: Vec<OutputColumn> = all.map(|(name, ty)| OutputColumn { name: name.clone(), ty: *ty }).collect();
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
        && !columns.iter().any(|column| column.name == customer.0)
    {
        out.push(
            Diagnostic::error(Code::BadValue, format!("the columns leave out `{}`", customer.0))
                .with_span(first.span)
                .with_hint("a row without its customer's id can be neither joined nor checked"),
        );
    }
    columns
}
