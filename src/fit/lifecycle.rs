//! How long customers pause between purchases: the numbers of days that a lifecycle learns.

use serde::{Deserialize, Serialize};

use crate::decimal::Decimal;

/// What one segmentation learned of the gaps between purchase days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecycleModel {
    /// The segmentation's column.
    pub segmentation: String,
    /// `store`: these numbers are for everybody; `customer`: for those with too few gaps of their own.
    pub fitted: String,
    /// How many gaps of the population there were to learn from.
    pub gaps: u64,
    /// The numbers that were learned, in the order of the preset.
    pub days: Vec<LearnedDays>,
    /// Customers with fewer gaps than these use the store's numbers; only with `fitted: customer`, as all that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_gaps: Option<u64>,
    /// How many customers had enough gaps of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers_by_own_gaps: Option<u64>,
    /// How many had not, and use the store's numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers_by_store: Option<u64>,
    /// Whether the numbers are the preset's, because there was nothing to learn from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// Why they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One number of days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearnedDays {
    /// The preset's variable.
    pub variable: String,
    /// At least this part of the gaps are no longer.
    pub quantile: String,
    /// The number.
    pub days: u32,
}

/// Of `count` values in ascending order, the place (from 0) of the first that at least `part` of them, above 0 and at most
/// 1, do not exceed; none without values.
pub fn quantile_place(count: u64, part: Decimal) -> Option<u64> {
    // ⌈part × count⌉ of them are to be reached.
    let scale = 10_i128.pow(u32::from(part.scale));
    let wanted = (part.unscaled * i128::from(count) + scale - 1) / scale;
    (count > 0).then_some(wanted.max(1).min(i128::from(count)) as u64 - 1)
}

/// The shortest gap that at least `part` of all gaps do not exceed; none without gaps. Lengths ascend.
pub fn gap_quantile(gaps: &[(u32, u64)], part: Decimal) -> Option<u32> {
    let place = quantile_place(gaps.iter().map(|(_, count)| count).sum(), part)?;
    let mut up_to = 0;
    let reached = gaps.iter().find(|(_, count)| {
        up_to += count;
        up_to > place
    });
    reached.map(|(gap, _)| *gap)
}
