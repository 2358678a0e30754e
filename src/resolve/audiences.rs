//! `audiences`: segments and columns that there are.

use crate::diag::{Code, Diagnostic, Diagnostics, suggest};
use crate::plan::{Audience, FileFormat, Labels, OutputColumn, Segmentation};
use crate::spec;

use super::output::{pick, rename};
use super::scope::CustomerScope;

/// What audiences are checked against.
pub(super) struct AudienceScope<'a> {
    /// The segmentations that could be resolved.
    pub(super) segmentations: &'a [Segmentation],
    /// The names of all.
    pub(super) names: Vec<&'a str>,
    /// All columns of the customer row, the id first.
    pub(super) columns: &'a [OutputColumn],
    /// What to say of names that are not among them.
    pub(super) scope: &'a CustomerScope,
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
        let spec::Audience { segment, columns, format: _, labels: _, bom: _ } = audience;
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
                let mut columns = pick(columns, known.columns, known.scope, out);
                rename(known.written, &mut columns);
                columns
            }
            None => known.output.to_vec(),
        };
        let format = format(audience, out);
        if let Some((segmentation, segment)) = named {
            audiences.push(Audience { segmentation, segment, columns, format });
        }
    }
    audiences
}

fn format(audience: &spec::Audience, out: &mut Diagnostics) -> FileFormat {
    let spec::Audience { segment: _, columns: _, format, labels, bom } = audience;
    if format.as_ref().is_some_and(|format| format.value == "csv") {
        let labels = match labels.as_ref().map(|labels| labels.value.as_str()) {
            Some("zh") => Labels::Chinese,
            Some("en") => Labels::English,
            _ => Labels::Id,
        };
        return FileFormat::Csv { labels, bom: bom.as_ref().is_some_and(|bom| bom.value) };
    }
    let labels = labels.as_ref().map(|labels| ("labels", labels.span));
    for (key, span) in labels.into_iter().chain(bom.as_ref().map(|bom| ("bom", bom.span))) {
        let message = format!("`{key}` is of CSV files, and this audience is Parquet");
        let diagnostic = Diagnostic::error(Code::BadValue, message).with_span(span);
        out.push(diagnostic.with_hint("add `format: csv`, or leave it out: programs read ids"));
    }
    FileFormat::Parquet
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
