//! `clv`: the model, and what it reads.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Span};
use crate::plan::{Aggregate, Clv, ClvModel, Column, Expr, Function, Literal, Role, Type};
use crate::spec::{self, Margin};

use super::aggregate::Aggregates;
use super::scope::{CustomerScope, RowScope, Scope};

/// All of the revenue.
const ONE: Decimal = Decimal { unscaled: 1, scale: 0 };

pub(super) fn resolve(
    written: &spec::Clv,
    rows: &RowScope,
    metrics: &CustomerScope,
    aggregates: &mut Aggregates,
    out: &mut Diagnostics,
) -> Option<Clv> {
    let spec::Clv { model, horizon, margin } = written;
    if model.value != "simple" {
        out.push(
            Diagnostic::error(Code::NotBuilt, format!("the model `{}` is not built yet", model.value))
                .with_span(model.span)
                .with_hint("`simple` is: revenue a day observed, times horizon, times margin"),
        );
        return None;
    }
    let margin = resolve_margin(&margin.value, margin.span, metrics, out)?;
    let Some((_, role, ty)) = rows.roles.iter().find(|(name, ..)| *name == "amount") else {
        let message = "`clv` needs an amount";
        let hint = "name the column under `inputs.orders.columns.amount`";
        out.push(Diagnostic::error(Code::MissingKey, message).with_span(model.span).with_hint(hint));
        return None;
    };
    let amount = Expr::column(Column::Role(*role), *ty);
    let mut add = |function: Function, ty: Type| {
        aggregates.intern(Aggregate { function, condition: None, window_days: None, ty })
    };
    let revenue = add(Function::Sum(amount), *ty);
    let first_day = add(Function::Min(Expr::column(Column::Role(Role::Day), Type::Date)), Type::Date);
    Some(Clv { model: ClvModel::Simple { revenue, first_day }, horizon_days: horizon.value, margin })
}

fn resolve_margin(
    margin: &Margin,
    span: Span,
    metrics: &CustomerScope,
    out: &mut Diagnostics,
) -> Option<Expr> {
    match margin {
        Margin::Share(share) if share.unscaled < 0 || *share > ONE => {
            let message = format!("the margin `{share}` is not a share from 0 to 1");
            let hint = "a part of revenue: 30 % is `0.30`";
            out.push(Diagnostic::error(Code::BadValue, message).with_span(span).with_hint(hint));
            None
        }
        Margin::Share(share) => Some(Expr::literal(Literal::Decimal(*share)).cast(Type::Double)),
        Margin::Metric(name) => match metrics.lookup(name) {
            Ok(found) if found.expr.ty.is_numeric() => Some(found.expr.cast(Type::Double)),
            Ok(found) if found.expr.ty == Type::Unknown => Some(found.expr),
            Ok(found) => {
                let message = format!("`{name}` is {}, and a margin is a number", found.expr.ty);
                out.push(Diagnostic::error(Code::TypeMismatch, message).with_span(span));
                None
            }
            Err(diagnostic) => {
                out.push(diagnostic.with_span(span));
                None
            }
        },
    }
}
