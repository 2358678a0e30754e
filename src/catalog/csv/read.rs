//! A path of the rules file → CSV files and their columns. Every file is read to its end while the rules are checked:
//! its records are counted and its bytes hashed, and what cannot be read at all is said before anything is computed.

use std::collections::HashSet;
use std::path::Path;

use crate::catalog::{Catalog, Column, FileKind, Found, find};
use crate::delimited::{Error, Record, Records, head};
use crate::diag::{Code, Diagnostic};
use crate::plan::{CsvFormat, CsvType, Encoding, FileStamp, Import, InputFile, Physical};

use super::find::is_tsv;

/// How the rules file says that files are read, and which columns are read as what they are needed for.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Of which the delimiter counts where it was said.
    pub format: CsvFormat,
    /// None where the name of the files says it.
    pub delimiter: Option<char>,
    /// The column of the amount, which is a number if nothing else is said of it.
    pub amount: Option<String>,
    /// The column of the time, which is a time in the format of dates if nothing else is said of it.
    pub time: Option<String>,
}

/// Reads the headers of all files that a path names, and counts their records, of which there must be some.
pub fn read(path: &Path, settings: &Settings) -> Result<Catalog, Diagnostic> {
    let catalog = read_even_empty(path, settings)?;
    if catalog.rows() == 0 {
        let message = format!("`{}` has a header, but no record", path.display());
        let hint = "an empty input would publish an empty table over a good one";
        return Err(Diagnostic::error(Code::InputEmpty, message).with_hint(hint));
    }
    Ok(catalog)
}

/// [`read`], where an input without records means that nothing has happened yet.
pub fn read_even_empty(path: &Path, settings: &Settings) -> Result<Catalog, Diagnostic> {
    let Found { files: paths, left_out, .. } = find(path, FileKind::Csv)?;
    let mut format = settings.format.clone();
    format.delimiter = settings.delimiter.unwrap_or(if is_tsv(&paths[0]) { '\t' } else { ',' });
    let mut files = Vec::new();
    let mut header: Vec<String> = Vec::new();
    for (at, file) in paths.iter().enumerate() {
        let (file, names) = of_file(file, &format)?;
        if at == 0 {
            header = names;
        } else {
            compare(&header, &names, &file.path, &paths[0])?;
        }
        files.push(file);
    }
    if let Some((name, _)) = format.types.iter().find(|(name, _)| !header.contains(name)) {
        let message =
            format!("`csv.types` names a column `{name}`, which `{}` does not have", paths[0].display());
        let hint = format!("it has {}", quoted(&header));
        return Err(Diagnostic::error(Code::UnknownColumn, message).with_hint(hint));
    }
    let of_time = settings.time.as_ref().filter(|_| format.date.is_some());
    for (name, ty) in [(settings.amount.as_ref(), CsvType::Number), (of_time, CsvType::Timestamp)] {
        let is_declared = |name: &String| settings.format.types.iter().any(|(known, _)| known == name);
        format.types.extend(name.filter(|name| !is_declared(name)).map(|name| (name.clone(), ty)));
    }
    let columns = header.iter().map(|name| column(name, &format, &header)).collect();
    Ok(Catalog { left_out, ..Catalog::imported(files, columns, Import::Csv(format)) })
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn column(name: &str, format: &CsvFormat, header: &[String]) -> Column {
    let physical = match format.type_of(name) {
        _ if name.is_empty() => Physical::Other("a column without a name".to_owned()),
        _ if header.iter().filter(|other| *other == name).count() > 1 => {
            Physical::Other("two columns of this name".to_owned())
        }
        CsvType::Integer => Physical::Int,
        CsvType::Decimal(places) => Physical::Decimal(places),
        CsvType::Double => Physical::Float,
        CsvType::Boolean => Physical::Bool,
        CsvType::Date => Physical::Date,
        CsvType::Timestamp => Physical::Naive,
        CsvType::Text | CsvType::Number => Physical::Text,
    };
    Column { name: name.to_owned(), physical, storage: "csv".to_owned(), nullable: true, foreign: false }
}

/// One file, and the names of its header.
fn of_file(path: &Path, format: &CsvFormat) -> Result<(InputFile, Vec<String>), Diagnostic> {
    let unreadable = |error: Error| {
        let message = format!("`{}` is not readable as CSV: {error}", path.display());
        let diagnostic = Diagnostic::error(Code::InputUnreadable, message);
        match hint(&error, format) {
            Some(hint) => diagnostic.with_hint(hint),
            None => diagnostic,
        }
    };
    // Before it is read, so that what changes meanwhile is noticed, too.
    let found = std::fs::metadata(path).map_err(|error| unreadable(error.into()))?;
    let stamp = Some(FileStamp::of(&found));
    if let Some((what, remedy)) = foreign(&head(path, 4).map_err(|error| unreadable(error.into()))?) {
        let message = format!("`{}` is not CSV, but {what}", path.display());
        return Err(Diagnostic::error(Code::InputUnreadable, message).with_hint(remedy));
    }
    let mut records = Records::open(path, format).map_err(|error| unreadable(error.into()))?;
    let mut record = Record::default();
    if !records.read(&mut record).map_err(unreadable)? {
        let message = format!("`{}` has no header", path.display());
        let hint = "the first line of a CSV names its columns; is the file complete?";
        return Err(Diagnostic::error(Code::InputUnreadable, message).with_hint(hint));
    }
    let names: Vec<String> = record.cells().map(|name| name.trim().to_owned()).collect();
    let mut rows = 0;
    while records.read(&mut record).map_err(unreadable)? {
        rows += 1;
    }
    let file = records.finish().map_err(|error| unreadable(error.into()))?;
    let path = path.to_path_buf();
    let file = InputFile { path, bytes: file.bytes, rows, footer_sha256: file.sha256, imported: None, stamp };
    Ok((file, names))
}

/// What begins as no CSV does, and what to do about it.
fn foreign(head: &[u8]) -> Option<(&'static str, &'static str)> {
    match head {
        b"PAR1" => Some(("Parquet", "give it a name that ends in `.parquet`, and leave `csv` out")),
        [b'P', b'K', 3, 4] => {
            Some(("a zip archive or a workbook", "unpack it, or save the sheet as CSV in UTF-8"))
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [_, 0, _, 0] | [0, _, 0, _] => {
            Some(("text in UTF-16 or UTF-32", "write it in UTF-8: `iconv -f utf-16 -t utf-8 FILE`"))
        }
        _ => None,
    }
}

fn hint(error: &Error, format: &CsvFormat) -> Option<String> {
    match error {
        Error::Encoding { .. } => {
            let others = Encoding::NAMES.iter().filter(|(_, one)| *one != format.encoding);
            let others: Vec<String> = others.map(|(name, _)| format!("`{name}`")).collect();
            let others = others.join(", ");
            Some(format!("say how the file is written, `csv: {{encoding: …}}`: {others}; UTF-16 is not read"))
        }
        Error::Unclosed { .. } | Error::BehindQuote { .. } | Error::TooLong { .. } => Some(
            "a quote inside of a quoted cell is written twice; no row behind it can be trusted".to_owned(),
        ),
        Error::Io(_) => Some("is the file complete? What is packed is read to its end".to_owned()),
    }
}

/// Files of one input have the same columns; their order may differ.
fn compare(first: &[String], names: &[String], path: &Path, first_path: &Path) -> Result<(), Diagnostic> {
    let lacking = |all: &[String], some: &[String]| {
        let known: HashSet<&String> = some.iter().collect();
        all.iter().find(|name| !known.contains(name)).cloned()
    };
    let (name, has, lacks) = match (lacking(first, names), lacking(names, first)) {
        (Some(name), _) => (name, first_path, path),
        (None, Some(name)) => (name, path, first_path),
        (None, None) => return Ok(()),
    };
    let message = format!("`{}` has no column `{name}`, but `{}` has", lacks.display(), has.display());
    Err(Diagnostic::error(Code::FilesDisagree, message)
        .with_hint("write the files with one header, or narrow `path`"))
}
