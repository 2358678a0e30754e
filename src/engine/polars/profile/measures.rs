//! What gates count of rows: conditions are columns of the scan, and counted as rows are dealt to the shards, so that
//! nothing is read twice and the numbers are those of any number of threads.

use polars::lazy::dsl::{Expr, col, lit};
use polars::prelude::DataFrame;

use crate::engine::polars::expr::convert;
use crate::engine::polars::expr::lower::lower;
use crate::engine::polars::expr::types::computed;
use crate::engine::{Error, Measured};
use crate::plan::{self, ExprKind, Input, Measure, Type};

use super::columns::{AMOUNT, DAY, ORDER};
use super::held::{Sight, held};

fn column(at: usize) -> String {
    format!("@measure{at}")
}

/// The columns of the conditions.
pub(super) fn columns(input: &Input) -> Result<Vec<Expr>, Error> {
    let mut columns = Vec::new();
    for (at, measure) in input.measures.iter().enumerate() {
        if let Some(condition) = condition(measure, input)? {
            columns.push(condition.alias(column(at)));
        }
    }
    Ok(columns)
}

/// None of what follows from the day.
fn condition(measure: &Measure, input: &Input) -> Result<Option<Expr>, Error> {
    let scale = input.amount.as_ref().map_or(0, |amount| amount.scale);
    let zero = || lit(0).cast(computed(Type::Decimal(scale)));
    Ok(match measure {
        Measure::TooOld(_) | Measure::Newest => None,
        Measure::NegativeAmount => Some(col(AMOUNT).lt(zero())),
        Measure::ZeroAmount => Some(col(AMOUNT).eq(zero())),
        Measure::NullOrder => {
            let is_text = input.order.as_ref().is_some_and(|order| order.ty == Type::Text);
            let order = col(ORDER);
            Some(if is_text { convert::without_blanks(order).is_null() } else { order.is_null() })
        }
        Measure::Unknown(value, allowed) => {
            let is_in = ExprKind::In(Box::new(value.clone()), allowed.clone());
            let is_other = ExprKind::Not(Box::new(plan::Expr::new(is_in, Type::Bool)));
            let is_other = plan::Expr::new(is_other, Type::Bool);
            Some(lower(&is_other, &|column| held(column, input, Sight::Own))?)
        }
    })
}

/// Counts the rows of a batch that count.
pub(super) fn count(
    measures: &[Measure],
    frame: &DataFrame,
    as_of: i32,
    counts: impl Fn(usize) -> bool,
    into: &mut Measured,
) -> Result<(), Error> {
    for (at, measure) in measures.iter().enumerate() {
        let rows = match measure {
            Measure::Newest => {
                let days = frame.column(DAY)?.date()?.physical();
                let here = days.iter().enumerate().filter(|(row, _)| counts(*row));
                into.newest = into.newest.max(here.filter_map(|(_, day)| day).max());
                continue;
            }
            Measure::TooOld(most) => {
                let first = i64::from(as_of) - i64::from(*most);
                let is_old = |day: i32| i64::from(day) < first;
                let days = frame.column(DAY)?.date()?.physical();
                let old = days.iter().enumerate().filter(|(_, day)| day.is_some_and(is_old));
                old.filter(|(row, _)| counts(*row)).count()
            }
            _ => {
                let holds = frame.column(&column(at))?.bool()?;
                let found = holds.iter().enumerate().filter(|(_, holds)| *holds == Some(true));
                found.filter(|(row, _)| counts(*row)).count()
            }
        };
        *into.rows.entry(measure.name()).or_default() += rows as u64;
    }
    Ok(())
}
