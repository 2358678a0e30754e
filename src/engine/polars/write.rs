//! Frames → Parquet files that every warehouse takes: signed integers, DECIMAL(18, s), DATE, plain UTF-8.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use polars::io::parquet::write::{
    KeyValueMetadata, ParquetCompression, ParquetWriteOptions, StatisticsOptions,
};
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{
    CompatLevel, DataFrame, Engine, FileWriteFormat, IntoLazy, PlRefPath, SinkDestination, SinkTarget,
    UnifiedSinkArgs,
};

use crate::engine::Error;
use crate::plan::{Plan, Type};

use super::profile::{hash_int, hash_text};

/// Rows of a row group; groups of half a million and more compress and prune well.
const ROW_GROUP: usize = 1 << 20;

/// The effort of zstd: the least. The usual one, 3, took more time for files of the same size.
const LEVEL: i32 = 1;

/// What is said in the footer of every file.
pub type Metadata = Vec<(String, String)>;

/// Writes one file. The same frame, in the same chunks, gives the same bytes.
pub fn table(frame: &DataFrame, path: &Path, metadata: &Metadata) -> Result<(), Error> {
    let options = ParquetWriteOptions {
        compression: ParquetCompression::Zstd(ZstdLevel::try_new(LEVEL).ok()),
        statistics: StatisticsOptions::full(),
        row_group_size: Some(ROW_GROUP),
        key_value_metadata: Some(KeyValueMetadata::from_static(metadata.clone())),
        // Views would keep older Arrow readers out.
        compat_level: Some(CompatLevel::oldest()),
        ..Default::default()
    };
    let target = SinkTarget::Path(PlRefPath::try_from_path(path)?);
    let format = FileWriteFormat::Parquet(Arc::new(options));
    let sink =
        frame.clone().lazy().sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?;
    sink.collect_with_engine(Engine::Streaming)?;
    let io = |source| Error::Io { path: path.display().to_string(), source };
    File::open(path).and_then(|file| file.sync_all()).map_err(io)
}

/// The part of a customer, by the stable hash of the id.
pub(super) fn part_of(hash: u64, parts: usize) -> usize {
    (hash % parts as u64) as usize
}

/// How many of the customers, who come part by part, each part has.
pub fn part_sizes(plan: &Plan, frame: &DataFrame) -> Result<Vec<usize>, Error> {
    let parts = plan.parts(frame.height());
    if parts == 1 {
        return Ok(vec![frame.height()]);
    }
    let mut sizes = vec![0; parts];
    let ids = frame.column(&plan.customer.column)?;
    match plan.id_type() {
        Type::Int => ids.i64()?.iter().flatten().for_each(|id| sizes[part_of(hash_int(id), parts)] += 1),
        _ => ids.str()?.iter().flatten().for_each(|id| sizes[part_of(hash_text(id), parts)] += 1),
    }
    Ok(sizes)
}
