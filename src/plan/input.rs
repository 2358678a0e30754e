//! The inputs as meant: which files, which of their columns, how each is read.

use std::fmt;
use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::{Expr, FileStamp, Import, Measure, Type};

/// The files of one input, and what is read of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// As written in the rules file.
    pub path: String,
    /// The files, sorted by path; never empty.
    pub files: Vec<InputFile>,
    /// The folder under which `key=value` folders are columns; none where there are no such folders.
    pub hive_root: Option<PathBuf>,
    /// What else the path names, sorted by path: said of the plan, and nothing follows from it.
    pub left_out: Vec<LeftOut>,
    /// The columns that are read, each once, in the order of their first use; computed ones among them.
    pub columns: Vec<InputColumn>,
    /// What roles are that are no column of the files but an expression over them: each is a column of this name.
    pub computed: Vec<(String, Expr)>,
    /// Whether an id that is empty or blank is an id like others.
    pub keeps_blank_ids: bool,
    /// The zone whose local dates count.
    pub timezone: Tz,
    /// How the files get into a form that the engine reads; none where they have it.
    pub import: Option<Import>,
}

/// Rows with a customer and a time: orders, or some of them, or a table of events.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Whose rows these are.
    pub source: Source,
    /// Where they are.
    pub table: Table,
    /// Rows for which this is not true are left out.
    pub condition: Option<Expr>,
    /// The customer's id.
    pub customer: Customer,
    /// The order's id.
    pub order: Option<OrderId>,
    /// The time of the order or event.
    pub time: Time,
    /// The amount.
    pub amount: Option<Amount>,
    /// Only rows that a run as of this day has left out as later ones: what is new in a file that was read before.
    pub later_than: Option<NaiveDate>,
    /// What is counted of its rows for gates.
    pub measures: Vec<Measure>,
}

/// Whose rows an aggregate reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The orders, of all their inputs.
    #[default]
    Orders,
    /// A table of events, by its name.
    Events(String),
}

/// The table of customers: the population and its attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Customers {
    /// Where it is.
    pub table: Table,
    /// The customer's id.
    pub customer: Customer,
    /// What is taken over into the customer row, in the order of the output.
    pub attributes: Vec<Attribute>,
    /// Whether customers who order but are not in the table join the population; if not, their orders are set aside.
    pub unknown_join: bool,
    /// The boolean column without whose consent nobody is computed.
    pub consent: Option<String>,
}

/// One attribute of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its column of the customer row.
    pub name: String,
    /// Its column of the file.
    pub column: String,
    /// Its type.
    pub ty: Type,
}

/// A list of customers who are taken out of every input before anything is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppress {
    /// As written in the rules file.
    pub path: String,
    /// The column with the ids.
    pub column: String,
    /// The files, sorted by path; never empty.
    pub files: Vec<ListFile>,
}

/// One file of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256 of all of it, in hex.
    pub sha256: String,
    /// Whether it is a CSV; otherwise it is Parquet.
    pub is_csv: bool,
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
    /// SHA-256 of its footer, in hex; of a file without one, of all of it.
    pub footer_sha256: String,
    /// The scratch file that stands for it while a run lasts: where it is imported, once it is.
    pub imported: Option<PathBuf>,
    /// By what it is known again at the end of the run; none where it was read whole while the plan was made.
    pub stamp: Option<FileStamp>,
}

/// A file or folder that a path names and that is not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Where it is.
    pub path: PathBuf,
    /// Why, as the end of a sentence: `its name begins with _`.
    pub why: String,
}

/// A column that is read.
#[derive(Clone, Debug, PartialEq)]
pub struct InputColumn {
    /// Its name in the files, or the text of the expression that computes it.
    pub name: String,
    /// How the files hold it.
    pub physical: Physical,
    /// The exact type in the files, as its footers name it: files that differ in it are read side by side.
    pub storage: String,
    /// What conditions on this input see.
    pub ty: Type,
    /// What aggregates see: the one type of this column in all inputs of the source.
    pub shared_ty: Type,
    /// Whether the footers cannot rule out nulls.
    pub nullable: bool,
}

impl InputColumn {
    /// The storage of a column that is computed of others.
    pub const COMPUTED: &'static str = "computed";
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
    /// Bytes without an annotation, which are texts where they are valid UTF-8.
    Bytes,
    /// UUIDs of 16 bytes, which are texts of 36 characters.
    Uuid,
    /// Dates.
    Date,
    /// Local times.
    Naive,
    /// Instants (UTC).
    Instant,
    /// Nothing but nulls, or a column that is not there.
    Null,
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

/// The order's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderId {
    /// Its column.
    pub column: String,
    /// The one type of it in all inputs of the source.
    pub ty: Type,
}

/// The time of an order or event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Time {
    /// Its column.
    pub column: String,
    /// How the files hold it.
    pub encoding: TimeEncoding,
    /// Whether rows are ordered by the instant itself, so that a repeated local hour keeps its order: where all inputs
    /// of the source have instants. Otherwise they are ordered by local time, which all have.
    pub by_instant: bool,
}

/// How the files hold times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeEncoding {
    /// Dates: already local.
    Date,
    /// Naive timestamps: already local.
    Naive,
    /// Instants: converted to the time zone.
    Instant,
    /// ISO texts: read as local.
    Text,
    /// Texts in this form of `strftime`: read as local.
    Format(String),
    /// Numbers of so many microseconds, or of so many to a microsecond, since 1970 in UTC.
    Epoch(EpochUnit),
    /// Nothing but nulls.
    Null,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
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
    /// Nothing but nulls.
    Null,
}

impl EpochUnit {
    /// The unit in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }
}

impl Table {
    /// The columns that are in the files: not those that are computed, nor those of nothing but nulls.
    pub fn stored(&self) -> impl Iterator<Item = &InputColumn> {
        self.columns
            .iter()
            .filter(|one| one.storage != InputColumn::COMPUTED && one.physical != Physical::Null)
    }

    /// Rows of all files, by their footers.
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }
}

impl Source {
    /// Its name under `inputs`.
    pub fn name(&self) -> &str {
        match self {
            Self::Orders => "orders",
            Self::Events(name) => name,
        }
    }
}

/// What is read, one line each: a part of the canonical text, see [`super::Plan`].
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:<17} {}", self.source.name(), self.table.path)?;
        writeln!(f, "  customer          {} ({})", self.customer.column, self.customer.ty.sql())?;
        if let Some(order) = &self.order {
            writeln!(f, "  order             {}", order.column)?;
        }
        writeln!(
            f,
            "  time              {} ({:?}, {})",
            self.time.column, self.time.encoding, self.table.timezone
        )?;
        if let Some(Amount { column, encoding, scale }) = &self.amount {
            writeln!(f, "  amount            {column} ({encoding:?}, {scale} places)")?;
        }
        for (name, expr) in &self.table.computed {
            writeln!(f, "  computed          {name} = {expr}")?;
        }
        if self.table.keeps_blank_ids {
            writeln!(f, "  blank ids         are ids")?;
        }
        if let Some(condition) = &self.condition {
            writeln!(f, "  where             {condition}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Customers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  customers         {}", self.table.path)?;
        writeln!(f, "  customer          {} ({})", self.customer.column, self.customer.ty.sql())?;
        if self.table.keeps_blank_ids {
            writeln!(f, "  blank ids         are ids")?;
        }
        for (name, expr) in &self.table.computed {
            writeln!(f, "  computed          {name} = {expr}")?;
        }
        for Attribute { name, column, ty } in &self.attributes {
            writeln!(f, "  attribute         {name} of {column} ({})", ty.sql())?;
        }
        let unknown = if self.unknown_join { "join" } else { "are left out" };
        writeln!(f, "  unknown customers {unknown}")?;
        if let Some(consent) = &self.consent {
            writeln!(f, "  consent           {consent}")?;
        }
        Ok(())
    }
}
