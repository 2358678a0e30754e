//! By what a file is known again while a run lasts.

use std::fs::Metadata;

/// What changes with a file, as far as the file system says: which file it is, its size, and when it was last written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// Device and number; zeros where files have none.
    identity: (u64, u64),
    bytes: u64,
    /// Nanoseconds since 1970; none where nobody notes it.
    modified: Option<u128>,
}

impl FileStamp {
    /// The stamp of a file as it is now.
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok();
        let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Self {
            identity: identity(metadata),
            bytes: metadata.len(),
            modified: since.map(|since| since.as_nanos()),
        }
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> (u64, u64) {
    (0, 0)
}
