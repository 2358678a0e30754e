//! The staging area of a table: the folder outside it where runs work, so that no listing or pattern of the table ever
//! meets what is not published. For `out/shop` it is `out/.shop.tiermill`, or lies in the folder that `--staging` names.
//!
//! In it, for each day at work, `as_of=D.lock`, `as_of=D.staging`, and where folders cannot be exchanged in one step, for
//! a moment, `as_of=D.replaced`; `as_of=D.kept-N` is a replaced partition within its grace, `trash-N` what is being
//! removed. The last run takes the folder along, so that none is left of runs that ended.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::plan::hex;

use super::Error;
use super::disk::{is_there, remove, sync};
use super::layout::partition;

/// How a run publishes, beside what.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// The folder that holds the staging area; beside the table if none is named.
    pub staging: Option<PathBuf>,
    /// How long to wait for a run of the same day to end.
    pub lock_wait: Duration,
    /// How long a replaced partition is kept.
    pub keep_replaced: Duration,
}

/// Where runs that publish to a table work.
#[derive(Clone, Debug)]
pub struct Area {
    folder: PathBuf,
    target: PathBuf,
    keep_replaced: Duration,
}

/// What scratch files of the profile are called while they have a name.
const SCRATCH: &str = ".tiermill-scratch-";

impl Area {
    /// The area of a target folder, which is created if need be.
    pub fn of(target: &Path, terms: &Terms) -> Result<Self, Error> {
        let Terms { staging, lock_wait: _, keep_replaced } = terms;
        fs::create_dir_all(target).map_err(Error::io(target))?;
        // Through a link, beside what it leads to: there a rename can reach.
        let target = target.canonicalize().map_err(Error::io(target))?;
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(Error::NoArea { path: target, why: "the table is the root folder".to_owned() });
        };
        let name = name.to_string_lossy();
        let folder = match staging {
            None => parent.join(format!(".{name}.tiermill")),
            // Tables of one name may share the folder.
            Some(folder) => {
                let digest = hex(&Sha256::digest(target.as_os_str().as_encoded_bytes()));
                let path = folder.canonicalize().map_err(Error::io(folder))?;
                path.join(format!("{name}-{}.tiermill", &digest[..8]))
            }
        };
        Ok(Self { folder, target, keep_replaced: *keep_replaced })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The table.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    pub(super) fn lock(&self, day: NaiveDate) -> PathBuf {
        self.folder.join(format!("{}.lock", partition(day)))
    }

    pub(super) fn staging(&self, day: NaiveDate) -> PathBuf {
        self.folder.join(format!("{}.staging", partition(day)))
    }

    pub(super) fn replaced(&self, day: NaiveDate) -> PathBuf {
        self.folder.join(format!("{}.replaced", partition(day)))
    }

    /// Makes the folder, and sees that a rename reaches the table from it.
    pub(super) fn make(&self) -> Result<(), Error> {
        let no_area = |why: String| Error::NoArea { path: self.folder.clone(), why };
        match fs::create_dir(&self.folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(no_area(error.to_string())),
            _ => {}
        }
        let found = match self.folder.symlink_metadata() {
            // The last run before has just taken it along; whoever needs it makes it again.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found.map_err(|error| no_area(error.to_string()))?,
        };
        if !found.is_dir() {
            return Err(no_area("it is no folder".to_owned()));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let target = self.target.metadata().map_err(Error::io(&self.target))?;
            if target.dev() != found.dev() {
                self.take_along();
                return Err(Error::OtherFileSystem {
                    area: self.folder.clone(),
                    target: self.target.clone(),
                });
            }
        }
        Ok(())
    }

    /// Removes the folder if nothing is in it.
    pub(super) fn take_along(&self) {
        fs::remove_dir(&self.folder).ok();
    }

    /// The days of which something is here.
    pub(super) fn days(&self) -> BTreeSet<NaiveDate> {
        let day = |name: String| {
            let (day, what) = name.strip_prefix("as_of=")?.split_once('.')?;
            let is_work = ["lock", "staging", "replaced"].contains(&what);
            day.parse().ok().filter(|_| is_work)
        };
        names(&self.folder).into_iter().filter_map(day).collect()
    }

    /// Mends what a dead run of a day has left; the lock of that day must be held. A partition that stepped aside and
    /// was not replaced steps back.
    pub(super) fn recover(&self, day: NaiveDate) -> Result<(), Error> {
        let (replaced, folder) = (self.replaced(day), self.target.join(partition(day)));
        if is_there(&replaced) {
            if is_there(&folder) {
                self.discard(&replaced)?;
            } else {
                fs::rename(&replaced, &folder).map_err(Error::io(&folder))?;
                sync(&self.target).map_err(Error::io(&self.target))?;
            }
        }
        let staging = self.staging(day);
        if is_there(&staging) { self.discard(&staging) } else { Ok(()) }
    }

    /// Removes a folder. It gets another name first, so that a lock is held for a moment only.
    pub(super) fn discard(&self, path: &Path) -> Result<(), Error> {
        let trash = self.unique("trash");
        fs::rename(path, &trash).map_err(Error::io(path))?;
        // Somebody else may be removing it, too.
        remove(&trash).ok();
        Ok(())
    }

    /// Keeps a partition that was replaced, if there is a grace. Whether it went.
    pub(super) fn keep(&self, replaced: &Path, day: NaiveDate) -> bool {
        if self.keep_replaced.is_zero() {
            return false;
        }
        let kept = self.unique(&format!("{}.kept", partition(day)));
        let renamed = fs::rename(replaced, &kept).is_ok();
        // Its age counts from now on. The clock says when to remove it, and nothing of what is published.
        fs::File::open(&kept).and_then(|folder| folder.set_modified(SystemTime::now())).ok();
        renamed
    }

    /// Removes what needs no lock: trash of dead runs, names of scratch files, partitions whose grace is over.
    pub(super) fn tidy(&self) {
        for name in names(&self.folder) {
            let path = self.folder.join(&name);
            if name.starts_with("trash-") || name.starts_with(SCRATCH) {
                remove(&path).ok();
            } else if name.starts_with("as_of=") && name.contains(".kept-") {
                let age = path.symlink_metadata().and_then(|found| found.modified());
                let age = age.ok().and_then(|since| since.elapsed().ok());
                if self.keep_replaced.is_zero() || age.is_some_and(|age| age >= self.keep_replaced) {
                    self.discard(&path).ok();
                }
            }
        }
    }

    /// A name that nobody else takes.
    fn unique(&self, prefix: &str) -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join(format!("{prefix}-{}-{number}", std::process::id()));
            if !is_there(&path) {
                return path;
            }
        }
    }
}

/// The names in a folder; none where it cannot be read.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
