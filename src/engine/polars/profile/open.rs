//! The files of a table as one frame: the columns that the rules read and no others, whatever else a file holds, and the
//! columns that roles compute of them.

use std::fs::File;

use polars::io::SerReader;
use polars::io::parquet::read::{ParquetOptions, ParquetReader};
use polars::lazy::dsl::{
    CastColumnsPolicy, DslBuilder, Expr, ExtraColumnsPolicy, MissingColumnsPolicy, ScanSources,
    UnifiedScanArgs, col, lit,
};
use polars::prelude::{DataType, Field, HiveOptions, LazyFrame, NULL, NonExistent, PlRefPath, Schema};

use crate::engine::Error;
use crate::engine::import::{CELL, FAULT, LINE};
use crate::engine::polars::expr::convert;
use crate::engine::polars::expr::lower::lower;
use crate::engine::polars::expr::types::computed;
use crate::plan::{Column, InputColumn, Physical, Table};

use super::imported;

/// Opens the files of a table, with the number of each row across all files under a name, if one is given.
pub(super) fn open_table(table: &Table, row_number: Option<&str>) -> Result<LazyFrame, Error> {
    let path = |file| Ok::<_, Error>(PlRefPath::try_from_path(imported::path(table, file)?)?);
    let paths: Vec<PlRefPath> = table.files.iter().map(path).collect::<Result<_, _>>()?;
    let hive_options = match table.hive_root.as_ref().filter(|_| table.import.is_none()) {
        None => HiveOptions::new_disabled(),
        Some(root) => HiveOptions {
            enabled: Some(true),
            hive_start_idx: root.as_os_str().len(),
            schema: Some(hive_schema(table).into()),
            try_parse_dates: false,
        },
    };
    // The schema is that of the columns that are read: files may differ in all others.
    let parquet = ParquetOptions { schema: Some(schema(table)?.into()), ..Default::default() };
    let args = UnifiedScanArgs {
        hive_options,
        glob: false,
        cache: false,
        cast_columns_policy: CastColumnsPolicy {
            categorical_to_string: true,
            ..CastColumnsPolicy::ERROR_ON_MISMATCH
        },
        missing_columns_policy: MissingColumnsPolicy::Raise,
        extra_columns_policy: ExtraColumnsPolicy::Ignore,
        ..Default::default()
    };
    let sources = ScanSources::Paths(paths.into_iter().collect());
    let mut frame: LazyFrame = DslBuilder::scan_parquet(sources, parquet, args)?.build().into();
    if let Some(name) = row_number {
        frame = frame.with_row_index(name, Some(0));
    }
    let null =
        |column: &&InputColumn| column.physical == Physical::Null && column.storage != InputColumn::COMPUTED;
    let nulls: Vec<Expr> =
        table.columns.iter().filter(null).map(|one| null_of(one).alias(one.name.as_str())).collect();
    if !nulls.is_empty() {
        frame = frame.with_columns(nulls);
    }
    let held = |column: &Column| match column {
        Column::Input(name) => column_of(table, name),
        other => col(other.to_string()),
    };
    let computed = table.computed.iter().map(|(name, expr)| Ok(lower(expr, &held)?.alias(name.as_str())));
    let computed = computed.collect::<Result<Vec<Expr>, Error>>()?;
    Ok(if computed.is_empty() { frame } else { frame.with_columns(computed) })
}

/// The columns that are read, with the types that the engine gives them in these files, which have the same.
fn schema(table: &Table) -> Result<Schema, Error> {
    let Some(first) = table.files.first() else { return Ok(Schema::default()) };
    let path = imported::path(table, first)?;
    let file = File::open(path).map_err(Error::io(path))?;
    let unreadable = |error: polars::prelude::PolarsError| Error::Unreadable {
        path: first.path.display().to_string(),
        cause: error.to_string(),
    };
    let held = ParquetReader::new(file).schema().map_err(unreadable)?;
    let is_of_files = |column: &&InputColumn| column.storage != "folder" || table.import.is_some();
    let mut schema = Schema::default();
    for column in table.stored().filter(is_of_files) {
        if let Some(field) = held.get(column.name.as_str()) {
            let ty = match DataType::from_arrow_field(field) {
                // A dictionary of texts; its texts are what is asked for.
                DataType::Categorical(..) | DataType::Enum(..) => DataType::String,
                other => other,
            };
            schema.insert(column.name.as_str().into(), ty);
        }
    }
    for name in [FAULT, LINE, CELL].into_iter().filter(|_| table.import.is_some()) {
        if let Some(field) = held.get(name) {
            schema.insert(name.into(), DataType::from_arrow_field(field));
        }
    }
    Ok(schema)
}

/// Folder columns, in the order of the folders: those that the footers do not have.
fn hive_schema(table: &Table) -> Schema {
    let Some((root, first)) = table.hive_root.as_ref().zip(table.files.first()) else {
        return Schema::default();
    };
    let inside = first.path.strip_prefix(root).unwrap_or(&first.path);
    let key = |folder: std::path::Component<'_>| {
        Some(folder.as_os_str().to_string_lossy().split_once('=')?.0.to_owned())
    };
    let keys = inside.parent().into_iter().flat_map(std::path::Path::components).filter_map(key);
    let field = |key: String| {
        let column = table.columns.iter().find(|column| column.name == key);
        let ty = column.map_or(DataType::String, |column| computed(column.ty));
        Field::new(key.into(), ty)
    };
    keys.map(field).collect()
}

/// A column of nulls, of the type that it has elsewhere.
fn null_of(column: &InputColumn) -> Expr {
    lit(NULL).cast(computed(column.shared_ty))
}

/// A column of a table as expressions see it.
pub(super) fn column_of(table: &Table, name: &str) -> Expr {
    let column = table.columns.iter().find(|column| column.name == name);
    column.map_or_else(|| col(name), |column| typed(column, table))
}

/// A column of the files as expressions see it.
pub(super) fn typed(column: &InputColumn, table: &Table) -> Expr {
    let raw = col(column.name.as_str());
    match column.physical {
        Physical::Instant => to_local(raw, table),
        Physical::Naive => convert::to_micros(raw),
        Physical::Date => convert::within_calendar(raw),
        Physical::Bytes => convert::bytes_to_text(raw),
        Physical::Uuid => convert::uuid_to_text(raw),
        Physical::Null => null_of(column),
        _ => raw.cast(computed(column.ty)),
    }
}

/// An instant as local time.
pub(super) fn to_local(instant: Expr, table: &Table) -> Expr {
    let instant = convert::to_micros(instant);
    if table.timezone == chrono_tz::Tz::UTC {
        return instant;
    }
    let zone = |name: &str| polars::prelude::TimeZone::opt_try_new(Some(name)).ok().flatten();
    let Some((utc, local)) = zone("UTC").zip(zone(table.timezone.name())) else { return instant };
    let raise = || lit("raise");
    instant
        .dt()
        .replace_time_zone(Some(utc), raise(), NonExistent::Raise)
        .dt()
        .convert_time_zone(local)
        .dt()
        // Only the other way round is a local time ambiguous.
        .replace_time_zone(None, raise(), NonExistent::Raise)
}
