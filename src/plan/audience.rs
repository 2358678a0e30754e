//! Audiences as meant: a segment that gets a file of its own.

use super::{OutputColumn, Segment};

/// The customers of one segment as a file of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Which column.
    pub segmentation: String,
    /// Which label.
    pub segment: String,
    /// The file's columns, in order; the customer's id is always among them.
    pub columns: Vec<OutputColumn>,
    /// How the file is written.
    pub format: FileFormat,
}

/// How a file is written that others read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// For programs.
    #[default]
    Parquet,
    /// For spreadsheets and forms to upload to.
    Csv {
        /// What stands for a label: its id, or its name in a language.
        labels: Labels,
        /// Whether a byte-order mark says that it is UTF-8; some spreadsheets need it.
        bom: bool,
    },
}

/// What stands for a label.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// Its id.
    #[default]
    Id,
    /// Its Chinese name, or its id where it has none.
    Chinese,
    /// Its English name, or its id where it has none.
    English,
}

impl Labels {
    /// What stands for a segment's label.
    pub fn of(self, segment: &Segment) -> &str {
        let name = match self {
            Self::Id => None,
            Self::Chinese => segment.looks.label_zh.as_deref(),
            Self::English => segment.looks.label_en.as_deref(),
        };
        name.unwrap_or(&segment.id)
    }
}

impl FileFormat {
    fn suffix(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv { .. } => "csv",
        }
    }

    /// What is said of it in words; nothing of what is not said in the rules.
    pub(super) fn words(self) -> String {
        let Self::Csv { labels, bom } = self else { return String::new() };
        let labels = match labels {
            Labels::Id => "",
            Labels::Chinese => ", labels zh",
            Labels::English => ", labels en",
        };
        format!("{labels}{}", if bom { ", bom" } else { "" })
    }
}

impl Audience {
    /// `audience-tier.high_value.parquet`, or `.csv`. Of the label, what a file name or an address would take for something else
    /// is written as `%` and its bytes in hex.
    pub fn file_name(&self) -> String {
        let mut label = String::new();
        for c in self.segment.chars() {
            if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') {
                label.push(c);
            } else {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| label.push_str(&format!("%{byte:02X}")));
            }
        }
        format!("audience-{}.{label}.{}", self.segmentation, self.format.suffix())
    }
}
