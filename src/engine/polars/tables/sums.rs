//! Exact sums of columns, for the read-back check of what was written.

use polars::prelude::{ChunkedArray, Column, DataFrame, DataType, PolarsNumericType};

use crate::engine::Error;
use crate::plan::{OutputColumn, Plan};

/// What rows add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    /// How many there are.
    pub rows: u64,
    /// For every exact column: how many values are not null, and their sum (of the unscaled numbers).
    pub columns: Vec<(String, u64, i128)>,
}

impl Sums {
    /// Those of no rows.
    pub fn nothing(plan: &Plan) -> Self {
        let id = plan.customer.column.as_str();
        let is_summed =
            |column: &&OutputColumn| column.ty.is_exact() && column.held().is_some_and(|held| held != id);
        let exact = plan.output.iter().filter(is_summed);
        Self { rows: 0, columns: exact.map(|column| (column.name.clone(), 0, 0)).collect() }
    }

    /// Those of rows as they are published.
    pub fn of(plan: &Plan, output: &DataFrame) -> Result<Self, Error> {
        let mut sums = Self::nothing(plan);
        sums.rows = output.height() as u64;
        for (name, count, total) in &mut sums.columns {
            let column = output.column(name)?;
            *count = (column.len() - column.null_count()) as u64;
            *total = sum(column)?;
        }
        Ok(sums)
    }

    /// Adds those of more rows.
    pub fn add(&mut self, more: Self) {
        self.rows += more.rows;
        for ((_, count, total), (_, more_values, more_total)) in self.columns.iter_mut().zip(more.columns) {
            *count += more_values;
            *total += more_total;
        }
    }
}

fn sum(column: &Column) -> Result<i128, Error> {
    Ok(match column.dtype() {
        DataType::Decimal(..) => total(column.decimal()?.physical()),
        _ => total(column.cast(&DataType::Int64)?.i64()?),
    })
}

/// Most columns have no nulls, and then their numbers lie side by side.
fn total<T: PolarsNumericType<Native: Into<i128>>>(numbers: &ChunkedArray<T>) -> i128 {
    let chunks = numbers.downcast_iter();
    match numbers.null_count() {
        0 => chunks.map(|chunk| chunk.values().iter().map(|number| (*number).into()).sum::<i128>()).sum(),
        _ => numbers.iter().flatten().map(Into::into).sum(),
    }
}
