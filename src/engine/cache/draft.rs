//! An entry while it is written, beside the others; dropped unfinished it is gone.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::engine::Error;

use super::about::About;
use super::files::{ABOUT, LOCK, private_folder, remove_own};

/// An entry while it is written.
pub(in crate::engine) struct Draft {
    path: PathBuf,
    entry: PathBuf,
    /// Held while it is written, so that a clean-up lets it be.
    lock: Option<File>,
}

impl Draft {
    /// A folder for what will be `entry`.
    pub(super) fn begin(path: PathBuf, entry: PathBuf) -> Result<Self, Error> {
        // Of another process with the same number, which has ended.
        remove_own(&path)?;
        private_folder(&path)?;
        let mut draft = Self { path, entry, lock: None };
        let lock = File::create_new(draft.path.join(LOCK)).map_err(Error::io(&draft.path))?;
        lock.lock().map_err(Error::io(&draft.path))?;
        draft.lock = Some(lock);
        Ok(draft)
    }

    pub(in crate::engine) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it an entry. One that is there already is broken, or just as good.
    pub(in crate::engine) fn finish(mut self, about: &About) -> Result<(), Error> {
        let path = self.path.join(ABOUT);
        let text = about.document()?;
        fs::write(&path, text).and_then(|()| File::open(&path)?.sync_all()).map_err(Error::io(&path))?;
        fs::remove_file(self.path.join(LOCK)).map_err(Error::io(&self.path))?;
        self.lock = None;
        if !remove_own(&self.entry)? {
            return Err(Error::Unreadable {
                path: self.entry.display().to_string(),
                cause: "something that is not the cache's stands in its place".to_owned(),
            });
        }
        fs::rename(&self.path, &self.entry).map_err(Error::io(&self.entry))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        remove_own(&self.path).ok();
    }
}
