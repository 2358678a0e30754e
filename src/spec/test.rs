//! `tests`: a few rows in, expected columns out, as written; in the rules file, or in a file of their own beside it.

use chrono::NaiveDate;

use crate::diag::{Code, Diagnostic, Diagnostics, Source, Spanned};

use super::format::TESTS;
use super::reader::Reader;
use super::shape;
use super::yaml::{self, Entry, Kind, Node};

/// One test as written.
#[derive(Clone, Debug)]
pub struct Test {
    /// What it shows.
    pub name: Spanned<String>,
    /// The last local date that counts; none where it could not be read (already reported).
    pub as_of: Option<Spanned<NaiveDate>>,
    /// A model to apply instead of fitting one to these few rows.
    pub model: Option<Spanned<String>>,
    /// Whether CLV is not to be learned from these few rows.
    pub is_clv_unlearned: bool,
    /// Customers who have opted out.
    pub suppress: Vec<Spanned<String>>,
    /// Rows by the name of their input.
    pub tables: Vec<(Spanned<String>, Vec<TestRow>)>,
    /// What is expected of whom.
    pub expect: Vec<Expected>,
}

/// One row: roles or columns of the file, and what they hold; what is left out is null.
pub type TestRow = Vec<(Spanned<String>, Spanned<Cell>)>;

/// One value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An unquoted number.
    Number(String),
    /// Any other scalar.
    Text(String),
}

/// What is expected of one customer.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The customer's id.
    pub customer: Spanned<String>,
    /// Columns and what they hold; none for a customer who is not in the output.
    pub columns: Option<TestRow>,
}

/// Reads a file of tests: a list, or a mapping with `tests`.
pub fn read_tests(source: &Source, out: &mut Diagnostics) -> Vec<Test> {
    let root = match yaml::parse(source) {
        Ok(root) => root,
        Err(diagnostic) => {
            out.push(diagnostic);
            return Vec::new();
        }
    };
    let list = match root.get("tests") {
        Some(list) if root.entries().len() == 1 => list,
        _ => &root,
    };
    shape::check(list, &TESTS, root.span, out);
    let mut reader = Reader { source, out };
    Test::read_all(list, &mut reader)
}

impl Test {
    /// The keys that are no tables.
    const KEYS: [&'static str; 6] = ["name", "as_of", "model", "learn", "suppress", "expect"];

    pub(super) fn read_all(list: &Node, reader: &mut Reader<'_>) -> Vec<Self> {
        list.items().iter().filter_map(|node| Self::read(node, reader)).collect()
    }

    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let as_of = reader.text(node, "as_of").and_then(|date| {
            let parsed = NaiveDate::parse_from_str(&date.value, "%Y-%m-%d").ok();
            if parsed.is_none() {
                let message = format!("`{}` is not a date", date.value);
                let hint = "write it as `2026-11-01`";
                reader
                    .out
                    .push(Diagnostic::error(Code::BadValue, message).with_span(date.span).with_hint(hint));
            }
            parsed.map(|parsed| Spanned::new(parsed, date.span))
        });
        let tables = node.entries().iter().filter(|entry| !Self::KEYS.contains(&entry.key.value.as_str()));
        let tables = tables.map(|entry| (entry.key.clone(), entry.value.items().iter().map(row).collect()));
        let expected = |entry: &Entry| Expected {
            customer: entry.key.clone(),
            columns: matches!(entry.value.kind, Kind::Map(_)).then(|| row(&entry.value)),
        };
        Some(Self {
            name: reader.text(node, "name")?,
            as_of,
            model: reader.text(node, "model"),
            is_clv_unlearned: node.get("learn").is_some_and(|learn| learn.kind == Kind::Bool(false)),
            suppress: reader.texts(node, "suppress").unwrap_or_default(),
            tables: tables.collect(),
            expect: node.get("expect").map_or(&[][..], Node::entries).iter().map(expected).collect(),
        })
    }
}

fn row(node: &Node) -> TestRow {
    let cell = |entry: &Entry| {
        let cell = match &entry.value.kind {
            Kind::Bool(value) => Cell::Bool(*value),
            Kind::Number(text) => Cell::Number(text.clone()),
            Kind::Text(text) => Cell::Text(text.clone()),
            Kind::Null | Kind::List(_) | Kind::Map(_) => Cell::Null,
        };
        let span =
            if entry.value.span.end > entry.value.span.start { entry.value.span } else { entry.key.span };
        (entry.key.clone(), Spanned::new(cell, span))
    };
    node.entries().iter().map(cell).collect()
}

impl Cell {
    /// Its text; of null none.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Null => None,
            Self::Bool(true) => Some("true"),
            Self::Bool(false) => Some("false"),
            Self::Number(text) | Self::Text(text) => Some(text),
        }
    }
}
