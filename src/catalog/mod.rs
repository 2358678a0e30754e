//! What the inputs offer: files, rows, columns and their types, from Parquet footers alone. No row is read here,
//! but those of the overrides: they are rules.

mod columns;
pub mod csv;
mod files;
mod list;
mod overrides;

pub use columns::{Column, describe};
pub use files::{find, read, read_even_empty};
pub use list::{IdList, read_list};
pub use overrides::{OverridesFile, read_overrides};

use std::path::PathBuf;

use crate::plan::{Import, InputFile};

/// What one input offers.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The files, sorted by path.
    pub files: Vec<InputFile>,
    /// The folder under which `key=value` folders are columns, if there are such folders.
    pub hive_root: Option<PathBuf>,
    /// Columns of the files, then those of the folders.
    pub columns: Vec<Column>,
    /// How the files get into a form that the engine reads; none where they have it.
    pub import: Option<Import>,
}

impl Catalog {
    /// Rows of all files.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}
