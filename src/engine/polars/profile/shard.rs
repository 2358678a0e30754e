//! One shard: the customers of one part of the hash space, aggregated by one thread.

use std::collections::HashMap;

use chrono::NaiveDate;
use polars::prelude::{DataFrame, IdxCa, SortMultipleOptions};

use crate::engine::Error;
use crate::engine::polars::scan::{Batches, DAY, INSTANT};
use crate::plan::{Aggregate, Plan};

use super::accumulate::{Accumulator, Rows, accumulator};
use super::aggregate_column;
use super::keys::{Ids, Keys, NOBODY};
use super::place_column;
use super::values::Values;

/// One batch of a scan, dealt out: which of its rows belong to which shard.
pub(super) struct Batch {
    /// Which input of the plan it is of; none of the table of customers.
    pub(super) input: Option<usize>,
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
    scans: &'a [Reads],
    groups: Vec<u32>,
    /// The row of each group in the table of customers; none without such a table.
    places: Option<Vec<u32>>,
    /// Rows of each input whose customer is not in that table, or (of events) not in the population.
    unknown: Vec<u64>,
}

/// What a shard has to know of an input.
pub(super) struct Reads {
    pub(super) batches: Batches,
    /// Whether customers who are new here belong to the population.
    pub(super) adds: bool,
}

impl<'a> Shard<'a> {
    pub(super) fn new(plan: &Plan, scans: &'a [Reads]) -> Self {
        let as_of = (plan.as_of - NaiveDate::default()).num_days() as i32;
        let accumulators = plan.aggregates.iter().map(|one: &Aggregate| accumulator(one, as_of)).collect();
        let keys = Keys::new(plan.customer.ty);
        let places = plan.customers.as_ref().map(|_| Vec::new());
        Self { keys, accumulators, scans, groups: Vec::new(), places, unknown: vec![0; scans.len()] }
    }

    /// Takes its rows of a batch in.
    pub(super) fn update(&mut self, batch: &Batch, number: usize) -> Result<(), Error> {
        let rows = &batch.rows[number];
        if rows.is_empty() {
            return Ok(());
        }
        let Some(input) = batch.input else {
            self.populate(batch, rows);
            return Ok(());
        };
        let Reads { batches, adds } = &self.scans[input];
        let known;
        let rows = if *adds {
            self.keys.groups(&batch.ids, &batch.hashes, rows, &mut self.groups);
            if let Some(places) = &self.places {
                let is_new = |group: &&u32| places.get(**group as usize).is_none_or(|place| *place == NOBODY);
                self.unknown[input] += self.groups.iter().filter(is_new).count() as u64;
            }
            rows
        } else {
            self.keys.find(&batch.ids, &batch.hashes, rows, &mut self.groups);
            let (rows, groups): (Vec<u32>, Vec<u32>) =
                rows.iter().zip(&self.groups).filter(|(_, group)| **group != NOBODY).unzip();
            self.unknown[input] += (self.groups.len() - groups.len()) as u64;
            self.groups = groups;
            known = rows;
            &known
        };
        let len = self.keys.len();
        let value = |name: &str| Values::new(batch.frame.column(name)?);
        let mut values: HashMap<&str, Values> = HashMap::new();
        let mut masked: HashMap<&str, (Vec<u32>, Vec<u32>)> = HashMap::new();
        for inputs in batches.inputs.iter().flatten() {
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
        let instant = if batches.needs_instant { Some(value(INSTANT)?) } else { None };
        for (accumulator, inputs) in self.accumulators.iter_mut().zip(&batches.inputs) {
            let Some(inputs) = inputs else { continue };
            let all: (&[u32], &[u32]) = (rows, &self.groups);
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

    /// Takes its rows of the table of customers in.
    fn populate(&mut self, batch: &Batch, rows: &[u32]) {
        self.keys.groups(&batch.ids, &batch.hashes, rows, &mut self.groups);
        if let Some(places) = &mut self.places {
            places.resize(self.keys.len(), NOBODY);
            rows.iter().zip(&self.groups).for_each(|(row, group)| places[*group as usize] = *row);
        }
    }

    /// One row a customer: the id, the aggregates, and the place in the table of customers.
    pub(super) fn finish(self, plan: &Plan) -> Result<Finished, Error> {
        let len = self.keys.len();
        let sorted = self.keys.sorted();
        let mut columns = vec![self.keys.finish(&plan.customer.column)];
        for (at, accumulator) in self.accumulators.into_iter().enumerate() {
            columns.push(accumulator.finish(&aggregate_column(at), len)?);
        }
        if let Some(mut places) = self.places {
            places.resize(len, NOBODY);
            columns.push(place_column(places));
        }
        Ok(Finished { frame: DataFrame::new(len, columns)?, sorted, unknown: self.unknown })
    }
}

/// What a shard hands over.
pub(super) struct Finished {
    /// One row a customer, in the order of the groups.
    pub(super) frame: DataFrame,
    /// See [`Keys::sorted`].
    pub(super) sorted: Option<Vec<(u128, u32)>>,
    /// Rows of each input whose customer is not in the table of customers, or (of events) not in the population.
    pub(super) unknown: Vec<u64>,
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
