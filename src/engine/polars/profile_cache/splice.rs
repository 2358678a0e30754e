//! Rows put into a frame of customers, both in the order in which customers are published: those who are there get
//! another row, the others come between. Slice by slice on all cores; nothing is hashed or sorted.

use std::cmp::Ordering;
use std::ops::Range;

use polars::prelude::{
    ChunkedArray, Column, DataFrame, DataType, IntoColumn, PolarsNumericType, StringChunkedBuilder,
};
use rayon::prelude::*;

use crate::engine::Error;
use crate::engine::polars::ids::CustomerIds;
use crate::engine::polars::slices::{SLICE, first, stack};
use crate::plan::Plan;

/// The row of a customer in a frame, or the row before which a new one comes.
pub(super) type Insertion = Result<u32, u32>;

/// The frame with these rows, in which each customer stands once: the row replaces that of before. Both are in the order
/// of so many parts.
pub(super) fn replace(
    plan: &Plan,
    parts: usize,
    frame: DataFrame,
    rows: &DataFrame,
) -> Result<DataFrame, Error> {
    let places = places(plan, parts, &frame, rows)?;
    splice(frame, rows, &places)
}

/// Where the customers of `rows` stand in `frame`. Both are in the order of so many parts.
pub(super) fn places(
    plan: &Plan,
    parts: usize,
    frame: &DataFrame,
    rows: &DataFrame,
) -> Result<Vec<Insertion>, Error> {
    let (id, ty) = (plan.customer.column.as_str(), plan.customer.ty);
    let wanted = CustomerIds::new(rows.column(id)?, ty)?;
    let wanted_parts: Vec<usize> = (0..wanted.len()).map(|row| wanted.part(row, parts)).collect();
    let ids = frame.column(id)?;
    let starts: Vec<usize> = (0..ids.len()).step_by(SLICE).collect();
    let slices = starts.par_iter().map(|start| CustomerIds::new(&ids.slice(*start as i64, SLICE), ty));
    let slices: Vec<CustomerIds> = slices.collect::<Result<_, _>>()?;
    let order = |slice: &CustomerIds, row: usize, wanted_row: usize| {
        let by_part = slice.part(row, parts).cmp(&wanted_parts[wanted_row]);
        by_part.then_with(|| slice.compare_to(row, &wanted, wanted_row))
    };
    // What comes before the first customer of the next slice belongs to a slice.
    let ends = slices
        .iter()
        .skip(1)
        .map(|next| first(0..wanted.len(), |wanted_row| order(next, 0, wanted_row) == Ordering::Greater));
    let ends: Vec<usize> = ends.chain([wanted.len()]).collect();
    if slices.is_empty() {
        return Ok(vec![Err(0); wanted.len()]);
    }
    let found = slices.par_iter().zip(&starts).enumerate().map(|(number, (slice, start))| {
        let mut row = 0;
        let from = if number == 0 { 0 } else { ends[number - 1] };
        let place = |wanted_row: usize| {
            row = leap(row, slice.len(), |row| order(slice, row, wanted_row) == Ordering::Less);
            let is_there = row < slice.len() && order(slice, row, wanted_row) == Ordering::Equal;
            let at = (start + row) as u32;
            if is_there { Ok(at) } else { Err(at) }
        };
        (from..ends[number]).map(place).collect::<Vec<Insertion>>()
    });
    Ok(found.collect::<Vec<_>>().concat())
}

/// [`first`] of `from..end`, in strides that double: it is near.
fn leap(from: usize, end: usize, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut known, mut stride) = (from, 1);
    while known + stride <= end && is_before(known + stride - 1) {
        known += stride;
        stride *= 2;
    }
    first(known..(known + stride).min(end), is_before)
}

/// The frame with these rows at their places; each slice is gone once it is copied.
pub(super) fn splice(frame: DataFrame, rows: &DataFrame, places: &[Insertion]) -> Result<DataFrame, Error> {
    if places.is_empty() {
        return Ok(frame);
    }
    let mut rows = rows.select(frame.columns().iter().map(|column| column.name().clone()))?;
    rows.rechunk_mut();
    let slices = cut(&frame, places);
    drop(frame);
    let spliced = slices.into_par_iter().map(|slice| slice.splice(&rows));
    stack(spliced.collect::<Result<_, _>>()?)
}

/// What becomes one slice.
struct Slice<'a> {
    /// The rows that were there, and which ones these are.
    frame: DataFrame,
    start: usize,
    /// The new rows, from this one on.
    first: usize,
    places: &'a [Insertion],
}

/// One slice after the other as customers will stand, so that those of today are cut like those of a cold run.
fn cut<'a>(frame: &DataFrame, places: &'a [Insertion]) -> Vec<Slice<'a>> {
    let mut slices = Vec::new();
    let (mut start, mut first, mut new) = (0, 0, 0);
    let mut push = |start: usize, end: usize, first: usize, last: usize| {
        let frame = frame.slice(start as i64, end - start);
        slices.push(Slice { frame, start, first, places: &places[first..last] });
    };
    let mut boundary = SLICE;
    let all = frame.height() + places.iter().filter(|place| place.is_err()).count();
    for (at, place) in places.iter().enumerate() {
        let row = place.unwrap_or_else(|row| row) as usize;
        while row + new >= boundary {
            push(start, boundary - new, first, at);
            (start, first) = (boundary - new, at);
            boundary += SLICE;
        }
        new += usize::from(place.is_err());
    }
    while boundary < all {
        push(start, boundary - new, first, places.len());
        (start, first) = (boundary - new, places.len());
        boundary += SLICE;
    }
    push(start, frame.height(), first, places.len());
    slices
}

/// What comes next in a slice.
enum Piece {
    /// Rows of what was there.
    Old(Range<usize>),
    /// One of the rows that are put in.
    New(usize),
}

impl Slice<'_> {
    fn splice(self, rows: &DataFrame) -> Result<DataFrame, Error> {
        if self.places.is_empty() {
            return Ok(self.frame);
        }
        let rows = rows.slice(self.first as i64, self.places.len());
        let pairs = self.frame.columns().iter().zip(rows.columns());
        let columns = pairs.map(|(old, new)| self.column(old, new)).collect::<Result<Vec<_>, _>>()?;
        Ok(DataFrame::new(columns.first().map_or(0, Column::len), columns)?)
    }

    fn column(&self, old: &Column, new: &Column) -> Result<Column, Error> {
        if old.dtype() != new.dtype() {
            return Err(Error::Engine(format!("`{}` has the type {}", new.name(), new.dtype())));
        }
        let (old_values, new_values) = (old.to_physical_repr(), new.to_physical_repr());
        let spliced = match old_values.dtype() {
            DataType::Int16 => self.numbers(old_values.i16()?, new_values.i16()?)?.into_column(),
            DataType::Int32 => self.numbers(old_values.i32()?, new_values.i32()?)?.into_column(),
            DataType::Int64 => self.numbers(old_values.i64()?, new_values.i64()?)?.into_column(),
            DataType::Int128 => {
                let values = self.numbers(old_values.i128()?, new_values.i128()?)?;
                match old.dtype() {
                    DataType::Decimal(precision, scale) => {
                        return Ok(values.into_decimal_unchecked(*precision, *scale).into_column());
                    }
                    _ => values.into_column(),
                }
            }
            DataType::String => {
                let (old_texts, new_texts) = (old.str()?.rechunk(), new.str()?.rechunk());
                let mut texts = StringChunkedBuilder::new(old.name().clone(), self.len());
                self.each(|piece| match piece {
                    Piece::Old(rows) => rows.for_each(|row| texts.append_option(old_texts.get(row))),
                    Piece::New(row) => texts.append_option(new_texts.get(row)),
                });
                texts.finish().into_column()
            }
            other => return Err(Error::Engine(format!("`{}` is a column of {other}", old.name()))),
        };
        Ok(spliced.cast(old.dtype())?)
    }

    fn numbers<T: PolarsNumericType>(
        &self,
        old: &ChunkedArray<T>,
        new: &ChunkedArray<T>,
    ) -> Result<ChunkedArray<T>, Error> {
        let (old, new) = (old.rechunk(), new.rechunk());
        let mut numbers: Vec<T::Native> = Vec::with_capacity(self.len());
        let mut valid: Vec<bool> = Vec::new();
        for (old, new) in old.downcast_iter().zip(new.downcast_iter()) {
            let (old_values, new_values) = (old.values().as_slice(), new.values().as_slice());
            self.each(|piece| match piece {
                Piece::Old(rows) => numbers.extend_from_slice(&old_values[rows]),
                Piece::New(row) => numbers.push(new_values[row]),
            });
            if old.validity().is_some() || new.validity().is_some() {
                valid.reserve(self.len());
                let is_old_valid = |row| old.validity().is_none_or(|valid| valid.get_bit(row));
                let is_new_valid = |row| new.validity().is_none_or(|valid| valid.get_bit(row));
                self.each(|piece| match piece {
                    Piece::Old(rows) => valid.extend(rows.map(is_old_valid)),
                    Piece::New(row) => valid.push(is_new_valid(row)),
                });
            }
        }
        let valid = (!valid.is_empty()).then(|| valid.into_iter().collect());
        Ok(ChunkedArray::from_vec_validity(old.name().clone(), numbers, valid))
    }

    /// Visits all rows in order.
    fn each(&self, mut visit: impl FnMut(Piece)) {
        let mut next = 0;
        for (at, place) in self.places.iter().enumerate() {
            let row = place.unwrap_or_else(|row| row) as usize - self.start;
            visit(Piece::Old(next..row));
            visit(Piece::New(at));
            next = row + usize::from(place.is_ok());
        }
        visit(Piece::Old(next..self.frame.height()));
    }

    fn len(&self) -> usize {
        self.frame.height() + self.places.len()
    }
}
