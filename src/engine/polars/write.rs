//! Frames → Parquet files that every warehouse takes: signed integers, DECIMAL(18, s), DATE, plain UTF-8.

use std::fs::File;
use std::path::Path;

use polars::io::parquet::write::{KeyValueMetadata, ParquetCompression, StatisticsOptions};
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, ParquetWriter};

use crate::engine::Error;
use crate::plan::{Plan, Type};

use super::profile::{hash_int, hash_text};

/// Rows of a row group; groups of half a million and more compress and prune well.
const ROW_GROUP: usize = 1 << 20;
/// Customers of one part, which makes parts of 128–256 MB.
const PART: usize = 4_000_000;

/// What is said in the footer of every file.
pub type Metadata = Vec<(String, String)>;

/// Writes one file. The same frame gives the same bytes.
pub fn table(frame: &DataFrame, path: &Path, metadata: &Metadata) -> Result<(), Error> {
    let io = |source| Error::Io { path: path.display().to_string(), source };
    let file = File::create(path).map_err(io)?;
    let metadata = KeyValueMetadata::from_static(metadata.clone());
    // One chunk, so that pages do not depend on how many threads made the frame.
    let mut frame = frame.clone();
    frame.rechunk_mut();
    ParquetWriter::new(&file)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::full())
        .with_row_group_size(Some(ROW_GROUP))
        .with_key_value_metadata(Some(metadata))
        .finish(&mut frame)?;
    file.sync_all().map_err(io)
}

/// How many parts a number of customers makes: it follows from nothing else.
pub fn parts(customers: usize) -> usize {
    customers.div_ceil(PART).max(1)
}

/// The customers of one part, by the stable hash of the id.
pub fn part(plan: &Plan, frame: &DataFrame, number: usize, parts: usize) -> Result<DataFrame, Error> {
    if parts == 1 {
        return Ok(frame.clone());
    }
    let is_here = |hash: u64| (hash % parts as u64) as usize == number;
    let ids = frame.column(&plan.orders.customer.column)?;
    let mask: BooleanChunked = match plan.orders.customer.ty {
        Type::Int => {
            let here = ids.i64()?.iter().map(|id| id.is_some_and(|id| is_here(hash_int(id))));
            BooleanChunked::from_iter_values("".into(), here)
        }
        _ => {
            let here = ids.str()?.iter().map(|id| id.is_some_and(|id| is_here(hash_text(id))));
            BooleanChunked::from_iter_values("".into(), here)
        }
    };
    Ok(frame.filter(&mask)?)
}
