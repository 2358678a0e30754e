//! The cache folder: what is kept of a profile, one folder each, named by [`crate::plan::Plan::profile_key`]. Nothing here
//! knows what the tables hold. An entry comes into being with one rename, and one that is not whole counts for nothing.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::plan::{InputFile, Plan};

use super::{Error, Ledger};

/// The version of what an entry holds.
const FORMAT: u32 = 1;
const ABOUT: &str = "entry.json";
const LOCK: &str = "lock";
const DRAFT: &str = ".draft-";
/// SHA-256 in hex.
const KEY_DIGITS: usize = 64;

/// A folder of kept profiles. They hold customer ids as the inputs do, so only the owner may look inside.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// What an entry says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The version of this document.
    pub format: u32,
    /// The version of the program.
    pub version: String,
    /// The name of the rules that wrote it; others may use it.
    pub rules: String,
    /// See [`Plan::profile_family`].
    pub family: String,
    /// The last local date that counts.
    pub as_of: String,
    /// The files of each input of orders.
    pub orders: Vec<Vec<KeptFile>>,
    /// How many.
    pub customers: u64,
    /// Its tables.
    pub tables: Vec<KeptTable>,
    /// What happened to every input row.
    pub counts: Ledger,
}

/// One table of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptTable {
    /// Its file.
    pub file: String,
    /// The size of the file.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// Names and types of its columns, as the engine holds them.
    pub columns: Vec<(String, String)>,
}

/// One file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its path.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 of its footer, in hex.
    pub footer_sha256: String,
}

impl From<&InputFile> for KeptFile {
    fn from(file: &InputFile) -> Self {
        let InputFile { path, bytes, rows, footer_sha256, imported: _ } = file.clone();
        Self { path, bytes, rows, footer_sha256 }
    }
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
                about: read(&path).ok(),
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
        let mut cleaned = Cleaned::default();
        let mut remove = |path: &Path, bytes: u64| {
            cleaned.bytes += bytes;
            fs::remove_dir_all(path).map_err(Error::io(path))
        };
        let (whole, broken): (Vec<_>, Vec<_>) =
            self.entries()?.into_iter().partition(|entry| entry.about.is_some());
        let gone: Vec<_> = whole.iter().skip(keep).chain(&broken).collect();
        for entry in &gone {
            remove(&self.folder.join(&entry.key), entry.bytes)?;
        }
        let mut leftovers = 0;
        for (name, path) in self.folders()? {
            if name.starts_with(DRAFT) && !is_locked(&path) {
                remove(&path, size(&path))?;
                leftovers += 1;
            }
        }
        cleaned.leftovers = leftovers;
        cleaned.removed = gone.len();
        cleaned.kept = whole.len().min(keep);
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
        if !path.is_dir() {
            return Ok(None);
        }
        let about = read(&path)?;
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
                remove_folder(&path).ok();
            }
        }
        let path = self.folder.join(format!("{DRAFT}{key}-{}", std::process::id()));
        // Of another process with the same number, which has ended.
        remove_folder(&path)?;
        private_folder(&path)?;
        let mut draft = Draft { path: path.clone(), entry: self.folder.join(key), lock: None };
        let lock = File::create(path.join(LOCK)).map_err(Error::io(&path))?;
        lock.lock().map_err(Error::io(&path))?;
        draft.lock = Some(lock);
        Ok(draft)
    }

    fn folders(&self) -> Result<Vec<(String, PathBuf)>, Error> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::io(&self.folder))?,
        };
        let paths = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
        let named = paths.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), path)));
        Ok(named.collect())
    }
}

/// An entry while it is written, beside the others; dropped unfinished it is gone.
pub(super) struct Draft {
    path: PathBuf,
    entry: PathBuf,
    /// Held while it is written, so that a clean-up lets it be.
    lock: Option<File>,
}

impl Draft {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it an entry. One that is there already is broken, or just as good.
    pub(super) fn finish(mut self, about: &About) -> Result<(), Error> {
        let path = self.path.join(ABOUT);
        let text = serde_json::to_vec_pretty(about).map_err(|error| Error::Engine(error.to_string()))?;
        fs::write(&path, text).and_then(|()| File::open(&path)?.sync_all()).map_err(Error::io(&path))?;
        fs::remove_file(self.path.join(LOCK)).map_err(Error::io(&self.path))?;
        self.lock = None;
        remove_folder(&self.entry)?;
        fs::rename(&self.path, &self.entry).map_err(Error::io(&self.entry))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        remove_folder(&self.path).ok();
    }
}

impl About {
    /// What an entry of this program begins with.
    pub(super) fn new(plan: &Plan, customers: usize, tables: Vec<KeptTable>, counts: Ledger) -> Self {
        Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            rules: plan.name.clone(),
            family: plan.profile_family(),
            as_of: plan.as_of.to_string(),
            orders: plan
                .orders
                .iter()
                .map(|input| input.table.files.iter().map(KeptFile::from).collect())
                .collect(),
            customers: customers as u64,
            tables,
            counts,
        }
    }
}

/// What an entry says of itself; an error where it is not whole.
fn read(entry: &Path) -> Result<About, Error> {
    let broken = |cause: String| Error::Unreadable { path: entry.display().to_string(), cause };
    let text =
        fs::read_to_string(entry.join(ABOUT)).map_err(|error| broken(format!("`{ABOUT}`: {error}")))?;
    let about: About = serde_json::from_str(&text).map_err(|error| broken(format!("`{ABOUT}`: {error}")))?;
    if about.format != FORMAT {
        return Err(broken(format!("it has format {}", about.format)));
    }
    for KeptTable { file, bytes, .. } in &about.tables {
        let found =
            fs::metadata(entry.join(file)).map_err(|error| broken(format!("`{file}`: {error}")))?.len();
        if found != *bytes {
            return Err(broken(format!("`{file}` has {found} bytes, not {bytes}")));
        }
    }
    Ok(about)
}

fn is_key(name: &str) -> bool {
    name.len() == KEY_DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a run is writing this draft.
fn is_locked(draft: &Path) -> bool {
    File::open(draft.join(LOCK))
        .is_ok_and(|lock| matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

fn private_folder(path: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::io(path))
}

fn remove_folder(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}
