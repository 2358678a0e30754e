//! `csv`: how the text files of an input are written.

use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::Node;

/// The `csv` section of an input as written.
#[derive(Clone, Debug, Default)]
pub struct Csv {
    /// What stands between two cells.
    pub delimiter: Option<Spanned<String>>,
    /// How bytes are letters.
    pub encoding: Option<Spanned<String>>,
    /// The mark before decimal places.
    pub decimal: Option<Spanned<String>>,
    /// The mark between groups of three digits.
    pub thousands: Option<Spanned<String>>,
    /// What cells are wrapped in.
    pub quote: Option<Spanned<String>>,
    /// How dates and times are written.
    pub date: Option<Spanned<String>>,
    /// What columns hold.
    pub types: Vec<(Spanned<String>, Spanned<String>)>,
}

impl Csv {
    pub(super) fn read(node: &Node) -> Self {
        // A blank or a tab is a mark, too.
        let mark = |key: &str| {
            let node = node.get(key)?;
            Some(Spanned::new(node.scalar()?.to_owned(), node.span))
        };
        let types = node.get("types").map_or(&[][..], Node::entries).iter();
        Self {
            delimiter: mark("delimiter"),
            encoding: mark("encoding"),
            decimal: mark("decimal"),
            thousands: mark("thousands"),
            quote: mark("quote"),
            date: mark("date"),
            types: types
                .filter_map(|entry| Some((entry.key.clone(), Reader::scalar(&entry.value)?)))
                .collect(),
        }
    }
}
