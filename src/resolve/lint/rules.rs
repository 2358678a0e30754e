//! Rules that give their label to nobody: never true, the same as an earlier one, or left nothing by those above.

use crate::diag::{Code, Diagnostic, Diagnostics, listed};
use crate::plan::Segmentation;

use super::Places;
use super::facts::Facts;
use super::space::Space;
use super::truth::{Cells, Truth};

pub(super) fn lint(
    segmentation: &Segmentation,
    space: &Space,
    facts: &Facts<'_>,
    places: Places<'_>,
    out: &mut Diagnostics,
) {
    // Rules that somebody reaches: between them they hold all cells of those that nobody does.
    let mut live: Vec<(usize, Cells)> = Vec::new();
    for (number, rule) in segmentation.rules.iter().enumerate() {
        let id = |number: usize| segmentation.rules[number].segment.id.as_str();
        let place = |number: usize| places.rule(number, id(number));
        let mut warn = |code: Code, message: String, label: &str, above: &[(usize, &str)], hint: &str| {
            let message = match places.preset() {
                Some(preset) => format!("`{}`: {message}", preset.value),
                None => message,
            };
            let mut diagnostic = Diagnostic::warning(code, message).with_span(place(number)).with_hint(hint);
            for (above, words) in above {
                if place(*above) != place(number) {
                    diagnostic = diagnostic.with_label(label).with_related(place(*above), *words);
                }
            }
            out.push(diagnostic);
        };
        let here = Truth::of(&rule.when, space, facts).yes;
        let name = id(number);
        if here.is_empty() {
            let message = format!("the rule `{name}` can never be true");
            warn(
                Code::NeverTrue,
                message,
                "",
                &[],
                "its conditions exclude one another, or what its columns can be",
            );
            continue;
        }
        if let Some((above, _)) = live.iter().find(|(_, above)| *above == here) {
            let message = format!("the rule `{name}` asks the same as `{}` above it", id(*above));
            let words = [(*above, "asked here first")];
            warn(
                Code::DuplicateRule,
                message,
                "asked again",
                &words,
                "take one of them out, or change its condition",
            );
            continue;
        }
        let mut rest = here.clone();
        let mut takers: Vec<usize> = Vec::new();
        match live.iter().find(|(_, above)| here.without(above).is_empty()) {
            Some((above, _)) => {
                takers.push(*above);
                rest = Cells::none(space.cells);
            }
            None => {
                for (above, cells) in &live {
                    if !rest.and(cells).is_empty() {
                        takers.push(*above);
                        rest = rest.without(cells);
                    }
                }
            }
        }
        if !rest.is_empty() {
            live.push((number, here));
            continue;
        }
        let hint = "the first rule that is true gives the label: move this one up, or narrow those above";
        match takers.as_slice() {
            [above] => {
                let message =
                    format!("nobody reaches the rule `{name}`: `{}` above it takes all", id(*above));
                let words = [(*above, "true wherever it is")];
                warn(Code::UnreachableRule, message, "nobody is left for it", &words, hint);
            }
            above => {
                let names = listed(above.iter().map(|above| id(*above)));
                let message = format!("nobody reaches the rule `{name}`: {names} above it take all");
                let words: Vec<(usize, &str)> = above.iter().map(|above| (*above, "takes some")).collect();
                warn(Code::UnreachableRule, message, "nobody is left for it", &words, hint);
            }
        }
    }
}
