//! Aggregates of days that were read before, plus those of rows that came, minus those of days that have left a window:
//! the rows of today of those customers for whom it makes a difference.

use polars::prelude::{Column, DataFrame, DataType, IdxCa, NewChunkedArray};
use rayon::prelude::*;

use crate::engine::Error;
use crate::engine::polars::profile::Numbers;
use crate::engine::polars::profile::columns::aggregate_column;
use crate::engine::polars::slices::{SLICE, stack};
use crate::plan::Plan;

use super::merge_rule::{MergeInputs, MergeRule};
use super::splice::Insertion;

/// What is put together. The frames have the columns of [`crate::engine::polars::profile::Aggregated`] and are in one order.
pub(super) struct Parts<'a> {
    pub(super) before: &'a DataFrame,
    /// Also the first day that came, as `first_came`.
    pub(super) came: LocatedRows,
    /// Only the aggregates with a window; none where none has left.
    pub(super) left: Option<LocatedRows>,
    /// The aggregate of `came` that is the first day.
    pub(super) first_came: usize,
}

/// Rows, and where their customers stand in what was before.
pub(super) struct LocatedRows {
    frame: DataFrame,
    places: Vec<Insertion>,
}

/// A customer whose row changes, or is new.
#[derive(Clone, Copy)]
struct Change {
    place: Insertion,
    came: Option<u32>,
    left: Option<u32>,
}

impl LocatedRows {
    /// The frame becomes one chunk: its rows are picked.
    pub(super) fn new(mut frame: DataFrame, places: Vec<Insertion>) -> Self {
        frame.rechunk_mut();
        Self { frame, places }
    }

    /// How many are new.
    pub(super) fn new_customers(&self) -> usize {
        self.places.iter().filter(|place| place.is_err()).count()
    }
}

/// The rows of today of all who are new or have other values, in order, and where they stand in `before`.
pub(super) fn merge(
    plan: &Plan,
    rules: &[MergeRule],
    parts: &Parts<'_>,
) -> Result<(DataFrame, Vec<Insertion>), Error> {
    let changes = changes(parts);
    // Those of one slice of `before` are looked up together.
    let slice = |change: &Change| row(change.place) / SLICE;
    let slices: Vec<&[Change]> = changes.chunk_by(|a, b| slice(a) == slice(b)).collect();
    let none: [&[Change]; 1] = [&[]];
    let slices = if slices.is_empty() { &none[..] } else { &slices[..] };
    let frames = slices.par_iter().map(|changes| {
        let start = changes.first().map_or(0, |first| slice(first) * SLICE);
        today(plan, rules, parts, start, changes)
    });
    let (frames, places): (Vec<DataFrame>, Vec<_>) =
        frames.collect::<Result<Vec<_>, Error>>()?.into_iter().unzip();
    Ok((stack(frames)?, places.concat()))
}

fn row(place: Insertion) -> usize {
    place.unwrap_or_else(|row| row) as usize
}

/// Who came and who left, put together.
fn changes(parts: &Parts<'_>) -> Vec<Change> {
    let mut changes = Vec::with_capacity(parts.came.places.len());
    let mut came = parts.came.places.iter().zip(0..).peekable();
    let left = parts.left.iter().flat_map(|left| left.places.iter().zip(0..));
    // Only somebody who was there can have left.
    for (row, left) in left.filter_map(|(place, left)| Some((place.ok()?, left))) {
        let is_first = |place: Insertion| match place {
            Ok(came) => came < row,
            // A new one stands before the row.
            Err(before) => before <= row,
        };
        while let Some((place, at)) = came.next_if(|(place, _)| is_first(**place)) {
            changes.push(Change { place: *place, came: Some(at), left: None });
        }
        let also = came.next_if(|(place, _)| **place == Ok(row)).map(|(_, at)| at);
        changes.push(Change { place: Ok(row), came: also, left: Some(left) });
    }
    changes.extend(came.map(|(place, at)| Change { place: *place, came: Some(at), left: None }));
    changes
}

/// The rows of some changes within the slice of `before` that begins at `start`.
fn today(
    plan: &Plan,
    rules: &[MergeRule],
    parts: &Parts<'_>,
    start: usize,
    changes: &[Change],
) -> Result<(DataFrame, Vec<Insertion>), Error> {
    // An id as it came; of those who only left, as it left.
    let ids = ids(plan, parts, changes)?;
    let before = parts.before.slice(start as i64, SLICE);
    let at = |row: u32| row - start as u32;
    let old: IdxCa = index(changes.iter().map(|change| change.place.ok().map(at)));
    let came: IdxCa = index(changes.iter().map(|change| change.came));
    let left: IdxCa = index(changes.iter().map(|change| change.left));
    let names: Vec<String> = (0..plan.aggregates.len()).map(aggregate_column).collect();
    let first_came = pick(&parts.came.frame, &aggregate_column(parts.first_came), &came)?;
    let mut columns = vec![ids];
    // Days that leave are looked for among all rows of a file, so most who are found have none of them.
    let mut differs: Vec<bool> = changes.iter().map(|change| change.place.is_err()).collect();
    for (at, (aggregate, rule)) in plan.aggregates.iter().zip(rules).enumerate() {
        let before_values = pick(&before, &names[at], &old)?;
        let came_values = pick(&parts.came.frame, &names[at], &came)?;
        let left_values = match &parts.left {
            Some(found) if aggregate.window_days.is_some() => Some(pick(&found.frame, &names[at], &left)?),
            _ => None,
        };
        let last_days = match rule {
            MergeRule::Gap { last_day } => Some(pick(&before, &names[*last_day], &old)?),
            _ => None,
        };
        let mut merged = Numbers::new(aggregate.ty, changes.len());
        for (row, change) in changes.iter().enumerate() {
            let known = MergeInputs {
                before: before_values[row],
                came: came_values[row],
                left: left_values.as_ref().and_then(|values| values[row]),
                last_day: last_days.as_ref().and_then(|values| values[row]),
                first_came: first_came[row],
            };
            let value = if change.place.is_ok() { rule.merge(known) } else { known.came };
            differs[row] |= value != known.before;
            merged.push(value);
        }
        columns.push(merged.finish(at, aggregate)?);
    }
    let frame = DataFrame::new(changes.len(), columns)?;
    let places = changes.iter().zip(&differs).filter(|(_, differs)| **differs);
    let places: Vec<Insertion> = places.map(|(change, _)| change.place).collect();
    if places.len() == changes.len() {
        return Ok((frame, places));
    }
    let rows = (0_u32..).zip(&differs).filter(|(_, differs)| **differs).map(|(row, _)| row);
    Ok((frame.take(&IdxCa::from_vec("".into(), rows.collect()))?, places))
}

fn ids(plan: &Plan, parts: &Parts<'_>, changes: &[Change]) -> Result<Column, Error> {
    let id = plan.customer.column.as_str();
    let mut ids = parts.came.frame.column(id)?.clone();
    let came = ids.len() as u32;
    if let Some(left) = &parts.left {
        ids.append(left.frame.column(id)?)?;
    }
    let at = |change: &Change| change.came.or(change.left.map(|left| came + left));
    Ok(ids.take(&index(changes.iter().map(at)))?)
}

fn index(rows: impl Iterator<Item = Option<u32>>) -> IdxCa {
    IdxCa::from_iter_options("".into(), rows)
}

/// Whole numbers, decimals, dates or times of these rows.
fn pick(frame: &DataFrame, name: &str, rows: &IdxCa) -> Result<Vec<Option<i128>>, Error> {
    let picked = frame.column(name)?.take(rows)?;
    let physical = picked.to_physical_repr().cast(&DataType::Int128)?;
    Ok(physical.i128()?.iter().collect())
}
