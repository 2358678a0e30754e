//! What is printed, and where: data to stdout, everything else to stderr. A reader that is gone, or a disk that is full, is no
//! reason to panic; only a command that does nothing but print says so by its exit code.

use std::io::{ErrorKind, Write};

use crate::pipeline::{Exit, Failure};

/// Data for stdout, of a command that has done its work.
pub(super) fn data(text: &str) {
    write(&mut std::io::stdout().lock(), text).ok();
}

/// Data for stdout, of a command that is about nothing else. Nobody has to read it to its end (`| head`), but it must not be
/// cut off by a full disk unnoticed.
pub(super) fn all_data(text: &str) -> Exit {
    match write(&mut std::io::stdout().lock(), text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            note(&format!("error: cannot write to stdout: {error}"));
            Exit::Transient
        }
        _ => Exit::Done,
    }
}

/// A line, or more of them, for stderr.
pub(super) fn note(text: &str) {
    write(&mut std::io::stderr().lock(), &format!("{text}\n")).ok();
}

/// Text for stderr that has its line breaks.
pub(super) fn text(text: &str) {
    write(&mut std::io::stderr().lock(), text).ok();
}

/// Says why a command failed, and gives its exit.
pub(super) fn failed(failure: &Failure) -> Exit {
    note(&format!("error: {}", failure.message));
    failure.exit
}

fn write(stream: &mut impl Write, text: &str) -> std::io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
