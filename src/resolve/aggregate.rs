//! Aggregate calls in metrics → [`plan::Aggregate`]s, each computed once however many metrics use it.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Span};
use crate::plan::{self, Column, Expr, ExprKind, Function, Type, Weight};
use crate::spec::expr::{Expr as Written, ExprKind as WrittenKind};

use super::expr::{AggregateCalls, BY_METRIC, Call, NoAggregates, Typer};
use super::scope::RowScope;

/// The aggregate functions.
pub const NAMES: [&str; 11] =
    ["avg", "count", "first", GAP_QUANTILE, "last", "last_gap", "max", "min", "monthly_cv", "sum", TOP];
const TOP: &str = "top";
const GAP_QUANTILE: &str = "gap_quantile";

/// More decimal places of a quantile would say nothing more.
pub(super) const MAX_QUANTILE_SCALE: u8 = 6;

/// The aggregates of a job, each once.
#[derive(Debug, Default)]
pub(super) struct Aggregates {
    pub(super) list: Vec<plan::Aggregate>,
}

impl Aggregates {
    /// The column of an aggregate, which is added unless it is there.
    pub(super) fn intern(&mut self, aggregate: plan::Aggregate) -> Expr {
        let ty = aggregate.ty;
        let at = self.list.iter().position(|known| *known == aggregate).unwrap_or_else(|| {
            self.list.push(aggregate);
            self.list.len() - 1
        });
        Expr::column(Column::Aggregate(at), ty)
    }
}

/// Resolves the aggregate calls of one metric, under its `where` and `window`.
pub(super) struct MetricAggregates<'a> {
    pub(super) rows: &'a RowScope,
    pub(super) all: &'a mut Aggregates,
    pub(super) condition: Option<Expr>,
    pub(super) window_days: Option<u32>,
    /// How many aggregate calls there were.
    pub(super) calls: usize,
}

impl AggregateCalls for MetricAggregates<'_> {
    fn call(&mut self, call: &Call<'_>, out: &mut Diagnostics) -> Option<Expr> {
        self.calls += 1;
        if call.distinct && call.name.value != "count" {
            return self.wrong(call, "`distinct` stands only in `count(distinct x)`", out);
        }
        match (call.name.value.as_str(), call.args) {
            ("count", [Written { kind: WrittenKind::Star, .. }]) if !call.distinct => {
                Some(self.add(Function::CountRows, Type::Int))
            }
            ("count", [value]) => {
                let value = self.operand(value, out)?;
                let function =
                    if call.distinct { Function::CountDistinct(value) } else { Function::CountValues(value) };
                Some(self.add(function, Type::Int))
            }
            ("sum", [value]) => {
                let value = self.exact(value, out)?;
                let ty = value.ty;
                Some(self.add(Function::Sum(value), ty))
            }
            ("avg", [value]) => {
                let value = self.exact(value, out)?;
                let ty = value.ty;
                let count = self.add(Function::CountValues(value.clone()), Type::Int);
                let sum = self.add(Function::Sum(value), ty);
                let quotient =
                    ExprKind::Divide(Box::new(sum.cast(Type::Double)), Box::new(count.cast(Type::Double)));
                Some(Expr::new(quotient, Type::Double))
            }
            ("min", [value]) => self.ordered(value, Function::Min, out),
            ("max", [value]) => self.ordered(value, Function::Max, out),
            ("first", [value]) => self.ordered(value, Function::First, out),
            ("last", [value]) => self.ordered(value, Function::Last, out),
            (TOP, [value, weight]) => {
                let (value, weight) = (self.operand(value, out), self.weight(weight, out));
                let value = value?;
                if value.ty == Type::Double {
                    let message = "`top` of doubles: equal ones are an accident";
                    let hint = "round it to a decimal column, or use a text or whole number";
                    out.push(
                        Diagnostic::error(Code::TypeMismatch, message).with_span(call.span).with_hint(hint),
                    );
                    return None;
                }
                let ty = value.ty;
                Some(self.add(Function::Top(value, weight?), ty))
            }
            ("last_gap", [Written { kind: WrittenKind::Name(role), .. }]) if role == "time" => {
                Some(self.add(Function::LastGap, Type::Days))
            }
            ("last_gap", _) => self.wrong(call, "write `last_gap(time)`", out),
            (
                GAP_QUANTILE,
                [
                    Written { kind: WrittenKind::Name(role), .. },
                    Written { kind: WrittenKind::Number(part), span },
                ],
            ) if role == "time" => {
                if !is_quantile(*part) {
                    let message = format!("`{part}` is no part of the gaps");
                    let hint = "a number above 0 and at most 1: `gap_quantile(time, 0.8)`";
                    out.push(
                        Diagnostic::error(Code::WrongArguments, message).with_span(*span).with_hint(hint),
                    );
                    return None;
                }
                let gaps = self.add(Function::Gaps, Type::Gaps);
                Some(Expr::new(ExprKind::GapQuantile(Box::new(gaps), *part), Type::Days))
            }
            (GAP_QUANTILE, _) => self.wrong(call, "write `gap_quantile(time, 0.8)`", out),
            ("monthly_cv", [weight]) => {
                let weight = self.weight(weight, out)?;
                let months = self.months(call.span, out)?;
                Some(self.add(Function::MonthlyCv(months, weight), Type::Double))
            }
            ("monthly_cv", _) => self.wrong(call, "write `monthly_cv(count(*))`", out),
            (TOP, _) => self.wrong(call, "write `top(category, sum(amount))`", out),
            ("count", _) => self.wrong(call, "write `count(*)`, `count(x)` or `count(distinct x)`", out),
            _ => self.wrong(call, "it takes one argument", out),
        }
    }
}

/// Above 0 and at most 1, with few enough decimal places.
pub(super) fn is_quantile(part: Decimal) -> bool {
    let one = Decimal { unscaled: 1, scale: 0 };
    part.unscaled > 0 && part <= one && part.scale <= MAX_QUANTILE_SCALE
}

impl MetricAggregates<'_> {
    fn add(&mut self, function: Function, ty: Type) -> Expr {
        let (source, condition) = (self.rows.source.clone(), self.condition.clone());
        let window_days = self.window_days;
        self.all.intern(plan::Aggregate { source, function, condition, window_days, ty })
    }

    fn wrong<T>(&self, call: &Call<'_>, why: &str, out: &mut Diagnostics) -> Option<T> {
        let message = format!("`{}` cannot be called like this", call.name.value);
        out.push(Diagnostic::error(Code::WrongArguments, message).with_span(call.span).with_hint(why));
        None
    }

    /// An expression on the rows.
    fn operand(&self, written: &Written, out: &mut Diagnostics) -> Option<Expr> {
        let mut none = NoAggregates("an aggregate reads rows, not other aggregates", BY_METRIC);
        Typer { scope: self.rows, aggregates: &mut none, out }.expr(written)
    }

    /// A number that adds up exactly: a double is rounded half away from zero to the scale of money.
    fn exact(&self, written: &Written, out: &mut Diagnostics) -> Option<Expr> {
        let mut none = NoAggregates("an aggregate reads rows, not other aggregates", BY_METRIC);
        let value = Typer { scope: self.rows, aggregates: &mut none, out }.numeric(written)?;
        Some(match value.ty {
            Type::Double => value.cast(Type::Decimal(self.rows.scale)),
            ty if ty.is_integer() => value.cast(Type::Int),
            _ => value,
        })
    }

    fn ordered(
        &mut self,
        written: &Written,
        kind: fn(Expr) -> Function,
        out: &mut Diagnostics,
    ) -> Option<Expr> {
        let value = self.operand(written, out)?;
        if value.ty == Type::Bool {
            let message = "conditions have no order";
            let hint = "count them: `count(*)` with a `where`";
            out.push(Diagnostic::error(Code::TypeMismatch, message).with_span(written.span).with_hint(hint));
            return None;
        }
        let ty = value.ty;
        Some(self.add(kind(value), ty))
    }

    /// What a `top` or `monthly_cv` adds up: `count(*)` or `sum(x)`.
    fn weight(&mut self, written: &Written, out: &mut Diagnostics) -> Option<Weight> {
        if let WrittenKind::Call(name, false, args) = &written.kind {
            match (name.value.as_str(), &args[..]) {
                ("count", [Written { kind: WrittenKind::Star, .. }]) => return Some(Weight::Rows),
                ("sum", [value]) => return self.exact(value, out).map(Weight::Sum),
                _ => {}
            }
        }
        let message = "expected `sum(…)` or `count(*)`";
        let hint = "what is added up: `top(category, sum(amount))`, `monthly_cv(count(*))`";
        out.push(Diagnostic::error(Code::WrongArguments, message).with_span(written.span).with_hint(hint));
        None
    }

    fn months(&self, span: Span, out: &mut Diagnostics) -> Option<u32> {
        match self.window_days {
            Some(days) if days % plan::MONTH_DAYS == 0 => Some(days / plan::MONTH_DAYS),
            _ => {
                let message =
                    format!("`monthly_cv` needs a window of whole buckets of {} days", plan::MONTH_DAYS);
                out.push(
                    Diagnostic::error(Code::WindowMisfit, message)
                        .with_span(span)
                        .with_hint("write `{expr: monthly_cv(count(*)), window: 360d}`"),
                );
                None
            }
        }
    }
}
