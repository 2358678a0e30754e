//! Where the things of a partition lie: the parts and `_SUCCESS` in `as_of=D/`, so that the folder is a table; all that
//! is said of the run in its `_run/`, which readers of folders pass over.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::plan::Plan;

/// The folder of everything that is no part.
pub const RUN: &str = "_run";
/// The file that says a partition is complete; it holds the manifest's hash.
pub const SUCCESS: &str = "_SUCCESS";
/// The name of the manifest.
pub(super) const MANIFEST: &str = "manifest.json";

/// The folder of a run: `target/as_of=D`.
pub fn folder(plan: &Plan) -> PathBuf {
    plan.target.join(partition(plan.as_of))
}

/// The name of a day's folder.
pub(super) fn partition(as_of: NaiveDate) -> String {
    format!("as_of={as_of}")
}

/// A file that is said of a run, in the folder of its day.
pub fn run_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(RUN).join(name)
}

/// The same file where it is: earlier versions wrote it beside the parts.
pub(super) fn existing_run_file(folder: &Path, name: &str) -> Option<PathBuf> {
    [run_file(folder, name), folder.join(name)].into_iter().find(|path| path.is_file())
}

/// The path of a file of `_run/` in the manifest, which is relative to the partition.
pub(super) fn run_path(name: &str) -> String {
    format!("{RUN}/{name}")
}
