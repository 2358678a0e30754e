//! What the inputs offer: files, rows, columns and their types, from Parquet footers alone. No row is read here,
//! but those of the overrides, which are rules, and the first ones for `init`.

mod columns;
pub mod csv;
mod embedded;
mod files;
mod find;
mod lake;
mod layouts;
mod links;
mod list;
mod overrides;
mod regular;
mod sample;
mod sound;

pub use columns::{Column, describe};
pub use files::{read, read_even_empty};
pub use find::{FileKind, Found, find};
pub use layouts::{Catalog, Layout};
pub use list::{IdList, read_list};
pub use overrides::{OverridesFile, read_overrides};
pub use regular::check_regular;
pub use sample::{Sample, Values, sample};
pub(crate) use sound::{being_opened, first_fault};
