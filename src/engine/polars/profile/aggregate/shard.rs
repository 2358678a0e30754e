//! One shard: the customers of one part of the hash space, aggregated by one thread.

use chrono::NaiveDate;

use crate::engine::Error;
use crate::plan::{Aggregate, Plan};

use super::batch::{Batch, InputReads};
use super::emit::Finished;
use super::group_table::{CHUNK, Candidates, GroupTable, NOBODY};
use super::operands::{Operands, Passed};
use super::records::Layout;
use super::spill::{Reservation, Spilled};
use super::states::{AggregateState, state};

/// The state of one shard.
pub(in crate::engine::polars::profile) struct Shard<'a> {
    keys: GroupTable,
    states: Vec<AggregateState>,
    scans: &'a [InputReads],
    /// The row of each group in the table of customers; none without such a table.
    places: Option<Vec<u32>>,
    /// Rows of each input whose customer is not in that table, or (of events) not in the population.
    unknown: Vec<u64>,
    room: Option<Reservation<'a>>,
    /// It has no room for more customers.
    full: bool,
    /// What the states outside the records take.
    own: usize,
    /// Rows of the batch whose customers have no room.
    left: Vec<u32>,
}

impl<'a> Shard<'a> {
    /// `most` is about how many customers it may get; without a room there is no limit.
    pub(in crate::engine::polars::profile) fn new(
        plan: &Plan,
        scans: &'a [InputReads],
        most: u64,
        room: Option<Reservation<'a>>,
    ) -> Self {
        let as_of = (plan.as_of - NaiveDate::default()).num_days() as i32;
        let id = plan.customer.ty;
        let mut layout = Layout::of_id(id);
        let states: Vec<AggregateState> =
            plan.aggregates.iter().map(|one: &Aggregate| state(one, as_of, &mut layout)).collect();
        let places = plan.customers.as_ref().map(|_| Vec::new());
        let mut keys = GroupTable::with(id, layout);
        let bytes = room.as_ref().map_or(usize::MAX, |room| room.states(&states));
        keys.records.reserve(usize::try_from(most).unwrap_or(usize::MAX), bytes);
        let unknown = vec![0; scans.len()];
        Self { keys, states, scans, places, unknown, room, full: false, own: 0, left: Vec::new() }
    }

    /// Takes its rows of a batch in.
    pub(in crate::engine::polars::profile) fn update(
        &mut self,
        batch: &Batch,
        number: usize,
    ) -> Result<(), Error> {
        let all = &batch.rows[number];
        if all.is_empty() {
            return Ok(());
        }
        let Some(input) = batch.input else {
            self.populate(batch, all);
            return self.spill(batch);
        };
        let scans = self.scans;
        let InputReads { batches, adds } = &scans[input];
        let operands = Operands::of(batch, batches)?;
        // Rows that count and their groups, over all chunks, and those of them that pass each mask.
        let mut known = Passed::default();
        let mut passed: Vec<Passed> = vec![Passed::default(); operands.masks.len()];
        // What a chunk needs comes to the cache while others are taken in: slots two chunks ahead, records one.
        let mut chunks = all.chunks(CHUNK);
        let mut ahead = all.chunks(CHUNK).skip(2);
        let mut next = chunks.next().map(|chunk| (chunk, self.keys.candidates(&batch.hashes, chunk)));
        while let Some((chunk, candidates)) = next {
            ahead.next().iter().for_each(|chunk| self.keys.prefetch(&batch.hashes, chunk));
            next = chunks.next().map(|chunk| (chunk, self.keys.candidates(&batch.hashes, chunk)));
            let start = known.rows.len();
            let starts: Vec<usize> = passed.iter().map(|passed| passed.rows.len()).collect();
            self.groups(batch, (input, *adds), (chunk, &candidates), &mut known);
            let (rows, groups) = known.from(start);
            for (mask, passed) in operands.masks.iter().zip(&mut passed) {
                passed.add(mask, rows, groups);
            }
            for (state, inputs) in self.states.iter_mut().zip(&operands.of) {
                let (AggregateState::Record(state), Some((mask, values))) = (state, inputs) else { continue };
                let (rows, groups) = match *mask {
                    Some(mask) => passed[mask].from(starts[mask]),
                    None => (rows, groups),
                };
                let len = self.keys.len();
                let rows = operands.rows(rows, groups, len, values);
                state.update(&mut self.keys.records, &rows);
            }
        }
        for (state, inputs) in self.states.iter_mut().zip(&operands.of) {
            let (AggregateState::Own(accumulator), Some((mask, values))) = (state, inputs) else { continue };
            let (rows, groups) = mask.map_or(&known, |mask| &passed[mask]).from(0);
            accumulator.update(&operands.rows(rows, groups, self.keys.len(), values))?;
        }
        if self.room.is_some() {
            self.own = self.states.iter().map(AggregateState::bytes).sum();
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
                > room.states(&self.states);
        self.full
    }

    /// Adds the rows of a chunk whose customers are in the population, and their groups.
    fn groups(
        &mut self,
        batch: &Batch,
        (input, adds): (usize, bool),
        (chunk, candidates): (&[u32], &Candidates),
        known: &mut Passed,
    ) {
        let start = known.rows.len();
        if adds && !self.is_full() {
            self.keys.chunk_groups(&batch.ids, &batch.hashes, chunk, candidates, &mut known.groups);
            known.rows.extend_from_slice(chunk);
            if let Some(places) = &self.places {
                let joined = known.groups[start..].iter().filter(|group| is_unplaced(places, **group));
                self.unknown[input] += joined.count() as u64;
            }
            return;
        }
        let mut groups = Vec::with_capacity(chunk.len());
        self.keys.chunk_find(&batch.ids, &batch.hashes, chunk, candidates, &mut groups);
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
            let candidates = self.keys.candidates(&batch.hashes, rows);
            self.keys.chunk_groups(&batch.ids, &batch.hashes, rows, &candidates, &mut groups);
            if let Some(places) = &mut self.places {
                places.resize(self.keys.len(), NOBODY);
                rows.iter().zip(&groups).for_each(|(row, group)| places[*group as usize] = batch.place(*row));
            }
        }
    }

    /// No more rows will come. What was spilled is still to be aggregated.
    pub(in crate::engine::polars::profile) fn finish(mut self) -> Result<(Finished, Option<Spilled>), Error> {
        let spilled = self.room.take().map(Reservation::close).transpose()?.flatten();
        self.keys.close();
        if let Some(places) = &mut self.places {
            places.resize(self.keys.len(), NOBODY);
        }
        let Self { keys, states, places, unknown, .. } = self;
        Ok((Finished { keys, states, places, unknown }, spilled))
    }
}

/// Whether a customer is not in the table of customers.
fn is_unplaced(places: &[u32], group: u32) -> bool {
    places.get(group as usize).is_none_or(|place| *place == NOBODY)
}
