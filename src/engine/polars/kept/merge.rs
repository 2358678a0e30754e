//! Aggregates of days that were read before, plus those of rows that came, minus those of days that have left a window:
//! which aggregates that can be done with, and how.

use chrono::NaiveDate;
use polars::prelude::{ChunkedArray, DataFrame, DataType, IdxCa, Int128Type};

use crate::engine::Error;
use crate::engine::polars::profile::{IdSet, NOBODY, Numbers, aggregate_column, hash_int, hash_text};
use crate::engine::polars::write;
use crate::plan::{Aggregate, Column, Expr, ExprKind, Function, Plan, Role, Type};

/// How the values of one aggregate are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
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

impl Rule {
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
}

/// The local date of a row.
pub(super) fn day() -> Expr {
    Expr::column(Column::Role(Role::Day), Type::Date)
}

/// The number of a date.
pub(super) fn number(day: NaiveDate) -> i128 {
    i128::from((day - NaiveDate::default()).num_days())
}

/// What is put together. The frames have the columns of [`super::super::profile::Aggregated`].
pub(super) struct Parts<'a> {
    pub(super) before: &'a DataFrame,
    /// Also the first day that came, as `first_came`.
    pub(super) came: &'a DataFrame,
    /// Only the aggregates with a window; none where none has left.
    pub(super) left: Option<&'a DataFrame>,
    /// The aggregate of `came` that is the first day.
    pub(super) first_came: usize,
}

/// All customers with all days, in the order in which they are published.
pub(super) fn merge(plan: &Plan, rules: &[Rule], parts: &Parts<'_>) -> Result<DataFrame, Error> {
    let id = plan.customer.column.as_str();
    let before_ids = parts.before.column(id)?;
    let came_at = places(plan, parts.came, before_ids)?;
    let left_at = match parts.left {
        Some(left) => places(plan, left, before_ids)?,
        None => vec![NOBODY; came_at.len()],
    };
    // Rows of `before` that change, rows of `came` that are new.
    let changed: Vec<u32> = (0..came_at.len() as u32)
        .filter(|row| came_at[*row as usize] != NOBODY || left_at[*row as usize] != NOBODY)
        .collect();
    let mut is_new = vec![true; parts.came.height()];
    came_at.iter().filter(|at| **at != NOBODY).for_each(|at| is_new[*at as usize] = false);
    let new: Vec<u32> = (0..is_new.len() as u32).filter(|row| is_new[*row as usize]).collect();

    let names: Vec<String> = (0..plan.aggregates.len()).map(aggregate_column).collect();
    let wanted = || std::iter::once(id).chain(names.iter().map(String::as_str));
    let old = parts.before.take(&IdxCa::from_vec("".into(), changed.clone()))?;
    let pick = |frame: &DataFrame, name: &str, at: &[u32]| -> Result<Vec<Option<i128>>, Error> {
        let values = numbers(frame, name)?;
        Ok(changed.iter().map(|row| at[*row as usize]).map(|at| *values.get(at as usize)?).collect())
    };
    let first_came = pick(parts.came, &aggregate_column(parts.first_came), &came_at)?;
    let mut columns = vec![old.column(id)?.clone()];
    for (at, (aggregate, rule)) in plan.aggregates.iter().zip(rules).enumerate() {
        let before = numbers(&old, &names[at])?;
        let came = pick(parts.came, &names[at], &came_at)?;
        let left = match parts.left {
            Some(left) if aggregate.window_days.is_some() => pick(left, &names[at], &left_at)?,
            _ => vec![None; changed.len()],
        };
        let last_days = match rule {
            Rule::Gap { last_day } => numbers(&old, &names[*last_day])?,
            _ => vec![None; changed.len()],
        };
        let mut merged = Numbers::new(aggregate.ty, changed.len());
        for row in 0..changed.len() {
            let (before, came, left) = (before[row], came[row], left[row]);
            let either = |choose: fn(i128, i128) -> i128| match (before, came) {
                (Some(x), Some(y)) => Some(choose(x, y)),
                (x, y) => x.or(y),
            };
            merged.push(match rule {
                Rule::Sum | Rule::Days => before.map(|sum| sum + came.unwrap_or(0) - left.unwrap_or(0)),
                Rule::Least => either(i128::min),
                Rule::Greatest => either(i128::max),
                Rule::First => before,
                Rule::Gap { .. } => match (came, first_came[row], last_days[row]) {
                    (Some(gap), ..) => Some(gap),
                    (None, Some(first), Some(last)) => Some(first - last),
                    _ => before,
                },
            });
        }
        columns.push(merged.finish(at, aggregate)?);
    }
    let changed_rows = DataFrame::new(changed.len(), columns)?;
    let new_rows = parts.came.select(wanted())?.take(&IdxCa::from_vec("".into(), new))?;
    let mut all = parts.before.clone();
    let start = all.height() as u32;
    let mut rows: Vec<u32> = (0..start).collect();
    changed.iter().zip(start..).for_each(|(row, place)| rows[*row as usize] = place);
    let start = start + changed_rows.height() as u32;
    rows.extend(start..start + new_rows.height() as u32);
    all.vstack_mut(&changed_rows)?;
    all.vstack_mut(&new_rows)?;
    all.rechunk_mut();
    order(plan, &all, &mut rows)?;
    Ok(all.take(&IdxCa::from_vec("".into(), rows))?)
}

/// The row in a frame of each of these customers; [`NOBODY`] for those who are not in it.
fn places(plan: &Plan, frame: &DataFrame, ids: &polars::prelude::Column) -> Result<Vec<u32>, Error> {
    let mut set = IdSet::new(plan.customer.ty);
    set.insert(frame.column(&plan.customer.column)?)?;
    set.find(ids)
}

/// A column of whole numbers, decimals, dates or times.
fn numbers(frame: &DataFrame, name: &str) -> Result<Vec<Option<i128>>, Error> {
    let physical = frame.column(name)?.to_physical_repr().cast(&DataType::Int128)?;
    let values: &ChunkedArray<Int128Type> = physical.i128()?;
    Ok(values.iter().collect())
}

/// Sorts rows by part and id. There are two runs that are in order already, unless there are more parts now, and the
/// sort makes use of it.
fn order(plan: &Plan, all: &DataFrame, rows: &mut [u32]) -> Result<(), Error> {
    let parts = plan.parts(rows.len());
    let ids = all.column(&plan.customer.column)?;
    match plan.customer.ty {
        Type::Int => {
            let ids: Vec<i64> = ids.i64()?.iter().map(Option::unwrap_or_default).collect();
            let part = |id: i64| if parts == 1 { 0 } else { write::part_of(hash_int(id), parts) };
            rows.sort_by_key(|row| (part(ids[*row as usize]), ids[*row as usize]));
        }
        _ => {
            let ids: Vec<&str> = ids.str()?.iter().map(Option::unwrap_or_default).collect();
            let numbers: Vec<usize> = match parts {
                1 => vec![0; ids.len()],
                _ => ids.iter().map(|id| write::part_of(hash_text(id), parts)).collect(),
            };
            rows.sort_by_key(|row| (numbers[*row as usize], ids[*row as usize]));
        }
    }
    Ok(())
}

/// A day as an expression.
pub(super) fn date(day: NaiveDate) -> Expr {
    Expr { kind: ExprKind::Literal(crate::plan::Literal::Date(day)), ty: Type::Date }
}
