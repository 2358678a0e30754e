//! Labels set by hand, as meant.

use std::fmt;

use chrono::NaiveDate;

use super::InputFile;

/// All labels set by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Overrides {
    /// As written in the rules file.
    pub path: String,
    /// The file; its hash is of all its bytes.
    pub file: InputFile,
    /// Sorted by segmentation, in the order of the rules file, and customer; at most one of each pair.
    pub list: Vec<Override>,
}

/// One label set by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which column.
    pub segmentation: String,
    /// Whose label.
    pub customer: Id,
    /// What happens to it.
    pub action: Action,
    /// The segment that the action names: its number in [`super::Segmentation::segments`].
    pub segment: usize,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub author: String,
    /// The last day on which it counts.
    pub expires_on: Option<NaiveDate>,
}

/// A customer's id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// A whole number.
    Int(i64),
    /// A text.
    Text(String),
}

/// What an override does to a label. Segments are ordered as they are declared, the first is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The label is the segment.
    Pin,
    /// The label is the segment or a better one.
    Floor,
    /// The label is the segment or a worse one.
    Cap,
    /// The label is another than the segment: what the rules say without those that give it.
    Exclude,
}

impl Overrides {
    /// Those of a segmentation that count on a date.
    pub fn live<'a>(&'a self, segmentation: &'a str, as_of: NaiveDate) -> impl Iterator<Item = &'a Override> {
        let own = self.list.iter().filter(move |one| one.segmentation == segmentation);
        own.filter(move |one| !one.is_expired(as_of))
    }
}

impl Override {
    /// On its last day an override still counts.
    pub fn is_expired(&self, as_of: NaiveDate) -> bool {
        self.expires_on.is_some_and(|day| day < as_of)
    }
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pin, Self::Floor, Self::Cap, Self::Exclude];

    /// As the file and the output name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Floor => "floor",
            Self::Cap => "cap",
            Self::Exclude => "exclude",
        }
    }

    /// The label's number: `ruled` is what the rules say, `without` what they say without those that give the
    /// `segment`.
    pub fn apply(self, segment: usize, ruled: usize, without: usize) -> usize {
        match self {
            Self::Pin => segment,
            Self::Floor => ruled.min(segment),
            Self::Cap => ruled.max(segment),
            Self::Exclude => without,
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(id) => write!(f, "{id}"),
            Self::Text(id) => f.write_str(id),
        }
    }
}
