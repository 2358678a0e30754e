//! `output`: which columns are published, in which order, under which names.

use chrono::NaiveDate;

use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{OutputColumn, OutputSource, Type};
use crate::spec;

use super::names::check_name;
use super::scope::{CustomerScope, unknown};

/// All columns: the id, attributes, metrics, scores, bands, CLV, segmentations.
pub(super) fn all(customer: &(String, Type), scope: &CustomerScope) -> Vec<OutputColumn> {
    let all = [(customer.0.as_str(), customer.1)].into_iter().chain(scope.columns());
    all.map(|(name, ty)| OutputColumn::of(name, ty)).collect()
}

/// The columns as asked for, or all; the as-of date before them if it is wanted.
pub(super) fn resolve(
    written: &spec::Output,
    all: &[OutputColumn],
    scope: &CustomerScope,
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> Vec<OutputColumn> {
    let spec::Output { path: _, columns, rename: _, as_of_column } = written;
    let mut picked = match columns {
        Some(wanted) => pick(wanted, all, scope, out),
        None => all.to_vec(),
    };
    check_renames(written, &picked, all, out);
    rename(written, &mut picked);
    if let Some(wanted) = as_of_column.as_ref().filter(|wanted| wanted.value) {
        if picked.iter().any(|column| column.name == AS_OF) {
            let message = format!("two output columns are named `{AS_OF}`");
            let hint = format!("give the other one a name with `rename: {{{AS_OF}: …}}`");
            let diagnostic = Diagnostic::error(Code::DuplicateName, message).with_span(wanted.span);
            out.push(diagnostic.with_hint(hint));
        }
        let date = OutputColumn { name: AS_OF.to_owned(), ty: Type::Date, source: OutputSource::AsOf(as_of) };
        picked.insert(0, date);
    }
    picked
}

/// What the column of the as-of date is called, as the folder is.
const AS_OF: &str = "as_of";

/// Gives columns the names that the output has for them.
pub(super) fn rename(written: &spec::Output, columns: &mut [OutputColumn]) {
    for column in columns {
        let new = written.rename.iter().find(|(old, _)| column.held() == Some(&old.value));
        if let Some((_, new)) = new {
            column.name.clone_from(&new.value);
        }
    }
}

/// Every old name is a column of the output, every new one a name that no other column has.
fn check_renames(
    written: &spec::Output,
    picked: &[OutputColumn],
    all: &[OutputColumn],
    out: &mut Diagnostics,
) {
    let new_name = |column: &OutputColumn| {
        let pair = written.rename.iter().find(|(old, _)| old.value == column.name);
        pair.map_or(column.name.clone(), |(_, new)| new.value.clone())
    };
    for (old, new) in &written.rename {
        let is_old = |column: &&OutputColumn| column.name == old.value;
        if picked.iter().find(is_old).is_none() {
            out.push(match all.iter().find(is_old) {
                Some(_) => {
                    let message = format!("`{}` is not among the columns of the output", old.value);
                    let hint = "add it to `output.columns`, or leave its name as it is";
                    Diagnostic::error(Code::BadValue, message).with_span(old.span).with_hint(hint)
                }
                None => {
                    let known = picked.iter().map(|column| column.name.as_str());
                    unknown(&old.value, known, "columns are").with_span(old.span)
                }
            });
            continue;
        }
        check_name(new, out);
        let twin = picked.iter().find(|other| other.name != old.value && new_name(other) == new.value);
        if let Some(twin) = twin {
            let message = format!("two output columns are named `{}`", new.value);
            let hint = format!("the other one is `{}` in the rules", twin.name);
            out.push(Diagnostic::error(Code::DuplicateName, message).with_span(new.span).with_hint(hint));
        }
    }
}

/// Some of all columns, of which the first is the id; it must be among them.
pub(super) fn pick(
    wanted: &[Spanned<String>],
    all: &[OutputColumn],
    scope: &CustomerScope,
    out: &mut Diagnostics,
) -> Vec<OutputColumn> {
    let id = all.first().map_or("", |column| column.name.as_str());
    let mut columns: Vec<OutputColumn> = Vec::new();
    for name in wanted {
        let known = all.iter().map(|column| column.name.as_str());
        match all.iter().find(|column| column.name == name.value) {
            None => out.push(scope.unknown(&name.value, known, "columns are").with_span(name.span)),
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
