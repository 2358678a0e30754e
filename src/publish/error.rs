//! Why nothing was published.

use std::path::{Path, PathBuf};

use thiserror::Error as ThisError;

use crate::engine;

/// Why nothing was published. The previous run, if there is one, is untouched.
#[derive(Debug, ThisError)]
pub enum Error {
    /// A file or folder could not be written or read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another run is publishing to the same target.
    #[error("another run holds `{}`", .0.display())]
    Locked(PathBuf),
    /// What was written is not what was computed.
    #[error("read-back check failed: {0}")]
    Broken(String),
    /// The engine could not make the output.
    #[error(transparent)]
    Engine(#[from] engine::Error),
}

impl Error {
    /// An I/O failure at a path.
    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_path_buf(), source }
    }
}
