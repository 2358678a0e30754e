//! Why a fit cannot be had: plain data, each with the words and the advice. Nothing is drawn here.

use thiserror::Error;

/// What is wrong with the input.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum InputError {
    /// Slices that should be parallel are not.
    #[error("columns of different length")]
    Lengths,
    /// Nothing to fit on.
    #[error("no customers")]
    NoCustomers,
    /// Positions are 32 bits.
    #[error("{0} customers are more than 4,294,967,295")]
    TooManyCustomers(usize),
    /// The time unit must be a positive number of days.
    #[error("a time unit of {0} days")]
    TimeUnit(f64),
    /// 0 ≤ recency ≤ age does not hold.
    #[error("customer {row}: last purchase {recency} days after the first, as-of {age} days after it")]
    Times {
        /// Position in the input.
        row: usize,
        /// Days from first to last purchase.
        recency: i32,
        /// Days from first purchase to as-of.
        age: i32,
    },
    /// Repeats and recency must be both zero or both positive.
    #[error("customer {row}: {repeats} repeat purchase days within {recency} days")]
    Repeats {
        /// Position in the input.
        row: usize,
        /// Purchase days without the first.
        repeats: u32,
        /// Days from first to last purchase.
        recency: i32,
    },
    /// Amounts must be finite.
    #[error("customer {row}: a mean amount of {amount}")]
    Amount {
        /// Position in the input.
        row: usize,
        /// The mean amount.
        amount: f64,
    },
    /// A parameter of a model must be a positive number.
    #[error("`{name}` = {value} is not a positive number")]
    Param {
        /// The parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A discount rate must be a number of at least 0.
    #[error("a discount rate of {0} a year")]
    Rate(f64),
}

/// Why there is no fit.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum FitError {
    /// The input is wrong.
    #[error(transparent)]
    Input(#[from] InputError),
    /// Nobody bought twice.
    #[error("none of {customers} customers bought on a second day")]
    NoRepeatCustomers {
        /// How many there are.
        customers: u64,
    },
    /// Nobody has a repeat purchase day with a positive mean amount.
    #[error("no customer has a repeat purchase day with a positive amount")]
    NoSpend,
    /// No start led to a maximum.
    #[error("`{model}` did not converge from any of {starts} starts (gradient {gradient:.1e} per customer)")]
    NoConvergence {
        /// The model.
        model: &'static str,
        /// How many starts were tried.
        starts: usize,
        /// The least gradient reached, in log-parameters.
        gradient: f64,
    },
    /// The mean of the amount of an order does not exist.
    #[error("the Gamma-Gamma fit has `q` = {q:.4} ≤ 1, so the expected order value does not exist")]
    QBelowOne {
        /// The fitted shape.
        q: f64,
    },
}

impl FitError {
    /// What to do about it; one sentence.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Input(_) => {
                "each row needs whole days with 0 ≤ recency ≤ age, and repeats exactly when recency > 0"
            }
            Self::NoRepeatCustomers { .. } => "use `simple`, or observe the customers for longer",
            Self::NoSpend => "use `simple`, or check that amounts are positive",
            Self::NoConvergence { .. } => {
                "use `mbg_nbd` or `simple`, or fit on a longer period or fewer outliers"
            }
            Self::QBelowOne { .. } => {
                "cap extreme amounts, fit on a more even group of customers, or use `simple`"
            }
        }
    }
}
