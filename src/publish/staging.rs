//! The staging folder: beside the target, invisible to readers, swapped in with one rename, removed on every exit.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use super::Error;

/// Folders to remove if a signal ends the run.
static LIVE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// A folder that no reader looks at yet.
#[derive(Debug)]
pub struct Staging {
    path: PathBuf,
}

impl Staging {
    /// Creates the folder; what a killed run left there is removed first.
    pub fn create(target: &Path, as_of: &str) -> Result<Self, Error> {
        let path = target.join(format!(".staging-as_of={as_of}"));
        let mut live = live();
        remove(&path)?;
        fs::create_dir_all(&path).map_err(Error::io(&path))?;
        live.push(path.clone());
        Ok(Self { path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a small file and sees it to the disk.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), Error> {
        let path = self.path.join(name);
        fs::write(&path, content).map_err(Error::io(&path))?;
        sync(&path)
    }

    /// Makes it the target in one step: readers see the old folder or the new one, never a mixture.
    pub fn swap_in(self, folder: &Path) -> Result<(), Error> {
        sync(&self.path)?;
        let parent = folder.parent().unwrap_or(Path::new("."));
        // A signal that comes now waits: what is swapped in is whole.
        let _live = live();
        if folder.exists() {
            exchange(&self.path, folder)?;
        } else {
            fs::rename(&self.path, folder).map_err(Error::io(folder))?;
        }
        sync(parent)
        // Dropped now, the staging folder is the previous run, or gone.
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        remove(&self.path).ok();
        live().retain(|path| *path != self.path);
    }
}

/// Removes the staging folders of this process: for the end by a signal. From here on the process publishes nothing:
/// whoever wants to create, swap in or drop a staging folder waits for the end.
pub fn remove_all_staging() {
    let mut live = live();
    for path in live.drain(..) {
        // Until it notices that the folder is gone, a writer may put one more file there while it is emptied.
        let removed = (0..100).any(|_| {
            let removed = remove(&path).is_ok();
            if !removed {
                std::thread::sleep(Duration::from_millis(10));
            }
            removed
        });
        if !removed {
            // Stderr may be closed: that is no reason to panic now.
            let said = format!("tiermill: cannot remove `{}`; the next run will\n", path.display());
            std::io::stderr().write_all(said.as_bytes()).ok();
        }
    }
    std::mem::forget(live);
}

fn live() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    LIVE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path)(error)),
        _ => Ok(()),
    }
}

fn sync(path: &Path) -> Result<(), Error> {
    File::open(path).and_then(|file| file.sync_all()).map_err(Error::io(path))
}

/// Swaps two folders atomically, where the file system can; elsewhere the old one steps aside first.
fn exchange(staging: &Path, folder: &Path) -> Result<(), Error> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, staging, CWD, folder, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
    }
    let aside = staging.with_extension("old");
    remove(&aside)?;
    fs::rename(folder, &aside).map_err(Error::io(folder))?;
    if let Err(error) = fs::rename(staging, folder) {
        fs::rename(&aside, folder).map_err(Error::io(folder))?;
        return Err(Error::io(folder)(error));
    }
    remove(&aside)
}
