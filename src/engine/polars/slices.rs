//! Slices of the customers that are worked on side by side, and what came of them put together again.

use std::ops::Range;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use crate::engine::Error;

/// Customers of one slice. Fixed, so that neither sums of doubles nor files depend on how many threads there are.
pub(super) const SLICE: usize = 1 << 18;

/// Where the slices begin. Also without customers there is one, which has the columns.
pub(super) fn starts(customers: &DataFrame) -> impl Iterator<Item = usize> + use<> {
    (0..customers.height().max(1)).step_by(SLICE)
}

/// What `work` makes of each slice, one below the other.
pub(super) fn each(
    customers: &DataFrame,
    work: impl Fn(DataFrame) -> Result<DataFrame, Error> + Sync,
) -> Result<DataFrame, Error> {
    let starts: Vec<usize> = starts(customers).collect();
    let slice = |start: usize| work(customers.slice(start as i64, SLICE));
    stack(starts.into_par_iter().map(slice).collect::<Result<_, _>>()?)
}

/// Frames with the same columns, one below the other; nothing is copied.
pub(super) fn stack(frames: Vec<DataFrame>) -> Result<DataFrame, Error> {
    let mut frames = frames.into_iter();
    let mut all = frames.next().unwrap_or_default();
    for frame in frames {
        all.vstack_mut_owned(frame)?;
    }
    Ok(all)
}

/// The first of some rows, who are in order, for which `is_before` is no longer true; their end if there is none.
pub(super) fn first(rows: Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut to) = (rows.start, rows.end);
    while from < to {
        let middle = from.midpoint(to);
        if is_before(middle) { from = middle + 1 } else { to = middle }
    }
    from
}
