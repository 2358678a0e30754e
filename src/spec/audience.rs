//! `audiences`: the segments that get a file of their own, as written.

use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::{Kind, Node};

/// One audience as written.
#[derive(Clone, Debug)]
pub struct Audience {
    /// `segmentation.segment`
    pub segment: Spanned<String>,
    /// These columns only, in this order.
    pub columns: Option<Vec<Spanned<String>>>,
}

impl Audience {
    /// Reads `tier.high_value` alone, or a mapping with `segment` and `columns`.
    pub(super) fn read(node: &Node, reader: &Reader<'_>) -> Option<Self> {
        let Kind::Map(_) = node.kind else {
            return Some(Self { segment: Reader::scalar(node)?, columns: None });
        };
        Some(Self { segment: reader.text(node, "segment")?, columns: reader.texts(node, "columns") })
    }
}
