//! `metrics`: one column for each customer, as written.

use crate::diag::Spanned;

use super::Expr;
use super::reader::Reader;
use super::yaml::{Kind, Node};

/// One metric as written.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its column.
    pub name: Spanned<String>,
    /// What is computed; none where it could not be read (already reported).
    pub expr: Option<Expr>,
    /// Only the last days, counted back from as-of.
    pub window: Option<Spanned<u32>>,
    /// Only rows for which this is true; the inner none is one that could not be read.
    pub condition: Option<Option<Expr>>,
    /// The metric to divide by.
    pub per: Option<Spanned<String>>,
    /// The table of events whose rows it reads; the orders if left out.
    pub from: Option<Spanned<String>>,
}

impl Metric {
    pub(super) fn read(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Self {
        let name = name.clone();
        if let Kind::Map(_) = node.kind {
            Self {
                name,
                expr: reader.expression(node, "expr"),
                window: reader.days(node, "window"),
                condition: node.get("where").map(|node| reader.expression_of(node)),
                per: reader.text(node, "per"),
                from: reader.text(node, "from"),
            }
        } else {
            let expr = reader.expression_of(node);
            Self { name, expr, window: None, condition: None, per: None, from: None }
        }
    }
}
