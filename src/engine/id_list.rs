//! A list of customer ids, as `privacy.suppress` names one: Parquet or CSV, read whole and strictly. An id that cannot be read
//! is an error, for whoever it stands for would be computed after all. Messages name places, never ids: these people
//! asked to be forgotten.

use std::fs::File;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use crate::delimited::{self, Record, Records};
use crate::plan::{CsvFormat, ListFile, Suppress, Type};

use super::Error;
use super::import::uuid_texts;

/// From here on a double stands for several whole numbers.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// The ids of a list, of the type of the orders' ids, in no order, and perhaps several times.
#[derive(Debug, PartialEq, Eq)]
pub enum ListedIds {
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Texts as they stand there.
    Texts(Vec<String>),
}

/// Reads all files of a list.
///
/// # Errors
///
/// [`Error::Unreadable`] and [`Error::Line`] where a file does not read to its end as it was meant, or holds something else
/// than ids of the type of the orders' ids.
pub fn read(list: &Suppress, ty: Type) -> Result<ListedIds, Error> {
    let mut ids = match ty {
        Type::Int => ListedIds::Whole(Vec::new()),
        _ => ListedIds::Texts(Vec::new()),
    };
    for file in &list.files {
        let reader = OneFile { path: file.path.display().to_string(), column: &list.column };
        if file.is_csv { reader.csv(file, &mut ids)? } else { reader.parquet(file, &mut ids)? }
    }
    Ok(ids)
}

struct OneFile<'a> {
    path: String,
    column: &'a str,
}

impl OneFile<'_> {
    fn unreadable(&self, cause: impl std::fmt::Display) -> Error {
        Error::Unreadable { path: self.path.clone(), cause: cause.to_string() }
    }

    fn line(&self, line: u64, cause: &str) -> Error {
        Error::Line { path: self.path.clone(), line, cause: cause.to_owned() }
    }

    fn csv(&self, file: &ListFile, ids: &mut ListedIds) -> Result<(), Error> {
        let unreadable = |error: delimited::Error| match error {
            delimited::Error::Io(source) => Error::Io { path: self.path.clone(), source },
            other => self.unreadable(other),
        };
        let mut records = Records::open(&file.path, &CsvFormat::default()).map_err(Error::io(&file.path))?;
        let mut record = Record::default();
        records.read(&mut record).map_err(unreadable)?;
        let names: Vec<String> = record.cells().map(|name| name.trim().to_owned()).collect();
        let mut places = (0..names.len()).filter(|at| names[*at] == self.column);
        let (at, None) = (places.next(), places.next()) else {
            return Err(self.unreadable(format!("the column `{}` stands in it twice", self.column)));
        };
        let at = at.ok_or_else(|| self.unreadable(format!("there is no column `{}`", self.column)))?;
        while records.read(&mut record).map_err(unreadable)? {
            record.like_header(names.len()).map_err(|cause| self.unreadable(cause))?;
            let text = record.cell(at).unwrap_or_default().trim();
            match ids {
                _ if text.is_empty() => {}
                ListedIds::Texts(ids) => ids.push(text.to_owned()),
                ListedIds::Whole(ids) => {
                    let whole = text.parse::<i64>();
                    let cause = "not a whole number, as all customer ids are";
                    ids.push(whole.map_err(|_| self.line(record.line(), cause))?);
                }
            }
        }
        Ok(())
    }

    fn parquet(&self, file: &ListFile, ids: &mut ListedIds) -> Result<(), Error> {
        let opened = File::open(&file.path).map_err(Error::io(&file.path))?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(opened, options);
        let builder = builder.map_err(|error| self.unreadable(error))?;
        let at = builder.schema().fields().iter().position(|field| field.name() == self.column);
        let at = at.ok_or_else(|| self.unreadable(format!("there is no column `{}`", self.column)))?;
        let leaf =
            builder.parquet_schema().columns().iter().find(|leaf| leaf.path().parts() == [self.column]);
        let is_uuid =
            leaf.is_some_and(|leaf| leaf.logical_type_ref() == Some(&parquet::basic::LogicalType::Uuid));
        let mask = ProjectionMask::roots(builder.parquet_schema(), [at]);
        let reader = builder.with_projection(mask).build().map_err(|error| self.unreadable(error))?;
        let mut rows = 0;
        for batch in reader {
            let batch = batch.map_err(|error| self.unreadable(error))?;
            let array = if is_uuid { uuid_texts(batch.column(0)) } else { ArrayRef::clone(batch.column(0)) };
            match ids {
                ListedIds::Whole(ids) => self.whole(&array, rows, ids)?,
                ListedIds::Texts(ids) => self.texts(&array, ids)?,
            }
            rows += array.len();
        }
        Ok(())
    }

    fn texts(&self, array: &ArrayRef, ids: &mut Vec<String>) -> Result<(), Error> {
        if *array.data_type() == DataType::Null {
            return Ok(());
        }
        let texts = match array.data_type() {
            DataType::Utf8 | DataType::Binary => cast(array, &DataType::Utf8),
            other => Err(format!("the column `{}` holds values of type {other}", self.column)),
        };
        let texts =
            texts.map_err(|_| self.unreadable(format!("the column `{}` holds no texts", self.column)))?;
        ids.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
        Ok(())
    }

    /// Whole numbers, also where they are written as doubles or decimals; `before` rows are behind us.
    fn whole(&self, array: &ArrayRef, before: usize, ids: &mut Vec<i64>) -> Result<(), Error> {
        let no_number = |row: usize| {
            let place = format!("row {} of the column `{}`", before + row + 1, self.column);
            self.unreadable(format!("{place} holds no whole number, as all customer ids are"))
        };
        match array.data_type() {
            DataType::Null => {}
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                let doubles = cast(array, &DataType::Float64).map_err(|cause| self.unreadable(cause))?;
                for (row, double) in doubles.as_primitive::<Float64Type>().iter().enumerate() {
                    match double {
                        // That is how pandas writes that there is none.
                        None => {}
                        Some(double) if double.is_nan() => {}
                        Some(double) if double.fract() == 0.0 && double.abs() < LARGEST_EXACT => {
                            ids.push(double as i64);
                        }
                        Some(_) => return Err(no_number(row)),
                    }
                }
            }
            DataType::Decimal128(_, places) | DataType::Decimal256(_, places) => {
                let scale = *places;
                let wide =
                    cast(array, &DataType::Decimal128(38, scale)).map_err(|cause| self.unreadable(cause))?;
                let unit = u32::try_from(scale).ok().and_then(|scale| 10_i128.checked_pow(scale));
                for (row, value) in wide.as_primitive::<Decimal128Type>().iter().enumerate() {
                    let Some(value) = value else { continue };
                    let whole = unit.filter(|unit| value % unit == 0).map(|unit| value / unit);
                    let whole = whole.and_then(|whole| i64::try_from(whole).ok());
                    ids.push(whole.ok_or_else(|| no_number(row))?);
                }
            }
            _ => {
                let whole = cast(array, &DataType::Int64);
                let cause = || {
                    format!("the column `{}` holds something else than whole numbers of 64 bits", self.column)
                };
                let whole = whole.map_err(|_| self.unreadable(cause()))?;
                ids.extend(whole.as_primitive::<Int64Type>().iter().flatten());
            }
        }
        Ok(())
    }
}

/// A value that has no place in the type is an error.
fn cast(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef, String> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(array, ty, &options).map_err(|error| error.to_string())
}
