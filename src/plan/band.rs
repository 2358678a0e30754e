//! Bands as meant: by cumulative share, or by place from the top.

use std::fmt;

use crate::decimal::Decimal;

use super::{Expr, Segment, Within};

/// A band of each customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Its column.
    pub name: String,
    /// What customers are ordered by, and what is added up: an exact number of the customer row.
    pub of: Expr,
    /// Where the bands end.
    pub bounds: Bounds,
    /// How the bands are shown, in the same order; of bands without a preset nothing is known.
    pub segments: Vec<Segment>,
    /// Cuts for each group, if there are any.
    pub within: Option<Within>,
}

/// Where the bands of a column end, the best one first.
#[derive(Clone, Debug, PartialEq)]
pub enum Bounds {
    /// Bands and the share of the total each reaches, ascending; the last reaches 1 and takes the rest.
    Cumulative(Vec<(String, Decimal)>),
    /// Bands and the place from the top up to which each reaches; the last takes the rest.
    Top(Vec<(String, Top)>),
}

/// A place from the top: what it is compared with is the number of customers with a greater value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// This many customers.
    First(u64),
    /// This many of a hundred customers, above 0 and at most 100.
    Percent(Decimal),
    /// Everybody.
    All,
}

impl Band {
    /// The bands, the best one first.
    pub fn labels(&self) -> Vec<&str> {
        match &self.bounds {
            Bounds::Cumulative(bounds) => bounds.iter().map(|(label, _)| label.as_str()).collect(),
            Bounds::Top(bounds) => bounds.iter().map(|(label, _)| label.as_str()).collect(),
        }
    }
}

impl fmt::Display for Top {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First(customers) => write!(f, "{customers}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::All => f.write_str("all"),
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |bounds: Vec<String>| bounds.join(", ");
        match self {
            Self::Cumulative(bounds) => {
                let bounds = bounds.iter().map(|(label, bound)| format!("{label} {bound}")).collect();
                write!(f, "cumulative share: {}", list(bounds))
            }
            Self::Top(bounds) => {
                let bounds = bounds.iter().map(|(label, bound)| format!("{label} {bound}")).collect();
                write!(f, "place from the top: {}", list(bounds))
            }
        }
    }
}
