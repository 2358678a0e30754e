//! What a fit says of itself: numbers to publish beside the model.

use serde::{Deserialize, Serialize};

use super::warning::Warning;

/// One parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its estimate.
    pub value: f64,
    /// From the observed information in log-parameters, by the delta method; none where there is no information.
    pub standard_error: Option<f64>,
}

/// One start of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StartReport {
    /// Where it began.
    pub from: Vec<f64>,
    /// Where it ended.
    pub to: Vec<f64>,
    /// The log-likelihood there; of a sample of the population where `explored_distinct` is less than `distinct`.
    pub log_likelihood: f64,
    /// Evaluations of the likelihood.
    pub evaluations: usize,
    /// Whether it ended at a maximum.
    pub converged: bool,
}

/// The account of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitReport {
    /// The estimates.
    pub params: Vec<Param>,
    /// Covariances of the estimates, in the order of `params`; none on a ridge.
    pub covariance: Option<Vec<Vec<f64>>>,
    /// ln L at the estimates, in the time unit of the triples.
    pub log_likelihood: f64,
    /// Customers in the likelihood.
    pub customers: u64,
    /// Distinct terms in it.
    pub distinct: u64,
    /// Greatest |∂ ln L / ∂ ln θ| per customer at the estimates, over parameters off their bounds.
    pub gradient: f64,
    /// Evaluations of the full likelihood after the exploration.
    pub evaluations: usize,
    /// Distinct terms the starts were tried on.
    pub explored_distinct: u64,
    /// The starts, in the order tried.
    pub starts: Vec<StartReport>,
    /// Correlation of order count and mean amount (Gamma-Gamma only).
    pub correlation: Option<f64>,
    /// Findings.
    pub warnings: Vec<Warning>,
}
