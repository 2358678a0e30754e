//! A frozen model: what an earlier run has learned, from its `model.json`.

use std::path::Path;

use crate::catalog::check_regular;
use crate::fit::Model;

use super::{Exit, Failure};

/// Reads a `model.json`.
pub fn read_model(path: &Path) -> Result<Model, Failure> {
    let wrong = |why: String| Failure { exit: Exit::Rules, message: format!("`{}`: {why}", path.display()) };
    let text = check_regular(path)
        .and_then(|()| std::fs::read_to_string(path))
        .map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(format!("not a model: {error}")))
}
