//! Parquet files read back with the `parquet` crate into plain rows: on purpose not the library that wrote them.

use std::fmt;
use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use chrono::{Days, NaiveDate};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    /// Of any width.
    Int(i64),
    /// Unscaled, and the scale.
    Decimal(i128, u8),
    Double(f64),
    Text(String),
    Date(NaiveDate),
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
}

impl Rows {
    /// All rows of a file.
    pub(crate) fn read(path: &Path) -> Self {
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
        let columns = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
        let mut rows = Vec::new();
        for batch in builder.build().unwrap() {
            let batch = batch.unwrap();
            let row = |at: usize| batch.columns().iter().map(|column| value(column, at)).collect();
            rows.extend((0..batch.num_rows()).map(row));
        }
        Self { columns, rows }
    }

    /// All parts of a published folder, one after the other.
    pub(crate) fn parts(folder: &Path) -> Self {
        let mut parts: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        parts.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("part-"));
        parts.sort();
        let all = parts.iter().map(|path| Self::read(path));
        all.reduce(|mut all, more| {
            all.rows.extend(more.rows);
            all
        })
        .expect("a part")
    }

    /// Where a column stands.
    pub(crate) fn at(&self, column: &str) -> usize {
        self.columns.iter().position(|name| name == column).unwrap_or_else(|| panic!("a column {column}"))
    }

    /// One column's values.
    pub(crate) fn column(&self, column: &str) -> Vec<&Value> {
        let at = self.at(column);
        self.rows.iter().map(|row| &row[at]).collect()
    }

    /// How many rows have this text in a column.
    pub(crate) fn count(&self, column: &str, text: &str) -> usize {
        self.column(column).iter().filter(|value| value.to_string() == text).count()
    }
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Equal, but for the last digits of doubles.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Double(x), Self::Double(y)) => x == y || (x - y).abs() <= 1e-12 * x.abs().max(y.abs()),
            _ => self == other,
        }
    }

    /// Reads what [`fmt::Display`] writes, as a value of this one's type; `x/y` is a quotient of doubles.
    pub(crate) fn parse_alike(&self, word: &str) -> Self {
        match self {
            Self::Double(_) if word != "-" => {
                let (x, y) = word.split_once('/').unwrap_or((word, "1"));
                Self::Double(x.parse::<f64>().unwrap() / y.parse::<f64>().unwrap())
            }
            _ if word == self.to_string() => self.clone(),
            _ => Self::text(word),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("-"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Decimal(value, 0) => write!(f, "{value}"),
            Self::Decimal(value, scale) => {
                let (sign, digits) = (if *value < 0 { "-" } else { "" }, value.abs().to_string());
                let digits = format!("{digits:0>width$}", width = usize::from(*scale) + 1);
                let (whole, fraction) = digits.split_at(digits.len() - usize::from(*scale));
                write!(f, "{sign}{whole}.{fraction}")
            }
            Self::Double(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
            Self::Date(value) => write!(f, "{value}"),
        }
    }
}

fn value(column: &dyn Array, at: usize) -> Value {
    if column.is_null(at) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Boolean => Value::text(if column.as_boolean().value(at) { "true" } else { "false" }),
        DataType::Int16 => Value::Int(column.as_primitive::<Int16Type>().value(at).into()),
        DataType::Int32 => Value::Int(column.as_primitive::<Int32Type>().value(at).into()),
        DataType::Int64 => Value::Int(column.as_primitive::<Int64Type>().value(at)),
        DataType::Decimal128(_, scale) => {
            Value::Decimal(column.as_primitive::<Decimal128Type>().value(at), *scale as u8)
        }
        DataType::Float64 => Value::Double(column.as_primitive::<Float64Type>().value(at)),
        DataType::Utf8 => Value::text(column.as_string::<i32>().value(at)),
        DataType::LargeUtf8 => Value::text(column.as_string::<i64>().value(at)),
        DataType::Utf8View => Value::text(column.as_string_view().value(at)),
        DataType::Date32 => {
            let day = column.as_primitive::<Date32Type>().value(at);
            Value::Date(NaiveDate::default() + Days::new(day.try_into().unwrap()))
        }
        // A local time, in microseconds.
        DataType::Timestamp(..) => Value::Int(column.as_primitive::<TimestampMicrosecondType>().value(at)),
        other => panic!("a published column of type {other}"),
    }
}
