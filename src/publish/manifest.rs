//! `manifest.json`: what a run read, decided and wrote, with the hash of every file; `_SUCCESS` holds its own.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::engine::{Counts, InputCounts, OverrideCounts, Profile};
use crate::fit::Model;
use crate::plan::{AmountEncoding, Input, InputFile, Plan, hex};

use super::Error;
use super::gate_result::GateResult;

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
    /// What happened to every row of the orders.
    pub rows: RowCounts,
    /// The same of each input by itself, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows_by_input: Vec<InputRows>,
    /// Customers who are not in the table of customers, and joined the population.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_customers: Option<u64>,
    /// Who was left out before anything was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Suppressed>,
    /// What the gates of the rules measured, if there are any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quality: Vec<GateResult>,
    /// Rows of all parts.
    pub customers: u64,
    /// What came of the overrides, if there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overrides: Option<OverrideCounts>,
    /// Tells the key of the pseudonyms from another, where ids are hidden; nothing can be learned of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonym_key_check: Option<String>,
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
    /// The input it is of, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 of its footer; of the overrides, of all the file.
    pub footer_sha256: String,
}

/// `read = filtered + suppressed + no_consent + after_as_of + unknown_customer + identical + used + Σ rejected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows of all files.
    pub read: u64,
    /// Left out by `where`.
    pub filtered: u64,
    /// Left out because their customer is suppressed; only with `privacy.suppress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<u64>,
    /// Left out because their customer has given no consent; only with `privacy.consent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_consent: Option<u64>,
    /// Left out because they are later.
    pub after_as_of: u64,
    /// Left out because their customer is not in the population; only where that may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_customer: Option<u64>,
    /// Rows that say of a customer what another one says; only of the table of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identical: Option<u64>,
    /// Set aside, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Aggregated.
    pub used: u64,
}

/// The rows of one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRows {
    /// Its name under `inputs`.
    pub input: String,
    /// Its path as the rules file has it.
    pub path: String,
    /// What happened to its rows.
    #[serde(flatten)]
    pub rows: RowCounts,
    /// Used rows of customers who joined the population though they are not in the table of customers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<u64>,
}

/// The proof that suppressed customers were left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// The column with the ids.
    pub column: String,
    /// The files of the list.
    pub files: Vec<ListEntry>,
    /// How many ids it has.
    pub ids: u64,
    /// How many of their customers, and rows, were found in each input, and left out.
    pub inputs: Vec<SuppressedIn>,
}

/// One file of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListEntry {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of all of it.
    pub sha256: String,
}

/// What was left out of one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppressedIn {
    /// Its name under `inputs`.
    pub input: String,
    /// Its path as the rules file has it.
    pub path: String,
    /// Listed customers with rows in it.
    pub customers: u64,
    /// Their rows.
    pub rows: u64,
}

/// One file that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Its path in the folder of the partition.
    pub path: String,
    /// Its rows; none for what is no table.
    pub rows: Option<u64>,
    /// Its size.
    pub bytes: u64,
    /// Its hash.
    pub sha256: String,
}

impl Manifest {
    /// Whether the list of suppressed customers is the one that a plan would read.
    pub fn reads_the_list_of(&self, plan: &Plan) -> bool {
        list_files(plan).eq(self.suppressed.iter().flat_map(|suppressed| suppressed.files.iter().cloned()))
    }

    pub(super) fn new(
        plan: &Plan,
        profile: &Profile,
        (model, frozen): (&Model, bool),
        folder: &Path,
        parts: Vec<FileEntry>,
        tables: &[String],
    ) -> Result<Self, Error> {
        let several = !plan.reads_only_orders();
        let inputs = plan.files().map(|(input, file): (&str, &InputFile)| InputEntry {
            input: several.then(|| input.to_owned()),
            path: file.path.display().to_string(),
            bytes: file.bytes,
            rows: file.rows,
            footer_sha256: file.footer_sha256.clone(),
        });
        let counts = &profile.counts;
        let by_input = counts.by_input();
        let by_input = by_input.iter().map(|one| rows_of(plan, one));
        const ROUNDED: &str = ", rounded half away from zero as it is read";
        let amounts = plan.orders.iter().filter_map(|input| input.amount.as_ref()).map(|amount| {
            let rounded = match amount.encoding {
                AmountEncoding::Float => ROUNDED,
                AmountEncoding::Decimal(own) if own > amount.scale => ROUNDED,
                _ => "",
            };
            format!("{} as DECIMAL with {} places{rounded}", amount.column, amount.scale)
        });
        let amount =
            amounts.reduce(|all, one| if all.contains(&one) { all } else { format!("{all}; {one}") });
        Ok(Self {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: profile.engine.to_owned(),
            rules: plan.name.clone(),
            rules_sha256: plan.rules_sha256.clone(),
            plan_sha256: plan.digest(),
            as_of: plan.as_of.to_string(),
            timezone: plan.timezone.name().to_owned(),
            amount,
            inputs: inputs.collect(),
            rows: RowCounts::new(plan, InputKind::Orders, &counts.of_orders()),
            rows_by_input: if several { by_input.collect() } else { Vec::new() },
            joined_customers: counts.joined_customers,
            suppressed: suppressed(plan, profile),
            quality: Vec::new(),
            customers: profile.customers.height() as u64,
            overrides: None,
            pseudonym_key_check: None,
            columns: plan.output.iter().map(|column| (column.name.clone(), column.ty.sql())).collect(),
            model: model.clone(),
            frozen,
            parts,
            tables: entries(folder, tables)?,
        })
    }
}

/// What an input holds, and so which counts mean something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum InputKind {
    Orders,
    Events,
    Customers,
}

impl RowCounts {
    fn new(plan: &Plan, kind: InputKind, counts: &Counts) -> Self {
        let Counts { read, filtered, suppressed, no_consent, later, unknown, identical, used, rejected } =
            counts;
        let consent = plan.customers.as_ref().is_some_and(|customers| customers.consent.is_some());
        let strangers = match kind {
            InputKind::Orders => plan.customers.as_ref().is_some_and(|customers| !customers.unknown_join),
            InputKind::Events => true,
            InputKind::Customers => false,
        };
        Self {
            read: *read,
            filtered: *filtered,
            suppressed: plan.suppress.as_ref().map(|_| *suppressed),
            no_consent: consent.then_some(*no_consent),
            after_as_of: *later,
            unknown_customer: strangers.then_some(*unknown),
            identical: (kind == InputKind::Customers).then_some(*identical),
            rejected: rejected.iter().map(|(reason, n)| (reason.to_string(), *n)).collect(),
            used: *used,
        }
    }
}

fn rows_of(plan: &Plan, one: &InputCounts) -> InputRows {
    let is_of = |inputs: &[Input]| inputs.iter().any(|input| input.source.name() == one.name);
    let kind = match () {
        () if is_of(&plan.orders) => InputKind::Orders,
        () if is_of(&plan.events) => InputKind::Events,
        () => InputKind::Customers,
    };
    let joins =
        kind == InputKind::Orders && plan.customers.as_ref().is_some_and(|customers| customers.unknown_join);
    InputRows {
        input: one.name.clone(),
        path: one.path.clone(),
        rows: RowCounts::new(plan, kind, &one.counts),
        joined: joins.then_some(one.joined),
    }
}

fn suppressed(plan: &Plan, profile: &Profile) -> Option<Suppressed> {
    let list = plan.suppress.as_ref()?;
    let by_input = profile.counts.by_input();
    let inputs = by_input.iter().map(|one| SuppressedIn {
        input: one.name.clone(),
        path: one.path.clone(),
        customers: one.suppressed_customers,
        rows: one.counts.suppressed,
    });
    Some(Suppressed {
        column: list.column.clone(),
        files: list_files(plan).collect(),
        ids: profile.counts.listed.unwrap_or(0),
        inputs: inputs.collect(),
    })
}

fn list_files(plan: &Plan) -> impl Iterator<Item = ListEntry> {
    plan.suppress.iter().flat_map(|list| &list.files).map(|file| ListEntry {
        path: file.path.display().to_string(),
        bytes: file.bytes,
        sha256: file.sha256.clone(),
    })
}

/// Files of a folder, by their paths in it.
pub(super) fn entries(folder: &Path, names: &[String]) -> Result<Vec<FileEntry>, Error> {
    names.par_iter().map(|name| entry(folder, name)).collect()
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
