//! Frames → Parquet files that every warehouse takes: signed integers, DECIMAL(18, s), DATE, plain UTF-8.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use polars::io::parquet::write::{
    KeyValueMetadata, ParquetCompression, ParquetWriteOptions, StatisticsOptions,
};
use polars::prelude::{
    BooleanChunked, CompatLevel, DataFrame, Engine, FileWriteFormat, IntoLazy, NewChunkedArray, PlRefPath,
    SinkDestination, SinkTarget, UnifiedSinkArgs,
};

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
    let options = ParquetWriteOptions {
        compression: ParquetCompression::Zstd(None),
        statistics: StatisticsOptions::full(),
        row_group_size: Some(ROW_GROUP),
        key_value_metadata: Some(KeyValueMetadata::from_static(metadata.clone())),
        // Views would keep older Arrow readers out.
        compat_level: Some(CompatLevel::oldest()),
        ..Default::default()
    };
    // One chunk, so that pages do not depend on how many threads made the frame.
    let mut frame = frame.clone();
    frame.rechunk_mut();
    let target = SinkTarget::Path(PlRefPath::try_from_path(path)?);
    let format = FileWriteFormat::Parquet(Arc::new(options));
    let sink = frame.lazy().sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?;
    sink.collect_with_engine(Engine::Streaming)?;
    let io = |source| Error::Io { path: path.display().to_string(), source };
    File::open(path).and_then(|file| file.sync_all()).map_err(io)
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
    let ids = frame.column(&plan.customer.column)?;
    let mask: BooleanChunked = match plan.id_type() {
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
