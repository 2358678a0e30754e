//! The part of a score or band in the model that holds cuts of its own for each group of customers.

use serde::{Deserialize, Serialize};

/// Cuts by group. Customers of no group, of one that uses the population's cuts, and of one that was not there when the
/// model was fitted, get the population's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups<C> {
    /// What makes the groups.
    pub column: String,
    /// `text`, `integer`, `date` or `boolean`.
    #[serde(rename = "type")]
    pub ty: String,
    /// Groups with fewer customers use the population's cuts.
    pub min_group: u64,
    /// In the order of their values.
    pub groups: Vec<Group<C>>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "C: Deserialize<'de>"))]
pub struct Group<C> {
    /// The value that its customers have.
    pub value: String,
    /// How many of them there were to learn from.
    pub customers: u64,
    /// Of a band by cumulative share, the sum of all positive values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Its cuts; none where it uses the population's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cuts: Option<Vec<C>>,
    /// Whether it uses the population's cuts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// Why it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl<C> Group<C> {
    /// A group that is too small for cuts of its own.
    pub fn too_small(value: String, customers: u64, min_group: u64) -> Self {
        let reason = format!("{customers} customers to learn from, and min_group is {min_group}");
        Self { value, customers, total: None, cuts: None, fallback: true, reason: Some(reason) }
    }
}
