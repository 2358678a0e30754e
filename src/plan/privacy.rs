//! What is hidden, as meant.

/// What is hidden in what is published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// The environment variable with the key of the pseudonyms; none where ids are published as they are.
    pub key_env: Option<String>,
    /// Groups of fewer customers are not shown in reports; none where all are.
    pub report_min_group: Option<u64>,
}
