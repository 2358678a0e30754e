//! Customer lifetime value as meant.

use super::Expr;

/// Customer lifetime value.
#[derive(Clone, Debug, PartialEq)]
pub struct Clv {
    /// Which model.
    pub model: ClvModel,
    /// How many days ahead.
    pub horizon_days: u32,
    /// The share of revenue that stays: a constant or a metric, as a double.
    pub margin: Expr,
}

/// The models.
#[derive(Clone, Debug, PartialEq)]
pub enum ClvModel {
    /// Revenue a day observed; the days from the first order to as-of, both included.
    Simple {
        /// All revenue of the customer.
        revenue: Expr,
        /// The first order's local date.
        first_day: Expr,
    },
}
