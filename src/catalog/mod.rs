//! What the inputs offer: files, rows, columns and their types, from Parquet footers alone. No row is read here,
//! but those of the overrides, which are rules, and the first ones for `init`.

mod columns;
mod files;
mod find;
mod lake;
mod links;
mod list;
mod overrides;
mod sample;

pub use columns::{Column, describe};
pub use files::{read, read_even_empty};
pub use find::{FileKind, Found, find};
pub use list::{IdList, read_list};
pub use overrides::{OverridesFile, read_overrides};
pub use sample::{Sample, Values, sample};

use std::path::PathBuf;

use crate::plan::{InputFile, LeftOut};

/// What one input offers.
#[derive(Clone, Debug)]
pub struct Catalog {
    /// The files, sorted by path.
    pub files: Vec<InputFile>,
    /// The folder under which `key=value` folders are columns, if there are such folders.
    pub hive_root: Option<PathBuf>,
    /// What else the path names, and why it is not read.
    pub left_out: Vec<LeftOut>,
    /// Columns of the files, then those of the folders.
    pub columns: Vec<Column>,
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
