//! `bands`: ABC by cumulative share, as written.

use crate::decimal::Decimal;
use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::Node;

/// One band column as written.
#[derive(Clone, Debug)]
pub struct Band {
    /// Its column.
    pub name: Spanned<String>,
    /// The metric that is added up.
    pub of: Option<Spanned<String>>,
    /// Each band and the share of the total it reaches, in the order of the file.
    pub cumulative: Vec<(Spanned<String>, Spanned<Decimal>)>,
}

impl Band {
    pub(super) fn read(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Self {
        let bounds = node.get("cumulative").map_or(&[][..], Node::entries);
        let bound = |entry: &super::yaml::Entry| {
            let bound = Decimal::parse(entry.value.scalar()?)?;
            Some((entry.key.clone(), Spanned::new(bound, entry.value.span)))
        };
        let cumulative = bounds.iter().filter_map(bound).collect();
        Self { name: name.clone(), of: reader.text(node, "of"), cumulative }
    }
}
