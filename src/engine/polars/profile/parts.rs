//! In which part a customer is published: the id alone says it, and how many parts there are.

use polars::prelude::DataFrame;

use crate::engine::Error;
use crate::plan::{Plan, Type};

use crate::engine::polars::slices::first;
use xxhash_rust::xxh3::xxh3_64;

/// The part of a customer, by the stable hash of the id.
pub(in crate::engine::polars) fn part_of(hash: u64, parts: usize) -> usize {
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

/// The stable hash of a text id: it decides a customer's shard and output part, on every machine alike.
pub(in crate::engine::polars) fn hash_text(id: &str) -> u64 {
    hash_bytes(id.as_bytes())
}

/// [`hash_text`] of the text's bytes.
pub(super) fn hash_bytes(id: &[u8]) -> u64 {
    xxh3_64(id)
}

/// The stable hash of a whole-number id.
pub(in crate::engine::polars) fn hash_int(id: i64) -> u64 {
    xxh3_64(&id.to_le_bytes())
}
