//! One run at a time publishes to a target: an advisory lock on a file in it, released by the kernel however the
//! run ends.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::Error;

/// Held while a run publishes.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of a target folder, which is created if need be; does not wait.
    pub fn take(target: &Path) -> Result<Self, Error> {
        fs::create_dir_all(target).map_err(Error::io(target))?;
        let path = target.join(".tiermill.lock");
        let file = File::create(&path).map_err(Error::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked(path)),
            Err(TryLockError::Error(error)) => Err(Error::io(&path)(error)),
        }
    }
}
