//! Which aggregates merge, and how: the value before, what came and what left make the value of today.

use chrono::NaiveDate;

use crate::plan::{Aggregate, Column, Expr, ExprKind, Function, Literal, Plan, Role, Type};

/// How the values of one aggregate are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MergeRule {
    /// Before + came − left.
    Sum,
    /// The lesser.
    Least,
    /// The greater.
    Greatest,
    /// Before + came − left, if no day is in both: of distinct days.
    Days,
    /// Before, if all that came is later: the sum over the first day.
    First,
    /// The last gap, by the last day before (an aggregate of its own) and the first that came.
    Gap {
        /// The aggregate that is the last day.
        last_day: usize,
    },
}

/// What is known of one customer who was there before.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MergeInputs {
    pub(super) before: Option<i128>,
    pub(super) came: Option<i128>,
    pub(super) left: Option<i128>,
    /// The last day before, and the first that came.
    pub(super) last_day: Option<i128>,
    pub(super) first_came: Option<i128>,
}

impl MergeRule {
    /// How an aggregate of a plan merges, if it does.
    pub(super) fn of(aggregate: &Aggregate, plan: &Plan) -> Option<Self> {
        let is_number = matches!(
            aggregate.ty,
            Type::Score | Type::Days | Type::Int | Type::Decimal(_) | Type::Date | Type::Time
        );
        let is_always = aggregate.window_days.is_none();
        match &aggregate.function {
            Function::CountRows | Function::CountValues(_) | Function::Sum(_) if is_number => Some(Self::Sum),
            Function::Min(_) if is_number && is_always => Some(Self::Least),
            Function::Max(_) if is_number && is_always => Some(Self::Greatest),
            Function::CountDistinct(x) if *x == day() => Some(Self::Days),
            Function::FirstDaySum(_) if is_always => Some(Self::First),
            // Of some rows only, the first day that came would have to be that of these rows.
            Function::LastGap if is_always && aggregate.condition.is_none() => {
                let last = Aggregate { function: Function::Max(day()), ty: Type::Date, ..aggregate.clone() };
                let last_day = plan.aggregates.iter().position(|one| *one == last)?;
                Some(Self::Gap { last_day })
            }
            _ => None,
        }
    }

    /// Whether rows of days that were read before would be merged wrongly.
    pub(super) fn needs_later_days(self) -> bool {
        matches!(self, Self::Days | Self::First | Self::Gap { .. })
    }

    /// The value of today.
    pub(super) fn merge(self, known: MergeInputs) -> Option<i128> {
        let MergeInputs { before, came, left, last_day, first_came } = known;
        let either = |choose: fn(i128, i128) -> i128| match (before, came) {
            (Some(x), Some(y)) => Some(choose(x, y)),
            (x, y) => x.or(y),
        };
        match self {
            Self::Sum | Self::Days => before.map(|sum| sum + came.unwrap_or(0) - left.unwrap_or(0)),
            Self::Least => either(i128::min),
            Self::Greatest => either(i128::max),
            Self::First => before,
            Self::Gap { .. } => match (came, first_came, last_day) {
                (Some(gap), ..) => Some(gap),
                (None, Some(first), Some(last)) => Some(first - last),
                _ => before,
            },
        }
    }
}

/// The local date of a row.
pub(super) fn day() -> Expr {
    Expr::column(Column::Role(Role::Day), Type::Date)
}

/// A day as an expression.
pub(super) fn date(day: NaiveDate) -> Expr {
    Expr { kind: ExprKind::Literal(Literal::Date(day)), ty: Type::Date }
}

/// The number of a date.
pub(super) fn number(day: NaiveDate) -> i128 {
    i128::from((day - NaiveDate::default()).num_days())
}
