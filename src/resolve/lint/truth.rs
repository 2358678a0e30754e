//! Where conditions are true: sets of cells, and SQL's three values over them.

use crate::plan::{Expr, ExprKind, Literal};

use super::atom::{self, Atom};
use super::facts::Facts;
use super::space::{Space, Value, Variable};

/// A set of cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cells(Vec<u64>);

impl Cells {
    /// No cell of so many.
    pub(super) fn none(cells: usize) -> Self {
        Self(vec![0; cells.div_ceil(64)])
    }

    fn all(cells: usize) -> Self {
        Self::where_true(cells, |_| true)
    }

    /// The cells for which something holds.
    fn where_true(cells: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut set = Self::none(cells);
        for cell in (0..cells).filter(|cell| holds(*cell)) {
            set.0[cell / 64] |= 1 << (cell % 64);
        }
        set
    }

    fn zip(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(x, y)| join(*x, *y)).collect())
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        self.zip(other, |x, y| x & y)
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        self.zip(other, |x, y| x | y)
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        self.zip(other, |x, y| x & !y)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn holds(&self, cell: usize) -> bool {
        self.0[cell / 64] & (1 << (cell % 64)) != 0
    }
}

/// Where a condition is true, and where it is false; elsewhere it is unknown.
pub(super) struct Truth {
    pub(super) yes: Cells,
    no: Cells,
}

impl Truth {
    /// Of a condition of the space's segmentation.
    pub(super) fn of(expr: &Expr, space: &Space, facts: &Facts<'_>) -> Self {
        let cells = space.cells;
        let constant = |value: Option<bool>| {
            let set =
                |wanted: bool| if value == Some(wanted) { Cells::all(cells) } else { Cells::none(cells) };
            Self { yes: set(true), no: set(false) }
        };
        match &expr.kind {
            ExprKind::Literal(Literal::Bool(value)) => return constant(Some(*value)),
            ExprKind::Literal(_) => return constant(None),
            ExprKind::Not(x) => return Self::of(x, space, facts).not(),
            ExprKind::And(x, y) => {
                let (x, y) = (Self::of(x, space, facts), Self::of(y, space, facts));
                return Self { yes: x.yes.and(&y.yes), no: x.no.or(&y.no) };
            }
            ExprKind::Or(x, y) => {
                let (x, y) = (Self::of(x, space, facts), Self::of(y, space, facts));
                return Self { yes: x.yes.or(&y.yes), no: x.no.and(&y.no) };
            }
            _ => {}
        }
        let by_value = |x: &Expr, ask: &dyn Fn(&Value) -> Option<bool>| match space.variable(x) {
            Some(variable) => Self::of_variable(variable, cells, ask),
            None => constant(None),
        };
        match atom::read(expr, facts) {
            Atom::Line(x, op, constants) => by_value(x, &|value| value.holds(op, &constants)),
            Atom::Text(x, texts, negated) => {
                by_value(x, &|value| value.is_in(&texts).map(|is| is != negated))
            }
            Atom::Null(x) => by_value(x, &|value| Some(*value == Value::Null)),
            Atom::Free(x) => by_value(x, &|value| match value {
                Value::Is(value) => Some(*value),
                _ => None,
            }),
            Atom::Unknown => constant(None),
            Atom::Same(x, true) => Self::of(x, space, facts),
            Atom::Same(x, false) => Self::of(x, space, facts).not(),
            Atom::Whole(x, op, y) => {
                Self::by_cell(cells, |cell| Some(op.holds(sum(x, cell, space)?.cmp(&sum(y, cell, space)?))))
            }
            Atom::WholeIn(x, list) => Self::by_cell(cells, |cell| Some(list.contains(&sum(x, cell, space)?))),
        }
    }

    fn not(self) -> Self {
        Self { yes: self.no, no: self.yes }
    }

    fn of_variable(variable: &Variable, cells: usize, ask: &dyn Fn(&Value) -> Option<bool>) -> Self {
        let answers: Vec<Option<bool>> = variable.values.iter().map(ask).collect();
        Self::by_cell(cells, |cell| answers[variable.value(cell)])
    }

    fn by_cell(cells: usize, answer: impl Fn(usize) -> Option<bool>) -> Self {
        Self {
            yes: Cells::where_true(cells, |cell| answer(cell) == Some(true)),
            no: Cells::where_true(cells, |cell| answer(cell) == Some(false)),
        }
    }
}

/// A sum of scores in a cell; none where one of them is null.
fn sum(expr: &Expr, cell: usize, space: &Space) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Literal::Int(number)) => Some(*number),
        ExprKind::Cast(x) => sum(x, cell, space),
        ExprKind::Negate(x) => sum(x, cell, space)?.checked_neg(),
        ExprKind::Add(x, y) => sum(x, cell, space)?.checked_add(sum(y, cell, space)?),
        ExprKind::Subtract(x, y) => sum(x, cell, space)?.checked_sub(sum(y, cell, space)?),
        ExprKind::Multiply(x, y) => sum(x, cell, space)?.checked_mul(sum(y, cell, space)?),
        _ => {
            let variable = space.variable(expr)?;
            match &variable.values[variable.value(cell)] {
                Value::Numbers(numbers) => Some(numbers.first),
                _ => None,
            }
        }
    }
}
