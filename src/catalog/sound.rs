//! Whether what a footer says can be true, before anybody reserves memory or reads by it; and, once a reader has failed,
//! where in a file the first fault is.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};

use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

thread_local! {
    static OPENING: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// The file whose footer this thread is reading.
pub(crate) fn being_opened() -> Option<PathBuf> {
    OPENING.with_borrow(Clone::clone)
}

/// Notes the file until it is dropped.
pub(super) struct Opening;

impl Opening {
    pub(super) fn of(path: &Path) -> Self {
        OPENING.set(Some(path.to_path_buf()));
        Self
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        OPENING.set(None);
    }
}

/// What of a footer cannot be: rows that do not add up, column chunks that are not in the file or hold another number of
/// values than their row group has rows. `bytes` is the size of the file.
pub(super) fn contradiction(metadata: &ParquetMetaData, bytes: u64) -> Option<String> {
    let mut rows = 0_i64;
    for (number, group) in metadata.row_groups().iter().enumerate() {
        let of_group = group.num_rows();
        let Some(sum) = rows.checked_add(of_group).filter(|_| of_group >= 0) else {
            return Some(format!("row group {number} says that it has {of_group} rows"));
        };
        rows = sum;
        for chunk in group.columns() {
            let at = |what: String| {
                Some(format!("row group {number}, column `{}`: {what}", chunk.column_path().string()))
            };
            let start =
                chunk.dictionary_page_offset().filter(|start| *start > 0).unwrap_or(chunk.data_page_offset());
            let inside = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok());
            let end = inside.and_then(|(start, size)| start.checked_add(size));
            if end.is_none_or(|end| end > bytes) {
                let size = chunk.compressed_size();
                return at(format!("its {size} bytes from {start} on are not in the file"));
            }
            if chunk.uncompressed_size() < 0 {
                return at(format!("it has {} bytes", chunk.uncompressed_size()));
            }
            if chunk.column_descr().max_rep_level() == 0 && chunk.num_values() != of_group {
                return at(format!("it has {} values for {of_group} rows", chunk.num_values()));
            }
        }
    }
    let said = metadata.file_metadata().num_rows();
    (rows != said).then(|| format!("it says that it has {said} rows, and its row groups have {rows}"))
}

/// The first page that cannot be read, by its row group and column.
pub(crate) fn first_fault(path: &Path) -> Option<String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Some(error.to_string()),
    };
    let reader = match SerializedFileReader::new(file) {
        Ok(reader) => reader,
        Err(error) => return Some(error.to_string()),
    };
    for number in 0..reader.num_row_groups() {
        let group = match reader.get_row_group(number) {
            Ok(group) => group,
            Err(error) => return Some(format!("row group {number}: {error}")),
        };
        for column in 0..group.num_columns() {
            let name = group.metadata().column(column).column_path().string();
            let at =
                |error: &dyn std::fmt::Display| Some(format!("row group {number}, column `{name}`: {error}"));
            let pages = match group.get_column_page_reader(column) {
                Ok(pages) => pages,
                Err(error) => return at(&error),
            };
            for page in pages {
                if let Err(error) = page {
                    return at(&error);
                }
            }
        }
    }
    None
}
