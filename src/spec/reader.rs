//! Tree → typed sections: the small helpers that every section reads itself with.

use crate::decimal::Decimal;
use crate::diag::{Diagnostics, Source, Spanned};

use super::expr::{self, Expr};
use super::shape::{self, Key, Shape};
use super::yaml::Node;

/// What a section reads itself with.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) out: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// Reads each `name: value` of a section.
    pub(super) fn each<T>(
        &mut self,
        root: &Node,
        section: &str,
        read: fn(&Spanned<String>, &Node, &mut Self) -> T,
    ) -> Vec<T> {
        let entries = root.get(section).map_or(&[][..], Node::entries);
        entries.iter().map(|entry| read(&entry.key, &entry.value, self)).collect()
    }

    /// A scalar under a key.
    pub(super) fn text(&self, node: &Node, key: &str) -> Option<Spanned<String>> {
        node.get(key).and_then(Self::scalar)
    }

    /// A node's scalar with its place.
    pub(super) fn scalar(node: &Node) -> Option<Spanned<String>> {
        let text = node.scalar().filter(|text| !text.trim().is_empty())?;
        Some(Spanned::new(text.to_owned(), node.span))
    }

    /// A list of scalars under a key.
    pub(super) fn texts(&self, node: &Node, key: &str) -> Option<Vec<Spanned<String>>> {
        Some(node.get(key)?.items().iter().filter_map(Self::scalar).collect())
    }

    /// A number under a key.
    pub(super) fn decimal(&self, node: &Node, key: &str) -> Option<Spanned<Decimal>> {
        let node = node.get(key)?;
        Some(Spanned::new(Decimal::parse(node.scalar()?)?, node.span))
    }

    /// A number of days under a key.
    pub(super) fn days(&self, node: &Node, key: &str) -> Option<Spanned<u32>> {
        let node = node.get(key)?;
        Some(Spanned::new(shape::parse_days(node.scalar()?)?, node.span))
    }

    /// A whole number under a key.
    pub(super) fn integer<T: std::str::FromStr>(&self, node: &Node, key: &str) -> Option<Spanned<T>> {
        let node = node.get(key)?;
        Some(Spanned::new(node.scalar()?.parse().ok()?, node.span))
    }

    /// An expression under a key; what is wrong with it is reported.
    pub(super) fn expression(&mut self, node: &Node, key: &str) -> Option<Expr> {
        let node = node.get(key)?;
        self.expression_of(node)
    }

    /// A text that may be an expression rather than a name: the text and what it means.
    pub(super) fn maybe_expression(&self, text: &Spanned<String>) -> Option<(String, Expr)> {
        let is_name =
            |expr: &Expr| matches!(expr.kind, expr::ExprKind::Name(_) | expr::ExprKind::QuotedName(_));
        let read = expr::parse(&text.value, text.span, self.source).ok()?;
        (!is_name(&read)).then(|| (text.value.clone(), read))
    }

    /// A node's scalar as an expression; what is wrong with it is reported.
    pub(super) fn expression_of(&mut self, node: &Node) -> Option<Expr> {
        let text = node.scalar().filter(|text| !text.trim().is_empty())?;
        match expr::parse(text, node.span, self.source) {
            Ok(expr) => Some(expr),
            Err(diagnostic) => {
                self.out.push(diagnostic);
                None
            }
        }
    }
}

/// Every key of the format whose shape is refused by this version, for the documentation.
pub(super) fn is_built(key: &Key) -> bool {
    !matches!(key.shape, Shape::NotBuilt)
}
