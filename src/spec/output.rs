//! `output`: where the result goes and which columns it has, as written.

use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::Node;

/// The `output` section as written.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// The folder that gets `as_of=…`.
    pub path: Option<Spanned<String>>,
    /// These columns only, in this order.
    pub columns: Option<Vec<Spanned<String>>>,
}

impl Output {
    pub(super) fn read(node: Option<&Node>, reader: &Reader<'_>) -> Self {
        node.map_or_else(Self::default, |node| Self {
            path: reader.text(node, "path"),
            columns: reader.texts(node, "columns"),
        })
    }
}
