//! Stage 4, publish: the only place that writes output. Everything goes to a staging folder outside the table, is read
//! back and counted, and is then swapped in with one rename; or nothing is published at all.

mod area;
mod disk;
mod error;
mod gate_result;
mod layout;
mod live;
mod lock;
mod manifest;
mod old_layout;
mod parts;
mod quality;
pub mod readback;
mod skip;
mod staging;
mod swap;

pub use area::{Area, Terms};
pub use error::Error;
pub use gate_result::{GateResult, Verdict};
pub use layout::{RUN, SUCCESS, folder, run_file};
pub use live::remove_all_staging;
pub use lock::Lock;
pub use manifest::{
    FORMAT, FileEntry, InputEntry, InputRows, ListEntry, Manifest, RowCounts, Suppressed, SuppressedIn,
    sha256_of,
};
pub use quality::verdicts;
pub use skip::is_published;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::engine::Profile;
use crate::engine::polars::tables::summary::{self, Previous};
use crate::engine::polars::tables::{Tables, edges, override_report};
use crate::engine::polars::{Frame, write};
use crate::engine::pseudonym::Key;
use crate::fit::Model;
use crate::plan::{FileFormat, Plan};

use layout::{MANIFEST, existing_run_file, run_path};

/// What was published.
#[derive(Clone, Debug)]
pub struct Published {
    /// The folder of this as-of.
    pub folder: PathBuf,
    /// What the manifest says.
    pub manifest: Manifest,
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
    lock: &Lock,
) -> Result<Published, Error> {
    let folder = folder(plan);
    let staging = staging::Staging::create(lock)?;
    let metadata = vec![
        ("tiermill.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("tiermill.engine".to_owned(), profile.engine.to_owned()),
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
        let path = run_path(name);
        write::table(frame, &staging.path().join(&path), &metadata)?;
        tables.push(path);
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
                let path = run_path(&one.file_name());
                write::csv(members, &staging.path().join(&path), &plan.segmentations, labels, bom)?;
                more_files.push(path);
            }
        }
    }
    for (name, frame) in more {
        table(name, frame)?;
    }

    tables.append(&mut more_files);
    let model_path = run_path("model.json");
    staging.write(&model_path, &json(model)?)?;
    tables.push(model_path);
    let parts = parts::seal(&staging, &parts)?;
    let mut manifest = Manifest::new(plan, profile, (model, frozen), staging.path(), parts, &tables)?;
    manifest.quality = verdicts(plan, profile)?;
    manifest.overrides = override_counts;
    manifest.pseudonym_key_check = key.map(Key::check);
    let text = json(&manifest)?;
    staging.write(&run_path(MANIFEST), &text)?;
    staging.write(SUCCESS, format!("{}\n", manifest::sha256(&text)).as_bytes())?;
    staging.swap_in(&manifest.parts)?;
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
    match previous_summary(&plan.target, &plan.as_of.to_string()).map_err(Error::io(&plan.target))? {
        Some(summary) => Ok(summary::previous(&summary)?),
        None => Ok(Previous::new()),
    }
}

/// A table that cannot be listed is a failure: without the days in it the summary would be another one.
fn previous_summary(target: &Path, as_of: &str) -> io::Result<Option<PathBuf>> {
    let folder = previous_folder(target, as_of, "summary.parquet")?;
    Ok(folder.and_then(|folder| existing_run_file(&folder, "summary.parquet")))
}

/// The folder of the latest complete run before a day that has this file.
fn previous_folder(target: &Path, as_of: &str, file: &str) -> io::Result<Option<PathBuf>> {
    let mut latest = None;
    for entry in fs::read_dir(target)? {
        let (name, folder) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        let date = name.to_str().and_then(|name| name.strip_prefix("as_of=")).filter(|date| *date < as_of);
        let Some(date) = date.filter(|_| folder.join(SUCCESS).is_file()) else { continue };
        if existing_run_file(&folder, file).is_some() {
            latest = latest.max(Some((date.to_owned(), folder)));
        }
    }
    Ok(latest.map(|(_, folder)| folder))
}
