//! A scratch file that has no name: it is unlinked as soon as it is open, so that the kernel takes it back however the
//! run ends, be it by SIGKILL.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::Error;

/// What the names start with that the files have for a moment.
const PREFIX: &str = ".tiermill-scratch-";

/// Bytes that are written once, one piece behind the other, and read back piece by piece.
pub(super) struct Scratch {
    file: File,
    folder: PathBuf,
    len: u64,
}

/// Where a piece is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    offset: u64,
    len: usize,
}

impl Scratch {
    /// Opens one in a folder; files that killed runs have left there are removed first.
    pub(super) fn create(folder: &Path) -> Result<Self, Error> {
        Self::open(folder).map_err(|source| wrong(folder, source))
    }

    fn open(folder: &Path) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Whoever is about to unlink one of these does not mind that it is gone.
        for entry in fs::read_dir(folder)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                fs::remove_file(entry.path()).ok();
            }
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{PREFIX}{}-{number}", std::process::id()));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        Ok(Self { file, folder: folder.to_path_buf(), len: 0 })
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<Piece, Error> {
        let piece = Piece { offset: self.len, len: bytes.len() };
        let written = self.file.seek(SeekFrom::Start(self.len)).and_then(|_| self.file.write_all(bytes));
        written.map_err(|source| wrong(&self.folder, source))?;
        self.len += bytes.len() as u64;
        Ok(piece)
    }

    pub(super) fn read(&mut self, piece: Piece) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; piece.len];
        let read =
            self.file.seek(SeekFrom::Start(piece.offset)).and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(|source| wrong(&self.folder, source))?;
        Ok(bytes)
    }

    /// How many bytes were written.
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

fn wrong(folder: &Path, source: io::Error) -> Error {
    Error::Io { path: format!("scratch file in {}", folder.display()), source }
}
