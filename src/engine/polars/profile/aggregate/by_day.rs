//! Accumulators that look at the day of a row: buckets of days.

use polars::prelude::{Column, Float64Chunked, IntoColumn, NewChunkedArray};

use crate::engine::Error;
use crate::plan::{MONTH_DAYS, Type};

use super::accumulator::{Accumulator, Rows, Totals};
use super::values::{I32, ValueKind};
use super::variation::coefficient_of_variation;

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
