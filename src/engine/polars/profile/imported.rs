//! Imported files in a scan: rows with a cell that could not be read are set aside, and shown as they stand in the file.

use polars::lazy::dsl::{Expr, col, lit, when};
use polars::prelude::DataType;

use crate::engine::Error;
use crate::engine::import::{CELL, FAULT, LINE, RAGGED};
use crate::engine::polars::expr::convert;
use crate::plan::{InputFile, Physical, Table};

/// Why rows of an imported file are set aside.
pub(super) const RAGGED_ROW: &str = "wrong_number_of_cells";
pub(super) const UNREADABLE: &str = "unreadable_cell";

/// The file to open for a file of the plan.
pub(super) fn path<'a>(table: &Table, file: &'a InputFile) -> Result<&'a std::path::Path, Error> {
    match (&table.import, &file.imported) {
        (None, _) => Ok(&file.path),
        (Some(_), Some(path)) => Ok(path),
        (Some(_), None) => Err(Error::Engine(format!("`{}` was not imported", file.path.display()))),
    }
}

/// What may be wrong with a row, by the reason; some columns have reasons of their own.
pub(super) fn faults(table: &Table, own: &[(&str, &'static str)]) -> Vec<(Expr, &'static str)> {
    if table.import.is_none() {
        return Vec::new();
    }
    let own = own.iter().map(|(name, reason)| (col(FAULT).eq(lit(*name)), *reason));
    let any = (col(FAULT).is_not_null(), UNREADABLE);
    [(col(FAULT).eq(lit(RAGGED)), RAGGED_ROW)].into_iter().chain(own).chain([any]).collect()
}

/// The reason why a row as a whole is set aside, as a text; null of the others.
pub(super) fn fault(table: &Table) -> Expr {
    match table.import {
        None => lit(polars::prelude::NULL).cast(DataType::String).alias(FAULT),
        Some(_) => col(FAULT),
    }
}

/// A condition on rows, which cannot leave out those of which it does not know.
pub(super) fn keeping_faults(table: &Table, condition: Expr) -> Expr {
    match table.import {
        None => condition,
        Some(_) => condition.fill_null(col(FAULT).is_not_null()),
    }
}

/// A column as it stands in the files, for people to look at.
pub(super) fn as_written(table: &Table, name: &str) -> Expr {
    let column = table.columns.iter().find(|one| one.name == name);
    let text = match column.map(|one| &one.physical) {
        Some(Physical::Bytes) => convert::bytes_as_shown(col(name)),
        Some(Physical::Date | Physical::Naive | Physical::Instant) => convert::time_as_shown(col(name)),
        _ => col(name).cast(DataType::String),
    };
    match table.import {
        None => text,
        Some(_) => when(col(FAULT).eq(lit(name))).then(col(CELL)).otherwise(text),
    }
}

/// The line where a row begins, where it is known; null where its number says enough.
pub(super) fn line(table: &Table) -> Expr {
    match table.import {
        None => lit(polars::prelude::NULL).cast(DataType::Int64).alias(LINE),
        Some(_) => col(LINE),
    }
}
