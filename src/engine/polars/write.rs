//! Frames → Parquet files that every warehouse takes: signed integers, DECIMAL(18, s), DATE, plain UTF-8. A row group is
//! encoded by whoever made its rows, side by side with others, and stands in the file in its turn.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use polars::io::parquet::write::StatisticsOptions;
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{ArrowField, Column, CompatLevel, DataFrame, PolarsError, PolarsResult, SchemaExt};
use polars_parquet::read::ParquetError;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Compressor, DynIter, DynStreamingIterator, Encoding, FileWriter,
    KeyValue, Page, ParquetType, Version, WriteOptions, array_to_columns, fallible_streaming_iterator,
    get_dtype_encoding, schema_to_metadata_key,
};
use rayon::prelude::*;

use crate::engine::Error;

pub use super::spreadsheet::csv;

/// Rows of a row group; groups of half a million and more compress and prune well.
pub const ROW_GROUP: usize = 1 << 20;

/// The effort of zstd: the least. The usual one, 3, took more time for files of the same size.
const LEVEL: i32 = 1;

/// What is said in the footer of every file.
pub type Metadata = Vec<(String, String)>;

/// Views would keep older Arrow readers out.
fn compat() -> CompatLevel {
    CompatLevel::oldest()
}

fn options() -> WriteOptions {
    WriteOptions {
        statistics: StatisticsOptions::full(),
        version: Version::V1,
        compression: CompressionOptions::Zstd(ZstdLevel::try_new(LEVEL).ok()),
        data_page_size: None,
    }
}

/// Writes one file. The same frame gives the same bytes.
pub fn table(frame: &DataFrame, path: &Path, metadata: &Metadata) -> Result<(), Error> {
    let file = Writer::create(path, frame, None, metadata)?;
    for (number, start) in (0..frame.height()).step_by(ROW_GROUP).enumerate() {
        file.append(number, file.encode(&frame.slice(start as i64, ROW_GROUP))?)?;
    }
    file.finish()
}

/// A file that grows by row groups.
pub struct Writer {
    path: PathBuf,
    columns: Vec<(ParquetType, Vec<Encoding>)>,
    metadata: Vec<KeyValue>,
    file: Mutex<Growing>,
}

/// A row group as it stands in a file.
pub struct RowGroup {
    rows: usize,
    columns: Vec<Vec<CompressedPage>>,
}

struct Growing {
    writer: FileWriter<BufWriter<File>>,
    /// How many row groups are written.
    written: usize,
    /// Those whose turn has not come.
    waiting: BTreeMap<usize, RowGroup>,
}

impl Writer {
    /// Begins a file of rows with these columns; those of `unique` all differ, so that no dictionary is tried for it.
    pub fn create(
        path: &Path,
        like: &DataFrame,
        unique: Option<&str>,
        metadata: &Metadata,
    ) -> Result<Self, Error> {
        let schema = like.schema().to_arrow(compat());
        let encoding = |field: &ArrowField| match unique {
            Some(unique) if field.name == unique => vec![Encoding::Plain],
            _ => get_dtype_encoding(&field.dtype),
        };
        let encodings: Vec<_> = schema.iter_values().map(encoding).collect();
        let pair =
            |(key, value): &(String, String)| KeyValue { key: key.clone(), value: Some(value.clone()) };
        let metadata = std::iter::once(schema_to_metadata_key(&schema)).chain(metadata.iter().map(pair));
        let metadata = metadata.collect();
        let file = File::create(path).map_err(Error::io(path))?;
        let writer = FileWriter::try_new(BufWriter::with_capacity(1 << 20, file), schema, options())?;
        let columns = writer.parquet_schema().fields().iter().cloned().zip(encodings).collect();
        let growing = Growing { writer, written: 0, waiting: BTreeMap::new() };
        Ok(Self { path: path.to_path_buf(), columns, metadata, file: Mutex::new(growing) })
    }

    /// Encodes and compresses rows, column beside column, and beside whoever encodes others.
    pub fn encode(&self, rows: &DataFrame) -> Result<RowGroup, Error> {
        let columns = rows.columns().par_iter().zip(&self.columns);
        let columns: Vec<_> = columns.map(|(column, kind)| encode(column, kind)).collect::<Result<_, _>>()?;
        Ok(RowGroup { rows: rows.height(), columns: columns.into_iter().flatten().collect() })
    }

    /// Adds the row group with this number; those that are early wait for the others.
    pub fn append(&self, number: usize, group: RowGroup) -> Result<(), Error> {
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.waiting.insert(number, group);
        let Growing { writer, written, waiting } = &mut *file;
        while let Some(RowGroup { rows, columns }) = waiting.remove(written) {
            let columns = columns.iter().map(|pages| {
                let pages = pages.iter().map(PolarsResult::Ok);
                Ok(DynStreamingIterator::new(fallible_streaming_iterator::convert(pages)))
            });
            writer.write(rows as u64, DynIter::new(columns)).map_err(|why| unwritten(&self.path, &why))?;
            *written += 1;
        }
        Ok(())
    }

    /// Writes the footer and sees the file to the disk.
    pub fn finish(self) -> Result<(), Error> {
        let growing = self.file.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Growing { mut writer, written, waiting } = growing;
        if !waiting.is_empty() {
            let path = self.path.display();
            return Err(Error::Engine(format!("`{path}`: row group {written} never came")));
        }
        writer.end(Some(self.metadata)).map_err(|why| unwritten(&self.path, &why))?;
        let file = writer.into_inner().into_inner().map_err(std::io::IntoInnerError::into_error);
        file.and_then(|file| file.sync_all()).map_err(Error::io(&self.path))
    }
}

/// The pages of a column; of a column of lists there would be several.
fn encode(
    column: &Column,
    (ty, encodings): &(ParquetType, Vec<Encoding>),
) -> Result<Vec<Vec<CompressedPage>>, Error> {
    let array = column.as_materialized_series().rechunk().to_arrow(0, compat());
    let leaves = array_to_columns(array, ty.clone(), options(), encodings)?;
    let compress = |pages: DynIter<'static, PolarsResult<Page>>| {
        let pages = pages.map(|page| page.map_err(|why| ParquetError::FeatureNotSupported(why.to_string())));
        let compressed = Compressor::new_from_vec(pages, options().compression, Vec::new());
        compressed.collect::<Result<_, ParquetError>>().map_err(|why| Error::Engine(why.to_string()))
    };
    leaves.into_iter().map(compress).collect()
}

/// What the encoder says when the disk is full, or gone.
fn unwritten(path: &Path, why: &PolarsError) -> Error {
    Error::io(path)(std::io::Error::other(why.to_string()))
}
