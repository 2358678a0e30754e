//! The embedded engine, one file a stage: [`profile`] reads all orders once, [`fit`] takes histograms to the
//! model, [`apply`] labels each customer by (row, model) alone, [`findings`] adds up what is said of them, [`mod@write`]
//! makes Parquet of it.

pub mod apply;
mod audience;
mod boundaries;
pub mod cells;
pub mod clv;
mod codes;
mod convert;
mod disclosure;
pub mod edges;
pub mod findings;
pub mod fit;
mod gaps;
mod grouped;
mod groups;
pub mod kept;
mod lifecycle;
mod lower;
pub mod overrides;
pub mod parts;
pub mod profile;
pub mod pseudonyms;
pub mod rejected;
mod scan;
mod segment_profile;
mod slices;
pub mod summary;
pub mod sums;
mod tally;
mod types;
mod words;
pub mod write;

/// Rows as the engine holds them; nobody outside it looks inside.
pub use polars::prelude::DataFrame as Frame;
pub use profile::Profile;

use polars::prelude::PolarsError;

use super::Error;

impl From<PolarsError> for Error {
    fn from(error: PolarsError) -> Self {
        match &error {
            PolarsError::IO { error: source, .. } => {
                let source = std::io::Error::new(source.kind(), source.to_string());
                Self::Io { path: "input".to_owned(), source }
            }
            PolarsError::ComputeError(why) if why.starts_with("parquet: ") => {
                Self::Unreadable(why.to_string())
            }
            _ => Self::Engine(error.to_string()),
        }
    }
}
