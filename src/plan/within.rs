//! Groups with cuts of their own, as meant.

use std::fmt;

use super::Expr;

/// One set of cuts for each group of customers; what is too small, or unknown, uses the population's.
#[derive(Clone, Debug, PartialEq)]
pub struct Within {
    /// What makes the groups: a text, whole number, date or condition of the customer row. Null is no group.
    pub by: Expr,
    /// Groups with fewer customers to learn from use the population's cuts; at least 1.
    pub min_group: u64,
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "within {}, groups of {} or more", self.by, self.min_group)
    }
}
