//! `inputs.orders`: where the orders are, which column plays which role, which rows count.

use crate::diag::Spanned;

use super::Expr;
use super::reader::Reader;
use super::yaml::Node;

/// The orders as written.
#[derive(Clone, Debug)]
pub struct Orders {
    /// A file, a glob, or a hive-partitioned folder.
    pub path: Spanned<String>,
    /// Which column plays which role.
    pub roles: Roles,
    /// What one row is.
    pub grain: Option<Grain>,
    /// Rows for which this is not true are left out.
    pub condition: Option<Expr>,
    /// Decimal places of money.
    pub scale: Option<Spanned<u8>>,
}

/// What one row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// A whole order: counting rows counts orders.
    Order,
    /// One line of an order.
    Line,
}

/// The file's columns by role.
#[derive(Clone, Debug)]
pub struct Roles {
    /// The customer's id.
    pub customer: Spanned<String>,
    /// The order's id.
    pub order: Option<Spanned<String>>,
    /// The time of the order.
    pub time: Spanned<String>,
    /// The amount.
    pub amount: Option<Spanned<String>>,
}

impl Orders {
    pub(super) fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let condition = reader.expression(node, "where");
        let columns = node.get("columns")?;
        Some(Self {
            path: reader.text(node, "path")?,
            roles: Roles {
                customer: reader.text(columns, "customer")?,
                order: reader.text(columns, "order"),
                time: reader.text(columns, "time")?,
                amount: reader.text(columns, "amount"),
            },
            grain: reader.text(node, "grain").and_then(|grain| match grain.value.as_str() {
                "order" => Some(Grain::Order),
                "line" => Some(Grain::Line),
                _ => None,
            }),
            condition,
            scale: reader.integer(node, "scale"),
        })
    }
}
