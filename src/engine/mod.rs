//! Running a plan: [`polars`] is the embedded engine. An engine lowers the plan and moves rows; what is learned
//! from the population is worked out in [`crate::fit`], and nothing is decided here.

mod cache;
pub mod id_list;
pub mod import;
mod ledger;
pub mod polars;
mod profile;
pub mod pseudonym;

pub use cache::{About, Cache, Cleaned, Entry, KeptFile, KeptTable};
pub use ledger::{Counts, InputCounts, Ledger, Measured};
pub use profile::Profile;

use std::path::Path;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::fit::Misfit;

/// Why an engine stopped.
#[derive(Debug, Error)]
pub enum Error {
    /// An exact number outgrew its column.
    #[error(
        "`{column}` does not fit {ty}: a value has too many digits (of money, `scale: 2` beside the input's `path` keeps two places)"
    )]
    Overflow {
        /// Which column.
        column: String,
        /// The type it has in the output.
        ty: String,
    },
    /// A model that does not belong to the plan.
    #[error("the model does not fit the rules: {0}")]
    Model(#[from] Misfit),
    /// The CLV model cannot be had.
    #[error("the `clv` model cannot be fitted: {0}")]
    Clv(String),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A file's footer was sound, but not what it leads to.
    #[error("`{path}` is not readable: {cause}")]
    Unreadable {
        /// Which file, or which input by its path in the rules.
        path: String,
        /// What the reader says.
        cause: String,
    },
    /// A line of a text file that cannot mean what it should.
    #[error("`{path}`, line {line}: {cause}")]
    Line {
        /// Which file.
        path: String,
        /// From 1.
        line: u64,
        /// What is wrong with it; never the value, which may be an id.
        cause: String,
    },
    /// The engine itself refused.
    #[error("the engine stopped: {0}")]
    Engine(String),
}

impl Error {
    /// An I/O failure at a path.
    fn io(path: &Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Io { path: path.display().to_string(), source }
    }
}

/// What came of the overrides: each is counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideCounts {
    /// The label is another than the rules say, by one segment.
    pub applied: u64,
    /// The label is another, by more than one segment in the declared order.
    pub far_off: u64,
    /// The label is what the rules say anyway.
    pub no_op: u64,
    /// The last day is over.
    pub expired: u64,
    /// There is no such customer.
    pub unknown_customer: u64,
}
