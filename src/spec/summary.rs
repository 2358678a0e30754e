//! `summary`: what is said of every segment beside its customers, as written.

use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::Node;

/// The `summary` section as written.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// The metric that is money.
    pub revenue: Option<Spanned<String>>,
    /// Columns whose mean and median are wanted.
    pub metrics: Vec<Spanned<String>>,
}

impl Summary {
    pub(super) fn read(node: Option<&Node>, reader: &Reader<'_>) -> Self {
        node.map_or_else(Self::default, |node| Self {
            revenue: reader.text(node, "revenue"),
            metrics: reader.texts(node, "metrics").unwrap_or_default(),
        })
    }
}
