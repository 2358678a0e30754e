//! One shard: the customers of one part of the hash space, aggregated by one thread.

use std::collections::HashMap;

use chrono::NaiveDate;
use polars::prelude::{DataFrame, IdxCa, SortMultipleOptions};

use crate::engine::Error;
use crate::engine::polars::scan::{DAY, INSTANT, Inputs};
use crate::plan::{Aggregate, Plan};

use super::accumulate::{Accumulator, Rows, accumulator};
use super::aggregate_column;
use super::keys::{Ids, Keys};
use super::values::Values;

/// One batch of the scan, dealt out: which of its rows belong to which shard.
pub(super) struct Batch {
    pub(super) frame: DataFrame,
    pub(super) ids: Ids,
    pub(super) hashes: Vec<u64>,
    /// By shard.
    pub(super) rows: Vec<Vec<u32>>,
}

/// The state of one shard.
pub(super) struct Shard<'a> {
    keys: Keys,
    accumulators: Vec<Box<dyn Accumulator>>,
    inputs: &'a [Inputs],
    needs_instant: bool,
    groups: Vec<u32>,
}

impl<'a> Shard<'a> {
    pub(super) fn new(plan: &Plan, inputs: &'a [Inputs], needs_instant: bool) -> Self {
        let as_of = (plan.as_of - NaiveDate::default()).num_days() as i32;
        let accumulators = plan.aggregates.iter().map(|one: &Aggregate| accumulator(one, as_of)).collect();
        let keys = Keys::new(plan.orders.customer.ty);
        Self { keys, accumulators, inputs, needs_instant, groups: Vec::new() }
    }

    /// Takes its rows of a batch in.
    pub(super) fn update(&mut self, batch: &Batch, number: usize) -> Result<(), Error> {
        let rows = &batch.rows[number];
        if rows.is_empty() {
            return Ok(());
        }
        self.keys.groups(&batch.ids, &batch.hashes, rows, &mut self.groups);
        let len = self.keys.len();
        let value = |name: &str| Values::new(batch.frame.column(name)?);
        let mut values: HashMap<&str, Values> = HashMap::new();
        let mut masked: HashMap<&str, (Vec<u32>, Vec<u32>)> = HashMap::new();
        for inputs in self.inputs {
            for name in &inputs.operands {
                if !values.contains_key(name.as_str()) {
                    values.insert(name, value(name)?);
                }
            }
            if let Some(mask) = inputs.mask.as_deref().filter(|mask| !masked.contains_key(mask)) {
                masked.insert(mask, passing(batch, mask, rows, &self.groups)?);
            }
        }
        let day = value(DAY)?;
        let instant = if self.needs_instant { Some(value(INSTANT)?) } else { None };
        for (accumulator, inputs) in self.accumulators.iter_mut().zip(self.inputs) {
            let all = (rows.as_slice(), self.groups.as_slice());
            let (rows, groups) = match &inputs.mask {
                Some(mask) => masked.get(mask.as_str()).map_or(all, |(rows, groups)| (rows, groups)),
                None => all,
            };
            let operands: Vec<&Values> =
                inputs.operands.iter().filter_map(|name| values.get(name.as_str())).collect();
            accumulator.update(&Rows {
                rows,
                groups,
                len,
                operands: &operands,
                day: &day,
                instant: instant.as_ref(),
            })?;
        }
        Ok(())
    }

    /// One row a customer: the id and the aggregates.
    pub(super) fn finish(self, plan: &Plan) -> Result<Finished, Error> {
        let len = self.keys.len();
        let sorted = self.keys.sorted();
        let mut columns = vec![self.keys.finish(&plan.orders.customer.column)];
        for (at, accumulator) in self.accumulators.into_iter().enumerate() {
            columns.push(accumulator.finish(&aggregate_column(at), len)?);
        }
        Ok(Finished { frame: DataFrame::new(len, columns)?, sorted })
    }
}

/// What a shard hands over.
pub(super) struct Finished {
    /// One row a customer, in the order of the groups.
    pub(super) frame: DataFrame,
    /// See [`Keys::sorted`].
    pub(super) sorted: Option<Vec<(u128, u32)>>,
}

impl Finished {
    /// All customers of all shards, sorted by id.
    pub(super) fn merge(shards: Vec<Self>, id: &str) -> Result<DataFrame, Error> {
        let mut all = DataFrame::default();
        let mut sorted: Option<Vec<(u128, u32)>> = Some(Vec::new());
        for shard in shards {
            let offset = all.height() as u32;
            match (&mut sorted, shard.sorted) {
                (Some(all), Some(more)) => {
                    all.extend(more.into_iter().map(|(key, group)| (key, group + offset)));
                }
                _ => sorted = None,
            }
            if all.width() == 0 {
                all = shard.frame;
            } else {
                all.vstack_mut_owned(shard.frame)?;
            }
        }
        all.rechunk_mut();
        let Some(mut sorted) = sorted else { return Ok(all.sort([id], SortMultipleOptions::default())?) };
        // A stable sort finds the runs that the shards have sorted, and merges them.
        sorted.sort_by_key(|(key, _)| *key);
        let rows = sorted.into_iter().map(|(_, row)| row).collect();
        Ok(all.take(&IdxCa::from_vec("".into(), rows))?)
    }
}

/// The rows for which a mask is true, and their groups.
fn passing(batch: &Batch, mask: &str, rows: &[u32], groups: &[u32]) -> Result<(Vec<u32>, Vec<u32>), Error> {
    let mask = batch.frame.column(mask)?.bool()?.rechunk();
    let Some(array) = mask.downcast_iter().next() else { return Ok((Vec::new(), Vec::new())) };
    let is_true = |row: usize| array.value(row) && array.validity().is_none_or(|valid| valid.get_bit(row));
    Ok(rows.iter().zip(groups).filter(|(row, _)| is_true(**row as usize)).unzip())
}
