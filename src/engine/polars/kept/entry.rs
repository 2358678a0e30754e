//! The tables of an entry, in and out: aggregates with attributes, and the rows that were set aside. Parquet without
//! compression, in row groups of a slice each, which are read side by side.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use polars::io::parquet::write::{ParquetCompression, ParquetWriteOptions, StatisticsOptions};
use polars::prelude::{
    DataFrame, Engine, FileWriteFormat, IntoLazy, LazyFrame, PlRefPath, ScanArgsParquet, SinkDestination,
    SinkTarget, UnifiedSinkArgs,
};

use crate::engine::polars::profile::Aggregated;
use crate::engine::polars::slices::SLICE;
use crate::engine::{About, Cache, Error, KeptTable};
use crate::plan::Plan;

/// Aggregates, and the rows that were set aside.
pub(super) type Tables = (Aggregated, DataFrame);

const AGGREGATES: &str = "aggregates.parquet";
const REJECTED: &str = "rejected.parquet";

/// What is kept under a key, if anything is: the aggregates, and the rows that were set aside.
pub(super) fn load(cache: &Cache, key: &str) -> Result<Option<Tables>, Error> {
    let Some((folder, about)) = cache.find(key)? else { return Ok(None) };
    let [aggregates, rejected] = &about.tables[..] else {
        return Err(Error::Unreadable("it has other tables".to_owned()));
    };
    let (frame, rejected) = (read(&folder, aggregates)?, read(&folder, rejected)?);
    Ok(Some((Aggregated { frame, counts: about.counts }, rejected)))
}

pub(super) fn save(
    cache: &Cache,
    key: &str,
    plan: &Plan,
    aggregated: &Aggregated,
    rejected: &DataFrame,
) -> Result<(), Error> {
    let draft = cache.draft(key)?;
    let tables =
        vec![write(draft.path(), AGGREGATES, &aggregated.frame)?, write(draft.path(), REJECTED, rejected)?];
    draft.finish(&About::new(plan, aggregated.frame.height(), tables, aggregated.counts.clone()))
}

fn write(folder: &Path, file: &str, frame: &DataFrame) -> Result<KeptTable, Error> {
    let path = folder.join(file);
    let options = ParquetWriteOptions {
        compression: ParquetCompression::Uncompressed,
        statistics: StatisticsOptions::empty(),
        row_group_size: Some(SLICE),
        ..Default::default()
    };
    let target = SinkTarget::Path(PlRefPath::try_from_path(&path)?);
    let format = FileWriteFormat::Parquet(Arc::new(options));
    let frame_to_sink = frame.clone().lazy();
    let sink = frame_to_sink.sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?;
    sink.collect_with_engine(Engine::Streaming)?;
    let io = |source| Error::Io { path: path.display().to_string(), source };
    let written = File::open(&path).map_err(io)?;
    // A power cut must not leave an entry with the right sizes and nothing in it.
    written.sync_all().map_err(io)?;
    Ok(KeptTable {
        file: file.to_owned(),
        bytes: written.metadata().map_err(io)?.len(),
        rows: frame.height() as u64,
        columns: columns(frame),
    })
}

fn read(folder: &Path, table: &KeptTable) -> Result<DataFrame, Error> {
    let path = PlRefPath::try_from_path(&folder.join(&table.file))?;
    let args = ScanArgsParquet { glob: false, cache: false, ..Default::default() };
    let frame: DataFrame =
        LazyFrame::scan_parquet(path, args)?.collect_with_engine(Engine::Streaming)?.unwrap_single();
    if columns(&frame) != table.columns || frame.height() as u64 != table.rows {
        return Err(Error::Unreadable(format!("`{}` holds another table", table.file)));
    }
    Ok(frame)
}

/// Names and types, exactly: what comes back has to be what was written.
fn columns(frame: &DataFrame) -> Vec<(String, String)> {
    frame
        .columns()
        .iter()
        .map(|column| (column.name().to_string(), format!("{:?}", column.dtype())))
        .collect()
}
