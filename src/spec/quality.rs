//! `quality` of an input: limits on what its rows may be.

use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::{Entry, Kind, Node};

/// One gate as written.
#[derive(Clone, Debug)]
pub struct Gate {
    /// What is looked at.
    pub name: Spanned<String>,
    /// The column whose values are allowed, and these.
    pub allowed: Option<(Spanned<String>, Vec<Spanned<String>>)>,
    /// How old is too old.
    pub days: Option<Spanned<u32>>,
    /// Beyond this there is a warning.
    pub warn: Option<WrittenLimit>,
    /// Beyond this nothing is published.
    pub fail: Option<WrittenLimit>,
}

/// A limit as written: one number, or the least and the most.
#[derive(Clone, Debug)]
pub struct WrittenLimit {
    /// Its numbers.
    pub numbers: Vec<Spanned<String>>,
    /// All of it.
    pub span: crate::diag::Span,
}

/// The gates of an input, in the order of the file.
pub(super) fn read(input: &Node, reader: &Reader<'_>) -> Vec<Gate> {
    let entries = input.get("quality").map_or(&[][..], Node::entries);
    entries.iter().flat_map(|entry| gates(entry, reader)).collect()
}

fn gates(entry: &Entry, reader: &Reader<'_>) -> Vec<Gate> {
    if entry.key.value != "allowed" {
        return vec![gate(entry, reader)];
    }
    let columns = entry.value.entries().iter();
    columns
        .map(|column| {
            let is_bare = matches!(column.value.kind, Kind::List(_));
            let values = if is_bare { Some(&column.value) } else { column.value.get("values") };
            let values = values.map_or(&[][..], Node::items).iter().filter_map(Reader::scalar).collect();
            let mut gate = if is_bare {
                Gate { name: entry.key.clone(), allowed: None, days: None, warn: None, fail: None }
            } else {
                gate(column, reader)
            };
            // Without a limit no other value is.
            if gate.warn.is_none() && gate.fail.is_none() {
                let numbers = vec![Spanned::new("0".to_owned(), column.key.span)];
                gate.fail = Some(WrittenLimit { numbers, span: column.key.span });
            }
            Gate {
                name: Spanned::new(entry.key.value.clone(), column.key.span),
                allowed: Some((column.key.clone(), values)),
                ..gate
            }
        })
        .collect()
}

fn gate(entry: &Entry, reader: &Reader<'_>) -> Gate {
    let Entry { key, value } = entry;
    let is_map = matches!(value.kind, Kind::Map(_));
    let of = |name: &str| value.get(name).and_then(limit);
    Gate {
        name: key.clone(),
        allowed: None,
        days: reader.integer(value, "days"),
        warn: of("warn"),
        fail: if is_map { of("fail") } else { limit(value) },
    }
}

fn limit(node: &Node) -> Option<WrittenLimit> {
    let numbers = match &node.kind {
        Kind::List(items) => items.iter().filter_map(Reader::scalar).collect(),
        _ => vec![Reader::scalar(node)?],
    };
    Some(WrittenLimit { numbers, span: node.span })
}
