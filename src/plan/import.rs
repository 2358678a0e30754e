//! Files that the engine cannot read as they are: how they are read, once, into a scratch file that it can.

use super::Type;

/// How the files of a table are read, where the engine does not read them itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Import {
    /// Records of text.
    Csv(CsvFormat),
    /// Parquet with codecs, encodings or types that the engine does not know.
    Parquet,
}

/// How records of text are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFormat {
    /// What stands between two cells.
    pub delimiter: char,
    /// What a cell is wrapped in that holds a delimiter or a line break; doubled inside of it, it stands for itself.
    pub quote: u8,
    /// How bytes are letters.
    pub encoding: Encoding,
    /// How numbers are written.
    pub marks: Marks,
    /// How dates and times are written, in the manner of `strftime`; ISO 8601 where it is none.
    pub date: Option<String>,
    /// What columns hold; those that are not here hold texts.
    pub types: Vec<(String, CsvType)>,
}

/// The encodings in which systems export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// With or without a byte-order mark.
    #[default]
    Utf8,
    /// Simplified Chinese, as Windows has it.
    Gbk,
    /// Its extension to all letters.
    Gb18030,
    /// Western European, as Windows has it.
    Windows1252,
}

/// The marks in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Before the decimal places.
    pub decimal: char,
    /// Between groups of three digits.
    pub thousands: Option<char>,
}

/// What a column of text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvType {
    /// Whole numbers of 64 bits.
    Integer,
    /// Decimals with at most so many places.
    Decimal(u8),
    /// Floats.
    Double,
    /// Yes or no.
    Boolean,
    /// Dates.
    Date,
    /// Local times; where a text has an offset, it is converted.
    Timestamp,
    /// Texts.
    Text,
    /// Texts that are numbers: the marks become those of the program, and what is no number stays as it is.
    Number,
}

impl Encoding {
    /// All of them, by the names that rules files give them.
    pub const NAMES: [(&str, Self); 4] = [
        ("utf-8", Self::Utf8),
        ("gbk", Self::Gbk),
        ("gb18030", Self::Gb18030),
        ("windows-1252", Self::Windows1252),
    ];

    /// Its name in rules files.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("utf-8", |(name, _)| name)
    }
}

impl Default for Marks {
    fn default() -> Self {
        Self { decimal: '.', thousands: None }
    }
}

impl Default for CsvFormat {
    fn default() -> Self {
        Self {
            delimiter: ',',
            quote: b'"',
            encoding: Encoding::Utf8,
            marks: Marks::default(),
            date: None,
            types: Vec::new(),
        }
    }
}

impl CsvFormat {
    /// What a column holds.
    pub fn type_of(&self, column: &str) -> CsvType {
        self.types.iter().find(|(name, _)| name == column).map_or(CsvType::Text, |(_, ty)| *ty)
    }
}

impl CsvType {
    /// Decimal places where none are said: those of money.
    pub const DEFAULT_PLACES: u8 = 2;

    /// Reads `integer`, `decimal(3)` and the like.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "integer" => Self::Integer,
            "decimal" => Self::Decimal(Self::DEFAULT_PLACES),
            "double" => Self::Double,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "text" => Self::Text,
            _ => {
                let places = word.strip_prefix("decimal(")?.strip_suffix(')')?.trim().parse().ok()?;
                (places <= crate::decimal::Decimal::MAX_SCALE).then_some(Self::Decimal(places))?
            }
        })
    }

    /// What expressions see.
    pub fn ty(self) -> Type {
        match self {
            Self::Integer => Type::Int,
            Self::Decimal(places) => Type::Decimal(places),
            Self::Double => Type::Double,
            Self::Boolean => Type::Bool,
            Self::Date => Type::Date,
            Self::Timestamp => Type::Time,
            Self::Text | Self::Number => Type::Text,
        }
    }
}

/// As rules files write it.
impl std::fmt::Display for CsvType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer => f.write_str("integer"),
            Self::Decimal(places) => write!(f, "decimal({places})"),
            Self::Double => f.write_str("double"),
            Self::Boolean => f.write_str("boolean"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Text | Self::Number => f.write_str("text"),
        }
    }
}
