//! `segments`: rules in order, presets spelled out as rules.

use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, did_you_mean, listed};
use crate::plan::{Column, Expr, ExprKind, Literal, Rule, Score, Segment, Segmentation, Type};
use crate::spec::{self, Looks, Preset};

use super::expr::{BY_METRIC, NoAggregates, Typer};
use super::names::segment;
use super::scope::{CustomerScope, Section};

/// The scores of the rules file: as written, and those of them that could be resolved.
#[derive(Clone, Copy)]
pub(super) struct Scores<'a> {
    pub(super) written: &'a [spec::Score],
    pub(super) resolved: &'a [Score],
}

/// Resolves the segmentations, each of which reads those above it.
pub(super) fn resolve(
    written: &[spec::Segmentation],
    scores: Scores<'_>,
    scope: &mut CustomerScope,
    out: &mut Diagnostics,
) -> Vec<Segmentation> {
    scope.later = written.iter().map(|one| one.name.value.clone()).collect();
    let mut resolved = Vec::new();
    for one in written {
        let name = &one.name.value;
        scope.current.clone_from(name);
        let segmentation = match &one.preset {
            Some(preset) => from_preset(one, preset, scores, out),
            None => from_rules(one, scope, out),
        };
        scope.later.retain(|later| later != name);
        let labels = segmentation.as_ref().map(|segmentation| {
            segmentation.segments().iter().map(|segment| segment.id.clone()).collect::<Vec<_>>()
        });
        scope.add(Section::Segments, name, Type::Text, labels);
        scope.add(Section::Segments, &format!("{name}_rule"), Type::Score, None);
        resolved.extend(segmentation);
    }
    resolved
}

fn from_rules(
    written: &spec::Segmentation,
    scope: &CustomerScope,
    out: &mut Diagnostics,
) -> Option<Segmentation> {
    let name = &written.name;
    check_looks(written, out);
    if let Some(first) = written.scores.iter().flatten().next() {
        let message = "`scores` goes with a preset; rules name what they read";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(first.span).with_hint("leave it out"));
    }
    if written.rules.len() > i16::MAX as usize {
        let message = format!("{} rules are too many", written.rules.len());
        out.push(Diagnostic::error(Code::BadValue, message).with_span(name.span));
        return None;
    }
    let mut rules = Vec::new();
    for rule in &written.rules {
        let Some(condition) = &rule.when else { continue };
        let mut none = NoAggregates("a rule reads the customer's row", BY_METRIC);
        let Some(when) = (Typer { scope, aggregates: &mut none, out }).condition(condition) else { continue };
        rules.push(Rule { segment: segment(&rule.segment), when, text: rule.text.clone() });
    }
    Some(Segmentation { name: name.value.clone(), rules, default: segment(written.default.as_ref()?) })
}

/// One label looks one way, whichever of its rules gave it.
fn check_looks(written: &spec::Segmentation, out: &mut Diagnostics) {
    let all = || written.rules.iter().map(|rule| &rule.segment).chain(&written.default);
    for (at, one) in all().enumerate() {
        let first = all().take(at).find(|first| first.id.value == one.id.value);
        if let Some(first) = first.filter(|first| one.looks != Looks::default() && one.looks != first.looks) {
            let message = format!("the segment `{}` is described twice, and differently", one.id.value);
            out.push(
                Diagnostic::error(Code::DuplicateName, message)
                    .with_span(one.id.span)
                    .with_related(first.id.span, "the first description")
                    .with_hint("describe it once, at its first rule, or rename one of them"),
            );
        }
    }
}

fn from_preset(
    written: &spec::Segmentation,
    name: &Spanned<String>,
    scores: Scores<'_>,
    out: &mut Diagnostics,
) -> Option<Segmentation> {
    if let Some(rule) = written.rules.first() {
        let message = "a segmentation has a `preset` or `rules`, not both";
        let hint = "put the rules into a segmentation of their own below; it can read this one";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(rule.segment.id.span).with_hint(hint));
    }
    let Some(preset) = Preset::load(&name.value) else {
        let hint = did_you_mean(&name.value, Preset::names())
            .unwrap_or_else(|| format!("there are {}", listed(Preset::names())));
        let message = format!("there is no preset `{}`", name.value);
        out.push(Diagnostic::error(Code::UnknownPreset, message).with_span(name.span).with_hint(hint));
        return None;
    };
    let [r, f, m] = written.scores.as_deref().unwrap_or_default() else {
        let message = format!("the preset `{}` reads three scores", name.value);
        out.push(
            Diagnostic::error(Code::PresetScores, message)
                .with_span(name.span)
                .with_hint("name them in this order: `scores: [recency, frequency, monetary]`"),
        );
        return None;
    };
    let digit =
        |score: &Spanned<String>, out: &mut Diagnostics| check_score(score, &preset, name, scores, out);
    let (r, f, m) = (digit(r, out), digit(f, out), digit(m, out));
    let code = code(r?, f?, m?);
    let rule = |(written, codes): &(spec::Segment, Vec<u16>)| {
        let literals: Vec<Literal> = codes.iter().map(|code| Literal::Int(i64::from(*code))).collect();
        let when = Expr::new(ExprKind::In(Box::new(code.clone()), literals), Type::Bool);
        let text: Vec<String> = codes.iter().map(u16::to_string).collect();
        Rule { segment: segment(written), when, text: format!("RFM code in ({})", text.join(", ")) }
    };
    let default: Segment = segment(written.default.as_ref().unwrap_or(&preset.default));
    Some(Segmentation {
        name: written.name.value.clone(),
        rules: preset.segments.iter().map(rule).collect(),
        default,
    })
}

/// The score as a digit of the code, if it has as many bins as the preset's table.
fn check_score(
    score: &Spanned<String>,
    preset: &Preset,
    name: &Spanned<String>,
    scores: Scores<'_>,
    out: &mut Diagnostics,
) -> Option<Expr> {
    let Some(resolved) = scores.resolved.iter().find(|one| one.name == score.value) else {
        let known = || scores.written.iter().map(|one| one.name.value.as_str());
        // One that is declared could not be resolved, and was already complained about.
        if !known().any(|name| name == score.value) {
            let hint = did_you_mean(&score.value, known())
                .unwrap_or_else(|| format!("the scores are {}", listed(known())));
            let message = format!("there is no score `{}`", score.value);
            out.push(Diagnostic::error(Code::UnknownName, message).with_span(score.span).with_hint(hint));
        }
        return None;
    };
    if resolved.bins() != Some(preset.bins) {
        let has = resolved.bins().map_or("is weighted".to_owned(), |bins| format!("has {bins}"));
        let message =
            format!("`{}` reads scores of {} bins, and `{}` {has}", name.value, preset.bins, score.value);
        out.push(Diagnostic::error(Code::PresetScores, message).with_span(score.span).with_hint(
            match preset.bins {
                2 => "score with `mean: true`, `quantiles: 2` or one break".to_owned(),
                bins => format!("score with `quantiles: {bins}` or {} breaks", bins - 1),
            },
        ));
        return None;
    }
    Some(Expr::column(Column::Customer(score.value.clone()), Type::Score))
}

/// `100 r + 10 f + m`
fn code(r: Expr, f: Expr, m: Expr) -> Expr {
    let times = |score: Expr, factor: i64| {
        let factor = Expr::literal(Literal::Int(factor));
        Expr::new(ExprKind::Multiply(Box::new(score.cast(Type::Int)), Box::new(factor)), Type::Int)
    };
    let add = |a: Expr, b: Expr| Expr::new(ExprKind::Add(Box::new(a), Box::new(b)), Type::Int);
    add(add(times(r, 100), times(f, 10)), m.cast(Type::Int))
}
