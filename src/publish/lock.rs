//! One run at a time publishes a day: an advisory lock on a file of the staging area, released by the kernel however the
//! run ends. Runs of other days go side by side. Who has the lock clears away what dead runs have left.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::NaiveDate;

use super::Error;
use super::area::{Area, Terms};
use super::disk::open_lock;
use super::live::{forget, live};
use super::old_layout;

/// Who clears away holds a dead run's lock for some renames: a run that comes in that moment waits so long.
const MOMENT: Duration = Duration::from_millis(500);
/// How often a run looks whether the lock is free.
const PAUSE: Duration = Duration::from_millis(20);

/// Held while a run publishes.
#[derive(Debug)]
pub struct Lock {
    area: Area,
    day: NaiveDate,
    file: Option<LockFile>,
}

/// A locked file that has its name still. It goes with the lock.
#[derive(Debug)]
struct LockFile {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes the lock of a day, and clears away what dead runs of this day or another have left.
    pub fn take(area: Area, day: NaiveDate, terms: &Terms) -> Result<Self, Error> {
        let deadline = Instant::now() + terms.lock_wait.max(MOMENT);
        let path = area.lock(day);
        let file = loop {
            area.make()?;
            match LockFile::try_at(&path)? {
                Some(file) => break file,
                None if Instant::now() >= deadline => return Err(Error::Locked(path)),
                None => std::thread::sleep(PAUSE),
            }
        };
        live().push(path);
        let lock = Self { area, day, file: Some(file) };
        lock.area.recover(day)?;
        lock.clear_away();
        Ok(lock)
    }

    pub(super) fn area(&self) -> &Area {
        &self.area
    }

    pub(super) fn day(&self) -> NaiveDate {
        self.day
    }

    /// What cannot be cleared away now is left to the next run.
    fn clear_away(&self) {
        for day in self.area.days().into_iter().filter(|day| *day != self.day) {
            if let Ok(Some(_file)) = LockFile::try_at(&self.area.lock(day)) {
                self.area.recover(day).ok();
            }
        }
        self.area.tidy();
        old_layout::clear_away(&self.area);
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let path = self.area.lock(self.day);
        drop(self.file.take());
        self.area.take_along();
        forget(&path);
    }
}

impl LockFile {
    /// The lock of this file, which is created if need be; none where somebody has it, or its name has just gone.
    fn try_at(path: &Path) -> Result<Option<Self>, Error> {
        let file = match open_lock(path, true) {
            // The folder has gone with the run before.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(path, error)),
            Ok(file) => file,
        };
        let found = file.metadata().map_err(Error::io(path))?;
        if !found.is_file() {
            return Err(Error::NoLock { path: path.to_path_buf(), what: "no file" });
        }
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(Error::io(path)(error)),
        }
        // Whoever had it before has taken the name along: then this is the lock of nothing.
        Ok(is_named(&found, path).then(|| Self { path: path.to_path_buf(), _file: file }))
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // What holds something is not ours.
        if self.path.symlink_metadata().is_ok_and(|found| found.is_file() && found.len() == 0) {
            fs::remove_file(&self.path).ok();
        }
    }
}

fn wrong(path: &Path, error: io::Error) -> Error {
    let found = path.symlink_metadata();
    let what = match &found {
        Ok(found) if found.is_symlink() => "a symbolic link",
        Ok(found) if found.is_dir() => "a folder",
        Ok(found) if !found.is_file() => "no file",
        _ => return Error::io(path)(error),
    };
    Error::NoLock { path: path.to_path_buf(), what }
}

/// Whether the name still leads to this file.
fn is_named(file: &fs::Metadata, path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let named = |found: fs::Metadata| (found.dev(), found.ino()) == (file.dev(), file.ino());
        path.symlink_metadata().is_ok_and(named)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        path.is_file()
    }
}
