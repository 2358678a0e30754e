//! The linter: what is sound, but surely not meant. It runs in `check` only, on rules without errors, and gives warnings.
//!
//! The rows of customers are divided into finitely many cells, on each of which every condition of a segmentation has one
//! value: scores, bands and labels have few values, and the numbers that a metric is compared with cut its line into points
//! and intervals; null is a cell of its own. What cannot be divided so (a comparison of two columns, `like`) is a free
//! condition that may be true, false or unknown in each cell: a rule is called unreachable only if no row can reach it.

mod atom;
mod beside;
mod coverage;
mod facts;
mod quoted;
mod recency;
mod rules;
mod space;
mod subject;
mod truth;
mod unused;

use crate::diag::{Code, Diagnostic, Diagnostics, Span, Spanned};
use crate::spec;

use facts::Facts;
use space::Space;
pub(super) use subject::Subject;

/// Adds every finding.
pub(super) fn lint(subject: &Subject<'_>, out: &mut Diagnostics) {
    unused::lint(subject, out);
    beside::lint(subject.written, out);
    quoted::lint(subject, out);
    recency::lint(subject, out);
    let facts = Facts::new(subject);
    for (written, segmentation) in subject.written.segmentations.iter().zip(subject.segmentations) {
        let places = Places { written };
        let Some(space) = Space::of(segmentation, &facts) else {
            let message =
                format!("`{}` was not looked through: it asks too many different things", written.name.value);
            let hint = "rules that hide one another would not be seen; split it into segmentations that read one another";
            out.push(
                Diagnostic::warning(Code::LintSkipped, message).with_span(written.name.span).with_hint(hint),
            );
            continue;
        };
        rules::lint(segmentation, &space, &facts, places, out);
        coverage::lint(segmentation, &space, &facts, places, out);
    }
}

/// Where the rules of a segmentation stand in the file.
#[derive(Clone, Copy)]
struct Places<'a> {
    written: &'a spec::Segmentation,
}

impl<'a> Places<'a> {
    /// A rule's condition; of a preset's rule what changed it, or the preset.
    fn rule(&self, number: usize, id: &str) -> Span {
        let condition =
            self.written.rules.get(number).and_then(|rule| rule.when.as_ref()).map(|when| when.span);
        let entry = self.written.entries.iter().find(|entry| entry.id.value == id);
        let entry = entry.and_then(|entry| entry.when.as_ref()).map(|(_, text)| text.span);
        condition.or(entry).unwrap_or_else(|| self.table())
    }

    /// The segmentation as a whole: a preset's variables if some are set, its name, or that of the segmentation.
    fn table(&self) -> Span {
        let set = self.written.with.iter().map(|(name, value)| name.span.to(value.span)).reduce(Span::to);
        let preset = self.written.preset.as_ref().map(|preset| preset.span);
        set.or(preset).unwrap_or(self.written.name.span)
    }

    fn preset(&self) -> Option<&'a Spanned<String>> {
        self.written.preset.as_ref()
    }
}
