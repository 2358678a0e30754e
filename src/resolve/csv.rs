//! `csv`: how text files are read, checked, and handed to the catalog with what it needs of the roles.

use std::path::Path;

use crate::catalog::csv::{self, Settings};
use crate::diag::{Code, Diagnostic, Spanned, did_you_mean, listed};
use crate::plan::{CsvType, Encoding, Marks};
use crate::spec;

/// The settings of an input of CSV files; none where it is no such input.
pub(super) fn settings(
    path: &Path,
    written: Option<&spec::Csv>,
    roles: Option<&spec::Roles>,
) -> Result<Option<Settings>, Diagnostic> {
    if written.is_none() && !csv::is_csv(path) {
        return Ok(None);
    }
    let mut settings = Settings {
        amount: roles.and_then(|roles| roles.amount.as_ref()).map(|role| role.value.clone()),
        time: roles.map(|roles| roles.time.value.clone()),
        ..Settings::default()
    };
    if let Some(written) = written {
        read(written, &mut settings)?;
    }
    Ok(Some(settings))
}

fn read(written: &spec::Csv, settings: &mut Settings) -> Result<(), Diagnostic> {
    let spec::Csv { delimiter, encoding, decimal, thousands, quote, date, types } = written;
    let format = &mut settings.format;
    settings.delimiter = delimiter.as_ref().map(read_delimiter).transpose()?;
    if let Some(encoding) = encoding {
        let names = || Encoding::NAMES.iter().map(|(name, _)| *name);
        let known = Encoding::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&encoding.value));
        format.encoding = known.map(|(_, known)| *known).ok_or_else(|| {
            wrong(encoding, format!("`{}` is no encoding that is read", encoding.value), &listed(names()))
        })?;
    }
    let is_mark = |c: char| !c.is_alphanumeric() && !matches!(c, '-' | '+');
    let mark = |text: &Spanned<String>| one_letter(&text.value).filter(|c| is_mark(*c));
    let mut marks = Marks::default();
    if let Some(text) = decimal {
        marks.decimal = mark(text).ok_or_else(|| {
            wrong(text, format!("`{}` is no decimal mark", text.value), "write `decimal: ','`")
        })?;
    }
    if let Some(text) = thousands {
        marks.thousands = Some(mark(text).ok_or_else(|| {
            wrong(text, format!("`{}` is no mark between thousands", text.value), "write `thousands: '.'`")
        })?);
    }
    if let Some(text) = thousands.as_ref().or(decimal.as_ref())
        && marks.thousands == Some(marks.decimal)
    {
        let message = format!("`{}` is the mark of decimal places and of thousands", marks.decimal);
        return Err(wrong(text, message, "decimal places are behind `.` if `decimal` is left out"));
    }
    format.marks = marks;
    if let Some(text) = quote {
        let byte =
            one_letter(&text.value).and_then(|c| u8::try_from(c).ok()).filter(u8::is_ascii_punctuation);
        format.quote = byte.ok_or_else(|| {
            wrong(
                text,
                format!("`{}` is no quote", text.value),
                "write `quote: \"'\"`, or leave it out: `\"`",
            )
        })?;
    }
    if settings.delimiter.unwrap_or(',') == char::from(format.quote) {
        let text = delimiter.as_ref().or(quote.as_ref());
        return Err(text.map_or_else(
            || Diagnostic::error(Code::BadValue, "the delimiter is the quote"),
            |text| wrong(text, "the delimiter is the quote".to_owned(), "cells are wrapped in `quote`"),
        ));
    }
    if let Some(text) = date {
        if !csv::is_date_format(&text.value) {
            let message = format!("`{}` is no format of dates", text.value);
            let hint = "write what stands in the file with `%Y`, `%m`, `%d`, `%H`, `%M`, `%S`, such as `%Y/%m/%d %H:%M`";
            return Err(wrong(text, message, hint));
        }
        format.date = Some(text.value.clone());
    }
    for (name, word) in types {
        let Some(ty) = CsvType::parse(word.value.trim()) else {
            const WORDS: [&str; 7] = ["integer", "decimal", "double", "boolean", "date", "timestamp", "text"];
            let hint = did_you_mean(&word.value, WORDS).unwrap_or_else(|| {
                format!("write one of {}, or `decimal(3)` for three places", listed(WORDS))
            });
            return Err(wrong(word, format!("`{}` is no type of a column", word.value), &hint));
        };
        format.types.push((name.value.clone(), ty));
    }
    Ok(())
}

fn read_delimiter(text: &Spanned<String>) -> Result<char, Diagnostic> {
    let letter = match text.value.as_str() {
        "tab" | "\\t" => Some('\t'),
        other => one_letter(other),
    };
    letter.filter(|c| !c.is_alphanumeric() && !matches!(c, '\n' | '\r')).ok_or_else(|| {
        let message = format!("`{}` is no delimiter", text.value);
        wrong(text, message, "one letter goes here, such as `';'`; `tab` is a tab")
    })
}

fn one_letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

fn wrong(place: &Spanned<String>, message: String, hint: &str) -> Diagnostic {
    Diagnostic::error(Code::BadValue, message).with_span(place.span).with_hint(hint)
}
