//! What an entry says of itself, in a document with a checksum of its own: which files were read, which tables there are and
//! what their bytes must come to.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::{Error, Ledger};
use crate::plan::{InputFile, Plan};

use super::files::{ABOUT, checksum, checksum_of_file, text};

/// The version of what an entry holds.
const FORMAT: u32 = 2;

/// What an entry says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The version of this document.
    pub format: u32,
    /// The build of the program: another one may keep something else under the same names.
    pub build: String,
    /// The key of the entry, which is the name of its folder.
    pub key: String,
    /// The name of the rules that wrote it; others may use it.
    pub rules: String,
    /// See [`Plan::profile_family`].
    pub family: String,
    /// The last local date that counts.
    pub as_of: String,
    /// The files of each input of orders.
    pub orders: Vec<Vec<KeptFile>>,
    /// How many.
    pub customers: u64,
    /// Its tables.
    pub tables: Vec<KeptTable>,
    /// What happened to every input row.
    pub counts: Ledger,
}

/// One table of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptTable {
    /// Its file.
    pub file: String,
    /// The size of the file.
    pub bytes: u64,
    /// Of all bytes of the file: see `engine/cache/files.rs`.
    pub checksum: String,
    /// Its rows.
    pub rows: u64,
    /// Names and types of its columns, as the engine holds them.
    pub columns: Vec<(String, String)>,
}

/// One file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its path.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 of its footer, in hex.
    pub footer_sha256: String,
}

impl From<&InputFile> for KeptFile {
    fn from(file: &InputFile) -> Self {
        let InputFile { path, bytes, rows, footer_sha256, imported: _, stamp: _ } = file.clone();
        Self { path, bytes, rows, footer_sha256 }
    }
}

impl About {
    /// What an entry of this program begins with.
    pub(in crate::engine) fn new(
        plan: &Plan,
        customers: usize,
        tables: Vec<KeptTable>,
        counts: Ledger,
    ) -> Self {
        Self {
            format: FORMAT,
            build: build(),
            key: plan.profile_key(),
            rules: plan.name.clone(),
            family: plan.profile_family(),
            as_of: plan.as_of.to_string(),
            orders: plan
                .orders
                .iter()
                .map(|input| input.table.files.iter().map(KeptFile::from).collect())
                .collect(),
            customers: customers as u64,
            tables,
            counts,
        }
    }

    /// The document, and its checksum in a line behind it.
    pub(super) fn document(&self) -> Result<String, Error> {
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::Engine(error.to_string()))?;
        Ok(format!("{text}\n{}\n", checksum(text.as_bytes())))
    }

    /// What the entry in a folder says of itself; an error where it is not whole, or another program's. Its tables are
    /// there in the sizes that it says; what is in them is not looked at.
    pub(super) fn read(entry: &Path) -> Result<Self, Error> {
        let broken = |cause: String| broken(entry, &cause);
        let document = text(&entry.join(ABOUT)).map_err(|error| broken(format!("`{ABOUT}`: {error}")))?;
        let (text, sum) = document
            .strip_suffix('\n')
            .and_then(|document| document.rsplit_once('\n'))
            .ok_or_else(|| broken(format!("`{ABOUT}` is not whole")))?;
        if checksum(text.as_bytes()) != sum {
            return Err(broken(format!("`{ABOUT}` is not as it was written")));
        }
        let about: Self =
            serde_json::from_str(text).map_err(|error| broken(format!("`{ABOUT}`: {error}")))?;
        if about.format != FORMAT || about.build != build() {
            return Err(broken(format!("it is of the build {}, format {}", about.build, about.format)));
        }
        if entry.file_name().is_none_or(|name| name.to_str() != Some(&about.key)) {
            return Err(broken("it stands under the key of another one".to_owned()));
        }
        for KeptTable { file, bytes, .. } in &about.tables {
            let found = entry.join(file).symlink_metadata();
            let found = found.map_err(|error| broken(format!("`{file}`: {error}")))?;
            if !found.is_file() || found.len() != *bytes {
                return Err(broken(format!("`{file}` is no file of {bytes} bytes")));
            }
        }
        Ok(about)
    }
}

impl KeptTable {
    /// Whether the bytes of its file are those that were written.
    pub(in crate::engine) fn verify(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(&self.file);
        match checksum_of_file(&path).map_err(Error::io(&path))? == self.checksum {
            true => Ok(()),
            false => Err(broken(&path, "its bytes are not those that were written")),
        }
    }

    /// The checksum of a file that was just written.
    pub(in crate::engine) fn checksum_of(path: &Path) -> Result<String, Error> {
        checksum_of_file(path).map_err(Error::io(path))
    }
}

fn broken(path: &Path, cause: &str) -> Error {
    Error::Unreadable { path: path.display().to_string(), cause: cause.to_owned() }
}

/// The version, the commit where whoever built it has said so, and the engine.
fn build() -> String {
    let commit = option_env!("TIERMILL_COMMIT").unwrap_or("");
    format!("{} {commit} {}", env!("CARGO_PKG_VERSION"), crate::engine::polars::VERSION)
}
