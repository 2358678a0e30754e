//! Aggregates: what the profile computes of a customer's rows. Everything else in the job reads these.

use std::fmt;

use super::{Expr, Source, Type};

/// The bucket of `monthly_cv`, in days.
pub const MONTH_DAYS: u32 = 30;

/// One aggregate of each customer's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Whose rows.
    pub source: Source,
    /// What is computed.
    pub function: Function,
    /// Only rows for which this is true.
    pub condition: Option<Expr>,
    /// Only the last days, counted back from as-of.
    pub window_days: Option<u32>,
    /// The type of the result.
    pub ty: Type,
}

/// The aggregate functions. Nulls of an operand are skipped.
#[derive(Clone, Debug, PartialEq)]
pub enum Function {
    /// `count(*)`; zero without rows.
    CountRows,
    /// `count(x)`; zero without rows.
    CountValues(Expr),
    /// `count(distinct x)`; zero without rows.
    CountDistinct(Expr),
    /// `sum(x)` of an exact type; zero without rows.
    Sum(Expr),
    /// The sum of `x`, of an exact type, over the customer's first purchase day; zero without rows.
    FirstDaySum(Expr),
    /// `min(x)`; null without rows, as all that follow.
    Min(Expr),
    /// `max(x)`
    Max(Expr),
    /// The value at the earliest time; of several the smallest.
    First(Expr),
    /// The value at the latest time; of several the largest.
    Last(Expr),
    /// The value with the largest total weight; of several the smallest.
    Top(Expr, Weight),
    /// Days between the last two purchase days; null with fewer than two.
    LastGap,
    /// The days between each purchase day and the next.
    Gaps,
    /// Population standard deviation over mean of the totals of this many buckets of [`MONTH_DAYS`] days, counted
    /// back from as-of, empty ones included; null where the mean is zero.
    MonthlyCv(u32, Weight),
}

/// What is added up.
#[derive(Clone, Debug, PartialEq)]
pub enum Weight {
    /// Rows.
    Rows,
    /// An exact number.
    Sum(Expr),
}

impl Function {
    /// The expressions that are evaluated on each row.
    pub fn operands(&self) -> Vec<&Expr> {
        match self {
            Self::CountRows | Self::LastGap | Self::Gaps | Self::MonthlyCv(_, Weight::Rows) => Vec::new(),
            Self::CountValues(x)
            | Self::CountDistinct(x)
            | Self::Sum(x)
            | Self::FirstDaySum(x)
            | Self::Min(x)
            | Self::Max(x)
            | Self::First(x)
            | Self::Last(x)
            | Self::Top(x, Weight::Rows)
            | Self::MonthlyCv(_, Weight::Sum(x)) => vec![x],
            Self::Top(x, Weight::Sum(weight)) => vec![x, weight],
        }
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows => f.write_str("count(*)"),
            Self::Sum(x) => write!(f, "sum({x})"),
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Function::CountRows => f.write_str("count(*)")?,
            Function::CountValues(x) => write!(f, "count({x})")?,
            Function::CountDistinct(x) => write!(f, "count(distinct {x})")?,
            Function::Sum(x) => write!(f, "sum({x})")?,
            Function::FirstDaySum(x) => write!(f, "sum({x}) of the first purchase day")?,
            Function::Min(x) => write!(f, "min({x})")?,
            Function::Max(x) => write!(f, "max({x})")?,
            Function::First(x) => write!(f, "first({x})")?,
            Function::Last(x) => write!(f, "last({x})")?,
            Function::Top(x, weight) => write!(f, "top({x}, {weight})")?,
            Function::LastGap => f.write_str("last_gap(time)")?,
            Function::Gaps => f.write_str("gaps(time)")?,
            Function::MonthlyCv(_, weight) => write!(f, "monthly_cv({weight})")?,
        }
        if let Source::Events(name) = &self.source {
            write!(f, " from {name}")?;
        }
        if let Some(condition) = &self.condition {
            write!(f, " where {condition}")?;
        }
        if let Some(days) = self.window_days {
            write!(f, " in the last {days} days")?;
        }
        Ok(())
    }
}
