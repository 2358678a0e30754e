//! `fitted`: numbers of days of a preset that are learned from the gaps between purchases, as written.

use crate::decimal::Decimal;
use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::Node;

/// What is learned, and from whom.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// From whose gaps.
    pub by: Spanned<GapsOf>,
    /// `active`, `at_risk`, `dormant`, as far as given: the part of the gaps that are no longer.
    pub quantiles: Vec<(Spanned<String>, Spanned<Decimal>)>,
    /// The fewest gaps of a customer's own that are enough to go by.
    pub min_gaps: Option<Spanned<u64>>,
}

/// Whose gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapsOf {
    /// Those of all customers.
    Store,
    /// Each customer's own.
    Customer,
}

impl Fitted {
    /// Reads `store`, or a mapping with `by`; none where it cannot be read (already reported).
    pub(super) fn read(node: &Node, reader: &Reader<'_>) -> Option<Self> {
        let by = Reader::scalar(node).or_else(|| reader.text(node, "by"))?;
        let gaps_of = match by.value.as_str() {
            "store" => GapsOf::Store,
            "customer" => GapsOf::Customer,
            _ => return None,
        };
        let is_quantile = |key: &str| ["active", "at_risk", "dormant"].contains(&key);
        let quantiles = node.entries().iter().filter(|entry| is_quantile(&entry.key.value));
        let quantile = |entry: &super::yaml::Entry| {
            let part = Decimal::parse(entry.value.scalar()?)?;
            Some((entry.key.clone(), Spanned::new(part, entry.value.span)))
        };
        Some(Self {
            by: Spanned::new(gaps_of, by.span),
            quantiles: quantiles.filter_map(quantile).collect(),
            min_gaps: reader.integer(node, "min_gaps"),
        })
    }
}
