//! `audiences`: segments and columns that there are.

use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::plan::{Audience, OutputColumn, Segmentation};
use crate::spec;

use super::output::{pick, rename};

/// What audiences are checked against.
pub(super) struct AudienceScope<'a> {
    /// The segmentations that could be resolved.
    pub(super) segmentations: &'a [Segmentation],
    /// The names of all.
    pub(super) names: Vec<&'a str>,
    /// All columns of the customer row, the id first.
    pub(super) columns: &'a [OutputColumn],
    /// Those of the output.
    pub(super) output: &'a [OutputColumn],
    /// What says how the output names them.
    pub(super) written: &'a spec::Output,
}

/// Resolves the audiences; each segment has one at most.
pub(super) fn resolve(
    written: &[spec::Audience],
    known: &AudienceScope<'_>,
    out: &mut Diagnostics,
) -> Vec<Audience> {
    let mut audiences: Vec<Audience> = Vec::new();
    for (at, audience) in written.iter().enumerate() {
        let spec::Audience { segment, columns } = audience;
        if let Some(first) = written[..at].iter().find(|first| first.segment.value == segment.value) {
            out.push(
                Diagnostic::error(Code::DuplicateName, format!("`{}` has two audiences", segment.value))
                    .with_span(segment.span)
                    .with_related(first.segment.span, "the first one")
                    .with_hint("each segment has one file: remove one of them"),
            );
            continue;
        }
        let named = find(audience, known, out);
        let columns = match columns {
            Some(columns) => {
                let mut columns = pick(columns, known.columns, out);
                rename(known.written, &mut columns);
                columns
            }
            None => known.output.to_vec(),
        };
        if let Some((segmentation, segment)) = named {
            audiences.push(Audience { segmentation, segment, columns });
        }
    }
    audiences
}

fn find(
    audience: &spec::Audience,
    known: &AudienceScope<'_>,
    out: &mut Diagnostics,
) -> Option<(String, String)> {
    let written = &audience.segment;
    let Some((name, id)) = written.value.split_once('.') else {
        let message = format!("`{}` names no segment", written.value);
        let diagnostic = Diagnostic::error(Code::BadValue, message).with_span(written.span);
        out.push(diagnostic.with_hint("write `segmentation.segment`, such as `tier.high_value`"));
        return None;
    };
    let Some(own) = known.segmentations.iter().find(|one| one.name == name) else {
        let names = || known.names.iter().copied();
        // One that is declared could not be resolved, and was already complained about.
        if !names().any(|known| known == name) {
            let hint = suggest(name, names(), "the segmentations are");
            let message = format!("there is no segmentation `{name}`");
            out.push(Diagnostic::error(Code::UnknownName, message).with_span(written.span).with_hint(hint));
        }
        return None;
    };
    let segments = own.segments();
    if !segments.iter().any(|one| one.id == id) {
        let hint = suggest(id, segments.iter().map(|one| one.id.as_str()), "its segments are");
        let message = format!("`{name}` has no segment `{id}`");
        out.push(Diagnostic::error(Code::UnknownLabel, message).with_span(written.span).with_hint(hint));
        return None;
    }
    Some((name.to_owned(), id.to_owned()))
}
