//! The files of an input → their footers.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use sha2::{Digest, Sha256};

use crate::diag::{Code, Diagnostic};
use crate::plan::{FileStamp, InputFile, Physical};

use super::columns;
use super::find::{FileKind, Found, find};
use super::sound::{self, Opening};
use super::{Catalog, Column};

/// `PAR1`, the length of the footer, `PAR1`.
const SHORTEST_BYTES: u64 = 12;

/// Reads the footers of all files that a path names; some of them must have rows. Files need not agree on their columns:
/// those that the rules read are compared once it is known which they are.
pub fn read(path: &Path) -> Result<Catalog, Diagnostic> {
    let catalog = read_even_empty(path)?;
    if catalog.rows() == 0 {
        let files = number_of_files(catalog.files.len());
        let message = format!("`{}`: {files}, without a single row", path.display());
        let hint = "an empty input would publish an empty table over a good one";
        return Err(Diagnostic::error(Code::InputEmpty, message).with_hint(hint));
    }
    Ok(catalog)
}

/// [`read`], where an input without rows means that nothing has happened yet.
pub fn read_even_empty(path: &Path) -> Result<Catalog, Diagnostic> {
    let Found { files: paths, hive_root, left_out } = find(path, FileKind::Parquet)?;
    let footers = paths.iter().map(|file| footer(file)).collect::<Result<Vec<_>, _>>()?;
    let hive = hive_root.as_ref().map_or_else(Vec::new, |root| hive_keys(root, &paths));
    let hive_root = hive_root.filter(|_| !hive.is_empty());
    Ok(Catalog { left_out, ..Catalog::of_files(footers, hive_root, &hive) })
}

fn number_of_files(files: usize) -> String {
    if files == 1 { "one file".to_owned() } else { format!("{files} files") }
}

/// One file, and the columns of its footer.
pub(super) fn footer(path: &Path) -> Result<(InputFile, Vec<Column>), Diagnostic> {
    let unreadable = |why: String| {
        Diagnostic::error(
            Code::InputUnreadable,
            format!("`{}` is not readable as Parquet: {why}", path.display()),
        )
        .with_hint("is the file complete? A Parquet file begins and ends with `PAR1`")
    };
    let _opening = Opening::of(path);
    let mut file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let found = file.metadata().map_err(|error| unreadable(error.to_string()))?;
    let (bytes, stamp) = (found.len(), Some(FileStamp::of(&found)));
    if bytes < SHORTEST_BYTES {
        return Err(unreadable(format!("it has {bytes} bytes")));
    }
    let footer_sha256 = footer_hash(&mut file, bytes).map_err(|error| unreadable(error.to_string()))?;
    let reader = SerializedFileReader::new(file)
        .map_err(|error| unreadable(error.to_string().trim_start_matches("Parquet error: ").to_owned()))?;
    let metadata = reader.metadata();
    if let Some(why) = sound::contradiction(metadata, bytes) {
        return Err(unreadable(why));
    }
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let file = InputFile { path: path.to_path_buf(), bytes, rows, footer_sha256, imported: None, stamp };
    Ok((file, columns::of_file(metadata)))
}

/// A file's footer says what every column chunk holds and where: its hash changes when the data does.
fn footer_hash(file: &mut File, bytes: u64) -> std::io::Result<String> {
    let mut tail = [0_u8; 8];
    file.seek(SeekFrom::Start(bytes.saturating_sub(8)))?;
    file.read_exact(&mut tail)?;
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    file.seek(SeekFrom::Start(bytes.saturating_sub(length + 8)))?;
    let mut footer = Vec::new();
    file.take(length + 8).read_to_end(&mut footer)?;
    Ok(crate::plan::hex(&Sha256::digest(&footer)))
}

/// The `key=value` folders between the root and the files, if every file has the same keys.
fn hive_keys(root: &Path, files: &[PathBuf]) -> Vec<Column> {
    let pairs = |file: &PathBuf| -> Vec<(String, String)> {
        let inside = file.strip_prefix(root).unwrap_or(file);
        let folders = inside.parent().into_iter().flat_map(Path::components);
        let pair = |folder: std::path::Component<'_>| {
            let folder = folder.as_os_str().to_string_lossy().into_owned();
            folder.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
        };
        folders.filter_map(pair).collect()
    };
    let all: Vec<Vec<(String, String)>> = files.iter().map(pairs).collect();
    let Some(first) = all.first() else { return Vec::new() };
    let same =
        |file: &Vec<(String, String)>| file.iter().map(|(key, _)| key).eq(first.iter().map(|(key, _)| key));
    if !all.iter().all(same) {
        return Vec::new();
    }
    let column = |at: usize| {
        let whole = all.iter().all(|file| file[at].1.parse::<i64>().is_ok());
        let physical = if whole { Physical::Int } else { Physical::Text };
        Column {
            name: first[at].0.clone(),
            physical,
            storage: "folder".to_owned(),
            nullable: true,
            foreign: false,
        }
    };
    (0..first.len()).map(column).collect()
}
