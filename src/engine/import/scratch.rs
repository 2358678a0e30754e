//! The folder of scratch files: for the owner alone, gone on every end that can be seen, and removed by the next run
//! after one that cannot.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::engine::Error;

const PREFIX: &str = ".tiermill-import-";
/// The name that a folder has until it is locked.
const UNLOCKED: &str = ".tiermill-unlocked-";

/// Folders to remove if a signal ends the run.
static LIVE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A folder that is gone when it is dropped.
#[derive(Debug)]
pub struct ScratchFolder {
    path: PathBuf,
    /// Tells other runs that somebody is at work here; the kernel lets go of it however the run ends.
    _lock: File,
}

impl ScratchFolder {
    /// Creates one in a folder; what killed runs have left there is removed first.
    pub fn create(folder: &Path) -> Result<Self, Error> {
        Self::open(folder)
            .map_err(|source| Error::Io { path: format!("scratch files in {}", folder.display()), source })
    }

    fn open(folder: &Path) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        fs::create_dir_all(folder)?;
        remove_dead(folder)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = |prefix: &str| folder.join(format!("{prefix}{}-{number}", std::process::id()));
        let (unlocked, path) = (name(UNLOCKED), name(PREFIX));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let mut live = live();
        builder.create(&unlocked)?;
        let lock = File::open(&unlocked).and_then(|lock| {
            lock.try_lock().map_err(io::Error::from)?;
            fs::rename(&unlocked, &path)?;
            Ok(lock)
        });
        let lock = lock.inspect_err(|_| {
            fs::remove_dir(&unlocked).ok();
        })?;
        live.push(path.clone());
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.path).ok();
        live().retain(|path| *path != self.path);
    }
}

/// Creates a file in such a folder.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Removes the scratch folders of this process, for the end by a signal; whoever wants another waits for that end.
pub fn remove_all() {
    let mut live = live();
    for path in live.drain(..) {
        // Until it notices, a writer may put one more file there while the folder is emptied.
        for _ in 0..100 {
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                _ => break,
            }
        }
    }
    std::mem::forget(live);
}

/// Removes the folders that nobody holds any more.
fn remove_dead(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && File::open(entry.path()).is_ok_and(|lock| lock.try_lock().is_ok()) {
            fs::remove_dir_all(entry.path()).ok();
        }
    }
    Ok(())
}

fn live() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    LIVE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
