//! Before the profile: files that the engine does not read as they are, CSV above all, are read once into scratch files
//! that it does. A scratch file is Parquet with the columns that the plan reads, in the types that it says, beside
//! [`LINE`], [`FAULT`] and [`CELL`]; row after row it is the file it stands for. No Polars here.

mod csv;
mod output;
mod parquet;
mod scratch;

pub(in crate::engine) use parquet::uuid_texts;
pub use scratch::{ScratchFolder, remove_all as remove_all_scratch};

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::plan::{Import, InputFile, Plan, Table};

use super::Error;

/// The line of the file where the row begins, or its number, from 1.
pub const LINE: &str = "@line";
/// The column of the first cell that could not be read, or [`RAGGED`]; null where all is well.
pub const FAULT: &str = "@fault";
/// That cell as it stands in the file.
pub const CELL: &str = "@cell";
/// In [`FAULT`]: the row has more cells or fewer than the header.
pub const RAGGED: &str = "@cells";

/// Whether there is something to import.
pub fn is_needed(plan: &Plan) -> bool {
    plan.tables().any(|(_, table)| table.import.is_some())
}

/// Imports all files that need it, and says in the plan where each one's scratch file is. They are gone when what is
/// returned is dropped.
pub fn import(plan: &mut Plan, folder: &Path) -> Result<Option<ScratchFolder>, Error> {
    if !is_needed(plan) {
        return Ok(None);
    }
    let scratch = ScratchFolder::create(folder)?;
    let next = AtomicUsize::new(0);
    let inputs = plan.orders.iter_mut().chain(&mut plan.events).map(|input| &mut input.table);
    for table in inputs.chain(plan.customers.iter_mut().map(|customers| &mut customers.table)) {
        let Some(how) = table.import.clone() else { continue };
        let read = |file: &InputFile| -> Result<PathBuf, Error> {
            let path = scratch.path().join(next.fetch_add(1, Ordering::Relaxed).to_string());
            match &how {
                Import::Csv(format) => csv::read(table, file, format, &path)?,
                Import::Parquet => parquet::read(table, file, &path)?,
            }
            Ok(path)
        };
        let imported: Vec<PathBuf> = table.files.par_iter().map(read).collect::<Result<_, _>>()?;
        for (file, path) in table.files.iter_mut().zip(imported) {
            file.imported = Some(path);
        }
    }
    Ok(Some(scratch))
}

/// What a `key=value` folder says of a file.
fn of_folders(table: &Table, file: &InputFile, name: &str) -> Option<String> {
    let inside = file.path.strip_prefix(table.hive_root.as_ref()?).ok()?;
    let folders = inside.parent()?.components();
    let mut pairs = folders.filter_map(|folder| {
        let folder = folder.as_os_str().to_str()?;
        let (key, value) = folder.split_once('=')?;
        Some((key.to_owned(), value.to_owned()))
    });
    let (_, value) = pairs.find(|(key, _)| key == name)?;
    (value != "__HIVE_DEFAULT_PARTITION__").then_some(value)
}
