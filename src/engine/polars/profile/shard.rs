//! One shard: the customers of one part of the hash space, aggregated by one thread.

use std::collections::HashMap;

use chrono::NaiveDate;
use polars::prelude::{BooleanChunked, DataFrame};

use crate::engine::Error;
use crate::engine::polars::scan::{Batches, CUSTOMER, DAY, INSTANT};
use crate::plan::{Aggregate, Plan, Type};

use super::PLACE;
use super::accumulate::{Holder, Rows, holder};
use super::finish::Finished;
use super::ids::Ids;
use super::keys::{CHUNK, Keys, Likely, NOBODY};
use super::records::Layout;
use super::spill::{Room, Spilled};
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

impl Batch {
    /// A batch that is all for one shard.
    pub(super) fn of_one(input: Option<usize>, frame: DataFrame, ty: Type) -> Result<Self, Error> {
        let ids = Ids::new(frame.column(CUSTOMER)?, ty)?;
        let rows = vec![(0..frame.height() as u32).collect()];
        Ok(Self { input, hashes: ids.hashes(), frame, ids, rows })
    }

    /// The place in the table of customers of a row of it: said by the row if it was spilled.
    pub(super) fn place(&self, row: u32) -> u32 {
        let said = self.frame.column(PLACE).ok().and_then(|places| places.idx().ok()?.get(row as usize));
        said.unwrap_or(row)
    }
}

/// The state of one shard.
pub(super) struct Shard<'a> {
    keys: Keys,
    holders: Vec<Holder>,
    scans: &'a [Reads],
    /// The row of each group in the table of customers; none without such a table.
    places: Option<Vec<u32>>,
    /// Rows of each input whose customer is not in that table, or (of events) not in the population.
    unknown: Vec<u64>,
    room: Option<Room<'a>>,
    /// It has no room for more customers.
    full: bool,
    /// What the states outside the records take.
    own: usize,
    /// Rows of the batch whose customers have no room.
    left: Vec<u32>,
}

/// What a shard has to know of an input.
pub(super) struct Reads {
    pub(super) batches: Batches,
    /// Whether customers who are new here belong to the population.
    pub(super) adds: bool,
}

impl<'a> Shard<'a> {
    /// `most` is about how many customers it may get; without a room there is no limit.
    pub(super) fn new(plan: &Plan, scans: &'a [Reads], most: u64, room: Option<Room<'a>>) -> Self {
        let as_of = (plan.as_of - NaiveDate::default()).num_days() as i32;
        let id = plan.customer.ty;
        let mut layout = Layout::of_id(id);
        let holders: Vec<Holder> =
            plan.aggregates.iter().map(|one: &Aggregate| holder(one, as_of, &mut layout)).collect();
        let places = plan.customers.as_ref().map(|_| Vec::new());
        let mut keys = Keys::with(id, layout);
        let bytes = room.as_ref().map_or(usize::MAX, |room| room.states(&holders));
        keys.records.reserve(usize::try_from(most).unwrap_or(usize::MAX), bytes);
        let unknown = vec![0; scans.len()];
        Self { keys, holders, scans, places, unknown, room, full: false, own: 0, left: Vec::new() }
    }

    /// Takes its rows of a batch in.
    pub(super) fn update(&mut self, batch: &Batch, number: usize) -> Result<(), Error> {
        let all = &batch.rows[number];
        if all.is_empty() {
            return Ok(());
        }
        let Some(input) = batch.input else {
            self.populate(batch, all);
            return self.spill(batch);
        };
        let scans = self.scans;
        let Reads { batches, adds } = &scans[input];
        let operands = Operands::of(batch, batches)?;
        // Rows that count and their groups, over all chunks, and those of them that pass each mask.
        let mut known = Passed::default();
        let mut passed: Vec<Passed> = vec![Passed::default(); operands.masks.len()];
        // What a chunk needs comes to the cache while others are taken in: slots two chunks ahead, records one.
        let mut chunks = all.chunks(CHUNK);
        let mut ahead = all.chunks(CHUNK).skip(2);
        let mut next = chunks.next().map(|chunk| (chunk, self.keys.likely(&batch.hashes, chunk)));
        while let Some((chunk, likely)) = next {
            ahead.next().iter().for_each(|chunk| self.keys.call(&batch.hashes, chunk));
            next = chunks.next().map(|chunk| (chunk, self.keys.likely(&batch.hashes, chunk)));
            let start = known.rows.len();
            let starts: Vec<usize> = passed.iter().map(|passed| passed.rows.len()).collect();
            self.groups(batch, (input, *adds), (chunk, &likely), &mut known);
            let (rows, groups) = known.from(start);
            for (mask, passed) in operands.masks.iter().zip(&mut passed) {
                passed.add(mask, rows, groups);
            }
            for (holder, inputs) in self.holders.iter_mut().zip(&operands.of) {
                let (Holder::Record(state), Some((mask, values))) = (holder, inputs) else { continue };
                let (rows, groups) = match *mask {
                    Some(mask) => passed[mask].from(starts[mask]),
                    None => (rows, groups),
                };
                let len = self.keys.len();
                let rows = operands.rows(rows, groups, len, values);
                state.update(&mut self.keys.records, &rows);
            }
        }
        for (holder, inputs) in self.holders.iter_mut().zip(&operands.of) {
            let (Holder::Own(accumulator), Some((mask, values))) = (holder, inputs) else { continue };
            let (rows, groups) = mask.map_or(&known, |mask| &passed[mask]).from(0);
            accumulator.update(&operands.rows(rows, groups, self.keys.len(), values))?;
        }
        if self.room.is_some() {
            self.own = self.holders.iter().map(Holder::bytes).sum();
        }
        self.spill(batch)
    }

    /// Writes the rows out whose customers have no room.
    fn spill(&mut self, batch: &Batch) -> Result<(), Error> {
        let left = std::mem::take(&mut self.left);
        self.room.as_mut().map_or(Ok(()), |room| room.spill(batch, &left))
    }

    /// Whether new customers have no room. Once full it stays full: who was refused once is never admitted.
    fn is_full(&mut self) -> bool {
        let Some(room) = &self.room else { return false };
        // Some always fit, so that dividing comes to an end.
        self.full |= self.keys.len() > 0
            && self.keys.bytes_after(CHUNK)
                + self.own
                + self.places.as_ref().map_or(0, |places| places.len() * 4)
                > room.states(&self.holders);
        self.full
    }

    /// Adds the rows of a chunk whose customers are in the population, and their groups.
    fn groups(
        &mut self,
        batch: &Batch,
        (input, adds): (usize, bool),
        (chunk, likely): (&[u32], &Likely),
        known: &mut Passed,
    ) {
        let start = known.rows.len();
        if adds && !self.is_full() {
            self.keys.chunk_groups(&batch.ids, &batch.hashes, chunk, likely, &mut known.groups);
            known.rows.extend_from_slice(chunk);
            if let Some(places) = &self.places {
                let joined = known.groups[start..].iter().filter(|group| is_unplaced(places, **group));
                self.unknown[input] += joined.count() as u64;
            }
            return;
        }
        let mut groups = Vec::with_capacity(chunk.len());
        self.keys.chunk_find(&batch.ids, &batch.hashes, chunk, likely, &mut groups);
        for (row, group) in chunk.iter().zip(groups) {
            if group != NOBODY {
                known.rows.push(*row);
                known.groups.push(group);
                // Somebody who joined while there was room.
                let joined = adds && self.places.as_ref().is_some_and(|places| is_unplaced(places, group));
                self.unknown[input] += u64::from(joined);
            } else if self.full {
                // A customer without room, or a stranger: that shows when these rows are read again.
                self.left.push(*row);
            } else {
                self.unknown[input] += 1;
            }
        }
    }

    /// Takes its rows of the table of customers in.
    fn populate(&mut self, batch: &Batch, rows: &[u32]) {
        let mut groups = Vec::with_capacity(CHUNK);
        for rows in rows.chunks(CHUNK) {
            // Nobody is in the table twice.
            if self.is_full() {
                self.left.extend_from_slice(rows);
                continue;
            }
            groups.clear();
            let likely = self.keys.likely(&batch.hashes, rows);
            self.keys.chunk_groups(&batch.ids, &batch.hashes, rows, &likely, &mut groups);
            if let Some(places) = &mut self.places {
                places.resize(self.keys.len(), NOBODY);
                rows.iter().zip(&groups).for_each(|(row, group)| places[*group as usize] = batch.place(*row));
            }
        }
    }

    /// No more rows will come. What was spilled is still to be aggregated.
    pub(super) fn finish(mut self) -> Result<(Finished, Option<Spilled>), Error> {
        let spilled = self.room.take().map(Room::close).transpose()?.flatten();
        self.keys.close();
        if let Some(places) = &mut self.places {
            places.resize(self.keys.len(), NOBODY);
        }
        let Self { keys, holders, places, unknown, .. } = self;
        Ok((Finished { keys, holders, places, unknown }, spilled))
    }
}

/// Whether a customer is not in the table of customers.
fn is_unplaced(places: &[u32], group: u32) -> bool {
    places.get(group as usize).is_none_or(|place| *place == NOBODY)
}

/// What the aggregates need of a batch.
struct Operands {
    values: Vec<Values>,
    masks: Vec<BooleanChunked>,
    day: Values,
    instant: Option<Values>,
    /// For each aggregate of this input: its mask and its operands.
    of: Vec<Option<(Option<usize>, Vec<usize>)>>,
}

impl Operands {
    fn of(batch: &Batch, batches: &Batches) -> Result<Self, Error> {
        let value = |name: &str| Values::new(batch.frame.column(name)?);
        let mut names: HashMap<&str, usize> = HashMap::new();
        let (mut values, mut masks) = (Vec::new(), Vec::new());
        let mut of = Vec::with_capacity(batches.inputs.len());
        for inputs in &batches.inputs {
            let Some(inputs) = inputs else {
                of.push(None);
                continue;
            };
            let mask = match inputs.mask.as_deref() {
                None => None,
                Some(name) => Some(match names.get(name) {
                    Some(at) => *at,
                    None => {
                        masks.push(batch.frame.column(name)?.bool()?.rechunk().into_owned());
                        names.insert(name, masks.len() - 1);
                        masks.len() - 1
                    }
                }),
            };
            of.push(Some((mask, Vec::new())));
        }
        names.clear();
        for (inputs, (_, operands)) in batches.inputs.iter().flatten().zip(of.iter_mut().flatten()) {
            for name in &inputs.operands {
                operands.push(match names.get(name.as_str()) {
                    Some(at) => *at,
                    None => {
                        values.push(value(name)?);
                        names.insert(name, values.len() - 1);
                        values.len() - 1
                    }
                });
            }
        }
        let instant = if batches.needs_instant { Some(value(INSTANT)?) } else { None };
        Ok(Self { values, masks, day: value(DAY)?, instant, of })
    }

    fn rows<'a>(&'a self, rows: &'a [u32], groups: &'a [u32], len: usize, operands: &'a [usize]) -> Rows<'a> {
        let operand = |at: usize| operands.get(at).map(|at| &self.values[*at]);
        Rows {
            rows,
            groups,
            len,
            operands: [operand(0), operand(1)],
            day: &self.day,
            instant: self.instant.as_ref(),
        }
    }
}

/// Rows of a batch, and the group of each.
#[derive(Clone, Default)]
struct Passed {
    rows: Vec<u32>,
    groups: Vec<u32>,
}

impl Passed {
    fn from(&self, start: usize) -> (&[u32], &[u32]) {
        (&self.rows[start..], &self.groups[start..])
    }

    /// Adds the rows for which a mask is true.
    fn add(&mut self, mask: &BooleanChunked, rows: &[u32], groups: &[u32]) {
        let Some(array) = mask.downcast_iter().next() else { return };
        let is_true =
            |row: usize| array.value(row) && array.validity().is_none_or(|valid| valid.get_bit(row));
        for (row, group) in rows.iter().zip(groups).filter(|(row, _)| is_true(**row as usize)) {
            self.rows.push(*row);
            self.groups.push(*group);
        }
    }
}
