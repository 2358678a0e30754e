//! `output`: where the result goes and which columns it has, as written.

use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::{Entry, Kind, Node};

/// The `output` section as written.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The folder that gets `as_of=…`.
    pub path: Option<Spanned<String>>,
    /// These columns only, in this order.
    pub columns: Option<Vec<Spanned<String>>>,
    /// Names of columns, and what the output calls them.
    pub rename: Vec<(Spanned<String>, Spanned<String>)>,
    /// Whether the as-of date is a column, too.
    pub as_of_column: Option<Spanned<bool>>,
}

impl Output {
    pub(super) fn read(node: Option<&Node>, reader: &Reader<'_>) -> Self {
        let pair = |entry: &Entry| Some((entry.key.clone(), Reader::scalar(&entry.value)?));
        node.map_or_else(Self::default, |node| Self {
            path: reader.text(node, "path"),
            columns: reader.texts(node, "columns"),
            rename: node.get("rename").map_or(&[][..], Node::entries).iter().filter_map(pair).collect(),
            as_of_column: node
                .get("as_of_column")
                .map(|node| Spanned::new(node.kind == Kind::Bool(true), node.span)),
        })
    }
}
