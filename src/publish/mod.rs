//! Stage 4, publish: the only place that writes output. Everything goes to a staging folder beside the target, is
//! read back and counted, and is then swapped in with one rename; or nothing is published at all.

mod error;
mod lock;
mod manifest;
mod parts;
pub mod readback;
mod skip;
mod staging;

pub use error::Error;
pub use lock::Lock;
pub use manifest::{
    FORMAT, FileEntry, InputEntry, InputRows, ListEntry, Manifest, RowCounts, Suppressed, SuppressedIn,
    sha256_of,
};
pub use skip::is_published;
pub use staging::{Staging, remove_all_staging};

use std::fs;
use std::path::{Path, PathBuf};

use crate::engine::Profile;
use crate::engine::polars::tables::summary::{self, Previous};
use crate::engine::polars::tables::{Tables, edges, override_report};
use crate::engine::polars::{Frame, write};
use crate::engine::pseudonym::Key;
use crate::fit::Model;
use crate::plan::{FileFormat, Plan};

/// What was published.
#[derive(Clone, Debug)]
pub struct Published {
    /// The folder of this as-of.
    pub folder: PathBuf,
    /// What the manifest says.
    pub manifest: Manifest,
}

/// The folder of a run: `target/as_of=D`.
pub fn folder(plan: &Plan) -> PathBuf {
    plan.target.join(format!("as_of={}", plan.as_of))
}

/// Writes, verifies and swaps in one run; `frozen` says that the model was not fitted by it, `key` hides ids of rows
/// that never got to the profile, `more` are tables beside the usual ones. The lock must be held.
pub fn publish(
    plan: &Plan,
    profile: &Profile,
    model: &Model,
    frozen: bool,
    key: Option<&Key>,
    more: &[(&str, &Frame)],
    _lock: &Lock,
) -> Result<Published, Error> {
    let folder = folder(plan);
    let staging = Staging::create(&plan.target, &plan.as_of.to_string())?;
    let metadata = vec![
        ("tiermill.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("tiermill.engine".to_owned(), "polars".to_owned()),
        ("tiermill.rules".to_owned(), plan.name.clone()),
        ("tiermill.rules_sha256".to_owned(), plan.rules_sha256.clone()),
        ("tiermill.as_of".to_owned(), plan.as_of.to_string()),
    ];
    let (parts, findings) = parts::write(plan, model, &profile.customers, &staging, &metadata)?;
    // What was written is read again while what is said of it is worked out.
    let sums = findings.sums().clone();
    let (checked, beside) = rayon::join(
        || readback::check(plan, staging.path(), &parts, &sums),
        || Ok::<_, Error>(findings.tables(plan, &previous(plan)?)?),
    );
    checked?;
    let Tables { summary, segment_profile, audiences } = beside?;

    let mut tables = Vec::new();
    let mut table = |name: &str, frame: &Frame| -> Result<(), Error> {
        write::table(frame, &staging.path().join(name), &metadata)?;
        tables.push(name.to_owned());
        Ok(())
    };
    table("segments.parquet", &summary::segments(plan)?)?;
    table("summary.parquet", &summary)?;
    table("rejected.parquet", &profile.rejected)?;
    let mut override_counts = None;
    if let Some(all) = &plan.overrides {
        let (report, counts) = override_report::report(plan, model, all, &profile.customers)?;
        table("overrides.parquet", &report)?;
        override_counts = Some(counts);
    }
    table("segment_profile.parquet", &segment_profile)?;
    if let Some(within) = plan.edges_within {
        table("edges.parquet", &edges::edges(plan, model, within, &profile.customers)?)?;
    }
    let mut more_files = Vec::new();
    for (one, members) in plan.audiences.iter().zip(&audiences) {
        match one.format {
            FileFormat::Parquet => table(&one.file_name(), members)?,
            FileFormat::Csv { labels, bom } => {
                let path = staging.path().join(one.file_name());
                write::csv(members, &path, &plan.segmentations, labels, bom)?;
                more_files.push(one.file_name());
            }
        }
    }
    for (name, frame) in more {
        table(name, frame)?;
    }

    tables.append(&mut more_files);
    staging.write("model.json", &json(model)?)?;
    tables.push("model.json".to_owned());
    let mut manifest = Manifest::new(plan, profile, (model, frozen), staging.path(), &parts, &tables)?;
    manifest.overrides = override_counts;
    manifest.pseudonym_key_check = key.map(Key::check);
    let text = json(&manifest)?;
    staging.write("manifest.json", &text)?;
    staging.write("_SUCCESS", format!("{}\n", manifest::sha256(&text)).as_bytes())?;
    staging.swap_in(&folder)?;
    Ok(Published { folder, manifest })
}

/// A readable JSON document with a final newline.
pub fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| Error::Broken(error.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// The summary of the latest complete run before this one.
fn previous(plan: &Plan) -> Result<Previous, Error> {
    match previous_folder(&plan.target, &plan.as_of.to_string()) {
        Some(folder) => Ok(summary::previous(&folder.join("summary.parquet"))?),
        None => Ok(Previous::new()),
    }
}

fn previous_folder(target: &Path, as_of: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(target).ok()?.flatten().map(|entry| entry.path());
    let date = |path: &PathBuf| Some(path.file_name()?.to_str()?.strip_prefix("as_of=")?.to_owned());
    let earlier = entries.filter(|path| date(path).is_some_and(|date| date.as_str() < as_of));
    earlier
        .filter(|path| path.join("_SUCCESS").is_file() && path.join("summary.parquet").is_file())
        .max_by_key(|path| date(path))
}
