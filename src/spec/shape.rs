//! The language in which the format is described: what shape each value has. [`super::format`] is written in
//! it; from that one table come the shape check, the did-you-means and the JSON Schema, so they cannot differ.

use std::collections::HashMap;

use crate::diag::{Code, Diagnostic, Diagnostics, Span, did_you_mean, listed, nearest, suggest};

use super::units;
use super::yaml::{Entry, Kind, Node};

/// The shape of one value.
#[derive(Debug)]
pub(super) enum Shape {
    /// Any scalar, as text.
    Text,
    /// Any scalar, or null.
    Cell,
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
    /// The version of the format, which must be this one.
    Version(i64),
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

impl Object {
    /// The known key of this name.
    fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
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
        // The mapping that holds it has refused it by its name.
        (Shape::NotBuilt, _) => {}
        (Shape::Either(shapes), _) => match shapes.iter().find(|shape| fits(shape, &node.kind)) {
            Some(shape) => check(node, shape, owner, out),
            None => wrong_type(node, shape, owner, out),
        },
        (Shape::Object(object), Kind::Map(entries)) => {
            check_duplicates(node, out);
            for entry in entries {
                let known = object.key(&entry.key.value).map(|key| &key.shape);
                let others = object.others.filter(|_| !is_misspelt(object, &entry.key.value));
                match known.or(others) {
                    Some(Shape::NotBuilt) => out.push(not_built(entry)),
                    Some(shape) => check(&entry.value, shape, entry.key.span, out),
                    None => out.push(unknown_key(object, entry)),
                }
            }
            for key in object.keys.iter().filter(|key| key.required && node.get(key.name).is_none()) {
                let message = format!("{} has no `{}`", object.what, key.name);
                let hint = format!("`{}:` is {}", key.name, key.doc);
                out.push(Diagnostic::error(Code::MissingKey, message).with_span(owner).with_hint(hint));
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
                // Of a mapping its first line, which says which one it is.
                let first = item.entries().first().map(|entry| match entry.value.scalar() {
                    Some(_) => entry.key.span.to(entry.value.span),
                    None => entry.key.span,
                });
                check(item, shape, first.unwrap_or(item.span), out);
            }
        }
        _ if !fits(shape, &node.kind) => wrong_type(node, shape, owner, out),
        _ => check_scalar(node, shape, owner, out),
    }
}

fn check_scalar(node: &Node, shape: &Shape, owner: Span, out: &mut Diagnostics) {
    let text = node.scalar().unwrap_or_default();
    let wrong = |message: String, hint: String| Diagnostic::error(Code::BadValue, message).with_hint(hint);
    let complaint = match shape {
        Shape::Version(version) if text.parse() != Ok(*version) => {
            let message = format!("version `{text}` of the format is not known here");
            let hint = format!("this program reads version {version}: `tiermill: {version}`");
            Diagnostic::error(Code::FormatVersion, message).with_hint(hint)
        }
        Shape::Integer(least, most) => match text.parse::<i64>() {
            Ok(value) if (*least..=*most).contains(&value) => return,
            Ok(_) => wrong(format!("`{text}` is out of range"), format!("it goes from {least} to {most}")),
            Err(_) => wrong(
                format!("`{text}` is not a whole number"),
                format!("a whole number from {least} to {most} goes here"),
            ),
        },
        Shape::Number if crate::decimal::Decimal::parse(text).is_none() => wrong(
            format!("`{text}` is not a decimal number"),
            "a number such as `0.30` goes here, with at most 24 digits, 12 of them after the point"
                .to_owned(),
        ),
        Shape::Days if parse_days(text).is_none() => wrong(
            format!("`{text}` is not a number of days"),
            match parse_days(&format!("{text}d")).or_else(|| parse_days(&format!("{}d", units::days(text)?)))
            {
                Some(days) => format!("did you mean `{days}d`?"),
                None => "write a number of days, from `1d` to `36500d`".to_owned(),
            },
        ),
        Shape::Choice(words) if !words.contains(&text) && node.kind != Kind::Null => wrong(
            format!("`{text}` is not {}", shape.describe()),
            did_you_mean(text, words.iter().copied())
                .unwrap_or_else(|| format!("write {}", shape.describe())),
        ),
        Shape::Text | Shape::Expression if text.trim().is_empty() => wrong(
            format!("expected {}, found an empty text", shape.describe()),
            "write something here, or leave the key out".to_owned(),
        ),
        _ => return,
    };
    let span = if node.span.end > node.span.start { node.span } else { owner };
    out.push(complaint.with_span(span));
}

/// `90d` → 90.
pub(super) fn parse_days(text: &str) -> Option<u32> {
    let days: u32 = text.strip_suffix('d')?.parse().ok()?;
    (1..=36_500).contains(&days).then_some(days)
}

fn fits(shape: &Shape, kind: &Kind) -> bool {
    match shape {
        Shape::Bool => matches!(kind, Kind::Bool(_)),
        Shape::Cell => !matches!(kind, Kind::List(_) | Kind::Map(_)),
        Shape::Integer(..) | Shape::Number | Shape::Version(_) => matches!(kind, Kind::Number(_)),
        // YAML's own null is one of the words, where that word is.
        Shape::Choice(words) if *kind == Kind::Null => words.contains(&"null"),
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
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for entry in node.entries() {
        if let Some(first) = seen.get(entry.key.value.as_str()) {
            out.push(
                Diagnostic::error(Code::DuplicateKey, format!("`{}` stands twice here", entry.key.value))
                    .with_span(entry.key.span)
                    .with_related(*first, "first written here")
                    .with_hint("rename or remove one of them"),
            );
        } else {
            seen.insert(&entry.key.value, entry.key.span);
        }
    }
}

fn not_built(entry: &Entry) -> Diagnostic {
    Diagnostic::error(Code::NotBuilt, format!("`{}` is not built yet", entry.key.value))
        .with_span(entry.key.span)
        .with_hint("leave it out: a rules file is refused rather than half obeyed")
}

/// Whether a key is a known one but for a few letters.
fn is_misspelt(object: &Object, written: &str) -> bool {
    object.key(written).is_none() && nearest(written, built(object)).is_some()
}

fn built(object: &Object) -> impl Iterator<Item = &'static str> + Clone {
    object.keys.iter().filter(|key| !matches!(key.shape, Shape::NotBuilt)).map(|key| key.name)
}

fn unknown_key(object: &Object, entry: &Entry) -> Diagnostic {
    let written = &entry.key.value;
    // `{when: x in (1, 2)}`: YAML ends the text at the comma and takes the rest for a key.
    let torn =
        entry.value.kind == Kind::Null && !written.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    let wide = written.chars().find(|c| matches!(c, '：' | '，' | '［' | '］' | '【' | '】' | '｛' | '｝'));
    let hint = match (wide, wide.and_then(units::half_width)) {
        (Some(wide), Some(half)) => format!("`{wide}` is a full-width sign: write `{half}`"),
        _ if torn => "inside `{…}` a comma ends a text: put the whole text in double quotes".to_owned(),
        _ => suggest(written, built(object), "the keys here are"),
    };
    Diagnostic::error(Code::UnknownKey, format!("{} has no key `{written}`", object.what))
        .with_span(entry.key.span)
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
    let hint = shape.hint(node);
    out.push(Diagnostic::error(Code::WrongType, message).with_span(span).with_hint_opt(hint));
}

impl Shape {
    /// What a person would call it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Cell => "a value".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Integer(least, most) => format!("a whole number from {least} to {most}"),
            Self::Number => "a number".to_owned(),
            Self::Days => "a number of days".to_owned(),
            Self::Choice(words) => format!("one of {}", listed(words.iter().copied())),
            Self::Expression => "an expression".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a mapping".to_owned(),
            Self::Object(object) => format!("{} (a mapping)", object.what),
            Self::Either(shapes) => shapes.iter().map(Self::describe).collect::<Vec<_>>().join(" or "),
            Self::Version(version) => format!("the version {version}"),
            Self::NotBuilt => "nothing".to_owned(),
        }
    }

    fn hint(&self, found: &Node) -> Option<String> {
        let text = found.scalar().unwrap_or_default();
        match self {
            Self::List(_) if text.starts_with(['［', '【']) => {
                Some("full-width brackets: a list stands in `[` and `]`".to_owned())
            }
            Self::Object(_) | Self::Map(_) if text.starts_with('｛') => {
                Some("full-width brackets: a mapping stands in `{` and `}`".to_owned())
            }
            Self::Number | Self::Integer(..) if units::plain_text(text).is_some() => units::plain_text(text),
            Self::List(_) if found.scalar().is_some() => {
                Some(format!("put it in brackets: `[{}]`", found.scalar().unwrap_or_default()))
            }
            Self::List(shape) => Some(format!("each item is {}", shape.describe())),
            Self::Map(shape) => Some(format!("each name in it stands for {}", shape.describe())),
            Self::Text if found.kind == Kind::Null => Some(
                "a `#` after a space begins a comment: put a text that begins with one in quotes".to_owned(),
            ),
            Self::Object(object) => Some(format!("its keys are {}", listed(built(object)))),
            Self::Either(shapes) => shapes.iter().find_map(|shape| shape.hint(found)),
            Self::Days => Some("for example `90d`".to_owned()),
            Self::Bool => Some("write `true` or `false`, without quotes".to_owned()),
            Self::Number => Some("write a number such as `0.30`, without quotes".to_owned()),
            Self::Integer(least, _) => Some(format!("write a number such as `{least}`, without quotes")),
            _ => None,
        }
    }
}
