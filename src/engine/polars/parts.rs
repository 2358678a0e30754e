//! In which part a customer is published: the id alone says it, and how many parts there are.

use polars::prelude::DataFrame;

use crate::engine::Error;
use crate::plan::{Plan, Type};

use super::profile::{hash_int, hash_text};
use super::slices::first;

/// The part of a customer, by the stable hash of the id.
pub(super) fn part_of(hash: u64, parts: usize) -> usize {
    (hash % parts as u64) as usize
}

/// Where each part begins among customers, who come part by part, and where the last one ends.
pub fn part_starts(plan: &Plan, customers: &DataFrame) -> Result<Vec<usize>, Error> {
    let (rows, parts) = (customers.height(), plan.parts(customers.height()));
    let ids = customers.column(&plan.customer.column)?;
    let starts = |part_of_row: &dyn Fn(usize) -> usize| {
        let starts = (0..parts).map(|number| first(0..rows, |row| part_of_row(row) < number));
        starts.chain([rows]).collect()
    };
    Ok(match plan.id_type() {
        Type::Int => {
            let ids = ids.i64()?;
            starts(&|row| part_of(ids.get(row).map_or(0, hash_int), parts))
        }
        _ => {
            let ids = ids.str()?;
            starts(&|row| part_of(ids.get(row).map_or(0, hash_text), parts))
        }
    })
}
