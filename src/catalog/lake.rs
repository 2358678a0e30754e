//! Folders that are tables of Delta Lake, Iceberg or Hudi: a log of their own says which files count, and the others are
//! old versions of the same rows. They are refused, never read as a heap of files.

use std::fs;
use std::path::Path;

use crate::diag::{Code, Diagnostic};

/// Refuses a folder that is such a table.
pub(super) fn refuse(folder: &Path) -> Result<(), Diagnostic> {
    match format(folder) {
        None => Ok(()),
        Some((table, log)) => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let message = format!(
                "`{}` is {table} (`{log}` is there): it holds files that were replaced or deleted, too, and its \
                 own log says which count",
                folder.display()
            );
            let hint =
                "export a copy as plain Parquet with the engine that writes it, and name that in `path`";
            Err(Diagnostic::error(Code::InputUnreadable, message).with_hint(hint))
        }
    }
}

/// The same for a folder inside of one, as `table/day=2026-10-01` and `table/data` are.
pub(super) fn refuse_inside(folder: &Path) -> Result<(), Diagnostic> {
    let Ok(whole) = std::path::absolute(folder) else { return refuse(folder) };
    whole.ancestors().skip(1).try_for_each(refuse)
}

/// What a folder is, and what shows it.
fn format(folder: &Path) -> Option<(&'static str, &'static str)> {
    if folder.join("_delta_log").is_dir() {
        return Some(("a Delta table", "_delta_log"));
    }
    if folder.join(".hoodie").is_dir() {
        return Some(("a Hudi table", ".hoodie"));
    }
    let names =
        fs::read_dir(folder.join("metadata")).ok()?.filter_map(Result::ok).map(|entry| entry.file_name());
    // `v3.metadata.json` or `00003-<uuid>.metadata.json`.
    let is_iceberg = |name: &str| {
        name.ends_with(".metadata.json")
            && name.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
    };
    let mut names = names.map(|name| name.to_string_lossy().into_owned());
    names.any(|name| is_iceberg(&name)).then_some(("an Iceberg table", "metadata/*.metadata.json"))
}
