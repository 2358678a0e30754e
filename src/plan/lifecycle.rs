//! What a segmentation learns of the gaps between purchase days, as meant.

use std::fmt;

use crate::decimal::Decimal;

/// Numbers of days that the rules of a segmentation read and that are learned from gaps. Rules read them as
/// [`super::Column::Learned`].
#[derive(Clone, Debug, PartialEq)]
pub struct Lifecycle {
    /// From whose gaps.
    pub by: GapsOf,
    /// The numbers, in the order of the preset.
    pub days: Vec<LearnedNumber>,
}

/// Whose gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapsOf {
    /// Those of all customers.
    Store,
    /// Each customer's own, where there are at least this many; otherwise those of all.
    Customer(u64),
}

/// One number of days.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnedNumber {
    /// The preset's variable.
    pub variable: String,
    /// The shortest gap that at least this part of the gaps do not exceed.
    pub quantile: Decimal,
    /// The number where there is no gap to learn from.
    pub otherwise: u32,
}

impl GapsOf {
    /// As the rules file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Customer(_) => "customer",
        }
    }

    /// The fewest gaps of a customer's own that are enough, if they are asked for.
    pub fn min_gaps(self) -> Option<u64> {
        match self {
            Self::Store => None,
            Self::Customer(least) => Some(least),
        }
    }
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "learned from the gaps of the {}", self.by.name())?;
        if let Some(least) = self.by.min_gaps() {
            write!(f, " ({least} or more, otherwise of the store)")?;
        }
        for LearnedNumber { variable, quantile, otherwise } in &self.days {
            write!(f, ", {variable} at {quantile} (or {otherwise})")?;
        }
        Ok(())
    }
}
