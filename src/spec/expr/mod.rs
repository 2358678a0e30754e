//! The expression language: a subset of SQL, as written. Parsed by `sqlparser`, kept as a small tree of our own
//! in which every node has its place in the rules file. Types and names are `resolve`'s business.

mod complaint;
mod parse;
mod places;
mod tokens;

pub use parse::parse;

use crate::decimal::Decimal;
use crate::diag::{Span, Spanned};

/// One expression and its place in the rules file.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `0.30`
    Number(Decimal),
    /// `'online'`
    Text(String),
    /// `date '2026-11-01'`, whatever stands between the quotes.
    Date(String),
    /// A column, role, metric, score, band or segmentation.
    Name(String),
    /// The same in double quotes, as names that SQL would not take need.
    QuotedName(String),
    /// The star of `count(*)`.
    Star,
    /// `not x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `x and y`, `x + y`, `x <= y` …
    Binary(Box<Expr>, Operator, Box<Expr>),
    /// `x in (a, b)`; the flag is `not`.
    In(Box<Expr>, Vec<Expr>, bool),
    /// `x between low and high`; the flag is `not`.
    Between(Box<Expr>, Box<Expr>, Box<Expr>, bool),
    /// `x is null`; the flag is `not`.
    IsNull(Box<Expr>, bool),
    /// `x like 'a%'`; the flag is `not`.
    Like(Box<Expr>, Spanned<String>, bool),
    /// `case when c then r … else e end`
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// `cast(x as bigint)`, whatever the type is called.
    Cast(Box<Expr>, Spanned<String>),
    /// `name(args)`, with `distinct` inside the parentheses or not.
    Call(Spanned<String>, bool, Vec<Expr>),
}

/// Operators of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `and`
    And,
    /// `or`
    Or,
    /// `=`
    Eq,
    /// `<>`
    NotEq,
    /// `<`
    Less,
    /// `<=`
    LessEq,
    /// `>`
    Greater,
    /// `>=`
    GreaterEq,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, always of doubles
    Divide,
}

impl Expr {
    /// The expressions that this one is made of, from left to right.
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Number(_)
            | ExprKind::Text(_)
            | ExprKind::Date(_)
            | ExprKind::Name(_)
            | ExprKind::QuotedName(_)
            | ExprKind::Star => Vec::new(),
            ExprKind::Not(x)
            | ExprKind::Negate(x)
            | ExprKind::IsNull(x, _)
            | ExprKind::Like(x, ..)
            | ExprKind::Cast(x, _) => {
                vec![x]
            }
            ExprKind::Binary(x, _, y) => vec![x, y],
            ExprKind::In(x, list, _) => std::iter::once(&**x).chain(list).collect(),
            ExprKind::Between(x, low, high, _) => vec![x, low, high],
            ExprKind::Case(branches, otherwise) => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
            }
            ExprKind::Call(_, _, args) => args.iter().collect(),
        }
    }

    /// The first place, if any, that reads a name for which `wanted` is true.
    pub fn place_of(&self, wanted: &dyn Fn(&str) -> bool) -> Option<Span> {
        match &self.kind {
            ExprKind::Name(name) | ExprKind::QuotedName(name) if wanted(name) => Some(self.span),
            _ => self.parts().into_iter().find_map(|part| part.place_of(wanted)),
        }
    }
}

impl Operator {
    /// As SQL writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::Eq => "=",
            Self::NotEq => "<>",
            Self::Less => "<",
            Self::LessEq => "<=",
            Self::Greater => ">",
            Self::GreaterEq => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
        }
    }
}
