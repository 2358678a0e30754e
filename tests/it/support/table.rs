//! Small Parquet inputs, from columns of plain values or from a table of words.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use chrono::{NaiveDate, NaiveDateTime};
use parquet::arrow::ArrowWriter;

/// One column's values; none is null.
#[derive(Clone, Debug)]
pub(crate) enum Cells {
    /// UTF-8 texts.
    Text(Vec<Option<String>>),
    /// 64-bit whole numbers.
    Int(Vec<Option<i64>>),
    /// 64-bit whole numbers without a sign.
    Unsigned(Vec<Option<u64>>),
    /// Doubles.
    Float(Vec<Option<f64>>),
    /// Unscaled decimals and their scale.
    Decimal(Vec<Option<i128>>, u8),
    /// Dates, in days since 1970.
    Date(Vec<Option<i32>>),
    /// Local times, in microseconds since 1970.
    Naive(Vec<Option<i64>>),
    /// Instants, in microseconds since 1970.
    Utc(Vec<Option<i64>>),
    /// Conditions.
    Bool(Vec<Option<bool>>),
}

impl Cells {
    fn array(&self) -> ArrayRef {
        match self {
            Self::Text(cells) => Arc::new(StringArray::from(cells.clone())),
            Self::Int(cells) => Arc::new(Int64Array::from(cells.clone())),
            Self::Unsigned(cells) => Arc::new(UInt64Array::from(cells.clone())),
            Self::Float(cells) => Arc::new(Float64Array::from(cells.clone())),
            Self::Decimal(cells, scale) => {
                let cells = Decimal128Array::from(cells.clone());
                Arc::new(cells.with_precision_and_scale(18, *scale as i8).unwrap())
            }
            Self::Date(cells) => Arc::new(Date32Array::from(cells.clone())),
            Self::Naive(cells) => Arc::new(TimestampMicrosecondArray::from(cells.clone())),
            Self::Utc(cells) => Arc::new(TimestampMicrosecondArray::from(cells.clone()).with_timezone("UTC")),
            Self::Bool(cells) => Arc::new(BooleanArray::from(cells.clone())),
        }
    }

    /// Reads words as a type of cells; `-` is null, and `_` in a text a blank.
    fn parse(ty: &str, words: &[&str]) -> Self {
        fn each<T>(words: &[&str], read: impl Fn(&str) -> T) -> Vec<Option<T>> {
            words.iter().map(|word| (*word != "-").then(|| read(word))).collect()
        }
        let micros = |word: &str| time(word).and_utc().timestamp_micros();
        match ty {
            "text" => Self::Text(each(words, |word| word.replace('_', " "))),
            "int" => Self::Int(each(words, |word| word.parse().unwrap())),
            "float" => Self::Float(each(words, |word| word.parse().unwrap())),
            "decimal" => Self::Decimal(each(words, cents), 2),
            "date" => Self::Date(each(words, days)),
            "naive" => Self::Naive(each(words, micros)),
            "utc" => Self::Utc(each(words, micros)),
            "bool" => Self::Bool(each(words, |word| word.parse().unwrap())),
            other => panic!("no cells of type {other}"),
        }
    }
}

/// `2025-01-31` as days since 1970.
pub(crate) fn days(date: &str) -> i32 {
    let date: NaiveDate = date.parse().unwrap();
    (date - NaiveDate::default()).num_days() as i32
}

fn time(word: &str) -> NaiveDateTime {
    word.parse().unwrap_or_else(|_| word.parse::<NaiveDate>().unwrap().into())
}

/// `-12.3` as -1230.
fn cents(word: &str) -> i128 {
    let (whole, fraction) = word.split_once('.').unwrap_or((word, ""));
    format!("{whole}{fraction:0<2}").parse().unwrap()
}

/// A table of named columns.
pub(crate) fn batch(columns: &[(&str, Cells)]) -> RecordBatch {
    let arrays: Vec<ArrayRef> = columns.iter().map(|(_, cells)| cells.array()).collect();
    let field =
        |((name, _), array): (&(&str, Cells), &ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let fields: Vec<Field> = columns.iter().zip(&arrays).map(field).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// A table of words: the first line names the columns as `name:type`, each other line is a row.
pub(crate) fn words(text: &str) -> RecordBatch {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let head: Vec<(&str, &str)> =
        lines.next().unwrap().split_whitespace().map(|word| word.split_once(':').unwrap()).collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.iter().all(|row| row.len() == head.len()), "every row has {} words", head.len());
    let column = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<_>>();
    let columns: Vec<(&str, Cells)> =
        head.iter().enumerate().map(|(at, (name, ty))| (*name, Cells::parse(ty, &column(at)))).collect();
    batch(&columns)
}

/// Writes a table as one Parquet file; folders on the way are made.
pub(crate) fn write(path: &Path, batch: &RecordBatch) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}
