//! Presets spelled out as rules: roles become columns, variables become numbers, changed entries replace the preset's.
//! What is wrong is always said of the rules file; a data file has no mistakes.

use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, suggest};
use crate::plan::{Expr, ExprKind, Literal, Rule, Segmentation, Type};
use crate::spec::{self, Preset, PresetBody, PresetCondition, SCORE_ROLES};

use super::expr::{BY_METRIC, NoAggregates, Typer};
use super::lifecycle;
use super::names;
use super::preset_roles::{PresetScope, Roles, add_metrics, add_scores, add_variables};
use super::scope::CustomerScope;
use super::scores::Scores;

/// The preset of a name, of bands or of segments; what else it may have meant is said.
pub(super) fn find(name: &Spanned<String>, bands: bool, out: &mut Diagnostics) -> Option<Preset> {
    let all = || Preset::names().filter_map(Preset::load);
    let known: Vec<String> = all().filter(|one| one.is_bands() == bands).map(|one| one.name).collect();
    let known = || known.iter().map(String::as_str);
    let (message, hint) = match all().find(|one| one.name == name.value) {
        Some(preset) if preset.is_bands() == bands => return Some(preset),
        Some(_) if bands => (
            format!("`{}` is a preset of segments, not of bands", name.value),
            "it goes under `segments:`".to_owned(),
        ),
        Some(_) => (
            format!("`{}` is a preset of bands, not of segments", name.value),
            "it goes under `bands:`".to_owned(),
        ),
        None => (format!("there is no preset `{}`", name.value), suggest(&name.value, known(), "there are")),
    };
    out.push(Diagnostic::error(Code::UnknownPreset, message).with_span(name.span).with_hint(hint));
    None
}

/// Spells a preset out.
pub(super) fn resolve(
    written: &spec::Segmentation,
    name: &Spanned<String>,
    scores: Scores<'_>,
    scope: &CustomerScope,
    out: &mut Diagnostics,
) -> Option<Segmentation> {
    // Destructured in full, so that a new key is a compile error here.
    let spec::Segmentation {
        name: column,
        preset: _,
        scores: _,
        metrics: _,
        with: _,
        fitted: _,
        entries,
        rules,
        default,
    } = written;
    if let Some(rule) = rules.first() {
        let message = "a segmentation has a `preset` or `rules`, not both";
        let hint = "put the rules into a segmentation of their own below; it can read this one";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(rule.segment.id.span).with_hint(hint));
    }
    let preset = find(name, false, out)?;
    let PresetBody::Segments { rules, default: usual } = &preset.body else { return None };
    let mut roles = Roles::default();
    let lifecycle = lifecycle::resolve(written, &preset, out);
    let learned = lifecycle.iter().flatten().next();
    let complete = [
        lifecycle.is_some(),
        add_scores(written, &preset, name, scores, &mut roles, out),
        add_metrics(written, &preset, name, scope, &mut roles, out),
        add_variables(written, &preset, learned, &mut roles, out),
        check_entries(written, &preset, usual, out),
    ];
    let mut resolved = Vec::new();
    for rule in rules {
        let id = &rule.segment.id.value;
        let entry = entries.iter().find(|entry| entry.id.value == *id);
        let mut segment = rule.segment.clone();
        if let Some(entry) = entry {
            segment.looks = entry.looks.clone().or(&segment.looks);
        }
        let condition = match (entry.and_then(|entry| entry.when.as_ref()), &rule.condition) {
            (Some((when, text)), PresetCondition::When(..)) => {
                let names = PresetScope { roles: &roles, customers: scope };
                let mut none = NoAggregates("a rule reads the customer's row", BY_METRIC);
                let when = (Typer { scope: &names, aggregates: &mut none, out }).condition(when.as_ref()?);
                when.map(|when| (when, roles.spell(&text.value)))
            }
            (_, PresetCondition::When(when, text)) if complete.iter().all(|fine| *fine) => {
                let names = PresetScope { roles: &roles, customers: scope };
                let mut none = NoAggregates("a rule reads the customer's row", BY_METRIC);
                let mut inside = Diagnostics::new();
                let when = (Typer { scope: &names, aggregates: &mut none, out: &mut inside }).condition(when);
                // Its places are in the data file; the rules file only named it.
                for diagnostic in inside.sorted() {
                    out.push(Diagnostic { span: Some(name.span), related: Vec::new(), ..diagnostic.clone() });
                }
                when.map(|when| (when, roles.spell(text)))
            }
            (_, PresetCondition::Codes(codes)) => of_codes(codes, &roles),
            _ => None,
        };
        let Some((when, text)) = condition else { continue };
        resolved.push(Rule { segment: names::segment(&segment), when, text });
    }
    let usual = match entries.iter().find(|entry| entry.id.value == usual.id.value) {
        Some(entry) => spec::Segment { id: usual.id.clone(), looks: entry.looks.clone().or(&usual.looks) },
        None => usual.clone(),
    };
    complete.iter().all(|fine| *fine).then(|| Segmentation {
        name: column.value.clone(),
        rules: resolved,
        default: names::segment(default.as_ref().unwrap_or(&usual)),
        lifecycle: lifecycle.flatten(),
    })
}

/// Entries change segments that are there; a table of codes has no conditions to replace.
fn check_entries(
    written: &spec::Segmentation,
    preset: &Preset,
    default: &spec::Segment,
    out: &mut Diagnostics,
) -> bool {
    let mut complete = true;
    for entry in &written.entries {
        let ids = || preset.rules().iter().map(|rule| &rule.segment).chain([default]);
        let known = || ids().map(|segment| segment.id.value.as_str());
        let rule = preset.rules().iter().find(|rule| rule.segment.id.value == entry.id.value);
        let complaint = match (rule.map(|rule| &rule.condition), &entry.when) {
            (None, _) if !known().any(|id| id == entry.id.value) => {
                let hint = suggest(&entry.id.value, known(), "its segments are");
                let message = format!("the preset `{}` has no segment `{}`", preset.name, entry.id.value);
                Some(Diagnostic::error(Code::UnknownLabel, message).with_span(entry.id.span).with_hint(hint))
            }
            (None, Some((_, text))) => {
                let message =
                    format!("`{}` is the label of everybody else: it has no condition", entry.id.value);
                Some(
                    Diagnostic::error(Code::BadValue, message)
                        .with_span(text.span)
                        .with_hint("leave `when` out"),
                )
            }
            (Some(PresetCondition::Codes(_)), Some((_, text))) => {
                let message = format!("`{}` is a table of codes: its entries have no `when`", preset.name);
                let hint = "write a segmentation with rules of your own below; it can read this one";
                Some(Diagnostic::error(Code::BadValue, message).with_span(text.span).with_hint(hint))
            }
            _ => None,
        };
        complete &= complaint.is_none();
        complaint.into_iter().for_each(|complaint| out.push(complaint));
    }
    complete
}

/// `100 r + 10 f + m in (…)`
fn of_codes(codes: &[u16], roles: &Roles) -> Option<(Expr, String)> {
    let [r, f, m] = SCORE_ROLES.map(|role| roles.get(role).cloned());
    let times = |score: Expr, factor: i64| {
        let factor = Expr::literal(Literal::Int(factor));
        Expr::new(ExprKind::Multiply(Box::new(score.cast(Type::Int)), Box::new(factor)), Type::Int)
    };
    let add = |a: Expr, b: Expr| Expr::new(ExprKind::Add(Box::new(a), Box::new(b)), Type::Int);
    let code = add(add(times(r?, 100), times(f?, 10)), m?.cast(Type::Int));
    let literals: Vec<Literal> = codes.iter().map(|code| Literal::Int(i64::from(*code))).collect();
    let text: Vec<String> = codes.iter().map(u16::to_string).collect();
    let when = Expr::new(ExprKind::In(Box::new(code), literals), Type::Bool);
    Some((when, format!("RFM code in ({})", text.join(", "))))
}
