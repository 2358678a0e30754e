//! The CLV part of the model document: parameters with their errors, how good the fit is, what is to be said against
//! it. The search itself is [`super::clv`]'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::clv::{FitReport, Warning};

/// What was learned of orders and spend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClvModel {
    /// The unit of the model's time.
    pub time_unit_days: u32,
    /// The model of orders; none where `simple` took its place.
    #[serde(flatten)]
    pub orders: Option<ModelFit>,
    /// The model of spend, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend: Option<ModelFit>,
    /// Why `simple` took the model's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
}

/// How well a model foretold the days that were held out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// How many days.
    pub holdout_days: u32,
    /// Customers of the time before.
    pub customers: u64,
    /// Purchase days that were expected of them.
    pub predicted_orders: f64,
    /// Purchase days that they had.
    pub actual_orders: f64,
    /// Revenue that was expected; none where orders have no amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicted_revenue: Option<f64>,
    /// Revenue that there was; none where orders have no amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual_revenue: Option<f64>,
    /// Mean over customers of |expected − actual| purchase days.
    pub mean_absolute_error_orders: f64,
}

/// One fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFit {
    /// Its name.
    pub model: String,
    /// The estimates.
    pub params: BTreeMap<String, f64>,
    /// Of the estimates; null where the data says nothing.
    pub standard_errors: BTreeMap<String, Option<f64>>,
    /// At the estimates, in the time unit asked for.
    pub log_likelihood: f64,
    /// Customers in the likelihood.
    pub customers: u64,
    /// Distinct histories among them.
    pub distinct: u64,
    /// The largest slope left at the estimates, per customer, in log-parameters.
    pub gradient: f64,
    /// How many starts were tried, and how many of them ended at a maximum.
    pub starts: (usize, usize),
    /// Correlation of repeats and mean amount, for a spend model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<f64>,
    /// What is to be said against it, with what to do.
    pub warnings: Vec<Warning>,
}

impl ModelFit {
    /// From the report of a fit.
    pub fn new(model: &str, report: &FitReport) -> Self {
        let params = report.params.iter();
        Self {
            model: model.to_owned(),
            params: params.clone().map(|param| (param.name.clone(), as_read_back(param.value))).collect(),
            standard_errors: params.map(|param| (param.name.clone(), param.standard_error)).collect(),
            log_likelihood: report.log_likelihood,
            customers: report.customers,
            distinct: report.distinct,
            gradient: report.gradient,
            starts: (report.starts.len(), report.starts.iter().filter(|start| start.converged).count()),
            correlation: report.correlation,
            warnings: report.warnings.clone(),
        }
    }
}

/// The number that a reader of the document gets: the reader's last digit may differ from the writer's, and a model
/// that is applied later must say the same as the run that fitted it.
fn as_read_back(value: f64) -> f64 {
    let read = |value: f64| serde_json::from_str(&serde_json::to_string(&value).ok()?).ok();
    let mut value = value;
    for _ in 0..32 {
        match read(value) {
            Some(again) if again != value => value = again,
            _ => break,
        }
    }
    value
}

impl ClvModel {
    /// `simple` takes the model's place.
    pub fn fallback(time_unit_days: u32, why: String) -> Self {
        Self { time_unit_days, orders: None, spend: None, fallback: Some(why) }
    }
}
