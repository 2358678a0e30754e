//! A published folder as it lies on the disk: names and bytes.

use std::collections::BTreeMap;
use std::path::Path;

use sha2::{Digest, Sha256};

/// What stands in a folder, in order; nothing where there is none.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Every file of a partition, byte by byte, under its path in it. Parts, whose names must have the hash of what they hold,
/// go by their number alone.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            for (inner, bytes) in self::files(&path) {
                files.insert(format!("{name}/{inner}"), bytes);
            }
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        files.insert(number(&name, &bytes), bytes);
    }
    files
}

/// `part-00000-0123456789abcdef.parquet` → `part-00000.parquet`.
fn number(name: &str, bytes: &[u8]) -> String {
    let Some(rest) = name.strip_prefix("part-") else { return name.to_owned() };
    let (number, digest) = rest.trim_end_matches(".parquet").split_once('-').expect("a part's digest");
    assert_eq!(digest, &sha256(bytes)[..16], "{name} is not named by its content");
    format!("part-{number}.parquet")
}

/// The only part of a partition.
pub(crate) fn part(folder: &Path) -> Vec<u8> {
    let mut parts: Vec<_> = files(folder).into_iter().filter(|(name, _)| name.starts_with("part-")).collect();
    assert_eq!(parts.len(), 1, "one part");
    parts.remove(0).1
}

/// In hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
