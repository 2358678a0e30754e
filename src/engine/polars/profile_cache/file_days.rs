//! Which days a file may hold, by its footer: files outside a window need not be opened for it.

use std::fs::File;

use parquet::basic::{LogicalType, TimeUnit};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::statistics::Statistics;

use crate::plan::{Input, InputFile, TimeEncoding};

/// Local dates are at most this far from those of an instant.
const ZONE_DAYS: i64 = 1;

/// The first and the last day, in days since 1970, that its rows may have; none where the footer does not say.
pub(super) fn of_file(input: &Input, file: &InputFile) -> Option<(i64, i64)> {
    let reader =
        SerializedFileReader::new(File::open(file.imported.as_ref().unwrap_or(&file.path)).ok()?).ok()?;
    let (first, last) = of_column(reader.metadata(), &input.time.column)?;
    let off = if input.time.encoding == TimeEncoding::Instant { ZONE_DAYS } else { 0 };
    Some((first - off, last + off))
}

fn of_column(metadata: &ParquetMetaData, name: &str) -> Option<(i64, i64)> {
    let schema = metadata.file_metadata().schema_descr();
    let at = schema.columns().iter().position(|column| column.path().parts() == [name])?;
    let a_day: i64 = match schema.columns()[at].logical_type_ref()? {
        LogicalType::Date => 1,
        LogicalType::Timestamp(timestamp) => {
            86_400
                * match timestamp.unit {
                    TimeUnit::MILLIS => 1_000,
                    TimeUnit::MICROS => 1_000_000,
                    TimeUnit::NANOS => 1_000_000_000,
                }
        }
        _ => return None,
    };
    let mut days: Option<(i64, i64)> = None;
    for group in metadata.row_groups() {
        let (first, last) = match group.column(at).statistics()? {
            Statistics::Int32(days) => (i64::from(*days.min_opt()?), i64::from(*days.max_opt()?)),
            Statistics::Int64(units) => {
                (units.min_opt()?.div_euclid(a_day), units.max_opt()?.div_euclid(a_day))
            }
            _ => return None,
        };
        days = Some(days.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
    }
    days
}
