//! `clv`: the model, and what it reads.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Span};
use crate::plan::{
    Aggregate, Clv, ClvModel, Column, Expr, Function, Holdout, Literal, Money, OnFailure, OrdersKind,
    OrdersModel, Role, Spend, SpendModel, Type,
};
use crate::spec::{self, Margin};

use super::aggregate::Aggregates;
use super::scope::{CustomerScope, NAME_AMOUNT, RowScope, Scope};

/// Weeks, as in the literature.
const DEFAULT_TIME_UNIT_DAYS: u32 = 7;
/// Fewer customers who came back say nothing of how customers come back.
const DEFAULT_MIN_REPEAT_CUSTOMERS: u64 = 50;

/// All of the revenue.
const ONE: Decimal = Decimal { unscaled: 1, scale: 0 };

/// The columns that the section adds, whether or not it is sound; the inner none is one that could not be read.
pub(super) fn columns(
    written: Option<&Option<spec::Clv>>,
    rows: &RowScope,
) -> Option<&'static [&'static str]> {
    Some(match written? {
        Some(clv) if clv.model.value == "simple" => Clv::SIMPLE_COLUMNS,
        Some(_) if amount(rows).is_none() => Clv::COLUMNS_WITHOUT_MONEY,
        _ => Clv::ORDERS_COLUMNS,
    })
}

/// The amount of an order.
fn amount(rows: &RowScope) -> Option<Expr> {
    let (_, role, ty) = rows.roles.iter().find(|(name, ..)| *name == "amount")?;
    Some(Expr::column(Column::Role(*role), *ty))
}

pub(super) fn resolve(
    written: &spec::Clv,
    rows: &RowScope,
    metrics: &CustomerScope,
    aggregates: &mut Aggregates,
    out: &mut Diagnostics,
) -> Option<Clv> {
    let spec::Clv { model, horizon, margin, .. } = written;
    let margin = resolve_margin(&margin.value, margin.span, metrics, out);
    let kind = kind(written, out);
    let amount = amount(rows);
    if amount.is_none() {
        let simple = written.on_failure.as_ref().filter(|word| word.value == "simple");
        if let Some(span) = simple.map(|word| word.span).or(kind.is_none().then_some(model.span)) {
            let message = "the model `simple` needs an amount, and the orders have none";
            let hint = format!(
                "{NAME_AMOUNT}; `bg_nbd`, `mbg_nbd` and `pareto_nbd` give `expected_orders` and `p_alive` without it"
            );
            out.push(Diagnostic::error(Code::MissingKey, message).with_span(span).with_hint(hint));
            return None;
        }
    }
    let day = || Expr::column(Column::Role(Role::Day), Type::Date);
    let mut add_within = |function: Function, ty: Type, window_days: Option<u32>| {
        let source = rows.source.clone();
        aggregates.intern(Aggregate { source, function, condition: None, window_days, ty })
    };
    let holdout = written.holdout.as_ref().map(|days| Holdout {
        days: days.value,
        purchase_days: add_within(Function::CountDistinct(day()), Type::Int, Some(days.value)),
        revenue: amount
            .clone()
            .map(|amount| (amount.ty, amount))
            .map(|(ty, amount)| add_within(Function::Sum(amount), ty, Some(days.value))),
    });
    let mut add = |function: Function, ty: Type| add_within(function, ty, None);
    let revenue = amount.clone().map(|amount| {
        let ty = amount.ty;
        add(Function::Sum(amount), ty)
    });
    let first_day = add(Function::Min(day()), Type::Date);
    let model = match kind {
        None => ClvModel::Simple,
        Some(kind) => ClvModel::Orders(Box::new(OrdersModel {
            kind,
            time_unit_days: written.time_unit.as_ref().map_or(DEFAULT_TIME_UNIT_DAYS, |unit| unit.value),
            discount_rate: discount_rate(written, out)?,
            min_repeat_customers: written
                .min_repeat_customers
                .as_ref()
                .map_or(DEFAULT_MIN_REPEAT_CUSTOMERS, |least| least.value),
            on_failure: match written.on_failure.as_ref().map(|word| word.value.as_str()) {
                Some("simple") => OnFailure::Simple,
                _ => OnFailure::Fail,
            },
            holdout,
            last_day: add(Function::Max(day()), Type::Date),
            purchase_days: add(Function::CountDistinct(day()), Type::Int),
            spend: amount.map(|amount| Spend {
                model: match written.spend.as_ref().map(|spend| spend.value.as_str()) {
                    Some("gamma_gamma") => SpendModel::GammaGamma,
                    _ => SpendModel::Mean,
                },
                first_day_revenue: {
                    let ty = amount.ty;
                    add(Function::FirstDaySum(amount), ty)
                },
            }),
        })),
    };
    let margin = margin?;
    let money = revenue.map(|revenue| Money { margin, revenue });
    Some(Clv { model, horizon_days: horizon.value, money, first_day })
}

/// The model of orders; none for `simple`, which has no use for the keys of the others.
fn kind(written: &spec::Clv, out: &mut Diagnostics) -> Option<OrdersKind> {
    let spec::Clv {
        model, spend, time_unit, discount_rate, min_repeat_customers, on_failure, holdout, ..
    } = written;
    let kind = match model.value.as_str() {
        "bg_nbd" => Some(OrdersKind::BgNbd),
        "mbg_nbd" => Some(OrdersKind::MbgNbd),
        "pareto_nbd" => Some(OrdersKind::ParetoNbd),
        _ => None,
    };
    if kind.is_none() {
        let others = [
            (spend.as_ref().map(|one| one.span), "spend"),
            (time_unit.as_ref().map(|one| one.span), "time_unit"),
            (discount_rate.as_ref().map(|one| one.span), "discount_rate"),
            (min_repeat_customers.as_ref().map(|one| one.span), "min_repeat_customers"),
            (on_failure.as_ref().map(|one| one.span), "on_failure"),
            (holdout.as_ref().map(|one| one.span), "holdout"),
        ];
        for (span, key) in others {
            if let Some(span) = span {
                let message = format!("`{key}` means nothing to the model `simple`");
                let hint = "leave it out, or choose `bg_nbd`, `mbg_nbd` or `pareto_nbd`";
                out.push(Diagnostic::error(Code::BadValue, message).with_span(span).with_hint(hint));
            }
        }
    }
    kind
}

fn discount_rate(written: &spec::Clv, out: &mut Diagnostics) -> Option<f64> {
    let Some(rate) = &written.discount_rate else { return Some(0.0) };
    if rate.value.unscaled < 0 || rate.value > ONE {
        let message = format!("the discount rate `{}` is not from 0 to 1 a year", rate.value);
        let hint = "an effective annual rate: 10 % is `0.10`";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(rate.span).with_hint(hint));
        return None;
    }
    Some(rate.value.to_f64())
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
