//! The partitioner: hands the rows of a batch to the shards by the hash of the customer's id, and counts the rows that do
//! not get there.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use chrono::NaiveDate;
use polars::prelude::DataFrame;

use super::columns::{CUSTOMER, DAY, REASON};
use super::measures;
use super::reasons::{AFTER_AS_OF, FIRST_DAY_OF_ALL, REASONS, code};
use super::row_counts::RowCounts;
use crate::engine::{Counts, Error, InputCounts, Ledger};
use crate::plan::{self, Measure, Plan, Source, Type};

use super::exclusions::{Exclusions, Verdict};
use super::population::Population;
use crate::engine::polars::ids::CustomerIds;
use crate::engine::polars::profile::aggregate::batch::Batch;

pub(super) struct Partitioner {
    senders: Vec<SyncSender<Arc<Batch>>>,
    exclusions: Exclusions,
    id_type: Type,
    /// In days since 1970.
    as_of: i32,
    /// One an input.
    row_counts: Vec<RowCounts>,
    /// What is counted of each input for gates.
    measures: Vec<Vec<Measure>>,
    /// Why it asked a scan to stop, if it was not a shard.
    failure: Option<Error>,
}

impl Partitioner {
    pub(super) fn new(plan: &Plan, exclusions: Exclusions, senders: Vec<SyncSender<Arc<Batch>>>) -> Self {
        let row_counts = vec![RowCounts::default(); plan.inputs().count()];
        let as_of = (plan.as_of - NaiveDate::default()).num_days() as i32;
        let measures = plan.inputs().map(|input| input.measures.clone()).collect();
        Self { senders, exclusions, id_type: plan.customer.ty, as_of, row_counts, measures, failure: None }
    }

    /// Deals the population; nobody who is excluded is in it any more.
    pub(super) fn populate(&mut self, frame: &DataFrame) -> Result<(), Error> {
        let ids = CustomerIds::new(frame.column(CUSTOMER)?, self.id_type)?;
        let hashes = ids.hashes();
        let rows = by_shard(&hashes, self.senders.len());
        self.send(Batch { input: None, frame: frame.clone(), ids, hashes, rows });
        Ok(())
    }

    /// Deals a batch of an input. Whether the scan should stop: a shard did, or the batch cannot be dealt.
    pub(super) fn deal(&mut self, frame: &DataFrame, input: usize) -> bool {
        self.try_deal(frame, input).unwrap_or_else(|error| {
            self.failure = Some(error);
            true
        })
    }

    fn try_deal(&mut self, frame: &DataFrame, input: usize) -> Result<bool, Error> {
        let reasons = self.reasons(frame)?;
        let ids = CustomerIds::new(frame.column(CUSTOMER)?, self.id_type)?;
        let hashes = ids.hashes();
        let verdicts = self.exclusions.verdicts(&ids, &hashes);
        let shards = self.senders.len();
        let measures = &self.measures[input];
        if !measures.is_empty() {
            let counts = |row: usize| {
                let verdict = verdicts.as_ref().map_or(Verdict::Pass, |verdicts| verdicts[row]);
                reasons[row] == 0 && verdict == Verdict::Pass
            };
            measures::count(measures, frame, self.as_of, counts, &mut self.row_counts[input].measured)?;
        }
        let tally = &mut self.row_counts[input];
        let rows = if verdicts.is_none() && reasons.iter().all(|reason| *reason == 0) {
            tally.reasons[0] += reasons.len() as u64;
            by_shard(&hashes, shards)
        } else {
            let mut rows: Vec<Vec<u32>> = vec![Vec::new(); shards];
            for (row, (reason, hash)) in reasons.iter().zip(&hashes).enumerate() {
                match verdicts.as_ref().map_or(Verdict::Pass, |verdicts| verdicts[row]) {
                    Verdict::Suppressed(at) => tally.suppress(at),
                    Verdict::NoConsent => tally.counts.no_consent += 1,
                    Verdict::Pass => {
                        tally.reasons[usize::from(*reason)] += 1;
                        if *reason == 0 {
                            rows[shard(*hash, shards)].push(row as u32);
                        }
                    }
                }
            }
            rows
        };
        Ok(self.send(Batch { input: Some(input), frame: frame.clone(), ids, hashes, rows }))
    }

    /// Why each row does not count; 0 of those that do. A row without a day has a fault.
    fn reasons(&self, frame: &DataFrame) -> Result<Vec<u8>, Error> {
        let mut reasons = Vec::with_capacity(frame.height());
        for days in frame.column(DAY)?.date()?.physical().downcast_iter() {
            // One pass over the days: later ones do not count yet, and before the year 1 there is no calendar.
            reasons.extend(days.values().iter().map(|day| match *day {
                later if later > self.as_of => AFTER_AS_OF,
                FIRST_DAY_OF_ALL.. => 0,
                _ => code("unreadable_time"),
            }));
        }
        if let Ok(faults) = frame.column(REASON) {
            let faults = faults.u8()?.iter().map(|fault| fault.unwrap_or(0));
            reasons
                .iter_mut()
                .zip(faults)
                .filter(|(_, fault)| *fault > 0)
                .for_each(|(reason, fault)| *reason = fault);
        }
        Ok(reasons)
    }

    /// Whether a shard has stopped.
    fn send(&self, batch: Batch) -> bool {
        let batch = Arc::new(batch);
        self.senders.iter().any(|sender| sender.send(Arc::clone(&batch)).is_err())
    }

    /// No more batches.
    pub(super) fn stop(&mut self) {
        self.senders.clear();
    }

    /// Why the last scan was stopped.
    pub(super) fn failure(&mut self) -> Result<(), Error> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// What happened to every row; `unknown` is how many of each input the shards knew no customer for.
    pub(super) fn ledger(&self, plan: &Plan, unknown: &[u64], population: Option<&Population>) -> Ledger {
        let mut inputs: Vec<InputCounts> = Vec::new();
        for ((input, tally), unknown) in plan.inputs().zip(&self.row_counts).zip(unknown) {
            let mut one = tally.finish(input.source.name(), &input.table.path);
            // Those who join the population are counted, and used.
            let joins = input.source == Source::Orders
                && plan.customers.as_ref().is_some_and(|customers| customers.unknown_join);
            one.joined = if joins { *unknown } else { 0 };
            // Whom files of one input have rows of is said once, whichever of its layouts they are in.
            let of_path =
                |other: &plan::Input| other.source == input.source && other.table.path == input.table.path;
            let alike = plan.inputs().zip(&self.row_counts).filter(|(other, _)| of_path(other));
            let is_first =
                plan.inputs().find(|other| of_path(other)).is_some_and(|first| std::ptr::eq(first, input));
            one.suppressed_customers =
                if is_first { RowCounts::suppressed_in(alike.map(|(_, one)| one)) } else { 0 };
            let Counts {
                read, filtered, suppressed, no_consent, later, unknown: left, used, rejected, ..
            } = &mut one.counts;
            *read = input.table.rows();
            let seen: u64 = tally.reasons.iter().sum();
            *filtered = read.saturating_sub(seen + *suppressed + *no_consent);
            *later = tally.reasons[usize::from(AFTER_AS_OF)];
            *left = *unknown - one.joined;
            *used = tally.reasons[0] - *left;
            let reasons = REASONS.iter().zip(tally.reasons).skip(1);
            let bad =
                reasons.filter(|(reason, count)| *count > 0 && **reason != REASONS[usize::from(AFTER_AS_OF)]);
            *rejected = bad.map(|(reason, count)| ((*reason).into(), count)).collect();
            inputs.push(one);
        }
        if let (Some(population), Some(customers)) = (population, &plan.customers) {
            inputs.push(population.tally.finish("customers", &customers.table.path));
        }
        Ledger { inputs, orders: plan.orders.len(), ..Ledger::default() }
    }
}

/// All rows, by shard.
fn by_shard(hashes: &[u64], shards: usize) -> Vec<Vec<u32>> {
    // As a rule no shard gets much more than its part.
    let most = hashes.len() / shards.max(1);
    let mut rows: Vec<Vec<u32>> = (0..shards).map(|_| Vec::with_capacity(most + most / 16)).collect();
    hashes.iter().enumerate().for_each(|(row, hash)| rows[shard(*hash, shards)].push(row as u32));
    rows
}

/// The upper half of the hash picks the shard, the lower half the place in its table.
fn shard(hash: u64, shards: usize) -> usize {
    (((hash >> 32) * shards as u64) >> 32) as usize
}
