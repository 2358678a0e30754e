//! `bands`: ABC by cumulative share, or tiers by place from the top, as written.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Spanned};

use super::reader::Reader;
use super::yaml::{Entry, Kind, Node};

/// One band column as written.
#[derive(Clone, Debug)]
pub struct Band {
    /// Its column.
    pub name: Spanned<String>,
    /// The metric that orders the customers.
    pub of: Option<Spanned<String>>,
    /// Where the bands end; none where it could not be read (already reported).
    pub bounds: Option<Bounds>,
    /// What makes groups with cuts of their own.
    pub within: Option<Spanned<String>>,
    /// The smallest group with cuts of its own.
    pub min_group: Option<Spanned<u64>>,
}

/// Where the bands end, in the order of the file.
#[derive(Clone, Debug)]
pub enum Bounds {
    /// Each band and the share of the total it reaches.
    Cumulative(Vec<(Spanned<String>, Spanned<Decimal>)>),
    /// Each band and the place from the top it reaches: `100`, `5%` or `all`.
    Top(Vec<(Spanned<String>, Spanned<String>)>),
}

impl Band {
    pub(super) fn read(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Self {
        Self {
            name: name.clone(),
            of: reader.text(node, "of"),
            bounds: read_bounds(name, node, reader),
            within: reader.text(node, "within"),
            min_group: reader.integer(node, "min_group"),
        }
    }

    /// The bands in the order of the file, if they could be read.
    pub fn labels(&self) -> Option<Vec<String>> {
        Some(match self.bounds.as_ref()? {
            Bounds::Cumulative(bounds) => bounds.iter().map(|(label, _)| label.value.clone()).collect(),
            Bounds::Top(bounds) => bounds.iter().map(|(label, _)| label.value.clone()).collect(),
        })
    }
}

fn read_bounds(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Option<Bounds> {
    let Kind::Map(_) = node.kind else { return None };
    let (code, message) = match (node.get("cumulative"), node.get("top")) {
        (Some(bounds), None) => {
            let bound = |entry: &Entry| {
                let bound = Decimal::parse(entry.value.scalar()?)?;
                Some((entry.key.clone(), Spanned::new(bound, entry.value.span)))
            };
            return bounds.entries().iter().map(bound).collect::<Option<_>>().map(Bounds::Cumulative);
        }
        (None, Some(bounds)) => {
            let bound = |entry: &Entry| Some((entry.key.clone(), Reader::scalar(&entry.value)?));
            return bounds.entries().iter().map(bound).collect::<Option<_>>().map(Bounds::Top);
        }
        (None, None) => {
            (Code::MissingKey, format!("the band `{}` does not say where its bands end", name.value))
        }
        (Some(_), Some(_)) => (
            Code::BadValue,
            format!("the band `{}` has `cumulative` and `top`: one way too many", name.value),
        ),
    };
    let hint = "write `cumulative: {A: 0.80, B: 0.95, C: 1}` or `top: {gold: 5%, silver: 100, rest: all}`";
    reader.out.push(Diagnostic::error(code, message).with_span(name.span).with_hint(hint));
    None
}
