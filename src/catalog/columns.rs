//! Parquet schema → columns and their types.

use std::collections::HashSet;

use parquet::basic::{LogicalType, Type as Basic};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;

use crate::plan::{Physical, Type};

use super::embedded;

/// The storage of unsigned numbers of which some are too great for 64 bits with a sign.
const BEYOND_64_BITS: &str = "UINT64 beyond 64 bits with a sign";

/// One column that an input offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// How the files hold it.
    pub physical: Physical,
    /// The exact type, as the footer names it.
    pub storage: String,
    /// Whether the footers cannot rule out nulls.
    pub nullable: bool,
    /// Whether the engine does not read it as it is in the file, or reads it wrongly: it is imported then.
    pub foreign: bool,
}

impl Column {
    /// Whether these are unsigned numbers of which some are too great for 64 bits with a sign.
    pub fn is_beyond_64_bits(&self) -> bool {
        self.storage == BEYOND_64_BITS
    }

    /// What expressions see; none for a column that cannot be used.
    pub fn ty(&self) -> Option<Type> {
        Some(match self.physical {
            Physical::Bool => Type::Bool,
            Physical::Int => Type::Int,
            Physical::Float => Type::Double,
            Physical::Decimal(scale) => Type::Decimal(scale),
            Physical::Text | Physical::Bytes | Physical::Uuid => Type::Text,
            Physical::Null => Type::Unknown,
            Physical::Date => Type::Date,
            Physical::Naive | Physical::Instant => Type::Time,
            Physical::Other(_) => return None,
        })
    }
}

/// What a column holds, in words.
pub fn describe(physical: &Physical) -> String {
    match physical {
        Physical::Bool => "booleans".to_owned(),
        Physical::Int => "whole numbers".to_owned(),
        Physical::Float => "floats".to_owned(),
        Physical::Decimal(scale) => format!("decimals with {scale} places"),
        Physical::Text => "texts".to_owned(),
        Physical::Date => "dates".to_owned(),
        Physical::Naive => "local times".to_owned(),
        Physical::Instant => "instants".to_owned(),
        Physical::Bytes => "bytes".to_owned(),
        Physical::Uuid => "UUIDs".to_owned(),
        Physical::Null => "nothing but nulls".to_owned(),
        Physical::Other(what) => what.clone(),
    }
}

/// The top-level columns of one file; nested ones are listed as unusable.
pub(super) fn of_file(metadata: &ParquetMetaData) -> Vec<Column> {
    let schema = metadata.file_metadata().schema_descr();
    let agreement = embedded::agreement(metadata);
    let mut seen = HashSet::new();
    let names = schema.root_schema().get_fields().iter().map(|field| field.name());
    // The engine refuses a file with two columns of one name, whichever they are.
    let twins: HashSet<&str> = names.filter(|name| !seen.insert(*name)).collect();
    let mut columns: Vec<Column> = Vec::new();
    for (at, leaf) in schema.columns().iter().enumerate() {
        let name = leaf.path().parts().first().cloned().unwrap_or_default();
        if columns.iter().any(|column| column.name == name) {
            continue;
        }
        let is_beyond = is_beyond_64_bits(metadata, at, leaf);
        let nested = leaf.path().parts().len() > 1 || leaf.max_rep_level() > 0;
        let physical = if twins.contains(name.as_str()) {
            Physical::Other("values of two columns of one name".to_owned())
        } else if nested {
            Physical::Other("nested values".to_owned())
        } else if is_beyond {
            Physical::Decimal(0)
        } else {
            physical(leaf)
        };
        let nulls = |group: &RowGroupMetaData| {
            group.column(at).statistics().and_then(|statistics| statistics.null_count_opt())
        };
        let no_nulls =
            leaf.max_def_level() == 0 || metadata.row_groups().iter().all(|group| nulls(group) == Some(0));
        let storage =
            format!("{:?} {:?} {:?}", leaf.physical_type(), leaf.converted_type(), leaf.logical_type_ref());
        let storage = match (nested, is_beyond) {
            (true, _) => format!("nested {storage}"),
            (false, true) => BEYOND_64_BITS.to_owned(),
            (false, false) => storage,
        };
        let nullable = !no_nulls || is_unsigned_64(leaf);
        let agrees = agreement.get(schema.get_column_root_idx(at)).copied().unwrap_or(false);
        let foreign = !twins.is_empty()
            || !agrees
            || is_foreign(leaf)
            || has_foreign_pages(metadata, at, leaf)
            || is_beyond;
        columns.push(Column { name, physical, storage, nullable, foreign });
    }
    columns
}

/// Types that the engine cannot hold: timestamps of INT96 outside of what 64 bits of nanoseconds span would be other dates.
fn is_foreign(leaf: &ColumnDescriptor) -> bool {
    let is_wide =
        matches!(leaf.logical_type_ref(), Some(LogicalType::Decimal(decimal)) if decimal.precision > 38);
    let is_half = matches!(leaf.logical_type_ref(), Some(LogicalType::Float16));
    leaf.physical_type() == Basic::INT96 || is_wide || is_half || leaf.type_precision() > 38
}

/// Encodings of bytes of fixed length that only few readers know.
fn has_foreign_pages(metadata: &ParquetMetaData, at: usize, leaf: &ColumnDescriptor) -> bool {
    use parquet::basic::Encoding;
    let is_usual = |encoding: Encoding| {
        let old = ["PLAIN_DICTIONARY", "BIT_PACKED"];
        matches!(encoding, Encoding::PLAIN | Encoding::RLE | Encoding::RLE_DICTIONARY)
            || old.contains(&encoding.to_string().as_str())
    };
    leaf.physical_type() == Basic::FIXED_LEN_BYTE_ARRAY
        && metadata.row_groups().iter().any(|group| group.column(at).encodings().any(|one| !is_usual(one)))
}

/// Whether there are unsigned numbers that do not fit the signed ones of expressions, such as hashes: these are decimals
/// without places.
fn is_beyond_64_bits(metadata: &ParquetMetaData, at: usize, leaf: &ColumnDescriptor) -> bool {
    let is_beyond = |group: &RowGroupMetaData| match group.column(at).statistics() {
        // The bits of an unsigned number.
        Some(Statistics::Int64(values)) => values.max_opt().is_some_and(|max| *max < 0),
        _ => false,
    };
    is_unsigned_64(leaf) && metadata.row_groups().iter().any(is_beyond)
}

/// Where the footer does not say the greatest, those that do not fit become null.
fn is_unsigned_64(leaf: &ColumnDescriptor) -> bool {
    matches!(leaf.logical_type_ref(), Some(LogicalType::Integer(kind)) if !kind.is_signed && kind.bit_width == 64)
}

fn physical(leaf: &ColumnDescriptor) -> Physical {
    let converted = leaf.converted_type();
    use parquet::basic::ConvertedType as Converted;
    match (leaf.physical_type(), leaf.logical_type_ref()) {
        (_, Some(LogicalType::Decimal(decimal))) => decimal_of(decimal.scale),
        (_, Some(LogicalType::String | LogicalType::Enum | LogicalType::Json)) => Physical::Text,
        (_, Some(LogicalType::Unknown)) => Physical::Null,
        (_, Some(LogicalType::Date)) => Physical::Date,
        (_, Some(LogicalType::Timestamp(timestamp))) => {
            if timestamp.is_adjusted_to_u_t_c {
                Physical::Instant
            } else {
                Physical::Naive
            }
        }
        (Basic::INT32 | Basic::INT64, Some(LogicalType::Integer(_))) => Physical::Int,
        (_, Some(LogicalType::Time(_))) => Physical::Other("times of day".to_owned()),
        (_, Some(LogicalType::Bson)) => Physical::Other("BSON".to_owned()),
        (_, Some(LogicalType::Uuid)) => Physical::Uuid,
        (_, Some(LogicalType::Float16)) => Physical::Float,
        (_, Some(other)) => {
            let name = format!("{other:?}");
            let name = name.split(['(', ' ']).next().unwrap_or_default();
            Physical::Other(format!("values of type {name}"))
        }
        (_, None) if converted == Converted::DECIMAL => decimal_of(leaf.type_scale()),
        (_, None) if matches!(converted, Converted::UTF8 | Converted::ENUM | Converted::JSON) => {
            Physical::Text
        }
        (_, None) if matches!(converted, Converted::TIME_MILLIS | Converted::TIME_MICROS) => {
            Physical::Other("times of day".to_owned())
        }
        (_, None) if matches!(converted, Converted::INTERVAL | Converted::BSON) => {
            Physical::Other(format!("values of type {converted}"))
        }
        (_, None) if converted == Converted::DATE => Physical::Date,
        (_, None) if matches!(converted, Converted::TIMESTAMP_MILLIS | Converted::TIMESTAMP_MICROS) => {
            Physical::Instant
        }
        (Basic::BOOLEAN, None) => Physical::Bool,
        (Basic::INT32 | Basic::INT64, None) => Physical::Int,
        (Basic::FLOAT | Basic::DOUBLE, None) => Physical::Float,
        // Written by Spark, Hive and Impala before there were timestamp annotations: UTC by convention.
        (Basic::INT96, None) => Physical::Instant,
        (Basic::BYTE_ARRAY, None) => Physical::Bytes,
        (Basic::FIXED_LEN_BYTE_ARRAY, None) => Physical::Other("bytes of fixed length".to_owned()),
    }
}

fn decimal_of(scale: i32) -> Physical {
    u8::try_from(scale)
        .map_or_else(|_| Physical::Other(format!("decimals with {scale} places")), Physical::Decimal)
}
