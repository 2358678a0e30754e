//! The language in which the format is described: what shape each value has. [`super::format`] is written in
//! it; from that one table come the shape check, the did-you-means and the JSON Schema, so they cannot differ.

use crate::diag::{Code, Diagnostic, Diagnostics, Span, did_you_mean, listed};

use super::yaml::{Kind, Node};

/// The shape of one value.
#[derive(Debug)]
pub(super) enum Shape {
    /// Any scalar, as text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number in a range.
    Integer(i64, i64),
    /// A decimal number.
    Number,
    /// A number of days, `90d`.
    Days,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// An SQL expression of the subset.
    Expression,
    /// A list with at least one item.
    List(&'static Shape),
    /// A mapping of free names (at least one) to values.
    Map(&'static Shape),
    /// A mapping with known keys.
    Object(&'static Object),
    /// The first of these that fits the kind of value found.
    Either(&'static [Shape]),
    /// In the format, but not run by this version yet: refused, never ignored.
    NotBuilt,
}

/// A mapping with known keys.
#[derive(Debug)]
pub(super) struct Object {
    /// What it is, for messages and the schema.
    pub(super) what: &'static str,
    /// Its keys, in the order of the documentation.
    pub(super) keys: &'static [Key],
    /// The shape of what any other key holds; none where other keys are mistakes.
    pub(super) others: Option<&'static Shape>,
}

/// One known key.
#[derive(Debug)]
pub(super) struct Key {
    /// As written.
    pub(super) name: &'static str,
    /// Whether it must be there.
    pub(super) required: bool,
    /// The shape of its value.
    pub(super) shape: Shape,
    /// One sentence for the schema.
    pub(super) doc: &'static str,
}

/// A key that must be there.
pub(super) const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, required: true, shape, doc }
}

/// A key that may be left out.
pub(super) const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, required: false, shape, doc }
}

/// Reports everything about a value that does not have its shape. `owner` is what to underline where the value
/// itself has no place: the key that holds it.
pub(super) fn check(node: &Node, shape: &Shape, owner: Span, out: &mut Diagnostics) {
    match (shape, &node.kind) {
        (Shape::NotBuilt, _) => out.push(
            Diagnostic::error(Code::NotBuilt, "this section is not built yet")
                .with_span(owner)
                .with_hint("leave it out: a rules file is refused rather than half obeyed"),
        ),
        (Shape::Either(shapes), _) => match shapes.iter().find(|shape| fits(shape, &node.kind)) {
            Some(shape) => check(node, shape, owner, out),
            None => wrong_type(node, shape, owner, out),
        },
        (Shape::Object(object), Kind::Map(entries)) => {
            check_duplicates(node, out);
            for entry in entries {
                let known = object.keys.iter().find(|key| key.name == entry.key.value).map(|key| &key.shape);
                match known.or(object.others) {
                    Some(shape) => check(&entry.value, shape, entry.key.span, out),
                    None => out.push(unknown_key(object, &entry.key.value, entry.key.span)),
                }
            }
            for key in object.keys.iter().filter(|key| key.required && node.get(key.name).is_none()) {
                let message = format!("{} has no `{}`", object.what, key.name);
                out.push(Diagnostic::error(Code::MissingKey, message).with_span(owner).with_hint(key.doc));
            }
        }
        (Shape::Map(shape), Kind::Map(entries)) if !entries.is_empty() => {
            check_duplicates(node, out);
            for entry in entries {
                check(&entry.value, shape, entry.key.span, out);
            }
        }
        (Shape::List(shape), Kind::List(items)) if !items.is_empty() => {
            for item in items {
                check(item, shape, item.span, out);
            }
        }
        _ if !fits(shape, &node.kind) => wrong_type(node, shape, owner, out),
        _ => check_scalar(node, shape, owner, out),
    }
}

fn check_scalar(node: &Node, shape: &Shape, owner: Span, out: &mut Diagnostics) {
    let text = node.scalar().unwrap_or_default();
    let complaint = match shape {
        Shape::Integer(least, most) => match text.parse::<i64>() {
            Ok(value) if (*least..=*most).contains(&value) => return,
            _ => Some(format!("a whole number from {least} to {most} goes here")),
        },
        Shape::Number if crate::decimal::Decimal::parse(text).is_none() => {
            Some("a decimal number such as `0.30` goes here".to_owned())
        }
        Shape::Days if parse_days(text).is_none() => {
            Some("write a number of days, from `1d` to `36500d`".to_owned())
        }
        Shape::Choice(words) if !words.contains(&text) => {
            Some(match did_you_mean(text, words.iter().copied()) {
                Some(hint) => hint,
                None => format!("one of {} goes here", listed(words.iter().copied())),
            })
        }
        Shape::Text | Shape::Expression if text.trim().is_empty() => Some("write something here".to_owned()),
        _ => None,
    };
    if let Some(hint) = complaint {
        let span = if node.span.end > node.span.start { node.span } else { owner };
        let message = format!("`{text}` is not {}", shape.describe());
        out.push(Diagnostic::error(Code::BadValue, message).with_span(span).with_hint(hint));
    }
}

/// `90d` → 90.
pub(super) fn parse_days(text: &str) -> Option<u32> {
    let days: u32 = text.strip_suffix('d')?.parse().ok()?;
    (1..=36_500).contains(&days).then_some(days)
}

fn fits(shape: &Shape, kind: &Kind) -> bool {
    match shape {
        Shape::Bool => matches!(kind, Kind::Bool(_)),
        Shape::Integer(..) | Shape::Number => matches!(kind, Kind::Number(_)),
        Shape::Text | Shape::Days | Shape::Choice(_) | Shape::Expression => {
            matches!(kind, Kind::Text(_) | Kind::Number(_) | Kind::Bool(_))
        }
        Shape::List(_) => matches!(kind, Kind::List(items) if !items.is_empty()),
        Shape::Map(_) => matches!(kind, Kind::Map(entries) if !entries.is_empty()),
        Shape::Object(_) => matches!(kind, Kind::Map(_)),
        Shape::Either(shapes) => shapes.iter().any(|shape| fits(shape, kind)),
        Shape::NotBuilt => true,
    }
}

fn check_duplicates(node: &Node, out: &mut Diagnostics) {
    let entries = node.entries();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(first) = entries[..at].iter().find(|earlier| earlier.key.value == entry.key.value) {
            out.push(
                Diagnostic::error(Code::DuplicateKey, format!("`{}` stands twice here", entry.key.value))
                    .with_span(entry.key.span)
                    .with_related(first.key.span, "first written here")
                    .with_hint("rename or remove one of them"),
            );
        }
    }
}

fn unknown_key(object: &Object, written: &str, span: Span) -> Diagnostic {
    let known = || object.keys.iter().map(|key| key.name);
    let hint =
        did_you_mean(written, known()).unwrap_or_else(|| format!("the keys here are {}", listed(known())));
    Diagnostic::error(Code::UnknownKey, format!("{} has no key `{written}`", object.what))
        .with_span(span)
        .with_hint(hint)
}

fn wrong_type(node: &Node, shape: &Shape, owner: Span, out: &mut Diagnostics) {
    let span = if node.scalar().is_some() { node.span } else { owner };
    let found = match &node.kind {
        Kind::List(items) if items.is_empty() => "an empty list",
        Kind::Map(entries) if entries.is_empty() => "an empty mapping",
        _ => node.describe(),
    };
    let message = format!("expected {}, found {found}", shape.describe());
    out.push(Diagnostic::error(Code::WrongType, message).with_span(span).with_hint_opt(shape.hint()));
}

impl Shape {
    /// What a person would call it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Integer(least, most) => format!("a whole number from {least} to {most}"),
            Self::Number => "a number".to_owned(),
            Self::Days => "a number of days".to_owned(),
            Self::Choice(words) => format!("one of {}", listed(words.iter().copied())),
            Self::Expression => "an expression".to_owned(),
            Self::List(shape) => format!("a list, each item {}", shape.describe()),
            Self::Map(shape) => format!("a mapping of names, each to {}", shape.describe()),
            Self::Object(object) => format!("{} (a mapping)", object.what),
            Self::Either(shapes) => shapes.iter().map(Self::describe).collect::<Vec<_>>().join(", or "),
            Self::NotBuilt => "nothing".to_owned(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Object(object) => {
                Some(format!("its keys are {}", listed(object.keys.iter().map(|key| key.name))))
            }
            Self::Days => Some("for example `90d`".to_owned()),
            Self::Bool => Some("write it without quotes".to_owned()),
            Self::Number | Self::Integer(..) => Some("write it without quotes".to_owned()),
            _ => None,
        }
    }
}
