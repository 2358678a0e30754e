//! Exact sums of columns, for the read-back check of what was written.

use polars::prelude::{DataFrame, DataType};
use rayon::prelude::*;

use crate::engine::Error;

/// For every column: how many values are not null, and the sum of the (unscaled) numbers.
pub fn of(frame: &DataFrame, columns: &[&str]) -> Result<Vec<(String, u64, i128)>, Error> {
    let sum = |name: &&str| {
        let column = frame.column(name)?;
        let count = (column.len() - column.null_count()) as u64;
        let sum: i128 = match column.dtype() {
            DataType::Decimal(..) => column.decimal()?.physical().iter().flatten().sum(),
            _ => column.cast(&DataType::Int64)?.i64()?.iter().flatten().map(i128::from).sum(),
        };
        Ok(((*name).to_owned(), count, sum))
    };
    columns.par_iter().map(sum).collect()
}
