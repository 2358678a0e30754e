//! A condition without `and`, `or`, `not`: what it asks of which column, if that can be said exactly.

use chrono::NaiveDate;

use crate::decimal::Decimal;
use crate::plan::{Column, Comparison, Expr, ExprKind, Literal, Type};

use super::facts::{Domain, Facts};

/// What an atom asks.
#[derive(Clone, Debug)]
pub(super) enum Atom<'a> {
    /// A number compared with constants: true if it stands so to one of them.
    Line(&'a Expr, Comparison, Vec<Decimal>),
    /// A text is one of these; the flag is `not`.
    Text(&'a Expr, Vec<String>, bool),
    /// Sums of scores, compared.
    Whole(&'a Expr, Comparison, &'a Expr),
    /// A sum of scores is one of these.
    WholeIn(&'a Expr, Vec<i64>),
    /// It is null.
    Null(&'a Expr),
    /// It is a condition of its own, whatever it may be.
    Free(&'a Expr),
    /// Never true nor false.
    Unknown,
    /// Another condition, or its opposite.
    Same(&'a Expr, bool),
}

/// Reads a condition that is neither a constant nor joined of others.
pub(super) fn read<'a>(expr: &'a Expr, facts: &Facts<'_>) -> Atom<'a> {
    match &expr.kind {
        ExprKind::Compare(x, op, y) => compare(expr, x, *op, y, facts),
        ExprKind::In(x, list) => within(expr, x, list, facts),
        ExprKind::IsNull(x) => Atom::Null(bare(x)),
        ExprKind::Cast(x) if matches!(x.ty, Type::Bool | Type::Unknown) => Atom::Free(bare(x)),
        _ => Atom::Free(expr),
    }
}

fn compare<'a>(expr: &'a Expr, x: &'a Expr, op: Comparison, y: &'a Expr, facts: &Facts<'_>) -> Atom<'a> {
    let (x, y, op) = match (literal(x), literal(y)) {
        (Some(_), None) => (bare(y), bare(x), flipped(op)),
        _ => (bare(x), bare(y), op),
    };
    let equality = matches!(op, Comparison::Eq | Comparison::NotEq);
    match (literal(x), literal(y)) {
        (None, Some(Literal::Null)) | (Some(Literal::Null), _) => Atom::Unknown,
        (None, Some(Literal::Bool(value))) if equality => Atom::Same(x, (op == Comparison::Eq) == *value),
        (None, Some(Literal::Text(text))) if equality => {
            Atom::Text(x, vec![text.clone()], op == Comparison::NotEq)
        }
        (None, Some(constant)) => match number(constant) {
            Some(_) if is_sum(x) && is_whole(x, facts) && is_whole(y, facts) => Atom::Whole(x, op, y),
            Some(number) => Atom::Line(x, op, vec![number]),
            None => Atom::Free(expr),
        },
        (None, None) if is_whole(x, facts) && is_whole(y, facts) => Atom::Whole(x, op, y),
        _ => Atom::Free(expr),
    }
}

fn within<'a>(expr: &'a Expr, x: &'a Expr, list: &[Literal], facts: &Facts<'_>) -> Atom<'a> {
    let x = bare(x);
    let texts: Option<Vec<String>> = list
        .iter()
        .map(|literal| match literal {
            Literal::Text(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    let numbers: Option<Vec<Decimal>> = list.iter().map(number).collect();
    match (literal(x), texts, numbers) {
        (None, Some(texts), _) => Atom::Text(x, texts, false),
        (None, None, Some(numbers)) if is_sum(x) && is_whole(x, facts) => {
            let whole = |number: &Decimal| number.rescale(0).and_then(|number| i64::try_from(number).ok());
            Atom::WholeIn(x, numbers.iter().filter_map(whole).collect())
        }
        (None, None, Some(numbers)) => Atom::Line(x, Comparison::Eq, numbers),
        _ => Atom::Free(expr),
    }
}

/// Without conversions that change no value.
pub(super) fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(x) if x.ty == Type::Unknown || (x.ty.is_exact() && expr.ty.is_numeric()) => bare(x),
        _ => expr,
    }
}

fn literal(expr: &Expr) -> Option<&Literal> {
    match &bare(expr).kind {
        ExprKind::Literal(literal) => Some(literal),
        _ => None,
    }
}

fn flipped(op: Comparison) -> Comparison {
    match op {
        Comparison::Less => Comparison::Greater,
        Comparison::LessEq => Comparison::GreaterEq,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterEq => Comparison::LessEq,
        equality => equality,
    }
}

/// A constant of a line: numbers, and dates as days.
fn number(literal: &Literal) -> Option<Decimal> {
    match literal {
        Literal::Int(number) => Some(Decimal { unscaled: i128::from(*number), scale: 0 }),
        Literal::Decimal(number) => Some(*number),
        // The shortest text of a double is the number that was written.
        Literal::Double(number) => Decimal::parse(&format!("{number:?}")),
        Literal::Date(date) => {
            let days = (*date - NaiveDate::default()).num_days();
            Some(Decimal { unscaled: i128::from(days), scale: 0 })
        }
        Literal::Null | Literal::Bool(_) | Literal::Text(_) => None,
    }
}

fn is_sum(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Column(_) | ExprKind::Literal(_))
}

/// Whether it is put together of columns with few whole values, such as scores, and whole numbers.
fn is_whole(expr: &Expr, facts: &Facts<'_>) -> bool {
    match &expr.kind {
        ExprKind::Literal(Literal::Int(_)) => true,
        ExprKind::Column(Column::Customer(_)) => {
            matches!(facts.of(expr), Domain { least: Some(_), most: Some(_), .. })
        }
        ExprKind::Cast(x) if expr.ty.is_integer() || expr.ty == Type::Decimal(0) => is_whole(x, facts),
        ExprKind::Negate(x) => is_whole(x, facts),
        ExprKind::Add(x, y) | ExprKind::Subtract(x, y) | ExprKind::Multiply(x, y) => {
            is_whole(x, facts) && is_whole(y, facts)
        }
        _ => false,
    }
}
