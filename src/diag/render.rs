//! Draws diagnostics: for people in the style of rustc, for machines as JSON. Nothing else formats a complaint.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Diagnostics, Lines, Severity, Source};

/// More than anybody reads in one go.
const MOST: usize = 200;

/// Draws them in the order of the file, with underlined excerpts; of very many the first.
pub fn text(diagnostics: &Diagnostics, source: &Source, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let drawn = diagnostics.sorted().into_iter().take(MOST);
    let mut text: String = drawn.map(|d| one(d, source, &renderer) + "\n\n").collect();
    if diagnostics.len() > MOST {
        text.push_str(&format!("… and {} more\n", diagnostics.len() - MOST));
    }
    text
}

fn one(diagnostic: &Diagnostic, rules: &Source, renderer: &Renderer) -> String {
    let source = diagnostic.source.as_deref().unwrap_or(rules);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code.as_str());
    let mut group = match diagnostic.span {
        None => Group::with_title(title).element(Origin::path(source.name.as_str())),
        Some(span) => {
            let span = source.clamp(span);
            let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str()).annotation(
                AnnotationKind::Primary.span(span.start..span.end).label(diagnostic.label.as_deref()),
            );
            for (related, label) in &diagnostic.related {
                let related = source.clamp(*related);
                snippet = snippet.annotation(
                    AnnotationKind::Context.span(related.start..related.end).label(label.as_str()),
                );
            }
            Group::with_title(title).element(snippet)
        }
    };
    for hint in &diagnostic.hints {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    renderer.render(&[group])
}

/// All that are kept as a JSON array of objects: severity, code, message, file, line, column, end, hints.
pub fn json<'a>(diagnostics: &'a Diagnostics, source: &'a Source) -> serde_json::Value {
    let rules = source.lines();
    // Sorted by source, so the lines of one are worked out once.
    let mut others: Option<(&Source, Lines<'_>)> = None;
    let one = |d: &'a Diagnostic| {
        let source = d.source.as_deref().unwrap_or(source);
        if let Some(other) = d.source.as_deref()
            && others.as_ref().is_none_or(|(known, _)| !std::ptr::eq(*known, other))
        {
            others = Some((other, other.lines()));
        }
        let lines = match (&d.source, &others) {
            (Some(_), Some((_, lines))) => lines,
            _ => &rules,
        };
        let place = d.span.map(|span| {
            let span = source.clamp(span);
            (lines.line_column(span.start), lines.line_column(span.end))
        });
        serde_json::json!({
            "severity": match d.severity { Severity::Error => "error", Severity::Warning => "warning" },
            "code": d.code.as_str(),
            "message": d.message,
            "label": d.label,
            "file": source.name,
            "line": place.map(|p| p.0.0),
            "column": place.map(|p| p.0.1),
            "end_line": place.map(|p| p.1.0),
            "end_column": place.map(|p| p.1.1),
            "related": d.related.iter().map(|(span, label)| {
                let (line, column) = lines.line_column(source.clamp(*span).start);
                serde_json::json!({"line": line, "column": column, "label": label})
            }).collect::<Vec<_>>(),
            "hints": d.hints,
        })
    };
    diagnostics.sorted().into_iter().map(one).collect()
}
