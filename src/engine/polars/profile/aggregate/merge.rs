//! Frames of customers who were finished at different times → the order in which all are published: by part, then by
//! id. Column by column, so that there are never two copies of the whole.

use polars::prelude::{Column, DataFrame, IdxCa};
use rayon::prelude::*;

use crate::engine::Error;
use crate::engine::polars::profile::parts;
use crate::engine::polars::slices::{SLICE, stack};
use crate::plan::Plan;

use crate::engine::polars::ids::CustomerIds;

/// One frame a slice, as [`super::emit::frames`] makes them; each customer is in one of the frames.
pub(in crate::engine::polars::profile) fn in_order(
    frames: Vec<DataFrame>,
    plan: &Plan,
) -> Result<Vec<DataFrame>, Error> {
    if frames.is_empty() {
        return Ok(Vec::new());
    }
    let all = stack(frames)?;
    let parts = plan.parts(all.height());
    in_parts(all, plan, parts)
}

/// Customers in the order of so many parts, one frame a slice.
pub(in crate::engine::polars) fn in_parts(
    all: DataFrame,
    plan: &Plan,
    parts: usize,
) -> Result<Vec<DataFrame>, Error> {
    let order = order(all.column(&plan.customer.column)?, plan, parts)?;
    let slices: Vec<IdxCa> =
        order.chunks(SLICE).map(|rows| IdxCa::from_vec("".into(), rows.to_vec())).collect();
    drop(order);
    if slices.is_empty() {
        return Ok(vec![all]);
    }
    let mut sliced: Vec<Vec<Column>> = vec![Vec::new(); slices.len()];
    for column in all.into_columns() {
        let column = column.rechunk();
        let taken: Vec<Column> = slices.par_iter().map(|rows| column.take(rows)).collect::<Result<_, _>>()?;
        sliced.iter_mut().zip(taken).for_each(|(slice, column)| slice.push(column));
    }
    let frame = |(columns, rows): (Vec<Column>, &IdxCa)| Ok(DataFrame::new(rows.len(), columns)?);
    sliced.into_iter().zip(&slices).map(frame).collect()
}

/// The rows in the order in which customers are published.
fn order(ids: &Column, plan: &Plan, parts: usize) -> Result<Vec<u32>, Error> {
    let ids = CustomerIds::new(ids, plan.customer.ty)?;
    let hashes = if parts == 1 { Vec::new() } else { ids.hashes() };
    let mut order = Vec::with_capacity(ids.len());
    for part in 0..parts {
        let is_in = |row: &usize| parts == 1 || parts::part_of(hashes[*row], parts) == part;
        let rows = (0..ids.len()).filter(is_in);
        let mut keys: Vec<u128> = rows.map(|row| ids.head(row) << 32 | row as u128).collect();
        // Most ids order by their heads.
        keys.par_sort_unstable_by(|a, b| {
            (a >> 32).cmp(&(b >> 32)).then_with(|| ids.compare(*a as u32 as usize, *b as u32 as usize))
        });
        order.extend(keys.into_iter().map(|key| key as u32));
    }
    Ok(order)
}
