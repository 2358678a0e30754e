//! What a preset's conditions read, found in one rules file: scores and metrics by their roles, and variables. What is
//! wrong is always said of the rules file.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, suggest};
use crate::plan::{Column, Expr, Lifecycle, Type};
use crate::spec::{self, Preset, PresetMetric, PresetScores, SCORE_ROLES};

use super::expr::number_literal;
use super::lifecycle;
use super::scope::{CustomerScope, Found, Scope};
use super::scores::Scores;

/// What a preset's roles and variables stand for in one rules file.
#[derive(Debug, Default)]
pub(super) struct Roles {
    /// Each with its value, and with the words that stand for it in the text of a rule.
    list: Vec<(String, Expr, String)>,
}

impl Roles {
    pub(super) fn add(&mut self, name: &str, expr: Expr, words: String) {
        self.list.push((name.to_owned(), expr, words));
    }

    /// What a role or variable stands for.
    pub(super) fn get(&self, name: &str) -> Option<&Expr> {
        self.list.iter().find(|(known, ..)| known == name).map(|(_, expr, _)| expr)
    }

    /// A condition's text with columns and numbers instead of roles and variables.
    pub(super) fn spell(&self, text: &str) -> String {
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
pub(super) struct PresetScope<'a> {
    pub(super) roles: &'a Roles,
    pub(super) customers: &'a CustomerScope,
}

impl Scope for PresetScope<'_> {
    fn lookup(&self, name: &str) -> Result<Found, Diagnostic> {
        match self.roles.get(name) {
            Some(expr) => Ok(Found { expr: expr.clone(), labels: None }),
            None => self.customers.lookup(name),
        }
    }
}

/// The three scores as digits of the code, if they have as many bins as the preset's table.
pub(super) fn add_scores(
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
            let hint = suggest(&score.value, known(), "the scores are");
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
pub(super) fn add_metrics(
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
                _ => suggest(&role.value, known(), "it reads"),
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
pub(super) fn add_variables(
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
                    _ => suggest(&name.value, known(), "its variables are"),
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
