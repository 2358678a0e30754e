//! Presets that hide something which a finer one shows, without the finer one beside them.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::{Preset, Rules};

pub(super) fn lint(rules: &Rules, out: &mut Diagnostics) {
    for one in &rules.segmentations {
        let Some(name) = &one.preset else { continue };
        let Some(finer) = Preset::load(&name.value).and_then(|preset| preset.beside) else { continue };
        let is_there =
            |other: &Option<crate::diag::Spanned<String>>| other.as_ref().is_some_and(|it| it.value == finer);
        if rules.segmentations.iter().any(|other| is_there(&other.preset)) {
            continue;
        }
        let scores =
            one.scores.iter().flatten().map(|score| score.value.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!("`{}` is folded from `{finer}`, which is not in the output", name.value);
        out.push(
            Diagnostic::warning(Code::CoarsePreset, message)
                .with_span(name.span)
                .with_hint("it hides differences that matter, such as customers who spent much and are gone")
                .with_hint(format!(
                    "add a segmentation beside it: `{{preset: {finer}, scores: [{scores}]}}`"
                )),
        );
    }
}
