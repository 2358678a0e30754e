//! `overrides`: labels set by hand, as written: the section of the rules file, and the lines of the file it names.
//! Lines have places, so that what is wrong with one is shown like a mistake of the rules file.

use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Diagnostics, Source, Span, Spanned, listed, suggest};

use super::reader::Reader;
use super::yaml::Node;

/// The `overrides` section as written.
#[derive(Clone, Debug)]
pub struct Overrides {
    /// The file, CSV with a header or Parquet.
    pub path: Spanned<String>,
}

/// One line of the file as written.
#[derive(Clone, Debug)]
pub struct OverrideLine {
    /// Which column.
    pub segmentation: Spanned<String>,
    /// Whose label; as it stands there, blanks included.
    pub customer: Spanned<String>,
    /// What happens to it.
    pub action: Spanned<String>,
    /// The segment that the action names.
    pub segment: Spanned<String>,
    /// Why.
    pub reason: Spanned<String>,
    /// Who says so.
    pub author: Spanned<String>,
    /// The last day on which it counts; empty for always.
    pub expires_on: Spanned<String>,
}

/// The lines of the file, and the text that their places point into.
#[derive(Clone, Debug)]
pub struct OverrideLines {
    /// Those that have all their fields.
    pub lines: Vec<OverrideLine>,
    /// For diagnostics; where customers must stay hidden, stars stand in their place.
    pub shown: Arc<Source>,
}

const COLUMNS: [&str; 7] =
    ["segmentation", "customer", "action", "segment", "reason", "author", "expires_on"];
/// The column that may be left out.
const EXPIRES_ON: usize = 6;
const CUSTOMER: usize = 1;

impl Overrides {
    pub(super) fn read(node: &Node, reader: &Reader<'_>) -> Option<Self> {
        Some(Self { path: reader.text(node, "path")? })
    }
}

/// A record: its fields in order, and where it stands.
struct Record {
    fields: Vec<Spanned<String>>,
    span: Span,
    /// That it cannot mean what stands there.
    fault: Option<&'static str>,
}

/// A field in a message. Where customers must stay hidden any field may hold one, if only by mistake.
pub fn shown_field(text: &str, hide: bool) -> &str {
    if hide { "***" } else { text }
}

/// Reads the lines of a file. With `hide`, nothing of what stands in it is shown, but for the names of the columns.
pub fn read_overrides(source: &Arc<Source>, hide: bool, out: &mut Diagnostics) -> OverrideLines {
    let mut records = records(&source.text).into_iter();
    let header = records.next();
    let records: Vec<Record> = records.collect();
    let at = header.as_ref().map(columns).unwrap_or_default();
    let width = header.as_ref().map_or(0, |header| header.fields.len());
    let shown = match hide {
        true => Arc::new(hidden(source, header.iter().flat_map(|header| &header.fields), &records)),
        false => Arc::clone(source),
    };
    let mut complain = |message: String, span: Span, hint: String| {
        let diagnostic = Diagnostic::error(Code::Override, message).with_span(span).with_hint(hint);
        out.push(diagnostic.with_source(Arc::clone(&shown)));
    };
    let mut lines = Vec::new();
    let all_there = match &header {
        None => {
            let hint = format!("the first line names the columns: {}", COLUMNS.join(","));
            complain("the overrides have no header".to_owned(), Span::default(), hint);
            false
        }
        Some(header) => check_header(header, &at, hide, &mut complain),
    };
    for record in if all_there { &records[..] } else { &[] } {
        if let Some(fault) = record.fault {
            let hint = "a quote inside of double quotes is written twice: `\"say \"\"hello\"\"\"`";
            complain(fault.to_owned(), record.span, hint.to_owned());
            continue;
        }
        if record.fields.len() != width {
            let message = format!("{} fields where the header has {width}", record.fields.len());
            let hint = "a field with a comma, a quote or a line break stands in double quotes";
            complain(message, record.span, hint.to_owned());
            continue;
        }
        let field = |column: usize| match at[column] {
            Some(at) => record.fields[at].clone(),
            None => Spanned::new(String::new(), record.span),
        };
        let trimmed = |column: usize| {
            let field = field(column);
            Spanned::new(field.value.trim().to_owned(), field.span)
        };
        lines.push(OverrideLine {
            segmentation: trimmed(0),
            customer: field(CUSTOMER),
            action: trimmed(2),
            segment: trimmed(3),
            reason: trimmed(4),
            author: trimmed(5),
            expires_on: trimmed(EXPIRES_ON),
        });
    }
    OverrideLines { lines, shown }
}

/// Where each of the known columns stands.
fn columns(header: &Record) -> [Option<usize>; 7] {
    COLUMNS.map(|name| header.fields.iter().position(|field| field.value.trim() == name))
}

/// Whether the header names all columns that must be there, and no other.
fn check_header(
    header: &Record,
    at: &[Option<usize>; 7],
    hide: bool,
    complain: &mut impl FnMut(String, Span, String),
) -> bool {
    let mut fine = true;
    for (number, field) in header.fields.iter().enumerate() {
        let name = field.value.trim();
        if !COLUMNS.contains(&name) {
            let hint = suggest(name, COLUMNS, "the columns are");
            complain(format!("overrides have no column `{}`", shown_field(name, hide)), field.span, hint);
            fine = false;
        } else if header.fields[..number].iter().any(|earlier| earlier.value.trim() == name) {
            let hint = "remove one of them".to_owned();
            complain(format!("the column `{name}` stands twice"), field.span, hint);
            fine = false;
        }
    }
    let missing = COLUMNS.iter().zip(at).take(EXPIRES_ON).filter(|(_, at)| at.is_none());
    let missing: Vec<&str> = missing.map(|(name, _)| *name).collect();
    if !missing.is_empty() {
        let hint = format!("the first line names the columns: {}", COLUMNS.join(","));
        complain(format!("the header lacks {}", listed(missing)), header.span, hint);
        fine = false;
    }
    fine
}

/// The source with stars for all that may be a customer: every line, and what is no column's name of the first.
fn hidden<'a>(
    source: &Source,
    header: impl Iterator<Item = &'a Spanned<String>>,
    records: &[Record],
) -> Source {
    let mut bytes = source.text.clone().into_bytes();
    let unknown = header.filter(|field| !COLUMNS.contains(&field.value.trim())).map(|field| field.span);
    for span in unknown.chain(records.iter().map(|record| record.span)) {
        for byte in &mut bytes[span.start..span.end] {
            if !byte.is_ascii_control() && *byte != b',' {
                *byte = b'*';
            }
        }
    }
    Source::new(source.name.clone(), String::from_utf8_lossy(&bytes).into_owned())
}

/// RFC 4180: fields between commas, in double quotes where they hold commas, quotes (doubled) or line breaks. Lines
/// without anything in them are passed over.
fn records(text: &str) -> Vec<Record> {
    let bytes = text.as_bytes();
    let mut records = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while start < bytes.len() {
        let (record, next) = record(text, start);
        if record.fields.len() > 1 || !record.fields[0].value.is_empty() {
            records.push(record);
        }
        start = next;
    }
    records
}

/// The record that begins at a byte, and where the next one does.
fn record(text: &str, start: usize) -> (Record, usize) {
    let bytes = text.as_bytes();
    let ends = |at: usize| matches!(bytes.get(at), None | Some(b',' | b'\n' | b'\r'));
    let mut fields = Vec::new();
    let mut fault = None;
    let mut at = start;
    loop {
        let begins = at;
        let mut value = String::new();
        if bytes.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let run = at;
                while !matches!(bytes.get(at), None | Some(b'"')) {
                    at += 1;
                }
                value.push_str(&text[run..at]);
                match (bytes.get(at), bytes.get(at + 1)) {
                    (Some(_), Some(b'"')) => {
                        value.push('"');
                        at += 2;
                    }
                    (Some(_), _) => {
                        at += 1;
                        break;
                    }
                    (None, _) => {
                        fault = Some("a quote is opened and never closed");
                        break;
                    }
                }
            }
            if !ends(at) {
                fault = fault.or(Some("there is text behind a closing quote"));
            }
        }
        let run = at;
        while !ends(at) {
            at += 1;
        }
        value.push_str(&text[run..at]);
        fields.push(Spanned::new(value, Span::new(begins, at)));
        match bytes.get(at) {
            Some(b',') => at += 1,
            _ => break,
        }
    }
    let span = Span::new(start, at);
    if text[start..at].contains('\0') {
        fault = Some("there is a zero byte, which is no letter");
    }
    if bytes.get(at) == Some(&b'\r') {
        at += 1;
    }
    if bytes.get(at) == Some(&b'\n') {
        at += 1;
    }
    (Record { fields, span, fault }, at)
}
