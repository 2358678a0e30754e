//! The staging folder: a partition while it is made, in the staging area, swapped in with one rename, removed on every
//! exit.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rayon::prelude::*;

use super::area::Area;
use super::disk::{remove, sync};
use super::layout::{RUN, partition};
use super::live::{forget, live};
use super::manifest::sha256_of;
use super::swap::swap;
use super::{Error, FileEntry, Lock};

/// A folder that no reader looks at yet.
#[derive(Debug)]
pub(super) struct Staging {
    path: PathBuf,
    area: Area,
    day: NaiveDate,
    is_published: bool,
}

impl Staging {
    /// Creates the folder of the day whose lock is held.
    pub(super) fn create(lock: &Lock) -> Result<Self, Error> {
        let (area, day) = (lock.area().clone(), lock.day());
        let path = area.staging(day);
        let mut live = live();
        remove(&path)?;
        fs::create_dir_all(path.join(RUN)).map_err(Error::io(&path))?;
        live.push(path.clone());
        Ok(Self { path, area, day, is_published: false })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a small file and sees it to the disk.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        fs::write(&path, content).map_err(Error::io(&path))?;
        sync(&path).map_err(Error::io(&path))
    }

    /// Makes it the day's partition in one step: readers see the old folder or the new one, never a mixture. Parts that
    /// are the same as before stay the same files.
    pub(super) fn swap_in(mut self, parts: &[FileEntry]) -> Result<(), Error> {
        let folder = self.area.target().join(partition(self.day));
        parts.par_iter().for_each(|part| self.take_over(&folder, part));
        for path in [&self.path.join(RUN), &self.path] {
            sync(path).map_err(Error::io(path))?;
        }
        // A signal that comes now waits: what is swapped in is whole.
        let _live = live();
        swap(&self.path, &folder, &self.area.replaced(self.day))?;
        self.is_published = true;
        // A table that is new is a name in its folder, too.
        self.area.target().parent().map(sync);
        sync(self.area.target()).map_err(|source| Error::Unsynced { folder, source })
        // Dropped now, the staging folder is the previous run, or gone.
    }

    /// Takes a part over from the partition that is replaced, if it is the same to the byte; where that cannot be, its
    /// new copy does as well.
    fn take_over(&self, folder: &Path, part: &FileEntry) {
        let (old, new) = (folder.join(&part.path), self.path.join(&part.path));
        let is_same = old.symlink_metadata().is_ok_and(|old| old.is_file() && old.len() == part.bytes)
            && sha256_of(&old).is_ok_and(|hash| hash == part.sha256);
        let link = self.path.join(format!(".same-{}", part.path));
        if is_same && fs::hard_link(&old, &link).is_ok() && fs::rename(&link, &new).is_err() {
            fs::remove_file(&link).ok();
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !(self.is_published && self.area.keep(&self.path, self.day)) {
            remove(&self.path).ok();
        }
        forget(&self.path);
    }
}
