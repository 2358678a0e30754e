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
    /// `parquet` or `csv`.
    pub format: Option<Spanned<String>>,
    /// `zh` or `en`.
    pub labels: Option<Spanned<String>>,
    /// Whether a byte-order mark is wanted.
    pub bom: Option<Spanned<bool>>,
}

impl Audience {
    /// Reads `tier.high_value` alone, or a mapping with more.
    pub(super) fn read(node: &Node, reader: &Reader<'_>) -> Option<Self> {
        let Kind::Map(_) = node.kind else {
            let segment = Reader::scalar(node)?;
            return Some(Self { segment, columns: None, format: None, labels: None, bom: None });
        };
        Some(Self {
            segment: reader.text(node, "segment")?,
            columns: reader.texts(node, "columns"),
            format: reader.text(node, "format"),
            labels: reader.text(node, "labels"),
            bom: reader.integer(node, "bom"),
        })
    }
}
