//! `manifest.json`: what a run read, decided and wrote, with the hash of every file; `_SUCCESS` holds its own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::engine::polars::Profile;
use crate::fit::Model;
use crate::plan::{AmountEncoding, Plan, hex};

use super::Error;

/// The version of the document.
pub const FORMAT: u32 = 1;

/// The manifest of a run. It names no clock and no machine: the same run writes the same manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this document.
    pub format: u32,
    /// The version of the program.
    pub version: String,
    /// What computed it.
    pub engine: String,
    /// The rules' name.
    pub rules: String,
    /// SHA-256 of the rules file.
    pub rules_sha256: String,
    /// SHA-256 of the resolved plan.
    pub plan_sha256: String,
    /// The last local date that counts.
    pub as_of: String,
    /// Whose local dates.
    pub timezone: String,
    /// How a float amount was read, if it was one.
    pub amount: Option<String>,
    /// What was read.
    pub inputs: Vec<InputEntry>,
    /// What happened to every row.
    pub rows: RowCounts,
    /// Rows of all parts.
    pub customers: u64,
    /// Name and SQL type of every column of the parts, in order.
    pub columns: Vec<(String, String)>,
    /// What was learned, or applied.
    pub model: Model,
    /// Whether the model came from a file, and was not fitted on these inputs.
    pub frozen: bool,
    /// The parts.
    pub parts: Vec<FileEntry>,
    /// Everything else, but this file and `_SUCCESS`.
    pub tables: Vec<FileEntry>,
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputEntry {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 of its footer.
    pub footer_sha256: String,
}

/// `read = filtered + after_as_of + used + Σ rejected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows of all files.
    pub read: u64,
    /// Left out by `where`.
    pub filtered: u64,
    /// Left out because they are later.
    pub after_as_of: u64,
    /// Set aside, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Aggregated.
    pub used: u64,
}

/// One file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its name in the folder.
    pub path: String,
    /// Its rows; none for what is no table.
    pub rows: Option<u64>,
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub sha256: String,
}

impl Manifest {
    pub(super) fn new(
        plan: &Plan,
        profile: &Profile,
        (model, frozen): (&Model, bool),
        folder: &Path,
        parts: &[String],
        tables: &[String],
    ) -> Result<Self, Error> {
        let entries =
            |names: &[String]| names.iter().map(|name| entry(folder, name)).collect::<Result<Vec<_>, _>>();
        let inputs = plan.orders.files.iter().map(|file| InputEntry {
            path: file.path.display().to_string(),
            bytes: file.bytes,
            rows: file.rows,
            footer_sha256: file.footer_sha256.clone(),
        });
        let counts = &profile.counts;
        const ROUNDED: &str = ", rounded half away from zero as it is read";
        let amount = plan.orders.amount.as_ref().map(|amount| {
            let rounded = match amount.encoding {
                AmountEncoding::Float => ROUNDED,
                AmountEncoding::Decimal(own) if own > amount.scale => ROUNDED,
                _ => "",
            };
            format!("{} as DECIMAL with {} places{rounded}", amount.column, amount.scale)
        });
        Ok(Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: "polars".to_owned(),
            rules: plan.name.clone(),
            rules_sha256: plan.rules_sha256.clone(),
            plan_sha256: plan.digest(),
            as_of: plan.as_of.to_string(),
            timezone: plan.orders.timezone.name().to_owned(),
            amount,
            inputs: inputs.collect(),
            rows: RowCounts {
                read: counts.read,
                filtered: counts.filtered,
                after_as_of: counts.later,
                rejected: counts.rejected.iter().map(|(reason, n)| ((*reason).to_owned(), *n)).collect(),
                used: counts.used,
            },
            customers: profile.customers.height() as u64,
            columns: plan.output.iter().map(|column| (column.name.clone(), column.ty.sql())).collect(),
            model: model.clone(),
            frozen,
            parts: entries(parts)?,
            tables: entries(tables)?,
        })
    }
}

fn entry(folder: &Path, name: &str) -> Result<FileEntry, Error> {
    let path = folder.join(name);
    let bytes = path.metadata().map_err(Error::io(&path))?.len();
    let rows = if name.ends_with(".parquet") { Some(super::readback::rows(&path)?) } else { None };
    Ok(FileEntry { path: name.to_owned(), rows, bytes, sha256: sha256_of(&path)? })
}

/// SHA-256 of a file, in hex.
pub fn sha256_of(path: &Path) -> Result<String, Error> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        let read = file.read(&mut buffer).map_err(Error::io(path))?;
        if read == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..read]);
    }
}

/// SHA-256 of bytes, in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
