//! The input as meant: which files, which of their columns, how each is read.

use std::path::PathBuf;

use chrono_tz::Tz;

use super::{Expr, Type};

/// The orders to read.
#[derive(Clone, Debug, PartialEq)]
pub struct Orders {
    /// As written in the rules file.
    pub path: String,
    /// The files, sorted by path; never empty.
    pub files: Vec<InputFile>,
    /// The folder under which `key=value` folders are columns; none where there are no such folders.
    pub hive_root: Option<PathBuf>,
    /// The columns that are read, each once, in the order of their first use.
    pub columns: Vec<InputColumn>,
    /// Rows for which this is not true are left out.
    pub condition: Option<Expr>,
    /// Whether a row is an order (otherwise it is a line of one).
    pub row_is_order: bool,
    /// The customer's id.
    pub customer: Customer,
    /// The column with the order's id.
    pub order: Option<String>,
    /// The time of the order.
    pub time: Time,
    /// The amount.
    pub amount: Option<Amount>,
    /// The zone whose local dates count.
    pub timezone: Tz,
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its rows, by its footer.
    pub rows: u64,
    /// SHA-256 of its footer, in hex.
    pub footer_sha256: String,
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq)]
pub struct InputColumn {
    /// Its name in the files.
    pub name: String,
    /// How the files hold it.
    pub physical: Physical,
    /// What expressions see.
    pub ty: Type,
    /// Whether the footers cannot rule out nulls.
    pub nullable: bool,
}

/// How a file holds a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Physical {
    /// Booleans.
    Bool,
    /// Whole numbers of any width.
    Int,
    /// Floats of any width.
    Float,
    /// Decimals with this scale.
    Decimal(u8),
    /// Texts.
    Text,
    /// Dates.
    Date,
    /// Local times.
    Naive,
    /// Instants (UTC).
    Instant,
    /// Anything else, by its name; cannot be used.
    Other(String),
}

/// The customer's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Its column, and its name in the output.
    pub column: String,
    /// Text or Int.
    pub ty: Type,
}

/// The time of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// Its column.
    pub column: String,
    /// How the files hold it.
    pub encoding: TimeEncoding,
}

/// How the files hold times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeEncoding {
    /// Dates: already local.
    Date,
    /// Naive timestamps: already local.
    Naive,
    /// Instants: converted to the time zone.
    Instant,
    /// ISO texts: read as local.
    Text,
}

/// The amount of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Its column.
    pub column: String,
    /// How the files hold it.
    pub encoding: AmountEncoding,
    /// Decimal places of money.
    pub scale: u8,
}

/// How the files hold amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountEncoding {
    /// Whole units.
    Int,
    /// Decimals with this scale.
    Decimal(u8),
    /// Floats: rounded half away from zero as they are read.
    Float,
    /// Decimal numbers as text.
    Text,
}
