//! The embedded engine, a folder a stage: [`profile`] reads all orders once, [`profile_cache`] spares the next run that,
//! [`fit`] takes histograms to the model, [`apply`] labels each customer by (row, model) alone, [`tables`] adds up what is
//! said of them, [`mod@write`] makes Parquet of it. [`expr`] lowers what the plan says to Polars' expressions.

pub mod apply;
pub mod cells;
mod expr;
pub mod fit;
mod ids;
pub mod profile;
pub mod profile_cache;
mod slices;
mod spreadsheet;
pub mod tables;
pub mod write;

/// Rows as the engine holds them; nobody outside it looks inside.
pub use polars::prelude::DataFrame as Frame;

use polars::prelude::PolarsError;

use super::Error;

/// What the engine is called in what is published.
pub const NAME: &str = "polars";
/// The version of Polars.
pub const VERSION: &str = polars::VERSION;

impl From<PolarsError> for Error {
    fn from(error: PolarsError) -> Self {
        match &error {
            PolarsError::IO { error: source, .. } => {
                let source = std::io::Error::new(source.kind(), source.to_string());
                Self::Io { path: "a file of the engine".to_owned(), source }
            }
            _ => Self::Engine(error.to_string()),
        }
    }
}

/// What went wrong while a path was scanned: the disk, or what the file holds.
fn of_scan(path: &str) -> impl Fn(PolarsError) -> Error {
    move |error| match error {
        PolarsError::IO { error: source, .. } => {
            let source = std::io::Error::new(source.kind(), source.to_string());
            Error::Io { path: path.to_owned(), source }
        }
        other => Error::Unreadable { path: path.to_owned(), cause: other.to_string() },
    }
}
