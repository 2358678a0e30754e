//! Tables of scores with holes: combinations that no rule takes, where most have one. A few rules over scores with a
//! default for the rest are no table, and nothing is said of them.

use crate::diag::{Code, Diagnostic, Diagnostics, listed};
use crate::plan::Segmentation;
use crate::spec::Preset;

use super::Places;
use super::facts::Facts;
use super::space::{Numbers, Space, Value, Variable};
use super::truth::{Cells, Truth};

/// How many examples are shown.
const EXAMPLES: usize = 5;

pub(super) fn lint(
    segmentation: &Segmentation,
    space: &Space,
    facts: &Facts<'_>,
    places: Places<'_>,
    out: &mut Diagnostics,
) {
    if space.variables.len() < 2 || !space.variables.iter().all(|variable| variable.is_score) {
        return;
    }
    let none = Cells::none(space.cells);
    let taken = segmentation
        .rules
        .iter()
        .fold(none, |taken, rule| taken.or(&Truth::of(&rule.when, space, facts).yes));
    let (mut all, mut holes) = (0_u64, 0_u64);
    let mut examples: Vec<Vec<(&str, i64)>> = Vec::new();
    for cell in 0..space.cells {
        let Some(scores) = space.variables.iter().map(|one| score(one, cell)).collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let codes = scores.iter().fold(1_u64, |codes, (_, numbers)| codes.saturating_mul(numbers.count));
        all = all.saturating_add(codes);
        if !taken.holds(cell) {
            holes = holes.saturating_add(codes);
            if examples.len() < EXAMPLES {
                examples.push(scores.iter().map(|(name, numbers)| (*name, numbers.first)).collect());
            }
        }
    }
    if holes == 0 || holes > all / 2 {
        return;
    }
    let default = &segmentation.default.id;
    let names = listed(space.variables.iter().map(|one| one.key.as_str()));
    let fall = if holes == 1 { "falls" } else { "fall" };
    let message = format!("{holes} of {all} combinations of {names} {fall} to the default `{default}`");
    let example = |example: &Vec<(&str, i64)>| {
        example.iter().map(|(name, score)| format!("{name} = {score}")).collect::<Vec<_>>().join(" and ")
    };
    let shown: Vec<String> = examples.iter().map(|one| format!("`{}`", example(one))).collect();
    let more = if holes > examples.len() as u64 { ", among others" } else { "" };
    let printed = places.preset().and_then(|preset| printed(&preset.value, &examples));
    out.push(
        Diagnostic::warning(Code::UncoveredCodes, message)
            .with_span(places.table())
            .with_hint(format!("no rule is true for {}{more}", shown.join(", ")))
            .with_hint_opt(printed),
    );
}

/// The score of a cell; none where it is null.
fn score(variable: &Variable, cell: usize) -> Option<(&str, Numbers)> {
    match &variable.values[variable.value(cell)] {
        Value::Numbers(numbers) => Some((&variable.key, *numbers)),
        _ => None,
    }
}

/// The codes in the digits of the published table, where those are others.
fn printed(preset: &str, examples: &[Vec<(&str, i64)>]) -> Option<String> {
    let scores = Preset::load(preset)?.scores.filter(|scores| scores.printed_from != 1)?;
    let lower = 1 - i64::from(scores.printed_from);
    let code = |example: &Vec<(&str, i64)>| {
        let digits: String = example.iter().map(|(_, score)| (score - lower).to_string()).collect();
        format!("`{digits}`")
    };
    let codes: Vec<String> = examples.iter().map(code).collect();
    Some(format!("the published table counts from {}: {}", scores.printed_from, codes.join(", ")))
}
