//! The key of the pseudonyms, from the environment.

use crate::engine::pseudonym::{Key, SHORTEST_BYTES};
use crate::plan::Plan;

use super::{Exit, Failure};

/// The key of the pseudonyms, if the rules ask for them. What is said of it never holds it.
pub(super) fn of(plan: &Plan) -> Result<Option<Key>, Failure> {
    let Some(name) = &plan.privacy.key_env else { return Ok(None) };
    let wrong = |what: String| Failure {
        exit: Exit::Rules,
        message: format!("the environment variable `{name}` {what}"),
    };
    let value = std::env::var_os(name)
        .ok_or_else(|| wrong("is not set; it holds the key of `privacy.pseudonymize`".to_owned()))?;
    let key = Key::new(value.as_encoded_bytes());
    let short = || wrong(format!("holds {} bytes; a key has {SHORTEST_BYTES} or more", value.len()));
    key.ok_or_else(short).map(Some)
}
