//! `edges`: how close to a boundary is close, as written.

use crate::decimal::Decimal;
use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::Node;

/// The `edges` section as written.
#[derive(Clone, Debug)]
pub struct Edges {
    /// The part of a boundary's value that a metric may be away from it.
    pub within: Spanned<Decimal>,
}

impl Edges {
    pub(super) fn read(node: &Node, reader: &Reader<'_>) -> Option<Self> {
        Some(Self { within: reader.decimal(node, "within")? })
    }
}
