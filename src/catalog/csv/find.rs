//! Which inputs are CSV, and their files.

use std::path::{Path, PathBuf};

use crate::catalog::files;
use crate::diag::{Code, Diagnostic};

/// How the names of CSV files end; files may be packed with gzip.
const SUFFIXES: [&str; 6] = [".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz"];
/// Those that say so by themselves.
const PLAIN: usize = 4;

/// Whether a path of the rules file names CSV files without being told.
pub fn is_csv(path: &Path) -> bool {
    ends_with(path, &SUFFIXES[..PLAIN])
}

/// Whether cells are told apart by tabs, by the name.
pub(super) fn is_tsv(path: &Path) -> bool {
    ends_with(path, &SUFFIXES[2..PLAIN])
}

/// The files that a path names, sorted: a file, a glob, or a folder with CSV files directly in it.
pub(super) fn find(path: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    if !path.is_dir() {
        return files::find(path);
    }
    let unreadable = |error: std::io::Error| {
        Diagnostic::error(Code::InputUnreadable, format!("`{}`: {error}", path.display()))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let is_hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(['.', '_']);
        if file.is_file() && ends_with(&file, &SUFFIXES) && !file.file_name().is_none_or(is_hidden) {
            found.push(file);
        }
    }
    found.sort();
    if found.is_empty() {
        let message = format!("`{}` has no CSV file", path.display());
        let hint = "in a folder, files ending in `.csv`, `.tsv`, `.txt` and these with `.gz` are read; a pattern such \
                    as `exports/*.dat` names others";
        return Err(Diagnostic::error(Code::InputMissing, message).with_hint(hint));
    }
    Ok(found)
}

fn ends_with(path: &Path, suffixes: &[&str]) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    suffixes.iter().any(|suffix| name.ends_with(suffix))
}
