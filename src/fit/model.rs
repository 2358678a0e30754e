//! The model: everything learned from a population, as a small, versioned, readable JSON document.

use serde::{Deserialize, Serialize};

use super::{ClvModel, Groups, LifecycleModel};

/// The version of the document.
pub const FORMAT: u32 = 1;

/// What was learned. Numbers are texts, so that no JSON reader rounds them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The version of this document.
    pub format: u32,
    /// What it was fitted on.
    pub fitted: Origin,
    /// One for each fitted score, in the order of the rules file.
    pub scores: Vec<ScoreModel>,
    /// One for each band column, in the order of the rules file.
    pub bands: Vec<BandModel>,
    /// One for each segmentation that learns of the gaps between purchases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifecycles: Vec<LifecycleModel>,
    /// How customers come back and what they spend, if the rules ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clv: Option<ClvModel>,
}

/// What a model was fitted on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The rules' name.
    pub rules: String,
    /// SHA-256 of the rules file, in hex.
    pub rules_sha256: String,
    /// The as-of date of the population.
    pub as_of: String,
    /// How many customers there were.
    pub customers: u64,
}

/// The cuts of one score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreModel {
    /// The score's column.
    pub name: String,
    /// What is scored.
    pub of: String,
    /// `quantiles 5`, `quantiles 5, ties split`, `mean`.
    pub method: String,
    /// `high` or `low`.
    pub best: String,
    /// How many customers had a value.
    pub customers: u64,
    /// For each score from 2: the first value, from the worst, that reaches it; null where none does.
    pub cuts: Vec<Option<Cut>>,
    /// The same for each group, if the rules ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Groups<Option<Cut>>>,
}

/// One cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Reached by this value and every better one.
    pub value: String,
    /// With `ties: split`: of equal values, reached by this customer and every later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

/// The cuts of one band column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandModel {
    /// The band's column.
    pub name: String,
    /// What customers are ordered by.
    pub of: String,
    /// How many customers there were to learn from: with `cumulative` those above zero, with `top` those with a value.
    #[serde(default)]
    pub customers: u64,
    /// Of bands by cumulative share, the sum of all positive values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Every band but the last, which takes the rest.
    pub cuts: Vec<BandCut>,
    /// The same for each group, if the rules ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<Groups<BandCut>>,
}

/// One cut of a band column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandCut {
    /// The band.
    pub band: String,
    /// The share of the total it reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    /// The place from the top it reaches: `100` or `5%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<String>,
    /// The least value in it or a better band; null where nobody is.
    pub at_least: Option<String>,
}
