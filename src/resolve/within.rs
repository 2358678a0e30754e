//! `within` and `min_group`: which column makes the groups that get cuts of their own.

use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{Type, Within};

use super::scope::{CustomerScope, Scope};

/// The groups of a score or band, the inner none where it has none; the outer none where they are wrong and reported.
pub(super) fn resolve(
    within: Option<&Spanned<String>>,
    min_group: Option<&Spanned<u64>>,
    metrics: &CustomerScope,
    out: &mut Diagnostics,
) -> Option<Option<Within>> {
    let Some(within) = within else {
        let Some(min_group) = min_group else { return Some(None) };
        let message = "`min_group` goes with `within`";
        let hint = "name the column whose groups get cuts of their own, `within: region`, or leave it out";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(min_group.span).with_hint(hint));
        return None;
    };
    let by = match metrics.lookup(&within.value) {
        Ok(found) => found.expr,
        Err(diagnostic) => {
            out.push(diagnostic.with_span(within.span));
            return None;
        }
    };
    match by.ty {
        Type::Text | Type::Bool | Type::Date | Type::Unknown => {}
        ty if ty.is_integer() => {}
        ty => {
            let message =
                format!("`{}` is {ty}, and no group has many customers of one such value", within.value);
            let hint = "group by a text, a whole number, a date or a condition; \
                of a number make a metric first: `case when age < 30 then 'young' else 'old' end`";
            out.push(Diagnostic::error(Code::TypeMismatch, message).with_span(within.span).with_hint(hint));
            return None;
        }
    }
    Some(Some(Within { by, min_group: min_group.map_or(1, |least| least.value) }))
}
