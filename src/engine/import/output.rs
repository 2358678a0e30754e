//! The scratch file while it is written.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::engine::Error;
use crate::plan::{Physical, Table};

use super::scratch::create_file;
use super::{CELL, FAULT, LINE};

/// Rows of a row group: the engine's threads read them side by side.
const ROW_GROUP: usize = 1 << 18;
/// Bytes of one, as far as they are counted while it grows.
const ROW_GROUP_BYTES: usize = 32 << 20;
/// Digits of a decimal.
const PRECISION: u8 = 38;

/// A scratch file while it is written.
pub(super) struct Output {
    path: PathBuf,
    schema: SchemaRef,
    writer: ArrowWriter<File>,
}

/// The type of a column in a scratch file; none of what cannot be used.
pub(super) fn arrow_type(physical: &Physical) -> Option<DataType> {
    Some(match physical {
        Physical::Bool => DataType::Boolean,
        Physical::Int => DataType::Int64,
        Physical::Float => DataType::Float64,
        Physical::Decimal(scale) => DataType::Decimal128(PRECISION, i8::try_from(*scale).ok()?),
        Physical::Text | Physical::Uuid => DataType::Utf8,
        Physical::Bytes => DataType::Binary,
        Physical::Date => DataType::Date32,
        Physical::Naive => DataType::Timestamp(TimeUnit::Microsecond, None),
        Physical::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Physical::Null | Physical::Other(_) => return None,
    })
}

impl Output {
    /// Begins the file of a table's columns.
    pub(super) fn create(table: &Table, path: &Path) -> Result<Self, Error> {
        let mut fields = Vec::new();
        for column in table.stored() {
            let unusable = || Error::Engine(format!("the column `{}` cannot be imported", column.name));
            fields.push(Field::new(&column.name, arrow_type(&column.physical).ok_or_else(unusable)?, true));
        }
        fields.push(Field::new(LINE, DataType::Int64, false));
        fields.extend([FAULT, CELL].map(|name| Field::new(name, DataType::Utf8, true)));
        let schema = Arc::new(Schema::new(fields));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .build();
        let file = create_file(path).map_err(Error::io(path))?;
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties));
        let writer = writer.map_err(|error| unwritten(path, &error))?;
        Ok(Self { path: path.to_path_buf(), schema, writer })
    }

    /// Adds rows: the table's columns, the lines, the faults, the cells.
    pub(super) fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), Error> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns);
        let batch = batch.map_err(|error| Error::Engine(error.to_string()))?;
        self.writer.write(&batch).map_err(|error| unwritten(&self.path, &error))?;
        if self.writer.in_progress_size() > ROW_GROUP_BYTES {
            self.writer.flush().map_err(|error| unwritten(&self.path, &error))?;
        }
        Ok(())
    }

    /// Writes the footer.
    pub(super) fn finish(self) -> Result<(), Error> {
        self.writer.close().map(|_| ()).map_err(|error| unwritten(&self.path, &error))
    }
}

/// What the writer says when the disk is full, or gone.
fn unwritten(path: &Path, error: &ParquetError) -> Error {
    Error::io(path)(std::io::Error::other(error.to_string()))
}
