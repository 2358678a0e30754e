//! Whether a run has been published already: what its manifest says is what would be said again.

use crate::engine::pseudonym::Key;
use crate::fit::Model;
use crate::plan::Plan;

use super::{Manifest, folder};

/// Whether the target holds the result of this plan on these inputs already.
pub fn is_published(plan: &Plan, frozen: Option<&Model>, key: Option<&Key>) -> bool {
    let folder = folder(plan);
    let Ok(text) = std::fs::read_to_string(folder.join("manifest.json")) else { return false };
    let Ok(manifest) = serde_json::from_str::<Manifest>(&text) else { return false };
    let inputs = plan.files().map(|(_, file)| (file.path.display().to_string(), &file.footer_sha256));
    let same_inputs = inputs.eq(manifest.inputs.iter().map(|file| (file.path.clone(), &file.footer_sha256)));
    let same_model = match frozen {
        // A model that was fitted here is the same model from a file.
        Some(model) => *model == manifest.model,
        None => !manifest.frozen,
    };
    folder.join("_SUCCESS").is_file()
        && manifest.version == env!("CARGO_PKG_VERSION")
        && manifest.rules_sha256 == plan.rules_sha256
        && manifest.plan_sha256 == plan.digest()
        && same_inputs
        && manifest.reads_the_list_of(plan)
        && manifest.pseudonym_key_check == key.map(Key::check)
        && same_model
}
