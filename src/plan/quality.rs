//! Quality gates: what is measured of the rows of an input, and what it may come to.

use std::fmt;

use crate::decimal::Decimal;

use super::{Column, Expr, Literal, Role, Type};

/// What is counted of each row that counts while an input is scanned; what else gates ask for is counted anyway. It is a
/// part of the input, so profiles with other measures are other profiles.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// No order id, or a blank one.
    NullOrder,
    /// An amount below zero.
    NegativeAmount,
    /// An amount of zero.
    ZeroAmount,
    /// More than so many days before as-of.
    TooOld(u32),
    /// The newest day: no count.
    Newest,
    /// A value of the column that is none of these.
    Unknown(Expr, Vec<Literal>),
}

/// The gates of one input as the rules file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct InputGates {
    /// Its name under `inputs`.
    pub input: String,
    /// Its path as the rules file has it.
    pub path: String,
    /// In the order of the file.
    pub gates: Vec<Gate>,
}

/// One gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate {
    /// What is looked at: its key, and of `allowed` the column behind a point.
    pub name: String,
    /// The line of the rules file.
    pub line: usize,
    /// Beyond this there is a warning.
    pub warn: Option<Limit>,
    /// Beyond this nothing is published.
    pub fail: Option<Limit>,
}

/// What is still right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// At most this share of the rows, from 0 to 1.
    Share(Decimal),
    /// At most so many rows.
    Count(u64),
    /// From so many to so many rows.
    Between(u64, u64),
    /// At most so many days.
    Days(u32),
}

impl Measure {
    /// The column that it reads beside the customer, the time and the amount.
    pub fn reads(&self) -> Option<Expr> {
        match self {
            Self::NullOrder => Some(Expr::column(Column::Role(Role::Order), Type::Text)),
            Self::Unknown(column, _) => Some(column.clone()),
            Self::NegativeAmount | Self::ZeroAmount | Self::TooOld(_) | Self::Newest => None,
        }
    }

    /// The name under which it is counted, which is that of its gate.
    pub fn name(&self) -> String {
        match self {
            Self::NullOrder => "null_order".to_owned(),
            Self::NegativeAmount => "negative_amount".to_owned(),
            Self::ZeroAmount => "zero_amount".to_owned(),
            Self::TooOld(_) => "too_old".to_owned(),
            Self::Newest => "max_age_days".to_owned(),
            Self::Unknown(column, _) => format!("allowed.{column}"),
        }
    }
}

impl Limit {
    /// Whether a share of so many rows is beyond it; what is compared is exact.
    pub fn is_exceeded_by(self, rows: u64, of: u64) -> bool {
        match self {
            Self::Share(Decimal { unscaled, scale }) => {
                i128::from(rows) * 10_i128.pow(u32::from(scale)) > unscaled * i128::from(of)
            }
            Self::Count(most) => rows > most,
            Self::Between(least, most) => !(least..=most).contains(&rows),
            Self::Days(most) => rows > u64::from(most),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Share(share) => write!(f, "{share}"),
            Self::Count(rows) => write!(f, "{rows}"),
            Self::Between(least, most) => write!(f, "[{least}, {most}]"),
            Self::Days(days) => write!(f, "{days}"),
        }
    }
}

/// `future: fail 0`
impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, line: _, warn, fail } = self;
        write!(f, "{name}:")?;
        warn.iter().try_for_each(|limit| write!(f, " warn {limit}"))?;
        if warn.is_some() && fail.is_some() {
            f.write_str(",")?;
        }
        fail.iter().try_for_each(|limit| write!(f, " fail {limit}"))
    }
}
