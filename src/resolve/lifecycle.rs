//! `fitted`: which numbers of a preset are learned from gaps, and what its rules read instead of them.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Span, suggest};
use crate::plan::{
    Column, Comparison, Expr, ExprKind, Facts, GapsOf, LearnedNumber, Lifecycle, Literal, Type,
};
use crate::spec::{self, Preset, PresetVariable};

use super::aggregate::is_quantile;

/// With fewer gaps there is little of one's own to go by.
const MIN_GAPS: u64 = 3;

/// What a preset's rules read that is learned, the inner none where nothing is; the outer none where it is wrong and
/// reported.
pub(super) fn resolve(
    written: &spec::Segmentation,
    preset: &Preset,
    out: &mut Diagnostics,
) -> Option<Option<Lifecycle>> {
    let Some(fitted) = &written.fitted else { return Some(None) };
    // The key of `active_days` is `active`.
    fn key(variable: &PresetVariable) -> Option<(&str, Decimal)> {
        Some((variable.name.strip_suffix("_days")?, variable.quantile?))
    }
    let spec::Fitted { by, quantiles, min_gaps } = fitted;
    let mut fine = true;
    let mut complain = |code: Code, message: String, span: Span, hint: String| {
        out.push(Diagnostic::error(code, message).with_span(span).with_hint(hint));
        fine = false;
    };
    let keys: Vec<&str> = preset.variables.iter().filter_map(key).map(|(key, _)| key).collect();
    if keys.is_empty() {
        let message = format!("the preset `{}` has no number that is learned from gaps", preset.name);
        complain(
            Code::BadValue,
            message,
            by.span,
            "leave `fitted` out, or use `lifecycle-retail`".to_owned(),
        );
        return None;
    }
    for (name, part) in quantiles {
        if !keys.contains(&name.value.as_str()) {
            let hint = suggest(&name.value, keys.iter().copied(), "it learns");
            let message =
                format!("the preset `{}` learns nothing that is called `{}`", preset.name, name.value);
            complain(Code::PresetVariable, message, name.span, hint);
        } else if !is_quantile(part.value) {
            let hint = "a number above 0 and at most 1, with at most 6 decimal places: `active: 0.8`";
            complain(
                Code::BadValue,
                format!("`{}` is no part of the gaps", part.value),
                part.span,
                hint.to_owned(),
            );
        }
    }
    if let (Some(min_gaps), spec::GapsOf::Store) = (min_gaps, by.value) {
        let message = "`min_gaps` goes with `by: customer`: the store has all gaps there are".to_owned();
        complain(Code::BadValue, message, min_gaps.span, "leave it out".to_owned());
    }
    let mut days: Vec<LearnedNumber> = Vec::new();
    let mut before: Option<(&str, Decimal)> = None;
    for variable in &preset.variables {
        let Some((key, usual)) = key(variable) else { continue };
        let own = quantiles.iter().rev().find(|(name, _)| name.value == key);
        let quantile = own.map_or(usual, |(_, part)| part.value);
        // One of two must have been written, or they would ascend.
        let place = own.or_else(|| {
            quantiles.iter().find(|(name, _)| Some(name.value.as_str()) == before.map(|one| one.0))
        });
        let earlier =
            before.filter(|(_, part)| [*part, quantile].into_iter().all(is_quantile) && *part >= quantile);
        if let (Some((earlier, part)), Some((_, place))) = (earlier, place) {
            let message = format!("`{key}` at {quantile} is not above `{earlier}` at {part}");
            let hint = "who is later has been away longer: the parts of the gaps ascend";
            complain(Code::BadValue, message, place.span, hint.to_owned());
        }
        before = Some((key, quantile));
        // A number that the rules file gives is not learned.
        if written.with.iter().all(|(name, _)| name.value != variable.name) {
            let otherwise = u32::try_from(variable.default.unscaled).unwrap_or(u32::MAX);
            days.push(LearnedNumber { variable: variable.name.clone(), quantile, otherwise });
        }
    }
    let by = match by.value {
        spec::GapsOf::Store => GapsOf::Store,
        spec::GapsOf::Customer => GapsOf::Customer(min_gaps.as_ref().map_or(MIN_GAPS, |least| least.value)),
    };
    fine.then_some(Some(Lifecycle { by, days }))
}

/// What a rule reads for a variable, if it is learned: the store's number, or where there are enough of them that of the
/// customer's own gaps.
pub(super) fn number(lifecycle: &Lifecycle, segmentation: &str, variable: &str) -> Option<Expr> {
    let learned = lifecycle.days.iter().find(|one| one.variable == variable)?;
    let column = Column::Learned { segmentation: segmentation.to_owned(), variable: variable.to_owned() };
    let store = Expr::column(column, Type::Days);
    let GapsOf::Customer(least) = lifecycle.by else { return Some(store) };
    let gaps = || Box::new(Expr::column(Column::Customer(Facts::GAPS.to_owned()), Type::Gaps));
    let count = Expr::new(ExprKind::GapCount(gaps()), Type::Int);
    let least = Expr::literal(Literal::Int(i64::try_from(least).unwrap_or(i64::MAX)));
    let enough = ExprKind::Compare(Box::new(count), Comparison::GreaterEq, Box::new(least));
    let own = Expr::new(ExprKind::GapQuantile(gaps(), learned.quantile), Type::Days);
    let branches = vec![(Expr::new(enough, Type::Bool), own)];
    Some(Expr::new(ExprKind::Case(branches, Box::new(store)), Type::Days))
}
