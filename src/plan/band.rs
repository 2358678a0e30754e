//! Bands as meant: ABC by cumulative share.

use crate::decimal::Decimal;

use super::Expr;

/// A band of each customer, by the share of the total that stands before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Its column.
    pub name: String,
    /// What is added up: an exact number of the customer row.
    pub of: Expr,
    /// Bands and the share each reaches, ascending; the last reaches 1 and takes the rest.
    pub bounds: Vec<(String, Decimal)>,
}
