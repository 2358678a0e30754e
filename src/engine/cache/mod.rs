//! The cache folder: what is kept of a profile, one folder each, named by [`crate::plan::Plan::profile_key`]. Nothing here
//! knows what the tables hold. An entry comes into being with one rename, and one that is not whole counts for nothing.

mod about;
mod draft;
mod files;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use super::Error;

pub use about::{About, KeptFile, KeptTable};
pub(super) use draft::Draft;
use files::{ABOUT, LOCK, is_locked, private_folder, remove_own, size};

const DRAFT: &str = ".draft-";
/// SHA-256 in hex.
const KEY_DIGITS: usize = 64;

/// A folder of kept profiles. They hold customer ids as the inputs do, so only the owner may look inside.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// One entry of a listing.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// What it says of itself; none where it is broken.
    pub about: Option<About>,
    /// The size of all its files.
    pub bytes: u64,
    /// When it was written or last used.
    pub used: SystemTime,
}

/// What a clean-up removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// Entries that are gone.
    pub removed: usize,
    /// Entries that are left.
    pub kept: usize,
    /// Half-written entries of runs that were killed, which are gone, too.
    pub leftovers: usize,
    /// Entries that stay because somebody has put other files into them; those of the cache are gone.
    pub with_other_files: usize,
    /// The size of all that is gone.
    pub bytes: u64,
}

impl Cache {
    /// The cache in a folder, which need not be there yet.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf() }
    }

    /// All entries, those used last first. A folder that is not there has none.
    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        for (name, path) in self.folders()? {
            if !is_key(&name) {
                continue;
            }
            let used = fs::metadata(path.join(ABOUT)).and_then(|file| file.modified());
            entries.push(Entry {
                about: About::read(&path).ok(),
                bytes: size(&path),
                used: used.unwrap_or(SystemTime::UNIX_EPOCH),
                key: name,
            });
        }
        entries.sort_by(|a, b| (b.used, &a.key).cmp(&(a.used, &b.key)));
        Ok(entries)
    }

    /// Removes all entries but the ones used last, broken ones, and what killed runs have left. Other files stay.
    pub fn clean(&self, keep: usize) -> Result<Cleaned, Error> {
        let (whole, broken): (Vec<_>, Vec<_>) =
            self.entries()?.into_iter().partition(|entry| entry.about.is_some());
        let mut cleaned = Cleaned { kept: whole.len().min(keep), ..Cleaned::default() };
        for entry in whole.iter().skip(keep).chain(&broken) {
            cleaned.bytes += entry.bytes;
            match remove_own(&self.folder.join(&entry.key))? {
                true => cleaned.removed += 1,
                false => cleaned.with_other_files += 1,
            }
        }
        for (name, path) in self.folders()? {
            if name.starts_with(DRAFT) && !is_locked(&path) {
                cleaned.bytes += size(&path);
                match remove_own(&path)? {
                    true => cleaned.leftovers += 1,
                    false => cleaned.with_other_files += 1,
                }
            }
        }
        Ok(cleaned)
    }

    /// The whole entries of a family, the latest days first.
    pub(super) fn family(&self, family: &str) -> Result<Vec<(String, About)>, Error> {
        let mut entries: Vec<(String, About)> =
            self.entries()?.into_iter().filter_map(|entry| Some((entry.key, entry.about?))).collect();
        entries.retain(|(_, about)| about.family == family);
        let by = |about: &About| (about.as_of.clone(), about.orders.iter().map(Vec::len).sum::<usize>());
        entries.sort_by(|(a, one), (b, other)| (by(other), a).cmp(&(by(one), b)));
        Ok(entries)
    }

    /// The folder of an entry and what it says of itself, if it is there and its files have the sizes that it says.
    pub(super) fn find(&self, key: &str) -> Result<Option<(PathBuf, About)>, Error> {
        let path = self.folder.join(key);
        if !path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            return Ok(None);
        }
        let about = About::read(&path)?;
        // Says that it was used; a cache that cannot be written to can still be read.
        File::options()
            .append(true)
            .open(path.join(ABOUT))
            .and_then(|file| file.set_modified(SystemTime::now()))
            .ok();
        Ok(Some((path, about)))
    }

    /// Begins an entry.
    pub(super) fn draft(&self, key: &str) -> Result<Draft, Error> {
        private_folder(&self.folder)?;
        for (name, path) in self.folders()? {
            // Of a run that was killed. A draft whose lock is not there yet is left for a clean-up.
            if name.starts_with(DRAFT) && path.join(LOCK).exists() && !is_locked(&path) {
                remove_own(&path).ok();
            }
        }
        let path = self.folder.join(format!("{DRAFT}{key}-{}", std::process::id()));
        Draft::begin(path, self.folder.join(key))
    }

    fn folders(&self) -> Result<Vec<(String, PathBuf)>, Error> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::io(&self.folder))?,
        };
        let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|ty| ty.is_dir());
        let paths = entries.flatten().filter(is_folder).map(|entry| entry.path());
        let named = paths.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)));
        Ok(named.collect())
    }
}

fn is_key(name: &str) -> bool {
    name.len() == KEY_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
