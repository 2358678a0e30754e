//! Names: every output column has one of its own, and any warehouse would take it.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics, Span, Spanned};
use crate::plan;
use crate::spec;

use super::computed;

/// The columns that `clv` adds.
pub(super) const CLV_COLUMNS: &[&str] = plan::Clv::ORDERS_COLUMNS;

/// The rules' name is a folder's.
pub(super) fn check_rules_name(name: &Spanned<String>, out: &mut Diagnostics) {
    check_name(name, out);
}

/// A table of events has a name that a metric can write after `from`.
pub(super) fn check_source(name: &Spanned<String>, out: &mut Diagnostics) {
    check_name(name, out);
}

/// Checks the names of attributes, metrics, scores, bands and segmentations, and of the columns they bring along.
pub(super) fn check_columns(rules: &spec::Rules, out: &mut Diagnostics) {
    let mut seen: HashMap<String, (Span, &str)> = HashMap::new();
    let roles = &rules.inputs.orders[0].roles;
    seen.insert(computed::id_name(roles), (roles.customer.span, "inputs"));
    // Twice in one section is a duplicate key, and reported as one.
    let mut claim = |name: &str, span: Span, section: &'static str, out: &mut Diagnostics| {
        let first = seen.insert(name.to_owned(), (span, section));
        if let Some((first, _)) = first.filter(|(first, other)| *first != span && *other != section) {
            out.push(
                Diagnostic::error(Code::DuplicateName, format!("two output columns are named `{name}`"))
                    .with_span(span)
                    .with_related(first, "the first one")
                    .with_hint(
                        "attributes, metrics, scores, bands and segmentations share the names of one table: rename one",
                    ),
            );
        }
    };
    for (at, attribute) in rules.inputs.customers.iter().flat_map(|one| &one.attributes).enumerate() {
        check_name(&attribute.name, out);
        // In a mapping a name that stands twice is a duplicate key.
        let earlier = rules.inputs.customers.iter().flat_map(|one| &one.attributes).take(at);
        let twice = earlier.filter(|other| other.name.value == attribute.name.value).last();
        match twice.filter(|other| other.column.span == other.name.span) {
            Some(other) => out.push(
                Diagnostic::error(Code::DuplicateName, format!("`{}` is listed twice", attribute.name.value))
                    .with_span(attribute.name.span)
                    .with_related(other.name.span, "the first one")
                    .with_hint("remove one of them"),
            ),
            None => claim(&attribute.name.value, attribute.name.span, "attributes", out),
        }
    }
    let plain = rules.metrics.iter().map(|metric| (&metric.name, "metrics"));
    let plain = plain.chain(rules.scores.iter().map(|score| (&score.name, "scores")));
    for (name, section) in plain.chain(rules.bands.iter().map(|band| (&band.name, "bands"))) {
        check_name(name, out);
        claim(&name.value, name.span, section, out);
    }
    for segmentation in &rules.segmentations {
        let name = &segmentation.name;
        check_name(name, out);
        claim(&name.value, name.span, "segments", out);
        claim(&format!("{}_rule", name.value), name.span, "rules of segments", out);
        if rules.overrides.is_some() {
            claim(&format!("{}_override", name.value), name.span, "overrides of segments", out);
        }
    }
    if let Some(Some(clv)) = &rules.clv {
        for name in CLV_COLUMNS {
            claim(name, clv.model.span, "clv", out);
        }
    }
}

pub(super) fn check_name(name: &Spanned<String>, out: &mut Diagnostics) {
    let complaint = if name.value == "as_of" {
        Some("`as_of` is the as-of date in every expression")
    } else if name.value.is_empty() || name.value.len() > 63 {
        Some("a name has 1 to 63 characters")
    } else if name.value.starts_with(|c: char| c.is_ascii_digit()) {
        Some("a name begins with a letter or an underscore")
    } else if !name.value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        Some(
            "a name is lower-case letters, digits and underscores, so that every warehouse takes it as a column",
        )
    } else {
        None
    };
    if let Some(hint) = complaint {
        let suggestion = snake_case(&name.value);
        let digit = name.value.starts_with(|c: char| c.is_ascii_digit());
        let hint = if suggestion.is_empty() || suggestion == name.value || name.value.len() > 63 || digit {
            hint.to_owned()
        } else {
            format!("{hint}: `{suggestion}`")
        };
        out.push(
            Diagnostic::error(Code::BadName, format!("`{}` cannot be a name", name.value))
                .with_span(name.span)
                .with_hint(hint),
        );
    }
}

/// The name in the letters that every warehouse takes.
pub(super) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    // `CustomerID` is two words: a word begins where lower case ends.
    let mut before = ' ';
    for c in name.chars() {
        match c {
            'a'..='z' | '0'..='9' => snake.push(c),
            'A'..='Z' => {
                if before.is_ascii_lowercase() {
                    snake.push('_');
                }
                snake.push(c.to_ascii_lowercase());
            }
            _ if !snake.is_empty() && !snake.ends_with('_') => snake.push('_'),
            _ => {}
        }
        before = c;
    }
    snake.trim_end_matches('_').to_owned()
}

/// A label as meant.
pub(super) fn segment(segment: &spec::Segment) -> plan::Segment {
    let spec::Looks { label_zh, label_en, color, strategy, expected_effect } = segment.looks.clone();
    plan::Segment {
        id: segment.id.value.clone(),
        looks: plan::Looks { label_zh, label_en, color, strategy, expected_effect },
    }
}
