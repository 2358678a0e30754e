//! What a run has on the disk that must not outlast it, for the end by a signal.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::disk::remove;

static LIVE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Files and folders to remove if a signal ends the run. Who holds it keeps the signal waiting.
pub(super) fn live() -> MutexGuard<'static, Vec<PathBuf>> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// It is gone, or no longer this run's.
pub(super) fn forget(path: &Path) {
    live().retain(|one| one != path);
}

/// Removes the staging folders and locks of this process: for the end by a signal. From here on the process publishes
/// nothing: whoever wants to create, swap in or drop a staging folder waits for the end.
pub fn remove_all_staging() {
    let mut live = live();
    // The lock was there first, and goes last.
    for path in live.drain(..).rev() {
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
        // The staging area, if nobody else is at work in it.
        path.parent().map(std::fs::remove_dir);
    }
    std::mem::forget(live);
}
