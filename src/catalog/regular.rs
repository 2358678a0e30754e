//! Whether a name leads to a file that has an end: who opens a pipe may wait for ever, and a device may never end.

use std::path::Path;
use std::{fs, io};

/// Fails where something else than a regular file stands at a path, with what it is.
pub fn check_regular(path: &Path) -> io::Result<()> {
    let found = fs::metadata(path)?;
    let what = match () {
        () if found.is_file() => return Ok(()),
        () if found.is_dir() => "a folder",
        () => special(&found),
    };
    Err(io::Error::other(format!("it is {what}, and only regular files are opened")))
}

/// What is there instead of a file.
#[cfg(unix)]
pub(super) fn special(metadata: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let ty = metadata.file_type();
    match () {
        () if ty.is_fifo() => "a FIFO",
        () if ty.is_socket() => "a socket",
        () if ty.is_char_device() || ty.is_block_device() => "a device",
        () => "neither a file nor a folder",
    }
}

#[cfg(not(unix))]
pub(super) fn special(_: &fs::Metadata) -> &'static str {
    "neither a file nor a folder"
}
