//! `segments`: rules in order; presets are spelled out as rules by their own file.

use crate::diag::{Code, Diagnostic, Diagnostics, listed};
use crate::plan::{Action, Column, Rule, Segmentation, Type};
use crate::spec::{self, Looks, Preset, PresetBody};

use super::expr::{BY_METRIC, NoAggregates, Typer};
use super::names::segment;
use super::order::{Ordered, ordered};
use super::presets;
use super::scope::{CustomerScope, Section};
use super::scores::Scores;

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
        let all = given(one).unwrap_or_default();
        scope.add(Section::Segments, name, Type::Text, labels(&all));
        scope.show(name, all.iter().flat_map(shown).collect());
        scope.add(Section::Segments, &format!("{name}_rule"), Type::Score, None);
        if scope.has_overrides {
            let actions = Action::ALL.map(|action| action.name().to_owned());
            scope.add(Section::Segments, &format!("{name}_override"), Type::Text, Some(actions.to_vec()));
        }
    }
    let one = |one: &spec::Segmentation| match &one.preset {
        Some(preset) => presets::resolve(one, preset, scores, scope, out),
        None => from_rules(one, scope, out),
    };
    let resolved: Vec<Option<Segmentation>> = written.iter().map(one).collect();
    let order = order(&resolved, written, scope.has_overrides, out);
    // Without errors, which leave no plan, all are there.
    Resolved { segmentations: resolved.into_iter().flatten().collect(), order }
}

/// The segments that a segmentation gives, the default last, as far as it can be read.
fn given(written: &spec::Segmentation) -> Option<Vec<spec::Segment>> {
    let body = match &written.preset {
        Some(preset) => Some(Preset::load(&preset.value)?.body),
        None => None,
    };
    let (ready, usual) = match body {
        Some(PresetBody::Segments { rules, default }) => (rules, Some(default)),
        Some(PresetBody::Bands(_)) => return None,
        None => (Vec::new(), None),
    };
    let default = written.default.clone().or(usual)?;
    let ready = ready.into_iter().map(|rule| rule.segment);
    Some(ready.chain(written.rules.iter().map(|rule| rule.segment.clone())).chain([default]).collect())
}

/// The only labels that there are, each once; none where there is nothing known.
fn labels(all: &[spec::Segment]) -> Option<Vec<String>> {
    let mut labels: Vec<String> = Vec::new();
    for segment in all {
        if !labels.contains(&segment.id.value) {
            labels.push(segment.id.value.clone());
        }
    }
    (!labels.is_empty()).then_some(labels)
}

/// How a segment is shown to people, in each language, and its id.
fn shown(segment: &spec::Segment) -> Vec<(String, String)> {
    let Looks { label_zh, label_en, .. } = &segment.looks;
    let labels = label_zh.iter().chain(label_en);
    labels.map(|label| (label.clone(), segment.id.value.clone())).collect()
}

/// The segmentations' numbers, each after those it reads. A cycle is reported with a place for each of its steps.
fn order(
    resolved: &[Option<Segmentation>],
    written: &[spec::Segmentation],
    has_overrides: bool,
    out: &mut Diagnostics,
) -> Vec<usize> {
    let is_of = |column: &str, at: usize| {
        let name = written[at].name.value.as_str();
        let by_hand = || has_overrides && column.strip_suffix("_override") == Some(name);
        column == name || column.strip_suffix("_rule") == Some(name) || by_hand()
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
            let rules = written[at].rules.iter().filter_map(|rule| rule.when.as_ref());
            let entries = written[at].entries.iter().filter_map(|entry| entry.when.as_ref()?.0.as_ref());
            let found = rules.chain(entries).find_map(|when| when.place_of(&|name| is_of(name, read)));
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
    let for_presets = [
        ("scores", written.scores.iter().flatten().next().map(|score| score.span)),
        ("metrics", written.metrics.first().map(|(role, _)| role.span)),
        ("fitted", written.fitted.as_ref().map(|fitted| fitted.by.span)),
        ("with", written.with.first().map(|(variable, _)| variable.span)),
        ("entries", written.entries.first().map(|entry| entry.id.span)),
    ];
    for (key, span) in for_presets {
        let Some(span) = span else { continue };
        let message = format!("`{key}` goes with a preset; rules name what they read");
        out.push(Diagnostic::error(Code::BadValue, message).with_span(span).with_hint("leave it out"));
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
    let default = segment(written.default.as_ref()?);
    Some(Segmentation { name: name.value.clone(), rules, default, lifecycle: None })
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
