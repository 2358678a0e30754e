//! Values of arguments that clap has no reader for: sizes as they are typed, folders that are there.

use std::path::PathBuf;

const UNITS: [(&str, u64); 9] = [
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// Reads a size, as in `2GB` or `1.5 GiB`.
pub(super) fn read_size(text: &str) -> Result<u64, String> {
    let wrong = || "write a number and a unit, as in `2GB`, `512MB` or `1.5GiB`".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let size = number * *bytes as f64;
    if (1.0..1e18).contains(&size) { Ok(size as u64) } else { Err(wrong()) }
}

/// Reads the name of a folder that is there.
pub(super) fn read_folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("there is no such folder".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(read_size("2GB"), Ok(2_000_000_000));
        assert_eq!(read_size("1.5 gib"), Ok(3 << 29));
        assert_eq!(read_size("512MB"), Ok(512_000_000));
        assert_eq!(read_size("1073741824B"), Ok(1 << 30));
        for wrong in ["", "2", "GB", "-1GB", "2 apples", "1.2.3GB", "0GB", "1e3MB", "99999999999TB"] {
            assert!(read_size(wrong).is_err(), "{wrong}");
        }
    }
}
