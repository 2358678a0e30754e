//! Why nothing was published, or what went wrong after that.

use std::path::{Path, PathBuf};

use thiserror::Error as ThisError;

use crate::engine;

/// What went wrong. Unless it is [`Error::Unsynced`], nothing was published, and the previous run, if there is one, is
/// untouched.
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
    /// Another run is publishing the same day.
    #[error("another run holds `{}`", .0.display())]
    Locked(PathBuf),
    /// What stands where the lock belongs is none.
    #[error(
        "`{}` is {what}, so no run can be locked out with it; help: see who put it there, and remove it",
        path.display()
    )]
    NoLock {
        /// The place of the lock.
        path: PathBuf,
        /// What is there.
        what: &'static str,
    },
    /// There is no room for the work beside the table.
    #[error(
        "`{}` cannot hold the staging folder: {why}; help: name a folder on the file system of the table with `--staging`",
        path.display()
    )]
    NoArea {
        /// The staging area.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A folder cannot be renamed from one file system to another.
    #[error(
        "`{}` is not on the file system of `{}`, so nothing can be swapped in from there; help: name a folder on the \
         table's file system with `--staging`, or publish to a folder below the mount point",
        area.display(),
        target.display()
    )]
    OtherFileSystem {
        /// The staging area.
        area: PathBuf,
        /// The table.
        target: PathBuf,
    },
    /// The partition is swapped in, and was not seen to the disk.
    #[error(
        "`{}` is published, but was not seen to the disk: {source}; help: run again to be sure that it outlasts a power cut",
        folder.display()
    )]
    Unsynced {
        /// The partition.
        folder: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The previous partition stepped aside and could not step back.
    #[error(
        "{}: {source}; the previous partition is kept at `{}`, and the next run puts it back",
        folder.display(),
        aside.display()
    )]
    Aside {
        /// The partition.
        folder: PathBuf,
        /// Where the previous one is.
        aside: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
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
