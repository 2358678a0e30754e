//! What the inputs offer: files, rows, columns and their types, from Parquet footers alone. No row is read here,
//! but those of the overrides: they are rules.

mod columns;
pub mod csv;
mod files;
mod layouts;
mod list;
mod overrides;

pub use columns::{Column, describe};
pub use files::{find, read, read_even_empty};
pub use layouts::{Catalog, Layout};
pub use list::{IdList, read_list};
pub use overrides::{OverridesFile, read_overrides};
