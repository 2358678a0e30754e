//! Accumulators that look at the day of a row: buckets of days.

use polars::prelude::{Column, Float64Chunked, IntoColumn, NewChunkedArray};

use crate::engine::Error;
use crate::plan::{MONTH_DAYS, Type};

use super::accumulator::{Accumulator, Rows, Totals};
use super::values::{I32, ValueKind};

/// Coefficient of variation over buckets of [`MONTH_DAYS`] days.
pub(super) struct MonthlyCv {
    months: usize,
    as_of: i32,
    totals: Totals,
}

impl MonthlyCv {
    /// `as_of` is in days since 1970.
    pub(super) fn new(months: u32, as_of: i32, totals: Totals) -> Self {
        Self { months: months as usize, as_of, totals }
    }
}

impl Accumulator for MonthlyCv {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        let mut buckets = vec![0_usize; rows.rows.len()];
        I32::each(Some(rows.day), rows.rows, |at, day| {
            buckets[at] = ((self.as_of - day) / MONTH_DAYS as i32) as usize;
        });
        let months = self.months;
        self.totals.add(rows, 0, rows.len * months, |at| rows.groups[at] as usize * months + buckets[at]);
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.totals.bytes()
    }

    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        let months = self.months;
        let totals = self.totals.finish(name, Type::Double, len * months)?;
        let cv = totals.chunks_exact(months).map(coefficient_of_variation);
        Ok(Float64Chunked::from_iter_options(name.into(), cv).into_column())
    }
}

/// Population standard deviation over mean: `√(n Σx² − (Σx)²) / Σx`, exact up to the root.
fn coefficient_of_variation(totals: &[i128]) -> Option<f64> {
    let n = totals.len() as i128;
    let sum: i128 = totals.iter().sum();
    if sum == 0 {
        return None;
    }
    let squares = totals.iter().try_fold(0_i128, |sum, x| sum.checked_add(x.checked_mul(*x)?));
    let exact = squares.and_then(|squares| squares.checked_mul(n)?.checked_sub(sum.checked_mul(sum)?));
    let spread = match exact {
        Some(spread) => spread as f64,
        None => {
            let mean = sum as f64 / n as f64;
            totals.iter().map(|x| (*x as f64 - mean).powi(2)).sum::<f64>() * n as f64
        }
    };
    Some(spread.sqrt() / sum as f64)
}
