//! Which inputs are CSV, by their names.

use std::path::Path;

/// How the names of CSV files end; files may be packed with gzip.
const SUFFIXES: [&str; 4] = [".csv", ".csv.gz", ".tsv", ".tsv.gz"];

/// Whether a path of the rules file names CSV files without being told.
pub fn is_csv(path: &Path) -> bool {
    ends_with(path, &SUFFIXES)
}

/// Whether cells are told apart by tabs, by the name.
pub(super) fn is_tsv(path: &Path) -> bool {
    ends_with(path, &SUFFIXES[2..])
}

fn ends_with(path: &Path, suffixes: &[&str]) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    suffixes.iter().any(|suffix| name.ends_with(suffix))
}
