//! The end of a run that did not come to its own: a signal, a panic in any thread, a command line that cannot be read. The
//! result file is written, the staging folder removed, and the process ended, whatever the other threads are waiting for.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::pipeline::Exit;
use crate::report::RunResult;
use crate::{engine, publish};

use super::out;

/// Whether the command is `run`, which always says its result, and the file that it goes to, too.
static RUN: OnceLock<Option<PathBuf>> = OnceLock::new();
/// Whether the result has been said. Whoever says it holds the lock meanwhile.
static IS_SAID: Mutex<bool> = Mutex::new(false);

/// Cleaning up waits for a step of publishing, or for a disk; not for ever.
const PATIENCE: Duration = Duration::from_secs(10);

/// Notes where the result goes, as soon as it is known; later calls change nothing.
pub(super) fn announce(file: Option<&Path>) {
    RUN.set(file.map(Path::to_path_buf)).ok();
}

/// The same from a command line that cannot be read: none where it is no `run`.
pub(super) fn announce_unread(args: &[String]) {
    if !args.iter().skip(1).any(|arg| arg == "run") {
        return;
    }
    let after = args.iter().position(|arg| arg == "--result-file").and_then(|at| args.get(at + 1));
    let joined = args.iter().find_map(|arg| arg.strip_prefix("--result-file="));
    announce(joined.or(after.map(String::as_str)).map(Path::new));
}

/// Writes the result to its file, before anything is printed of it; what a signal says after this comes too late.
pub(super) fn write(result: &RunResult) -> std::io::Result<()> {
    let mut is_said = IS_SAID.lock().unwrap_or_else(PoisonError::into_inner);
    *is_said = true;
    write_file(result)
}

fn write_file(result: &RunResult) -> std::io::Result<()> {
    match RUN.get() {
        Some(Some(path)) => std::fs::write(path, line(result)),
        _ => Ok(()),
    }
}

/// The result as the last line of stdout.
pub(super) fn line(result: &RunResult) -> String {
    serde_json::to_string(result).unwrap_or_default() + "\n"
}

/// The result of a command that published nothing.
pub(super) fn without_outcome(exit: Exit, message: Option<String>) -> RunResult {
    RunResult {
        code: exit.code(),
        class: exit.class(),
        retryable: exit.retryable(),
        hint: exit.hint().to_owned(),
        message,
        outcome: None,
    }
}

/// Ends the process now, from any thread.
pub(super) fn abrupt(exit: Exit, message: &str) -> ! {
    let (done, wait) = mpsc::channel();
    let message = message.to_owned();
    // On a thread of its own: this one may hold what cleaning up waits for.
    let cleaner = std::thread::Builder::new().spawn(move || {
        say(exit, message, || ());
        done.send(()).ok();
    });
    if cleaner.is_ok() {
        wait.recv_timeout(PATIENCE).ok();
    }
    std::process::exit(i32::from(exit.code()));
}

/// Says the result, if nobody has: what was being published is removed, the file is written, and then things are printed.
pub(super) fn say(exit: Exit, message: String, print: impl FnOnce()) {
    publish::remove_all_staging();
    engine::import::remove_all_scratch();
    let mut is_said = IS_SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if RUN.get().is_none() || std::mem::replace(&mut *is_said, true) {
        return print();
    }
    let result = without_outcome(exit, Some(message));
    let written = write_file(&result);
    print();
    if let Err(error) = written {
        out::note(&format!("error: cannot write the result file: {error}"));
    }
    out::data(&line(&result));
}
