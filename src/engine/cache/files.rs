//! The files of the cache folder: opened only where they are regular ones, believed only where their checksum says so, and
//! removed only where they are our own.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use crate::engine::Error;

pub(super) const ABOUT: &str = "entry.json";
pub(super) const LOCK: &str = "lock";

/// As much of a file as one thread takes at a time.
const BLOCK: u64 = 4 << 20;

/// Opens a file, follows no link and waits at no pipe; anything but a regular file is an error.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(path)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("it is no regular file")),
    }
}

/// The text of a file.
pub(super) fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// XXH3, 128 bits in hex, of some bytes.
pub(super) fn checksum(bytes: &[u8]) -> String {
    format!("{:032x}", xxh3_128(bytes))
}

/// The checksum of the checksums of a file's blocks, which are read side by side.
pub(super) fn checksum_of_file(path: &Path) -> io::Result<String> {
    let bytes = open(path)?.metadata()?.len();
    let block = |number: u64| -> io::Result<[u8; 16]> {
        let start = number * BLOCK;
        let mut block = vec![0; BLOCK.min(bytes - start) as usize];
        read_at(path, start, &mut block)?;
        Ok(xxh3_128(&block).to_be_bytes())
    };
    let blocks = (0..bytes.div_ceil(BLOCK)).into_par_iter().map(block);
    let sums: Vec<[u8; 16]> = blocks.collect::<io::Result<_>>()?;
    Ok(checksum(sums.as_flattened()))
}

fn read_at(path: &Path, start: u64, block: &mut [u8]) -> io::Result<()> {
    use std::io::{Seek, SeekFrom};
    let mut file = open(path)?;
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(block)
}

/// Whether a run is writing this draft.
pub(super) fn is_locked(draft: &Path) -> bool {
    open(&draft.join(LOCK)).is_ok_and(|lock| matches!(lock.try_lock(), Err(fs::TryLockError::WouldBlock)))
}

/// The size of a folder's files.
pub(super) fn size(folder: &Path) -> u64 {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

/// A folder for its owner alone.
pub(super) fn private_folder(path: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::io(path))
}

/// Removes what runs write into an entry or a draft, and then the folder. Says whether it is gone: it stays where somebody
/// has put something else into it. A link is no entry of ours.
pub(super) fn remove_own(folder: &Path) -> Result<bool, Error> {
    match folder.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Ok(found) if found.is_dir() => {}
        _ => return Ok(false),
    }
    let mut others = false;
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let path = entry.map_err(Error::io(folder))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
        if is_folder || !is_own(&name) {
            others = true;
        } else if let Err(error) = fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(Error::io(&path)(error));
        }
    }
    if others {
        return Ok(false);
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io(folder)(error)),
        _ => Ok(true),
    }
}

/// Whether runs write files of this name.
fn is_own(name: &str) -> bool {
    name == ABOUT || name == LOCK || name.ends_with(".parquet")
}
