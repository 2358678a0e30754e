//! CSV files that nobody has described, as a catalog with its first rows: for `init`, never for a run.

use std::path::Path;

use crate::catalog::{Catalog, FileKind, Sample, find};
use crate::delimited::{Error, Record, Records, cell};
use crate::diag::{Code, Diagnostic};
use crate::plan::{CsvFormat, CsvType, Marks};

use super::read::{Settings, read_even_empty};
use super::sniff::{CsvGuess, sniff};

/// Rows that are looked at, as many as of Parquet.
const ROWS: usize = 50_000;

impl CsvGuess {
    /// The columns that can be told apart by their names and are no texts.
    pub fn types(&self) -> Vec<(String, CsvType)> {
        let is_single = |name: &String| self.columns.iter().filter(|(other, _)| other == name).count() == 1;
        let is_typed =
            |(name, ty): &&(String, CsvType)| *ty != CsvType::Text && !name.is_empty() && is_single(name);
        self.columns.iter().filter(is_typed).cloned().collect()
    }

    /// What the file does not say, as questions to whoever knows.
    pub fn questions(&self) -> Vec<String> {
        let mut questions = Vec::new();
        if let (Some(date), Some(other)) = (&self.date, self.or_dates.first()) {
            questions.push(format!(
                "day or month first? `{date}` fits all dates that were looked at, and so does `{other}`"
            ));
        }
        if let Some(other) = self.or_marks {
            questions.push(format!(
                "which mark is before decimal places? `{}` fits all numbers that were looked at, and so does `{}`",
                self.decimal, other.decimal
            ));
        }
        questions
    }

    fn format(&self) -> CsvFormat {
        CsvFormat {
            delimiter: self.delimiter,
            encoding: self.encoding,
            marks: Marks { decimal: self.decimal, thousands: self.thousands },
            date: self.date.clone(),
            types: self.types(),
            ..CsvFormat::default()
        }
    }
}

/// What files of a path look like, what they offer if they are read so, and their first rows.
pub fn look(path: &Path) -> Result<(CsvGuess, Catalog, Sample), Diagnostic> {
    let files = find(path, FileKind::Csv)?.files;
    let unreadable = |error: &Error| {
        let message = format!("`{}` is not readable as CSV: {error}", files[0].display());
        Diagnostic::error(Code::InputUnreadable, message)
    };
    let guess = sniff(&files[0]).map_err(|error| unreadable(&error))?;
    let format = guess.format();
    let settings =
        Settings { delimiter: Some(guess.delimiter), format: format.clone(), ..Settings::default() };
    let catalog = read_even_empty(path, &settings)?;
    let sample = sample(&files[0], &format, &guess).map_err(|error| unreadable(&error))?;
    Ok((guess, catalog, sample))
}

/// The first rows, numbers with the marks of the program.
fn sample(path: &Path, format: &CsvFormat, guess: &CsvGuess) -> Result<Sample, Error> {
    let names: Vec<&str> = guess.columns.iter().map(|(name, _)| name.as_str()).collect();
    let mut records = Records::open(path, format)?;
    let (mut record, mut rows) = (Record::default(), Vec::new());
    records.read(&mut record)?;
    while rows.len() < ROWS && records.read(&mut record)? {
        if record.len() == names.len() {
            let value = |(cell, (_, ty)): (&str, &(String, CsvType))| match ty {
                CsvType::Integer | CsvType::Decimal(_) | CsvType::Double => {
                    cell::number(cell, format.marks).unwrap_or_else(|| cell.to_owned())
                }
                _ => cell.to_owned(),
            };
            rows.push(record.cells().zip(&guess.columns).map(value).collect::<Vec<String>>());
        }
    }
    let rows = rows.iter().map(|row| row.iter().map(|cell| Some(cell.as_str())).collect());
    Ok(Sample::of_rows(&names, rows))
}
