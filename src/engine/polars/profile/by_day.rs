//! Accumulators that look at the day of a row: gaps between days, the first day, buckets of days.

use polars::prelude::{Column, Float64Chunked, IntoColumn, NewChunkedArray};

use crate::engine::Error;
use crate::plan::{MONTH_DAYS, Type};

use super::accumulate::{Accumulator, Rows, Totals};
use super::values::{I32, I64, I128, Kind, Values};

/// Days between the last two purchase days.
#[derive(Default)]
pub(super) struct LastGap {
    /// The last day and the one before it.
    days: Vec<(Option<i32>, Option<i32>)>,
}

impl Accumulator for LastGap {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.days.resize(rows.len, (None, None));
        I32::each(rows.day, rows.rows, |at, day| {
            let (last, before) = &mut self.days[rows.groups[at] as usize];
            let day = Some(day);
            if day > *last {
                (*before, *last) = (*last, day);
            } else if day < *last && day > *before {
                *before = day;
            }
        });
        Ok(())
    }

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.days.resize(len, (None, None));
        let gap = |(last, before): (Option<i32>, Option<i32>)| Some(last? - before?);
        I32::column(name, Type::Days, self.days.into_iter().map(gap).collect())
    }
}

/// An exact sum over each group's first day: an earlier day starts it anew.
pub(super) struct FirstDaySum {
    of: Type,
    days: Vec<Option<(i32, i128)>>,
    name: String,
}

impl FirstDaySum {
    /// `of` is the operand's type; `name` is for the complaint if the sum overflows.
    pub(super) fn new(of: Type, name: String) -> Self {
        Self { of, days: Vec::new(), name }
    }
}

impl Accumulator for FirstDaySum {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.days.resize(rows.len, None);
        let Values::I32(dates) = rows.day else { return Ok(()) };
        let Some(dates) = dates.downcast_iter().next() else { return Ok(()) };
        let days = &mut self.days;
        let mut overflow = false;
        let mut add = |at: usize, value: i128| {
            let (date, first) = (dates.value(rows.rows[at] as usize), &mut days[rows.groups[at] as usize]);
            match first {
                Some((day, sum)) if *day == date => match sum.checked_add(value) {
                    Some(total) => *sum = total,
                    None => overflow = true,
                },
                Some((day, _)) if *day < date => {}
                _ => *first = Some((date, value)),
            }
        };
        match self.of {
            Type::Decimal(_) => I128::each(rows.operands[0], rows.rows, add),
            _ => I64::each(rows.operands[0], rows.rows, |at, value| add(at, i128::from(value))),
        }
        if overflow { Err(Error::Overflow { column: self.name.clone(), ty: self.of.sql() }) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.days.resize(len, None);
        let sums = self.days.into_iter().map(|day| Some(day.map_or(0, |(_, sum)| sum))).collect();
        I128::column(name, self.of, sums)
    }
}

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
        I32::each(rows.day, rows.rows, |at, day| {
            buckets[at] = ((self.as_of - day) / MONTH_DAYS as i32) as usize;
        });
        let months = self.months;
        self.totals.add(rows, 0, rows.len * months, |at| rows.groups[at] as usize * months + buckets[at]);
        Ok(())
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
