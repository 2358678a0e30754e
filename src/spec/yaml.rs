//! YAML text → [`Node`] tree with spans. The only file that names the YAML crate; it knows nothing of rules.
//! Numbers keep their source text, so that `0.10` is read as a decimal and never passes through a float.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_yaml::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use crate::diag::{Code, Diagnostic, Source, Span, Spanned};

use super::torn::{self, Cause};

/// One YAML value and where it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// What it is.
    pub(super) kind: Kind,
    /// Exact for scalars; for collections from the first to the last child.
    pub(super) span: Span,
}

/// The kinds of YAML values.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Nothing after the colon, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An unquoted number, as written.
    Number(String),
    /// Any other scalar.
    Text(String),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the file, duplicates included.
    Map(Vec<Entry>),
}

/// One `key: value` of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The key and its place.
    pub(super) key: Spanned<String>,
    /// The value.
    pub(super) value: Node,
}

impl Node {
    /// What a person would call this kind of value.
    pub(super) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// The entries, if it is a mapping.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items, if it is a list.
    pub(super) fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key; the last one where it stands twice.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().rev().find(|entry| entry.key.value == key).map(|entry| &entry.value)
    }

    /// The scalar's text, whatever its kind.
    pub(super) fn scalar(&self) -> Option<&str> {
        match &self.kind {
            Kind::Number(text) | Kind::Text(text) => Some(text),
            Kind::Bool(true) => Some("true"),
            Kind::Bool(false) => Some("false"),
            _ => None,
        }
    }
}

/// Reads one YAML document. A syntax error is one diagnostic: what follows it cannot be trusted.
pub(super) fn parse(source: &Source) -> Result<Node, Diagnostic> {
    let options = serde_yaml::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    let raw: Raw = serde_yaml::from_str_with_options(&source.text, options).map_err(|error| {
        let at = error.location().map_or((1, 1), |at| (at.line(), at.column()));
        let stop = token_at(source, at);
        match torn::cause(source, stop.start) {
            Some(Cause { span, message, hint }) => unreadable(&message, span, hint),
            None => syntax_error(&error.without_snippet().to_string(), stop),
        }
    })?;
    Ok(raw.into_node(source))
}

/// What the YAML reader says, in words for people who are not thinking of YAML.
fn syntax_error(message: &str, span: Span) -> Diagnostic {
    const QUOTE: &str = "put a text in quotes that contains `: ` or ` #`, or begins with one of `{[&*!|>%@`";
    let line = message.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let said = line.rsplit_once(" at line ").map_or(line, |(said, _)| said).replace('\'', "`");
    let has = |words: &str| said.contains(words);
    let (message, hint) = if has("tabs disallowed") {
        ("a tab in the indentation".to_owned(), "indent with spaces")
    } else if has("multiple YAML documents") {
        ("a second document begins".to_owned(), "a rules file is one document: take out the line `---`")
    } else if has("unknown anchor") {
        (
            "an alias without its anchor".to_owned(),
            "`*x` stands for what `&x` marks above it; quote a text with a `*`",
        )
    } else if has("mapping values are not allowed") {
        ("a `: ` where no key can be".to_owned(), QUOTE)
    } else if has("escape character") || has("escape sequence") {
        let hint = "in double quotes a `\\` begins an escape: use single quotes";
        ("an escape that YAML does not know".to_owned(), hint)
    } else if has("expected string scalar") {
        ("a key that is not a text".to_owned(), "a key is one word, then `: `")
    } else if has("trailing content after") {
        let hint =
            "a quote inside single quotes is doubled: `'it''s'`; or put the whole text in double quotes";
        ("text behind a closing quote".to_owned(), hint)
    } else if has("unclosed") || has("mismatched") {
        (said, "brackets and quotes are closed by what belongs to them")
    } else if let Some((_, expected)) = said.split_once("did not find expected ") {
        let expected = if expected.contains('`') { expected.to_owned() } else { format!("a {expected}") };
        let hint =
            if expected.contains('`') { QUOTE } else { "the lines of a mapping begin in the same column" };
        (format!("expected {expected}"), hint)
    } else {
        (said, QUOTE)
    };
    unreadable(&message, span, hint)
}

fn unreadable(message: &str, span: Span, hint: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::YamlSyntax, format!("not readable as YAML: {message}"))
        .with_span(span)
        .with_hint(hint)
}

/// The word at a 1-based line and column in characters.
fn token_at(source: &Source, (line, column): (u64, u64)) -> Span {
    let number = |n: u64| usize::try_from(n.saturating_sub(1)).unwrap_or(usize::MAX);
    let text = source.text.as_str();
    let start = match number(line) {
        0 => 0,
        line => text.match_indices('\n').nth(line - 1).map_or(text.len(), |(at, _)| at + 1),
    };
    let within = text[start..].char_indices().nth(number(column)).map_or(text.len() - start, |(at, _)| at);
    let start = start + within;
    let word = text[start..].find(|c: char| c.is_whitespace() || ",:]}".contains(c));
    let word = word.unwrap_or(text.len() - start);
    Span::new(start, start + word.max(text[start..].chars().next().map_or(0, char::len_utf8)))
}

fn place(at: &serde_yaml::Location) -> Span {
    let span = at.span();
    let start = span.byte_offset().unwrap_or(0) as usize;
    Span::new(start, start + span.byte_len().unwrap_or(0) as usize)
}

/// The tree before numbers get their source text back.
struct Raw(serde_yaml::Spanned<RawKind>);

enum RawKind {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(serde_yaml::Spanned<String>, Raw)>),
}

impl Raw {
    fn into_node(self, source: &Source) -> Node {
        let span = trimmed(place(&self.0.referenced), source);
        match self.0.value {
            RawKind::Null => Node { kind: Kind::Null, span },
            RawKind::Bool(value) => Node { kind: Kind::Bool(value), span },
            RawKind::Number => {
                Node { kind: Kind::Number(source.slice(place(&self.0.defined)).to_owned()), span }
            }
            RawKind::Text(value) => Node { kind: Kind::Text(value), span },
            RawKind::List(items) => {
                let items: Vec<Node> = items.into_iter().map(|item| item.into_node(source)).collect();
                let span = cover(items.iter().map(|item| item.span), span);
                Node { kind: Kind::List(items), span }
            }
            RawKind::Map(entries) => {
                let entry = |(key, value): (serde_yaml::Spanned<String>, Self)| Entry {
                    key: Spanned::new(key.value, place(&key.referenced)),
                    value: value.into_node(source),
                };
                let entries: Vec<Entry> = entries.into_iter().map(entry).collect();
                let span = cover(entries.iter().map(|e| e.key.span.to(e.value.span)), span);
                Node { kind: Kind::Map(entries), span }
            }
        }
    }
}

/// Without the line break and the indentation that follow a block scalar.
fn trimmed(span: Span, source: &Source) -> Span {
    Span::new(span.start, span.start + source.slice(span).trim_end().len())
}

fn cover(spans: impl Iterator<Item = Span>, otherwise: Span) -> Span {
    spans.reduce(Span::to).unwrap_or(otherwise)
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_yaml::Spanned::deserialize(deserializer).map(Raw)
    }
}

impl<'de> Deserialize<'de> for RawKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawKind;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<RawKind, E> {
        Ok(RawKind::Null)
    }

    fn visit_none<E>(self) -> Result<RawKind, E> {
        Ok(RawKind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawKind, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawKind, E> {
        Ok(RawKind::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<RawKind, E> {
        Ok(RawKind::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<RawKind, E> {
        Ok(RawKind::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<RawKind, E> {
        Ok(RawKind::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<RawKind, E> {
        Ok(RawKind::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<RawKind, E> {
        Ok(RawKind::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<RawKind, E> {
        Ok(RawKind::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<RawKind, E> {
        Ok(RawKind::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<RawKind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(RawKind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RawKind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key::<serde_yaml::Spanned<String>>()? {
            entries.push((key, access.next_value()?));
        }
        Ok(RawKind::Map(entries))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<RawKind, E> {
        Err(E::custom("binary data has no place here"))
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, _: A) -> Result<RawKind, A::Error> {
        Err(A::Error::custom("a tag has no place here"))
    }
}
