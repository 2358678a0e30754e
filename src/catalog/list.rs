//! A list of customer ids: Parquet, or CSV with a header. Files, columns and hashes; no id is read here.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::delimited::{self, Record, Records};
use crate::diag::{Code, Diagnostic};
use crate::plan::{CsvFormat, LeftOut, ListFile, Physical};

use super::Column;
use super::files::footer;
use super::find::{FileKind, find, is_hidden};

/// What a list offers: its files, and the columns of each.
#[derive(Clone, Debug)]
pub struct IdList {
    /// Sorted by path.
    pub files: Vec<(ListFile, Vec<Column>)>,
}

/// Looks at the files of a list. One without ids is fine: nobody has opted out yet.
pub fn read_list(path: &Path) -> Result<IdList, Diagnostic> {
    let found = find(path, FileKind::ParquetOrCsv)?;
    // Whoever stands in a file that is passed over would be published.
    let passed_over = found
        .left_out
        .iter()
        .find(|one| !one.path.file_name().is_some_and(|name| is_hidden(&name.to_string_lossy())));
    if let Some(LeftOut { path: file, why }) = passed_over {
        let message = format!("`{}` is in the way of a list of ids: {why}", file.display());
        let hint = "every file of a list is read; move away what is none, or narrow `path`";
        return Err(Diagnostic::error(Code::InputUnreadable, message).with_hint(hint));
    }
    let files = found.files.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
    Ok(IdList { files })
}

fn read(path: &Path) -> Result<(ListFile, Vec<Column>), Diagnostic> {
    let unreadable = |why: String| {
        Diagnostic::error(Code::InputUnreadable, format!("`{}` is not readable: {why}", path.display()))
    };
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let columns = if is_csv {
        csv_columns(path).map_err(unreadable)?.ok_or_else(|| {
            unreadable("it has no header".to_owned()).with_hint("the first line of a CSV names its columns")
        })?
    } else {
        footer(path)?.1
    };
    let (bytes, sha256) = hash(path).map_err(|error| unreadable(error.to_string()))?;
    Ok((ListFile { path: path.to_path_buf(), bytes, sha256, is_csv }, columns))
}

/// The names of the first line; none without one. The whole file is looked at, for a list that does not read to its end as
/// it was meant would leave somebody in.
fn csv_columns(path: &Path) -> Result<Option<Vec<Column>>, String> {
    let text = |error: delimited::Error| error.to_string();
    let mut records = Records::open(path, &CsvFormat::default()).map_err(|error| error.to_string())?;
    let mut record = Record::default();
    if !records.read(&mut record).map_err(text)? || record.cells().all(|name| name.trim().is_empty()) {
        return Ok(None);
    }
    let column = |name: &str| Column {
        name: name.trim().to_owned(),
        physical: Physical::Text,
        storage: "csv".to_owned(),
        nullable: true,
        foreign: false,
    };
    let columns: Vec<Column> = record.cells().map(column).collect();
    while records.read(&mut record).map_err(text)? {
        record.like_header(columns.len())?;
    }
    Ok(Some(columns))
}

fn hash(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 16];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, crate::plan::hex(&hasher.finalize()))),
            read => {
                bytes += read as u64;
                hasher.update(&buffer[..read]);
            }
        }
    }
}
