//! Scores of the days since the last order in which many days are the best: those who left long ago become champions.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::plan::{Best, Column, Expr, ExprKind, Function, Literal, ScoreKind, Type};
use crate::spec::{self, Preset};

use super::Subject;

pub(super) fn lint(subject: &Subject<'_>, out: &mut Diagnostics) {
    for score in subject.scores {
        let (ScoreKind::Fitted { of, best: Best::High, .. } | ScoreKind::Breaks { of, best: Best::High, .. }) =
            &score.kind
        else {
            continue;
        };
        let written = subject.written.scores.iter().find(|one| one.name.value == score.name);
        let Some(spec::Score { name, best, .. }) = written else { continue };
        let preset = preset(subject.written, &score.name);
        // Who has written `best: high` means it, unless a ready table counts on the contrary.
        let is_meant = best.is_some() && preset.is_none();
        let is_recency = is_recency(subject, of) || (preset.is_some() && of.ty == Type::Days);
        if is_meant || !is_recency {
            continue;
        }
        let message = format!("in the score `{}` the best are those who ordered longest ago", name.value);
        let hint = match preset {
            Some(preset) => {
                format!("`{preset}` takes it for recency, of which few days are best: add `best: low`")
            }
            None => {
                "few days since the last order are best: add `best: low`; or say `best: high`, if it is meant"
                    .to_owned()
            }
        };
        let span = best.as_ref().map_or(name.span, |best| best.span);
        out.push(Diagnostic::warning(Code::RecencyReversed, message).with_span(span).with_hint(hint));
    }
}

/// The preset that reads a score as its first, which is recency.
fn preset<'a>(rules: &'a spec::Rules, score: &str) -> Option<&'a str> {
    let reads = |one: &spec::Segmentation| {
        let first = one.scores.as_ref().and_then(|scores| scores.first());
        first.is_some_and(|first| first.value == score)
    };
    let presets = rules.segmentations.iter().filter(|one| reads(one)).filter_map(|one| one.preset.as_ref());
    let has_scores = |name: &str| Preset::load(name).is_some_and(|preset| preset.scores.is_some());
    presets.map(|preset| preset.value.as_str()).find(|name| has_scores(name))
}

/// Whether it is the days from the last of some dates to as-of.
fn is_recency(subject: &Subject<'_>, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Cast(inner) => is_recency(subject, inner),
        ExprKind::Column(Column::Customer(name)) => {
            let metric = subject.metrics.iter().find(|metric| metric.name == *name);
            metric.is_some_and(|metric| is_recency(subject, &metric.expr))
        }
        ExprKind::DaysBetween(from, to) => {
            matches!(from.kind, ExprKind::Literal(Literal::Date(_))) && is_last(subject, to)
        }
        _ => false,
    }
}

fn is_last(subject: &Subject<'_>, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Cast(inner) => is_last(subject, inner),
        ExprKind::Column(Column::Customer(name)) => {
            let metric = subject.metrics.iter().find(|metric| metric.name == *name);
            metric.is_some_and(|metric| is_last(subject, &metric.expr))
        }
        ExprKind::Column(Column::Aggregate(at)) => {
            let function = subject.aggregates.get(*at).map(|one| &one.function);
            matches!(function, Some(Function::Max(_) | Function::Last(..)))
        }
        _ => false,
    }
}
