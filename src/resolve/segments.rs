//! `segments`: rules in order, presets spelled out as rules.

use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, did_you_mean, listed};
use crate::plan::{Column, Expr, ExprKind, Literal, Rule, Score, Segment, Segmentation, Type};
use crate::spec::{self, Looks, Preset};

use super::expr::{BY_METRIC, NoAggregates, Typer};
use super::names::segment;
use super::order::{Ordered, ordered};
use super::scope::{CustomerScope, Section};

/// The scores of the rules file: as written, and those of them that could be resolved.
#[derive(Clone, Copy)]
pub(super) struct Scores<'a> {
    pub(super) written: &'a [spec::Score],
    pub(super) resolved: &'a [Score],
}

/// The segmentations that could be resolved.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// In the order of the file.
    pub(super) segmentations: Vec<Segmentation>,
    /// Their numbers in an order in which each reads only earlier ones.
    pub(super) order: Vec<usize>,
}

/// Resolves the segmentations. They may read one another's labels in any order of the file, as long as it is no circle.
pub(super) fn resolve(
    written: &[spec::Segmentation],
    scores: Scores<'_>,
    scope: &mut CustomerScope,
    out: &mut Diagnostics,
) -> Resolved {
    for one in written {
        let name = &one.name.value;
        scope.add(Section::Segments, name, Type::Text, labels(one));
        scope.add(Section::Segments, &format!("{name}_rule"), Type::Score, None);
    }
    let one = |one: &spec::Segmentation| match &one.preset {
        Some(preset) => from_preset(one, preset, scores, out),
        None => from_rules(one, scope, out),
    };
    let resolved: Vec<Option<Segmentation>> = written.iter().map(one).collect();
    let order = order(&resolved, written, out);
    // Without errors, which leave no plan, all are there.
    Resolved { segmentations: resolved.into_iter().flatten().collect(), order }
}

/// The only labels that a segmentation gives, as far as it can be read.
fn labels(written: &spec::Segmentation) -> Option<Vec<String>> {
    let preset = match &written.preset {
        Some(preset) => Some(Preset::load(&preset.value)?),
        None => None,
    };
    let ready = preset.iter().flat_map(|preset| preset.segments.iter().map(|(segment, _)| segment));
    let default = written.default.as_ref().or(preset.as_ref().map(|preset| &preset.default))?;
    let all = ready.chain(written.rules.iter().map(|rule| &rule.segment)).chain([default]);
    let mut labels: Vec<String> = Vec::new();
    for segment in all {
        if !labels.contains(&segment.id.value) {
            labels.push(segment.id.value.clone());
        }
    }
    Some(labels)
}

/// The segmentations' numbers, each after those it reads. A cycle is reported with a place for each of its steps.
fn order(
    resolved: &[Option<Segmentation>],
    written: &[spec::Segmentation],
    out: &mut Diagnostics,
) -> Vec<usize> {
    let is_of = |column: &str, at: usize| {
        let name = written[at].name.value.as_str();
        column == name || column.strip_suffix("_rule") == Some(name)
    };
    let reads = |one: &Option<Segmentation>| {
        let mut read = Vec::new();
        for rule in one.iter().flat_map(|one| &one.rules) {
            rule.when.columns(&mut |column| {
                if let Column::Customer(name) = column {
                    read.extend((0..written.len()).find(|at| is_of(name, *at)));
                }
            });
        }
        read
    };
    let Ordered { order, cycles } = ordered(&resolved.iter().map(reads).collect::<Vec<_>>());
    for cycle in cycles {
        let name = |at: usize| written[at].name.value.as_str();
        // Where each reads the next, or else its name: a preset has no place of its own in the file.
        let step = |place: usize| {
            let (at, read) = (cycle[place], cycle[(place + 1) % cycle.len()]);
            let mut rules = written[at].rules.iter().filter_map(|rule| rule.when.as_ref());
            let found = rules.find_map(|when| when.place_of(&|name| is_of(name, read)));
            (found.unwrap_or(written[at].name.span), format!("`{}` reads `{}`", name(at), name(read)))
        };
        let (span, label) = step(0);
        let (message, hint) = match cycle.len() {
            1 => (
                format!("the segmentation `{}` reads its own label", name(cycle[0])),
                "rules are tried in order: a rule is asked only where those above it are not true",
            ),
            _ => (
                format!("the segmentations {} read one another", listed(cycle.iter().map(|at| name(*at)))),
                "one of them must do without the label of the next: ask for what that label stands for",
            ),
        };
        let mut diagnostic = Diagnostic::error(Code::Cycle, message).with_span(span).with_hint(hint);
        if cycle.len() > 1 {
            diagnostic = diagnostic.with_label(label);
        }
        for place in 1..cycle.len() {
            let (span, label) = step(place);
            diagnostic = diagnostic.with_related(span, label);
        }
        out.push(diagnostic);
    }
    order
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
