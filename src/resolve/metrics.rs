//! `metrics`: aggregates of rows, and expressions over other metrics in an order that works.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::diag::{Code, Diagnostic, Diagnostics, listed};
use crate::plan::{Column, Expr, ExprKind, Literal, Metric, Type};
use crate::spec;
use crate::spec::expr::{Expr as Written, ExprKind as WrittenKind};

use super::aggregate::{Aggregates, MetricAggregates};
use super::expr::{BY_RULE, NoAggregates, Typer};
use super::inputs::Inputs;
use super::order::{Ordered, ordered};
use super::scope::{Found, RowScope, Scope, unknown};

/// The metrics that could be resolved, in the order of the file, and an order to compute them in.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) metrics: Vec<Metric>,
    pub(super) order: Vec<usize>,
}

pub(super) fn resolve(
    written: &[spec::Metric],
    inputs: &Inputs,
    aggregates: &mut Aggregates,
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> Profile {
    let order = order(written, out);
    let mut types: HashMap<&str, Type> =
        written.iter().map(|m| (m.name.value.as_str(), Type::Unknown)).collect();
    let mut resolved: Vec<Option<Expr>> = vec![None; written.len()];
    for &at in &order {
        let metric = &written[at];
        let Some(rows) = source(metric, inputs, out) else { continue };
        let scope = MetricScope { types: &types, attributes: &inputs.attributes, rows, as_of };
        resolved[at] = resolve_one(metric, &scope, rows, aggregates, out);
        if let Some(expr) = &resolved[at] {
            types.insert(&metric.name.value, expr.ty);
        }
    }
    let mut positions = Vec::with_capacity(resolved.len());
    let mut next = 0;
    for one in &resolved {
        positions.push(next);
        next += usize::from(one.is_some());
    }
    let order = order.iter().filter(|at| resolved[**at].is_some()).map(|at| positions[*at]).collect();
    let metric = |(expr, metric): (&Option<Expr>, &spec::Metric)| {
        let expr = expr.clone()?;
        Some(Metric { name: metric.name.value.clone(), ty: expr.ty, expr })
    };
    Profile { metrics: resolved.iter().zip(written).filter_map(metric).collect(), order }
}

fn resolve_one(
    metric: &spec::Metric,
    scope: &MetricScope<'_>,
    rows: &RowScope,
    aggregates: &mut Aggregates,
    out: &mut Diagnostics,
) -> Option<Expr> {
    let spec::Metric { name, expr, window, condition, per, from } = metric;
    let condition = match condition {
        None => None,
        Some(written) => {
            let mut none = NoAggregates("`where` is asked of each row", BY_RULE);
            Some(Typer { scope: rows, aggregates: &mut none, out }.condition(written.as_ref()?)?)
        }
    };
    let window_days = window.as_ref().map(|window| window.value);
    let narrowed = condition.is_some() || window_days.is_some() || from.is_some();
    let condition_or_window = condition.is_some() || window_days.is_some();
    let mut calls = MetricAggregates { rows, all: aggregates, condition, window_days, calls: 0 };
    let written = expr.as_ref()?;
    let expr = Typer { scope, aggregates: &mut calls, out }.expr(written);
    if narrowed && calls.calls == 0 && expr.is_some() {
        let key = if condition_or_window { "`where` or `window`" } else { "`from`" };
        let message = format!("`{}` has a {key}, but no aggregate to apply it to", name.value);
        out.push(
            Diagnostic::error(Code::AggregateMisplaced, message)
                .with_span(written.span)
                .with_hint("put them on the metric that this one is derived from"),
        );
        return None;
    }
    let expr = expr?;
    let expr = match per {
        None => expr,
        Some(per) => {
            let divisor = match scope.lookup(&per.value) {
                Ok(found) => found.expr,
                Err(diagnostic) => {
                    out.push(diagnostic.with_span(per.span));
                    return None;
                }
            };
            for (ty, span) in [(expr.ty, written.span), (divisor.ty, per.span)] {
                if !ty.is_numeric() && ty != Type::Unknown {
                    let message = format!("`per` divides numbers, this is {ty}");
                    out.push(Diagnostic::error(Code::TypeMismatch, message).with_span(span));
                    return None;
                }
            }
            let quotient =
                ExprKind::Divide(Box::new(expr.cast(Type::Double)), Box::new(divisor.cast(Type::Double)));
            Expr::new(quotient, Type::Double)
        }
    };
    if matches!(expr.kind, ExprKind::Literal(Literal::Null)) {
        let message = format!("`{}` is null for everybody", name.value);
        out.push(Diagnostic::error(Code::TypeMismatch, message).with_span(written.span));
        return None;
    }
    Some(expr)
}

/// The rows that a metric reads; none where that was complained about.
fn source<'a>(metric: &spec::Metric, inputs: &'a Inputs, out: &mut Diagnostics) -> Option<&'a RowScope> {
    let Some(from) = &metric.from else { return Some(&inputs.orders) };
    if from.value == inputs.orders.source.name() {
        return Some(&inputs.orders);
    }
    if let Some((_, scope)) = inputs.events.iter().find(|(name, _)| *name == from.value) {
        return scope.as_ref();
    }
    let known =
        [inputs.orders.source.name()].into_iter().chain(inputs.events.iter().map(|(name, _)| name.as_str()));
    let mut diagnostic = unknown(&from.value, known, "tables under `inputs` are").with_span(from.span);
    diagnostic.message = format!("there is no table of events `{}` under `inputs`", from.value);
    out.push(diagnostic);
    None
}

/// Names in a metric outside aggregates: other metrics, and attributes.
struct MetricScope<'a> {
    types: &'a HashMap<&'a str, Type>,
    attributes: &'a [(String, Type)],
    rows: &'a RowScope,
    as_of: NaiveDate,
}

impl Scope for MetricScope<'_> {
    fn lookup(&self, name: &str) -> Result<Found, Diagnostic> {
        if let Some(ty) = self.types.get(name) {
            let expr = Expr::column(Column::Customer(name.to_owned()), *ty);
            return Ok(Found { expr, labels: None });
        }
        if let Some((_, ty)) = self.attributes.iter().find(|(known, _)| known == name) {
            return Ok(Found { expr: Expr::column(Column::Customer(name.to_owned()), *ty), labels: None });
        }
        if name == "as_of" {
            return Ok(Found { expr: Expr::literal(Literal::Date(self.as_of)), labels: None });
        }
        let is_column = self.rows.columns.is_some() || self.rows.roles.iter().any(|(role, ..)| *role == name);
        if let (true, Ok(column)) = (is_column, self.rows.lookup(name)) {
            let source = self.rows.source.name();
            let message = format!("`{name}` is a column of the {source}: a customer has many of them");
            let aggregates = match column.expr.ty {
                Type::Date | Type::Time => format!("`min({name})`, `max({name})`"),
                Type::Text | Type::Bool => format!("`count(distinct {name})`, `top({name}, count(*))`"),
                _ => format!("`sum({name})`, `max({name})`, `count(distinct {name})`"),
            };
            return Err(Diagnostic::error(Code::AggregateMisplaced, message)
                .with_hint(format!("say which, for example {aggregates}")));
        }
        let mut known: Vec<&str> = self.types.keys().copied().collect();
        known.extend(self.attributes.iter().map(|(name, _)| name.as_str()));
        known.push("as_of");
        known.sort_unstable();
        let what = if self.attributes.is_empty() { "metrics are" } else { "metrics and attributes are" };
        Err(unknown(name, known.iter().copied(), what))
    }
}

/// The metrics' numbers, each after those it reads. Members of a cycle are reported, every cycle once, and left out.
fn order(metrics: &[spec::Metric], out: &mut Diagnostics) -> Vec<usize> {
    let at: HashMap<&str, usize> =
        metrics.iter().enumerate().map(|(at, m)| (m.name.value.as_str(), at)).collect();
    let reads: Vec<Vec<usize>> = metrics
        .iter()
        .map(|metric| {
            let mut names = Vec::new();
            metric.expr.iter().for_each(|expr| outer_names(expr, &mut names));
            names.extend(metric.per.iter().map(|per| per.value.as_str()));
            names.into_iter().filter_map(|name| at.get(name).copied()).collect()
        })
        .collect();
    let Ordered { order, cycles } = ordered(&reads);
    for cycle in cycles {
        let names = || cycle.iter().map(|at| metrics[*at].name.value.as_str());
        let first = &metrics[cycle[0]].name;
        let message = match cycle.len() {
            1 => format!("the metric `{}` is derived from itself", first.value),
            _ => format!("the metrics {} are derived from one another", listed(names())),
        };
        out.push(
            Diagnostic::error(Code::Cycle, message).with_span(first.span).with_hint(
                "inside an aggregate a name means a column of the orders; outside it means a metric",
            ),
        );
    }
    order
}

/// The names outside aggregate calls.
fn outer_names<'a>(expr: &'a Written, names: &mut Vec<&'a str>) {
    match &expr.kind {
        WrittenKind::Name(name) | WrittenKind::QuotedName(name) => names.push(name),
        WrittenKind::Call(name, ..) if super::aggregate::NAMES.contains(&name.value.as_str()) => {}
        _ => expr.parts().into_iter().for_each(|part| outer_names(part, names)),
    }
}
