//! Presets spelled out as rules: roles become columns, variables become numbers, changed entries replace the preset's.
//! What is wrong is always said of the rules file; a data file has no mistakes.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, did_you_mean, listed};
use crate::plan::{Column, Expr, ExprKind, Lifecycle, Literal, Rule, Segmentation, Type};
use crate::spec::{self, Preset, PresetBody, PresetCondition, PresetMetric, PresetScores, SCORE_ROLES};

use super::expr::{BY_METRIC, NoAggregates, Typer, number_literal};
use super::lifecycle;
use super::names;
use super::scope::{CustomerScope, Found, Scope};
use super::segments::Scores;

/// What a preset's roles and variables stand for in one rules file.
#[derive(Debug, Default)]
struct Roles {
    /// Each with its value, and with the words that stand for it in the text of a rule.
    list: Vec<(String, Expr, String)>,
}

impl Roles {
    fn add(&mut self, name: &str, expr: Expr, words: String) {
        self.list.push((name.to_owned(), expr, words));
    }

    /// A condition's text with columns and numbers instead of roles and variables.
    fn spell(&self, text: &str) -> String {
        let mut spelled = String::new();
        // Every second part is a text in quotes, which holds no names.
        for (at, part) in text.split('\'').enumerate() {
            if at % 2 == 1 {
                spelled.push_str(&format!("'{part}'"));
                continue;
            }
            let mut word = String::new();
            for c in part.chars().chain(['\n']) {
                if c.is_alphanumeric() || c == '_' {
                    word.push(c);
                    continue;
                }
                let role = self.list.iter().find(|(name, ..)| *name == word);
                spelled.push_str(role.map_or(&word, |(_, _, words)| words));
                word.clear();
                if c != '\n' {
                    spelled.push(c);
                }
            }
        }
        spelled
    }
}

/// Names in a preset's conditions: its roles and variables, then the columns of the customer's row.
struct PresetScope<'a> {
    roles: &'a Roles,
    customers: &'a CustomerScope,
}

impl Scope for PresetScope<'_> {
    fn lookup(&self, name: &str) -> Result<Found, Diagnostic> {
        match self.roles.list.iter().find(|(role, ..)| role == name) {
            Some((_, expr, _)) => Ok(Found { expr: expr.clone(), labels: None }),
            None => self.customers.lookup(name),
        }
    }
}

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
        None => {
            let hint = did_you_mean(&name.value, known());
            (
                format!("there is no preset `{}`", name.value),
                hint.unwrap_or_else(|| format!("there are {}", listed(known()))),
            )
        }
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

/// The three scores as digits of the code, if they have as many bins as the preset's table.
fn add_scores(
    written: &spec::Segmentation,
    preset: &Preset,
    name: &Spanned<String>,
    scores: Scores<'_>,
    roles: &mut Roles,
    out: &mut Diagnostics,
) -> bool {
    let given = written.scores.as_deref().unwrap_or_default();
    let Some(needed) = preset.scores else {
        if let Some(first) = given.first() {
            let message = format!("the preset `{}` reads no scores", preset.name);
            out.push(
                Diagnostic::error(Code::PresetScores, message)
                    .with_span(first.span)
                    .with_hint("leave them out"),
            );
        }
        return given.is_empty();
    };
    let [_, _, _] = given else {
        let message = format!("the preset `{}` reads three scores", preset.name);
        out.push(
            Diagnostic::error(Code::PresetScores, message)
                .with_span(name.span)
                .with_hint("name them in this order: `scores: [recency, frequency, monetary]`"),
        );
        return false;
    };
    let mut complete = true;
    for (role, score) in SCORE_ROLES.iter().zip(given) {
        match check_score(score, needed, preset, scores, out) {
            Some(expr) => roles.add(role, expr, score.value.clone()),
            None => complete = false,
        }
    }
    complete
}

fn check_score(
    score: &Spanned<String>,
    needed: PresetScores,
    preset: &Preset,
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
    if resolved.bins() != Some(needed.bins) {
        let has = resolved.bins().map_or("is weighted".to_owned(), |bins| format!("has {bins}"));
        let message =
            format!("`{}` reads scores of {} bins, and `{}` {has}", preset.name, needed.bins, score.value);
        out.push(Diagnostic::error(Code::PresetScores, message).with_span(score.span).with_hint(
            match needed.bins {
                2 => "score with `mean: true`, `quantiles: 2` or one break".to_owned(),
                bins => format!("score with `quantiles: {bins}` or {} breaks", bins - 1),
            },
        ));
        return None;
    }
    Some(Expr::column(Column::Customer(score.value.clone()), Type::Score))
}

/// The metrics that the preset reads, under the names that the rules file has for them.
fn add_metrics(
    written: &spec::Segmentation,
    preset: &Preset,
    name: &Spanned<String>,
    scope: &CustomerScope,
    roles: &mut Roles,
    out: &mut Diagnostics,
) -> bool {
    let mut complete = true;
    for (role, _) in &written.metrics {
        let known = || preset.metrics.iter().map(|one| one.role.as_str());
        if !known().any(|known| known == role.value) {
            let hint = match preset.metrics.len() {
                0 => "leave it out".to_owned(),
                _ => did_you_mean(&role.value, known())
                    .unwrap_or_else(|| format!("it reads {}", listed(known()))),
            };
            let message = format!("the preset `{}` reads no metric as `{}`", preset.name, role.value);
            out.push(Diagnostic::error(Code::PresetMetrics, message).with_span(role.span).with_hint(hint));
            complete = false;
        }
    }
    for metric in &preset.metrics {
        let PresetMetric { role, column, about, line } = metric;
        let given =
            written.metrics.iter().rev().find(|(known, _)| known.value == *role).map(|(_, given)| given);
        let (column, span) = given.map_or((column, name.span), |given| (&given.value, given.span));
        let found = scope.lookup(column).map(|found| found.expr);
        match found {
            Err(diagnostic) => {
                out.push(match given {
                    Some(_) => diagnostic.with_span(span),
                    None => {
                        let message = format!(
                            "`{}` reads the metric `{column}`, which is not there: {about}",
                            preset.name
                        );
                        Diagnostic::error(Code::PresetMetrics, message)
                            .with_span(span)
                            .with_hint(format!("add under `metrics:` the line `{line}`"))
                            .with_hint(format!("or name the one that it is: `metrics: {{{role}: …}}`"))
                    }
                });
                complete = false;
            }
            Ok(expr) if !expr.ty.is_numeric() && expr.ty != Type::Unknown => {
                let message =
                    format!("`{}` compares `{column}` with numbers, and it is {}", preset.name, expr.ty);
                out.push(Diagnostic::error(Code::TypeMismatch, message).with_span(span));
                complete = false;
            }
            Ok(expr) => roles.add(role, expr, column.clone()),
        }
    }
    complete
}

/// The preset's variables, as learned, as set, or as they come.
fn add_variables(
    written: &spec::Segmentation,
    preset: &Preset,
    learned: Option<&Lifecycle>,
    roles: &mut Roles,
    out: &mut Diagnostics,
) -> bool {
    let mut complete = true;
    let mut complain = |message: String, span, hint: String| {
        out.push(Diagnostic::error(Code::PresetVariable, message).with_span(span).with_hint(hint));
        complete = false;
    };
    for (name, value) in &written.with {
        let known = || preset.variables.iter().map(|one| one.name.as_str());
        match preset.variables.iter().find(|one| one.name == name.value) {
            None => {
                let hint = match preset.variables.len() {
                    0 => "it has none".to_owned(),
                    _ => did_you_mean(&name.value, known())
                        .unwrap_or_else(|| format!("its variables are {}", listed(known()))),
                };
                complain(
                    format!("the preset `{}` has no variable `{}`", preset.name, name.value),
                    name.span,
                    hint,
                );
            }
            Some(variable) if variable.whole && !is_whole(value.value) => {
                let message = format!("`{}` is a whole number from 0, not `{}`", name.value, value.value);
                complain(message, value.span, variable.about.clone());
            }
            Some(_) => {}
        }
    }
    for variable in &preset.variables {
        let set = written.with.iter().rev().find(|(name, _)| name.value == variable.name);
        let value = set.map_or(variable.default, |(_, value)| value.value);
        let learned = learned.and_then(|all| lifecycle::number(all, &written.name.value, &variable.name));
        match learned {
            Some(number) => roles.add(&variable.name, number, variable.name.clone()),
            None => roles.add(&variable.name, number_literal(value), value.to_string()),
        }
    }
    complete
}

/// Days and counts fit the 32 bits of a number of days.
fn is_whole(value: Decimal) -> bool {
    value.scale == 0 && (0..=i128::from(i32::MAX)).contains(&value.unscaled)
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
                let hint = did_you_mean(&entry.id.value, known());
                let hint = hint.unwrap_or_else(|| format!("its segments are {}", listed(known())));
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
    let score =
        |role: &str| roles.list.iter().find(|(name, ..)| name == role).map(|(_, expr, _)| expr.clone());
    let [r, f, m] = SCORE_ROLES.map(score);
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
