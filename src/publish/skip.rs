//! Whether a run has been published already: what its manifest says is what would be said again.

use std::path::Path;

use crate::engine::pseudonym::Key;
use crate::fit::Model;
use crate::plan::Plan;

use super::Manifest;
use super::layout::{MANIFEST, SUCCESS, folder, run_file};
use super::manifest::sha256;

/// Whether the target holds the result of this plan on these inputs already. What an earlier version published, in
/// another layout, never is.
pub fn is_published(plan: &Plan, frozen: Option<&Model>, key: Option<&Key>) -> bool {
    let folder = folder(plan);
    let Ok(text) = std::fs::read(run_file(&folder, MANIFEST)) else { return false };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) else { return false };
    let inputs = plan.files().map(|(_, file)| (file.path.display().to_string(), &file.footer_sha256));
    let same_inputs = inputs.eq(manifest.inputs.iter().map(|file| (file.path.clone(), &file.footer_sha256)));
    let same_model = match frozen {
        // A model that was fitted here is the same model from a file.
        Some(model) => *model == manifest.model,
        None => !manifest.frozen,
    };
    is_complete(&folder, &manifest, &text)
        && manifest.version == env!("CARGO_PKG_VERSION")
        && manifest.rules_sha256 == plan.rules_sha256
        && manifest.plan_sha256 == plan.digest()
        && same_inputs
        && manifest.reads_the_list_of(plan)
        && manifest.pseudonym_key_check == key.map(Key::check)
        && same_model
}

/// Whether the partition is the manifest's, and every part has its size.
fn is_complete(folder: &Path, manifest: &Manifest, text: &[u8]) -> bool {
    let success = std::fs::read_to_string(folder.join(SUCCESS));
    let has_size = |path: &str, bytes: u64| {
        folder.join(path).metadata().is_ok_and(|found| found.is_file() && found.len() == bytes)
    };
    success.is_ok_and(|hash| hash.trim_end() == sha256(text))
        && manifest.parts.iter().chain(&manifest.tables).all(|file| has_size(&file.path, file.bytes))
}
