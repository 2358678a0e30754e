//! What the first rows of an input hold: for `init`, never for a run.

use std::collections::HashMap;
use std::fs::File;

use arrow::array::Array;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::diag::{Code, Diagnostic};
use crate::plan::Physical;

use super::{Catalog, Column};

/// Rows that are looked at, all of the first row group that has any.
const ROWS: usize = 50_000;

/// What columns hold, by their names; of times nothing is kept.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// Rows that were looked at.
    pub rows: usize,
    columns: HashMap<String, Values>,
}

/// What a column holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// How often each value stands there, as text. A null, no number and a blank are none.
    pub counts: HashMap<String, usize>,
}

impl Values {
    /// Rows that have a value.
    pub fn len(&self) -> usize {
        self.counts.values().sum()
    }

    /// Whether no row has one.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    fn add(&mut self, value: &str) {
        if !value.trim().is_empty() && value != "NaN" {
            *self.counts.entry(value.to_owned()).or_default() += 1;
        }
    }
}

impl Sample {
    /// A column's values; none of one that was not looked at.
    pub fn values(&self, column: &str) -> Option<&Values> {
        self.columns.get(column)
    }

    /// Adds rows of a table: a value, or none, for each column and row.
    pub fn of_rows<'a>(columns: &[&str], rows: impl IntoIterator<Item = Vec<Option<&'a str>>>) -> Self {
        let mut sample = Self::default();
        let mut values = vec![Values::default(); columns.len()];
        for row in rows {
            sample.rows += 1;
            for (values, cell) in values.iter_mut().zip(row) {
                cell.into_iter().for_each(|cell| values.add(cell));
            }
        }
        sample.columns = columns.iter().map(|name| (*name).to_owned()).zip(values).collect();
        sample
    }
}

/// Reads the first row group of the first file that has rows.
pub fn sample(catalog: &Catalog) -> Result<Sample, Diagnostic> {
    let Some(first) = catalog.files.iter().find(|file| file.rows > 0) else { return Ok(Sample::default()) };
    let is_looked_at = |column: &&Column| {
        matches!(column.physical, Physical::Int | Physical::Float | Physical::Decimal(_) | Physical::Text)
    };
    let names: Vec<&str> =
        catalog.columns.iter().filter(is_looked_at).map(|column| column.name.as_str()).collect();
    let file = File::open(&first.path).map_err(|error| error.to_string());
    file.and_then(|file| read(file, &names)).map_err(|why| {
        let message = format!("`{}` is not readable: {why}", first.path.display());
        Diagnostic::error(Code::InputUnreadable, message)
    })
}

fn read(file: File, names: &[&str]) -> Result<Sample, String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
    let fields = reader.parquet_schema().root_schema().get_fields().iter().enumerate();
    let wanted = fields.filter(|(_, field)| names.contains(&field.name())).map(|(at, _)| at);
    let mask = ProjectionMask::roots(reader.parquet_schema(), wanted.collect::<Vec<_>>());
    let groups = reader.metadata().row_groups().iter();
    let first = groups.enumerate().find(|(_, group)| group.num_rows() > 0).map_or(0, |(at, _)| at);
    let reader = reader.with_projection(mask).with_row_groups(vec![first]).with_limit(ROWS);
    let mut sample = Sample::default();
    let options = FormatOptions::default();
    for batch in reader.build().map_err(|error| error.to_string())? {
        let batch = batch.map_err(|error| error.to_string())?;
        sample.rows += batch.num_rows();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let cells = ArrayFormatter::try_new(column, &options).map_err(|error| error.to_string())?;
            let values = sample.columns.entry(field.name().clone()).or_default();
            for row in (0..column.len()).filter(|row| column.is_valid(*row)) {
                values.add(&cells.value(row).to_string());
            }
        }
    }
    Ok(sample)
}
