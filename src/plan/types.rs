//! The types of values. Three of them are whole numbers of different width, because the output's columns are.

use std::fmt;

/// The type of a value; null is a value of every type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// True or false.
    Bool,
    /// A score or a rule's number: Int16 in the output.
    Score,
    /// A number of days: Int32 in the output.
    Days,
    /// A count or another whole number: Int64 in the output.
    Int,
    /// An exact decimal with this many places: DECIMAL(18, places) in the output.
    Decimal(u8),
    /// A 64-bit float.
    Double,
    /// A text.
    Text,
    /// A calendar date.
    Date,
    /// A local date and time, to the microsecond.
    Time,
    /// The gaps between a customer's purchase days; only inside the profile, where something is asked of them.
    Gaps,
    /// Not known while rules are checked without data; no complete [`super::Plan`] holds it.
    Unknown,
}

impl Type {
    /// Whether it is one of the whole-number types.
    pub fn is_integer(self) -> bool {
        matches!(self, Self::Score | Self::Days | Self::Int)
    }

    /// Whether numbers are computed exactly in it.
    pub fn is_exact(self) -> bool {
        self.is_integer() || matches!(self, Self::Decimal(_))
    }

    /// Whether it is a number.
    pub fn is_numeric(self) -> bool {
        self.is_exact() || self == Self::Double
    }

    /// As SQL would declare it in the output.
    pub fn sql(self) -> String {
        match self {
            Self::Bool => "BOOLEAN".to_owned(),
            Self::Score => "SMALLINT".to_owned(),
            Self::Days => "INTEGER".to_owned(),
            Self::Int => "BIGINT".to_owned(),
            Self::Decimal(scale) => format!("DECIMAL(18, {scale})"),
            Self::Double => "DOUBLE".to_owned(),
            Self::Text => "VARCHAR".to_owned(),
            Self::Date => "DATE".to_owned(),
            Self::Time => "TIMESTAMP".to_owned(),
            Self::Gaps => "GAPS".to_owned(),
            Self::Unknown => "UNKNOWN".to_owned(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "a condition",
            Self::Score | Self::Days | Self::Int => "a whole number",
            Self::Decimal(_) => "a decimal number",
            Self::Double => "a double",
            Self::Text => "a text",
            Self::Date => "a date",
            Self::Time => "a time",
            Self::Gaps => "a list of gaps",
            Self::Unknown => "of unknown type",
        })
    }
}
