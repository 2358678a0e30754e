//! What is known of a column before there is any data: the values it can have, and whether it can be null.

use crate::plan::{
    Aggregate, Column, Expr, ExprKind, Function, Literal, Metric, Role, Score, ScoreKind, Type,
};
use crate::resolve::scope::{CustomerScope, Scope};

use super::subject::Subject;

/// What a column can hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Domain {
    /// The only texts, for bands and labels.
    pub(super) labels: Option<Vec<String>>,
    /// The least number.
    pub(super) least: Option<i64>,
    /// The greatest number.
    pub(super) most: Option<i64>,
    /// Whether it cannot be null.
    pub(super) certain: bool,
    /// Whether it is a score with bins.
    pub(super) is_score: bool,
}

/// What is known of all columns.
pub(super) struct Facts<'a> {
    scope: &'a CustomerScope,
    aggregates: &'a [Aggregate],
    metrics: &'a [Metric],
    scores: &'a [Score],
    segmentations: Vec<(String, usize)>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(subject: &Subject<'a>) -> Self {
        let rules = subject.segmentations.iter().map(|one| (one.rule_column(), one.rules.len()));
        Self {
            scope: subject.scope,
            aggregates: subject.aggregates,
            metrics: subject.metrics,
            scores: subject.scores,
            segmentations: rules.collect(),
        }
    }

    /// What an expression can be.
    pub(super) fn of(&self, expr: &Expr) -> Domain {
        match &expr.kind {
            ExprKind::Column(Column::Customer(name)) => self.column(name),
            ExprKind::Cast(inner) if inner.ty.is_integer() && expr.ty.is_integer() => self.of(inner),
            _ => Domain::default(),
        }
    }

    fn column(&self, name: &str) -> Domain {
        if let Some(score) = self.scores.iter().find(|score| score.name == name) {
            let of = match &score.kind {
                ScoreKind::Fitted { of, .. } | ScoreKind::Breaks { of, .. } => of,
                ScoreKind::Weighted(_) => return Domain::default(),
            };
            let most = score.bins().map(i64::from);
            return Domain {
                least: Some(1),
                most,
                certain: self.of(of).certain,
                is_score: true,
                labels: None,
            };
        }
        if let Some(metric) = self.metrics.iter().find(|metric| metric.name == name) {
            return self.computed(&metric.expr);
        }
        if let Some((_, rules)) = self.segmentations.iter().find(|(column, _)| column == name) {
            let most = i64::try_from(*rules).ok();
            return Domain { least: Some(0), most, certain: true, ..Domain::default() };
        }
        match self.scope.lookup(name) {
            Ok(found) => {
                Domain { certain: found.labels.is_some(), labels: found.labels, ..Domain::default() }
            }
            Err(_) => Domain::default(),
        }
    }

    /// Of a metric: counts are never null nor below zero, and the past is some days ago.
    fn computed(&self, expr: &Expr) -> Domain {
        match &expr.kind {
            ExprKind::Column(Column::Aggregate(at)) => {
                match self.aggregates.get(*at).map(|one| &one.function) {
                    Some(Function::CountRows | Function::CountValues(_) | Function::CountDistinct(_)) => {
                        Domain { least: Some(0), certain: true, ..Domain::default() }
                    }
                    Some(Function::Sum(_)) => Domain { certain: true, ..Domain::default() },
                    Some(Function::LastGap) => Domain { least: Some(1), ..Domain::default() },
                    _ => Domain::default(),
                }
            }
            ExprKind::Column(Column::Customer(name)) => self.column(name),
            ExprKind::Cast(inner) if inner.ty.is_integer() && expr.ty.is_integer() => self.computed(inner),
            ExprKind::DaysBetween(from, to) => {
                let is_literal = matches!(from.kind, ExprKind::Literal(Literal::Date(_)));
                let is_day = |operand: &Expr| operand.kind == ExprKind::Column(Column::Role(Role::Day));
                let is_past = match &to.kind {
                    ExprKind::Column(Column::Aggregate(at)) => self.aggregates.get(*at).is_some_and(
                        |one| matches!(&one.function, Function::Min(day) | Function::Max(day) if is_day(day)),
                    ),
                    _ => false,
                };
                let least = (is_literal && is_past && expr.ty == Type::Days).then_some(0);
                Domain { least, ..Domain::default() }
            }
            _ => Domain::default(),
        }
    }
}
