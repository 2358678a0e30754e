//! `scores`: each method checked against what it scores.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{Best, Bins, Column, Expr, Plan, Score, ScoreKind, Ties, Type};
use crate::spec::{self, Method};

use super::names::CLV_COLUMNS;
use super::scope::{CustomerScope, Scope, Section, unknown};
use super::within;

/// CLV columns are floats that engines agree on to nine digits only, so they are rounded before they are cut.
pub(super) const FLOAT_SCALE: u8 = 6;

/// A score is an Int16, and a scale that nobody can read long before that.
const MAX_BREAKS: usize = 999;

/// The scores of the rules file: as written, and those of them that could be resolved.
#[derive(Clone, Copy)]
pub(super) struct Scores<'a> {
    pub(super) written: &'a [spec::Score],
    pub(super) resolved: &'a [Score],
}

/// Resolves the scores and adds their columns to the scope.
pub(super) fn resolve(
    written: &[spec::Score],
    metrics: &CustomerScope,
    scope: &mut CustomerScope,
    out: &mut Diagnostics,
) -> Vec<Score> {
    let mut scores: Vec<Score> = Vec::new();
    for score in written {
        let resolved = match &score.method {
            Some(Method::Weighted(parts)) => weighted(score, parts, written, out),
            _ => of_metric(score, metrics, out),
        };
        if let Some(kind) = resolved {
            scores.push(Score { name: score.name.value.clone(), kind });
        }
        let ty = match &score.method {
            Some(Method::Weighted(_)) => Type::Decimal(Score::WEIGHTED_SCALE),
            Some(_) => Type::Score,
            None => Type::Unknown,
        };
        scope.add(Section::Scores, &score.name.value, ty, None);
    }
    debug_assert!(scores.iter().all(|score| Plan::score_type(score) != Type::Unknown));
    scores
}

fn of_metric(score: &spec::Score, metrics: &CustomerScope, out: &mut Diagnostics) -> Option<ScoreKind> {
    let spec::Score { name: _, of, method, best, ties, within, min_group } = score;
    let ties_split = ties.as_ref().filter(|ties| ties.value == spec::Ties::Split);
    if let (Some(ties), Some(Method::Breaks(_) | Method::Mean)) = (ties_split, method) {
        let message = "`ties: split` goes with `quantiles` only";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(ties.span).with_hint("leave it out"));
    }
    let within = match (within, method) {
        (Some(within), Some(Method::Breaks(_))) => {
            let message = "`within` goes with what is learned: breaks are the same for everybody";
            let hint = "leave it out, or score with `quantiles` or `mean`";
            out.push(Diagnostic::error(Code::BadValue, message).with_span(within.span).with_hint(hint));
            None
        }
        _ => within::resolve(within.as_ref(), min_group.as_ref(), metrics, out),
    };
    let best = match best.as_ref().map(|best| best.value) {
        Some(spec::Best::Low) => Best::Low,
        Some(spec::Best::High) | None => Best::High,
    };
    let breaks = match method.as_ref()? {
        Method::Breaks(breaks) => Some(check_breaks(breaks, out)),
        _ => None,
    };
    let input = measured(of.as_ref()?, metrics, out)?;
    Some(match method.as_ref()? {
        Method::Quantiles(bins) => {
            let ties = if ties_split.is_some() { Ties::Split } else { Ties::Share };
            ScoreKind::Fitted { of: input, bins: Bins::Quantiles(bins.value, ties), best, within: within? }
        }
        Method::Mean => ScoreKind::Fitted { of: input, bins: Bins::Mean, best, within: within? },
        Method::Breaks(_) => ScoreKind::Breaks { of: input, best, breaks: breaks?? },
        Method::Weighted(_) => return None,
    })
}

/// The metric that a score or band reads, as a number that can be cut.
pub(super) fn measured(of: &Spanned<String>, metrics: &CustomerScope, out: &mut Diagnostics) -> Option<Expr> {
    let found = match metrics.lookup(&of.value) {
        Ok(found) => found,
        Err(diagnostic) => {
            out.push(diagnostic.with_span(of.span));
            return None;
        }
    };
    let expr = found.expr;
    if !expr.ty.is_numeric() && expr.ty != Type::Unknown {
        let message = format!("`{}` is {}, and only numbers have an order to cut", of.value, expr.ty);
        out.push(Diagnostic::error(Code::TypeMismatch, message).with_span(of.span));
        return None;
    }
    let is_clv = matches!(&expr.kind, crate::plan::ExprKind::Column(Column::Customer(name))
        if CLV_COLUMNS.contains(&name.as_str()));
    Some(if is_clv { expr.cast(Type::Decimal(FLOAT_SCALE)) } else { expr })
}

fn check_breaks(breaks: &[Spanned<Decimal>], out: &mut Diagnostics) -> Option<Vec<Decimal>> {
    if let Some(first_too_many) = breaks.get(MAX_BREAKS) {
        let message = format!("{} breaks; {MAX_BREAKS} are the most", breaks.len());
        out.push(
            Diagnostic::error(Code::BadValue, message)
                .with_span(first_too_many.span)
                .with_hint("a score is a small whole number: score with `quantiles`, or with fewer breaks"),
        );
        return None;
    }
    for pair in breaks.windows(2) {
        if pair[0].value >= pair[1].value {
            let message = format!("the break `{}` is not above `{}` before it", pair[1].value, pair[0].value);
            out.push(
                Diagnostic::error(Code::BreaksOrder, message)
                    .with_span(pair[1].span)
                    .with_hint("breaks ascend, also with `best: low`"),
            );
            return None;
        }
    }
    Some(breaks.iter().map(|one| one.value).collect())
}

fn weighted(
    score: &spec::Score,
    parts: &[(Spanned<String>, Spanned<Decimal>)],
    written: &[spec::Score],
    out: &mut Diagnostics,
) -> Option<ScoreKind> {
    let mut complete = true;
    let mut complain = |diagnostic: Diagnostic| {
        out.push(diagnostic);
        complete = false;
    };
    let spec::Score { name: _, of, method: _, best, ties, within, min_group } = score;
    let others = [
        (of.as_ref().map(|of| of.span), "of"),
        (best.as_ref().map(|best| best.span), "best"),
        (ties.as_ref().map(|ties| ties.span), "ties"),
        (within.as_ref().map(|within| within.span), "within"),
        (min_group.as_ref().map(|least| least.span), "min_group"),
    ];
    for (key, what) in others {
        if let Some(span) = key {
            let message = format!("a weighted score has no `{what}`: it adds up other scores");
            complain(Diagnostic::error(Code::BadValue, message).with_span(span).with_hint("leave it out"));
        }
    }
    for (name, weight) in parts {
        match written.iter().find(|other| other.name.value == name.value) {
            Some(other) if matches!(other.method, Some(Method::Weighted(_))) => {
                let message = format!("`{}` is weighted itself", name.value);
                let hint = "weight the scores that it is made of";
                complain(Diagnostic::error(Code::TypeMismatch, message).with_span(name.span).with_hint(hint));
            }
            Some(_) => {}
            None => {
                let known: Vec<&str> = written.iter().map(|other| other.name.value.as_str()).collect();
                let known = known.into_iter().filter(|known| *known != score.name.value);
                complain(unknown(&name.value, known, "scores are").with_span(name.span));
            }
        }
        if weight.value.scale > Score::WEIGHTED_SCALE {
            let message =
                format!("`{}` has more than {} decimal places", weight.value, Score::WEIGHTED_SCALE);
            complain(Diagnostic::error(Code::BadValue, message).with_span(weight.span).with_hint("round it"));
        }
        if weight.value.unscaled.abs() > 1_000_000 * 10_i128.pow(u32::from(weight.value.scale)) {
            let message = format!("the weight `{}` is beyond a million", weight.value);
            let hint = "only the proportions of the weights matter: divide them all";
            complain(Diagnostic::error(Code::BadValue, message).with_span(weight.span).with_hint(hint));
        }
    }
    let part = |(name, weight): &(Spanned<String>, Spanned<Decimal>)| (name.value.clone(), weight.value);
    complete.then(|| ScoreKind::Weighted(parts.iter().map(part).collect()))
}
