//! Which input file is to blame where a reader of them comes to an end that it cannot tell of by itself: a panic, or SIGBUS.

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::catalog;

use super::unchanged::PlannedFiles;
use super::{Exit, Failure};

/// Those that are being read now, for whoever has to say which of them it was.
static READING: Mutex<Option<PlannedFiles>> = Mutex::new(None);

/// Input files are being read as long as it is there.
pub(super) struct Reading;

impl Reading {
    pub(super) fn of(files: &PlannedFiles) -> Self {
        *READING.lock().unwrap_or_else(PoisonError::into_inner) = Some(files.clone());
        Self
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        *READING.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn now_reading() -> Option<PlannedFiles> {
    READING.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn begins_like_parquet(path: &Path) -> bool {
    use std::io::Read;
    let mut start = [0_u8; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"PAR1"
}

/// Why a mapping had nothing where it was read: a file that was cut short, by its name if one has changed.
pub fn why_cut_short() -> String {
    let changed = now_reading().and_then(|witness| witness.check().err());
    changed.map_or_else(
        || "a file was cut short, or its disk failed, while it was read; nothing was published".to_owned(),
        |failure| failure.message,
    )
}

thread_local! {
    static IS_PROBING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is looked for, and so says nothing.
pub fn is_probing() -> bool {
    IS_PROBING.get()
}

/// How long a file to blame is looked for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The crates that do nothing but read files and hold what they read.
const READERS: [&str; 12] = [
    "polars-parquet",
    "polars-io",
    "polars-arrow",
    "polars-utils",
    "polars-buffer",
    "polars-compute",
    "parquet-",
    "arrow-",
    "thrift",
    "brotli",
    "lz4_flex",
    "snap-",
];

/// What a panic while inputs were read means, if they are to blame: one that changed meanwhile, one that another reader
/// cannot read either, or all of them where `place` is in the sources of a reader. `said` is what the panic says.
pub fn blame_input(place: &str, said: &str) -> Option<Failure> {
    if let Some(path) = catalog::being_opened() {
        return Some(unreadable(&path, said));
    }
    let files = now_reading()?;
    if let Err(failure) = files.check() {
        return Some(failure);
    }
    if let Some(failure) = probe(&files, said) {
        return Some(failure);
    }
    let is_reader = READERS.iter().any(|name| place.starts_with(name)) || place.contains("io_sources");
    let path = files.paths().next().filter(|_| is_reader)?.clone();
    let others = files.paths().count().saturating_sub(1);
    let among = if others == 0 { String::new() } else { format!(", or one of {others} others,") };
    let message = format!("`{}`{among} is not readable: the reader gave up: {said}", path.display());
    Some(Failure { exit: Exit::Input, message })
}

/// The first file that another reader cannot read to its end either, as far as there is time. On a thread of its own: in the
/// middle of one panic there can be no other.
fn probe(files: &PlannedFiles, said: &str) -> Option<Failure> {
    let (found, wait) = std::sync::mpsc::channel();
    let paths: Vec<PathBuf> = files.paths().filter(|path| begins_like_parquet(path)).cloned().collect();
    let said = said.to_owned();
    let spawned = std::thread::Builder::new().spawn(move || {
        IS_PROBING.set(true);
        let failure = |path: &PathBuf| match std::panic::catch_unwind(|| catalog::first_fault(path)) {
            Ok(fault) => fault.map(|fault| unreadable(path, &fault)),
            Err(_) => Some(unreadable(path, &said)),
        };
        found.send(paths.iter().find_map(failure)).ok();
    });
    spawned.ok()?;
    wait.recv_timeout(PATIENCE).ok().flatten()
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Failure { exit: Exit::Input, message: format!("`{}` is not readable: {why}", path.display()) }
}
