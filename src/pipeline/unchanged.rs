//! Inputs hold still while a run lasts: what was planned by one file is not to be read from another.

use std::path::PathBuf;

use crate::plan::{FileStamp, Plan};

use super::{Exit, Failure};

/// The files of all inputs as they were planned with.
#[derive(Clone, Debug)]
pub(super) struct PlannedFiles {
    files: Vec<(PathBuf, FileStamp)>,
}

impl PlannedFiles {
    pub(super) fn of(plan: &Plan) -> Self {
        let stamped =
            |(_, file): (&str, &crate::plan::InputFile)| Some((file.path.clone(), file.stamp.clone()?));
        Self { files: plan.files().filter_map(stamped).collect() }
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().map(|(path, _)| path)
    }

    /// Whether every file is still the one that was planned with.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for (path, planned) in &self.files {
            let now = std::fs::metadata(path).ok().map(|found| FileStamp::of(&found));
            if now.as_ref() != Some(planned) {
                let change = if now.is_some() { "has changed" } else { "is gone" };
                let message = format!("`{}` {change} since the run began", path.display());
                return Err(Failure { exit: Exit::Transient, message });
            }
        }
        Ok(())
    }

    /// What went wrong while inputs were read: that one of them has changed, if that is so, whatever came of it.
    pub(super) fn or_changed(&self, failure: Failure) -> Failure {
        self.check().err().unwrap_or(failure)
    }
}
