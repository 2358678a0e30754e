//! `summary`: the metric that is money, and the columns whose mean and median are wanted.

use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{Column, Expr, ExprKind, Type};
use crate::spec;

use super::scope::{CustomerScope, Scope};

/// What the summary adds to what it always says.
#[derive(Default)]
pub(super) struct Asked {
    /// Revenue, if it is not that of the amounts.
    pub(super) revenue: Option<Expr>,
    /// Columns of the customer row.
    pub(super) measures: Vec<String>,
}

/// `measures` are the columns that are there before scores; `all` those of the whole row.
pub(super) fn resolve(
    written: &spec::Summary,
    measures: &CustomerScope,
    all: &CustomerScope,
    out: &mut Diagnostics,
) -> Asked {
    let spec::Summary { revenue, metrics } = written;
    let revenue = revenue.as_ref().and_then(|name| {
        let found =
            column(name, measures, "money is exact: a whole number or a decimal", Type::is_exact, out)?;
        // Whole numbers are money without places.
        Some(if found.ty.is_integer() { found.cast(Type::Decimal(0)) } else { found })
    });
    let mut asked = Asked { revenue, measures: Vec::new() };
    for (at, name) in metrics.iter().enumerate() {
        if let Some(first) = metrics[..at].iter().find(|first| first.value == name.value) {
            out.push(
                Diagnostic::error(Code::DuplicateName, format!("`{}` is listed twice", name.value))
                    .with_span(name.span)
                    .with_related(first.span, "the first one")
                    .with_hint("remove one of them"),
            );
        } else if column(name, all, "only numbers have a mean and a median", Type::is_numeric, out).is_some()
        {
            asked.measures.push(name.value.clone());
        }
    }
    asked
}

/// A column of the customer row that fits; what is wrong is reported.
fn column(
    name: &Spanned<String>,
    scope: &CustomerScope,
    what: &str,
    fits: fn(Type) -> bool,
    out: &mut Diagnostics,
) -> Option<Expr> {
    let found = match scope.lookup(&name.value) {
        // `as_of` is a name, and no column.
        Ok(found) if !matches!(found.expr.kind, ExprKind::Column(Column::Customer(_))) => {
            let message = format!("`{}` is no column of a customer", name.value);
            out.push(Diagnostic::error(Code::UnknownName, message).with_span(name.span));
            return None;
        }
        Ok(found) => found.expr,
        Err(diagnostic) => {
            out.push(diagnostic.with_span(name.span));
            return None;
        }
    };
    if found.ty != Type::Unknown && !fits(found.ty) {
        let message = format!("`{}` is {}, and {what}", name.value, found.ty);
        let diagnostic = Diagnostic::error(Code::TypeMismatch, message).with_span(name.span);
        let hint = "a metric of it that is exact: `cast(… as decimal(18, 2))`";
        let is_double = found.ty == Type::Double;
        out.push(if is_double { diagnostic.with_hint(hint) } else { diagnostic });
        return None;
    }
    Some(found)
}
