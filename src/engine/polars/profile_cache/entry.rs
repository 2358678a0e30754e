//! The tables of an entry, in and out: aggregates with attributes, and the rows that were set aside. Parquet without
//! compression, in row groups of a slice each, which are read side by side. A later day adds a file of what has changed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::io::parquet::write::{ParquetCompression, ParquetWriteOptions, StatisticsOptions};
use polars::prelude::{
    CompatLevel, DataFrame, Engine, FileWriteFormat, IntoLazy, ParallelStrategy, ParquetReader, PlRefPath,
    SerReader, SinkDestination, SinkTarget, UnifiedSinkArgs,
};

use crate::engine::polars::profile::Aggregated;
use crate::engine::polars::slices::SLICE;
use crate::engine::{About, Cache, Error, KeptTable};
use crate::plan::Plan;

use super::splice::replace;

const AGGREGATES: &str = "aggregates.parquet";
const REJECTED: &str = "rejected.parquet";

/// Changes are kept as such up to this part of the rows that they change: they are put together whenever they are read.
const MOST_CHANGES: usize = 4;

/// An entry that was read.
pub(super) struct Kept {
    /// The aggregates as of its day.
    pub(super) aggregated: Aggregated,
    /// The rows that were set aside.
    pub(super) rejected: DataFrame,
    /// The files in which the aggregates are.
    pub(super) layers: Layers,
}

/// The files of an entry's aggregates: whole rows of all customers, then what changed with each later day. No file is
/// ever written to again, so entries share them.
pub(super) struct Layers {
    folder: PathBuf,
    tables: Vec<KeptTable>,
}

/// What makes an entry of another.
pub(super) struct Changes {
    /// That other one.
    pub(super) base: Layers,
    /// The rows of customers who are new or have other values.
    pub(super) rows: DataFrame,
}

/// What is kept under a key, if anything is.
pub(super) fn load(cache: &Cache, plan: &Plan, key: &str) -> Result<Option<Kept>, Error> {
    let Some((folder, about)) = cache.find(key)? else { return Ok(None) };
    let [aggregates, rejected, changes @ ..] = &about.tables[..] else {
        return Err(broken(&folder, "it has other tables"));
    };
    let frame = read(&folder, aggregates)?;
    let parts = plan.parts(frame.height());
    // Changes are few: first among themselves.
    let mut all_changes: Option<DataFrame> = None;
    for table in changes {
        let rows = read(&folder, table)?;
        all_changes = Some(match all_changes {
            Some(earlier) => replace(plan, parts, earlier, &rows)?,
            None => rows,
        });
    }
    let frame = match &all_changes {
        Some(rows) => replace(plan, parts, frame, rows)?,
        None => frame,
    };
    if frame.height() as u64 != about.customers || plan.parts(frame.height()) != parts {
        return Err(broken(&folder, "its tables do not belong together"));
    }
    let tables = [aggregates].into_iter().chain(changes).cloned().collect();
    Ok(Some(Kept {
        aggregated: Aggregated { frame, counts: about.counts },
        rejected: read(&folder, rejected)?,
        layers: Layers { folder, tables },
    }))
}

/// Writes an entry: all aggregates, or only what has changed.
pub(super) fn save(
    cache: &Cache,
    key: &str,
    plan: &Plan,
    aggregated: &Aggregated,
    rejected: &DataFrame,
    changes: Option<&Changes>,
) -> Result<(), Error> {
    let draft = cache.draft(key)?;
    let linked = changes.filter(|changes| changes.are_few()).and_then(|changes| changes.link(draft.path()));
    let (aggregates, more) = match (changes, linked) {
        (Some(changes), Some(Layers { mut tables, .. })) => {
            let file = format!("changes-{}.parquet", tables.len());
            if changes.rows.height() > 0 {
                tables.push(write(draft.path(), &file, &changes.rows)?);
            }
            (tables.remove(0), tables)
        }
        _ => (write(draft.path(), AGGREGATES, &aggregated.frame)?, Vec::new()),
    };
    let rejected = write(draft.path(), REJECTED, rejected)?;
    let tables = [aggregates, rejected].into_iter().chain(more).collect();
    draft.finish(&About::new(plan, aggregated.frame.height(), tables, aggregated.counts.clone()))
}

impl Changes {
    fn are_few(&self) -> bool {
        let rows = |tables: &[KeptTable]| tables.iter().map(|table| table.rows).sum::<u64>();
        let (whole, changes) = self.base.tables.split_at(1);
        rows(changes) + self.rows.height() as u64 <= rows(whole) / MOST_CHANGES as u64
    }

    /// The files of the base under a second name; none where the file system has no such thing.
    fn link(&self, folder: &Path) -> Option<Layers> {
        let Layers { folder: base, tables } = &self.base;
        for table in tables {
            if fs::hard_link(base.join(&table.file), folder.join(&table.file)).is_err() {
                tables.iter().for_each(|table| {
                    fs::remove_file(folder.join(&table.file)).ok();
                });
                return None;
            }
        }
        Some(Layers { folder: folder.to_path_buf(), tables: tables.clone() })
    }
}

fn write(folder: &Path, file: &str, frame: &DataFrame) -> Result<KeptTable, Error> {
    let path = folder.join(file);
    let options = ParquetWriteOptions {
        compression: ParquetCompression::Uncompressed,
        statistics: StatisticsOptions::empty(),
        row_group_size: Some(SLICE),
        // Nobody else reads them, so texts need not be turned into what older readers know.
        compat_level: Some(CompatLevel::newest()),
        ..Default::default()
    };
    let target = SinkTarget::Path(PlRefPath::try_from_path(&path)?);
    let format = FileWriteFormat::Parquet(Arc::new(options));
    let frame_to_sink = frame.clone().lazy();
    let sink = frame_to_sink.sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?;
    sink.collect_with_engine(Engine::Streaming)?;
    let written = File::open(&path).map_err(Error::io(&path))?;
    // A power cut must not leave an entry with the right sizes and nothing in it.
    written.sync_all().map_err(Error::io(&path))?;
    Ok(KeptTable {
        file: file.to_owned(),
        bytes: written.metadata().map_err(Error::io(&path))?.len(),
        checksum: KeptTable::checksum_of(&path)?,
        rows: frame.height() as u64,
        columns: columns(frame),
    })
}

fn read(folder: &Path, table: &KeptTable) -> Result<DataFrame, Error> {
    table.verify(folder)?;
    let path = folder.join(&table.file);
    let file = File::open(&path).map_err(Error::io(&path))?;
    // A scan would read as many row groups ahead as one of all orders does, which is one at a time on two threads.
    let frame = ParquetReader::new(file).read_parallel(ParallelStrategy::RowGroups).finish()?;
    if columns(&frame) != table.columns || frame.height() as u64 != table.rows {
        return Err(broken(&path, "it holds another table"));
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

fn broken(path: &Path, cause: &str) -> Error {
    Error::Unreadable { path: path.display().to_string(), cause: cause.to_owned() }
}
