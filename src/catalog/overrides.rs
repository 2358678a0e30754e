//! The file of overrides: a small table that is read in full while the rules are checked, because its lines are rules.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};

use crate::diag::{Code, Diagnostic, Source};
use crate::plan::InputFile;

use super::regular::check_regular;

/// A file of overrides.
#[derive(Clone, Debug)]
pub struct OverridesFile {
    /// Where it is; its hash is of all its bytes.
    pub file: InputFile,
    /// Its lines. A Parquet file's rows stand here as CSV: a header, then one line a row.
    pub source: Arc<Source>,
}

impl OverridesFile {
    /// A file with nothing but its header.
    pub fn without_lines() -> Self {
        let header = "segmentation,customer,action,segment,reason,author\n";
        let file = InputFile {
            path: PathBuf::new(),
            bytes: 0,
            rows: 0,
            footer_sha256: String::new(),
            imported: None,
            stamp: None,
        };
        Self { file, source: Arc::new(Source::new("", header)) }
    }
}

/// Reads a file of overrides: CSV, or what begins like Parquet.
pub fn read_overrides(path: &Path) -> Result<OverridesFile, Diagnostic> {
    let name = path.display().to_string();
    let unreadable = |why: String| {
        Diagnostic::error(Code::InputUnreadable, format!("`{name}` is not readable: {why}"))
            .with_hint("overrides are CSV in UTF-8 with a header, or Parquet")
    };
    let bytes =
        check_regular(path).and_then(|()| std::fs::read(path)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Diagnostic::error(Code::InputMissing, format!("there are no overrides at `{name}`"))
                    .with_hint(
                        "paths are relative to the rules file; a file with nothing but its header is fine",
                    )
            }
            _ => unreadable(error.to_string()),
        })?;
    let footer_sha256 = crate::plan::hex(&Sha256::digest(&bytes));
    let size = bytes.len() as u64;
    let text = match bytes.starts_with(b"PAR1") {
        true => {
            as_csv(path).map_err(|why| unreadable(why.trim_start_matches("Parquet error: ").to_owned()))?
        }
        false => String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?,
    };
    // The header is no row; blank lines and line breaks inside of quotes are few.
    let rows = text.lines().filter(|line| !line.is_empty()).count().saturating_sub(1) as u64;
    let file =
        InputFile { path: path.to_path_buf(), bytes: size, rows, footer_sha256, imported: None, stamp: None };
    Ok(OverridesFile { file, source: Arc::new(Source::new(name, text)) })
}

fn as_csv(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    let names = reader.schema().fields().iter().map(|field| field.name().clone());
    csv.write_record(names).map_err(|error| error.to_string())?;
    let options = FormatOptions::default();
    for batch in reader.build().map_err(|error| error.to_string())? {
        let batch = batch.map_err(|error| error.to_string())?;
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
        for row in 0..batch.num_rows() {
            let fields = columns.iter().map(|column| column.value(row).to_string());
            csv.write_record(fields).map_err(|error| error.to_string())?;
        }
    }
    let bytes = csv.into_inner().map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|error| error.to_string())
}
