//! `overrides`: every line names what there is, says why and who, and no customer has two in one segmentation.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::catalog::OverridesFile;
use crate::diag::{Code, Diagnostic, Diagnostics, Span, Spanned, suggest};
use crate::plan::{Action, Id, Override, Overrides, Segmentation, Type};
use crate::spec::{self, OverrideLine, shown_field};

/// What the lines are checked against.
pub(super) struct OverrideScope<'a> {
    /// The segmentations that could be resolved.
    pub(super) segmentations: &'a [Segmentation],
    /// The names of all.
    pub(super) names: Vec<&'a str>,
    /// The type of ids in the input.
    pub(super) id_type: Type,
    /// Whether no customer may be shown.
    pub(super) hide: bool,
}

/// Resolves the lines of the file; none while it is not there.
pub(super) fn resolve(
    written: &spec::Overrides,
    file: Option<&OverridesFile>,
    known: &OverrideScope<'_>,
    out: &mut Diagnostics,
) -> Option<Overrides> {
    if known.names.is_empty() {
        let message = "there are overrides, but no segmentations";
        let diagnostic = Diagnostic::error(Code::BadValue, message).with_span(written.path.span);
        out.push(diagnostic.with_hint("an override changes a label: write `segments:`, or leave them out"));
        return None;
    }
    let file = file?;
    let read = spec::read_overrides(&file.source, known.hide, out);
    let mut complaints = Vec::new();
    let mut list = Vec::new();
    let mut seen: HashMap<(usize, Id), Span> = HashMap::new();
    for line in &read.lines {
        let Some((number, one)) = resolve_line(line, known, &mut complaints) else { continue };
        let first = seen.insert((number, one.customer.clone()), line.customer.span);
        if let Some(first) = first {
            let message = format!("the customer stands twice in `{}`", one.segmentation);
            let diagnostic = Diagnostic::error(Code::Override, message).with_span(line.customer.span);
            complaints.push(
                diagnostic.with_related(first, "the first override").with_hint(
                    "a label has one override: change the first, or remove it when it has expired",
                ),
            );
        }
        list.push((number, one));
    }
    for complaint in complaints {
        out.push(complaint.with_source(Arc::clone(&read.shown)));
    }
    list.sort_by(|(x, one), (y, other)| (x, &one.customer).cmp(&(y, &other.customer)));
    let list = list.into_iter().map(|(_, one)| one).collect();
    Some(Overrides { path: written.path.value.clone(), file: file.file.clone(), list })
}

fn complaint(message: String, span: Span, hint: String) -> Diagnostic {
    Diagnostic::error(Code::Override, message).with_span(span).with_hint(hint)
}

/// One line with the number of its segmentation. All that is wrong with it is said.
fn resolve_line(
    line: &OverrideLine,
    known: &OverrideScope<'_>,
    complaints: &mut Vec<Diagnostic>,
) -> Option<(usize, Override)> {
    // Destructured in full, so that a new column is a compile error here.
    let OverrideLine { segmentation, customer, action, segment, reason, author, expires_on } = line;
    for (text, what) in [(reason, "reason"), (author, "author")] {
        if text.value.is_empty() {
            let hint = "a label that was set by hand says why, and who set it".to_owned();
            complaints.push(complaint(format!("an override without {what}"), text.span, hint));
        }
    }
    let expires_on = match expires_on.value.as_str() {
        "" => Some(None),
        text => match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            Ok(day) => Some(Some(day)),
            Err(_) => {
                let hint = "write the last day on which it counts: 2026-12-31".to_owned();
                let text = shown_field(text, known.hide);
                complaints.push(complaint(format!("`{text}` is no date"), expires_on.span, hint));
                None
            }
        },
    };
    let action = resolve_action(action, known.hide, complaints);
    let customer = resolve_customer(customer, known.id_type, complaints);
    let own = resolve_segment(segmentation, segment, action, known, complaints);
    let (number, segment) = own?;
    let one = Override {
        segmentation: segmentation.value.clone(),
        customer: customer?,
        action: action?,
        segment,
        reason: reason.value.clone(),
        author: author.value.clone(),
        expires_on: expires_on?,
    };
    Some((number, one))
}

fn resolve_action(written: &Spanned<String>, hide: bool, complaints: &mut Vec<Diagnostic>) -> Option<Action> {
    let found = Action::ALL.into_iter().find(|action| action.name() == written.value);
    if found.is_none() {
        let hint = suggest(&written.value, Action::ALL.map(Action::name), "the actions are");
        let action = shown_field(&written.value, hide);
        complaints.push(complaint(format!("there is no action `{action}`"), written.span, hint));
    }
    found
}

/// Nothing that is said holds the customer: ids may have to stay hidden.
fn resolve_customer(written: &Spanned<String>, ty: Type, complaints: &mut Vec<Diagnostic>) -> Option<Id> {
    let wrong = |message: &str, hint: &str| complaint(message.to_owned(), written.span, hint.to_owned());
    if ty == Type::Int {
        let id = written.value.trim().parse().ok().map(Id::Int);
        if id.is_none() {
            complaints.push(wrong("this is no customer", "the ids of the orders are whole numbers"));
        }
        return id;
    }
    if written.value.is_empty() {
        complaints.push(wrong("an override without customer", "write the id as the orders have it"));
        return None;
    }
    Some(Id::Text(written.value.clone()))
}

/// The numbers of the segmentation and of its segment.
fn resolve_segment(
    segmentation: &Spanned<String>,
    segment: &Spanned<String>,
    action: Option<Action>,
    known: &OverrideScope<'_>,
    complaints: &mut Vec<Diagnostic>,
) -> Option<(usize, usize)> {
    let Some(number) = known.segmentations.iter().position(|one| one.name == segmentation.value) else {
        let names = || known.names.iter().copied();
        // One that is declared could not be resolved, and was already complained about.
        if !names().any(|name| name == segmentation.value) {
            let hint = suggest(&segmentation.value, names(), "the segmentations are");
            let message =
                format!("there is no segmentation `{}`", shown_field(&segmentation.value, known.hide));
            complaints.push(complaint(message, segmentation.span, hint));
        }
        return None;
    };
    let own = &known.segmentations[number];
    let segments = own.segments();
    let Some(at) = segments.iter().position(|one| one.id == segment.value) else {
        let ids = segments.iter().map(|one| one.id.as_str());
        let hint = suggest(&segment.value, ids, "its segments are");
        let message = format!("`{}` has no segment `{}`", own.name, shown_field(&segment.value, known.hide));
        complaints.push(complaint(message, segment.span, hint));
        return None;
    };
    if action == Some(Action::Exclude) && own.default.id == segment.value {
        let message =
            format!("`{}` is the label of everybody else, so nothing is left without it", segment.value);
        let hint = "`pin` a customer to another segment, or give it a `floor`".to_owned();
        complaints.push(complaint(message, segment.span, hint));
        return None;
    }
    Some((number, at))
}
