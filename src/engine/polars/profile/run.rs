//! The scan of all inputs, dealt out to shards that aggregate side by side, and what they hand over put in order.

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use polars::prelude::{DataFrame, Engine, LazyFrame, PlanCallback};

use crate::engine::polars::slices::{self, stack};
use crate::engine::polars::{NAME, of_scan};
use crate::engine::{Error, Ledger, Profile};
use crate::plan::{Plan, Source};

use super::aggregate::emit::{self, Finished};
use super::aggregate::memory::Memory;
use super::aggregate::shard::Shard;
use super::aggregate::spill::Reservation;
use super::aggregate::{merge, replay};
use super::columns::PLACE;
use super::derive::derive;
use super::partition::Partitioner;
use super::population::{Population, open};
use super::rejected;
use super::scan::{self, Scan};
use crate::engine::polars::profile::aggregate::batch::{Batch, InputReads};

/// What is computed of each customer's rows, before there are metrics.
#[derive(Clone, Debug)]
pub(in crate::engine::polars) struct Aggregated {
    /// One row a customer in the order of [`Profile::customers`]: the id, aggregates by their numbers, attributes.
    pub(in crate::engine::polars) frame: DataFrame,
    /// What happened to every input row.
    pub(in crate::engine::polars) counts: Ledger,
}

/// Reads all inputs. `threads` is the number of shards that aggregate side by side.
pub fn run(plan: &Plan, threads: usize) -> Result<Profile, Error> {
    run_within(plan, threads, None)
}

/// [`run`], with the states of customers within bounds: those who have no room go through scratch files. The profile is
/// the same.
pub fn run_within(plan: &Plan, threads: usize, memory: Option<&Memory>) -> Result<Profile, Error> {
    let (frames, counts) = read(plan, threads, memory, |rows| derive(rows, plan))?;
    let customers = stack(frames)?;
    let rejected = rejected::read(plan, &customers, &counts)?;
    Ok(Profile { engine: NAME, customers, counts, rejected })
}

/// [`run_within`] without the metrics.
pub(in crate::engine::polars) fn aggregate(
    plan: &Plan,
    threads: usize,
    memory: Option<&Memory>,
) -> Result<Aggregated, Error> {
    let (frames, counts) = read(plan, threads, memory, Ok)?;
    Ok(Aggregated { frame: stack(frames)?, counts })
}

/// The metrics of aggregates, slice by slice on all cores; `rejected` are the rows that were set aside.
pub(in crate::engine::polars) fn derive_all(
    plan: &Plan,
    aggregated: Aggregated,
    rejected: DataFrame,
) -> Result<Profile, Error> {
    let Aggregated { frame, counts } = aggregated;
    let customers = slices::each(&frame, |slice| derive(slice, plan))?;
    Ok(Profile { engine: NAME, customers, counts, rejected })
}

/// Reads all inputs; `then` is what becomes of each slice of customers.
fn read(
    plan: &Plan,
    threads: usize,
    memory: Option<&Memory>,
    then: impl Fn(DataFrame) -> Result<DataFrame, Error> + Sync,
) -> Result<(Vec<DataFrame>, Ledger), Error> {
    let threads = threads.max(1);
    let (exclusions, population) = open(plan)?;
    let mut frames = Vec::new();
    let mut reads = Vec::new();
    for input in plan.inputs() {
        let Scan { frame, batches } = scan::scan(plan, input)?;
        frames.push((frame, input.table.path.clone()));
        // Without a table of customers everybody with an order is in the population; events add nobody.
        let adds = input.source == Source::Orders
            && plan.customers.as_ref().is_none_or(|customers| customers.unknown_join);
        reads.push(InputReads { batches, adds });
    }
    let mut receivers: Vec<Receiver<Arc<Batch>>> = Vec::new();
    let mut senders = Vec::new();
    // A batch may be a whole row group: under a limit fewer are on their way.
    let waiting = if memory.is_some() { 1 } else { 2 };
    for _ in 0..threads {
        let (sender, receiver) = sync_channel(waiting);
        senders.push(sender);
        receivers.push(receiver);
    }
    // Hashes spread customers evenly, so a shard hardly gets an eighth more than its part, were there one a row.
    let most = plan.rows() / threads as u64 / 8 * 9;
    let listed = exclusions.listed();
    let partitioner = Arc::new(Mutex::new(Partitioner::new(plan, exclusions, senders)));
    let shards = std::thread::scope(|scope| {
        let work = |(number, receiver): (usize, Receiver<Arc<Batch>>)| {
            let reads = &reads;
            scope.spawn(move || {
                let room = memory.map(|memory| Reservation::new(memory, threads));
                let mut shard = Shard::new(plan, reads, most, room);
                for batch in receiver {
                    shard.update(&batch, number)?;
                }
                shard.finish()
            })
        };
        let workers: Vec<_> = receivers.into_iter().enumerate().map(work).collect();
        let scanned = deal_all(&partitioner, population.as_ref(), frames);
        // Without senders the workers come to their end.
        lock(&partitioner).stop();
        let stopped = || Error::Engine("a worker of the profile panicked".to_owned());
        let shards: Vec<Result<_, Error>> =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(stopped()))).collect();
        let shards = shards.into_iter().collect::<Result<Vec<_>, _>>()?;
        scanned?;
        Ok::<_, Error>(shards)
    })?;
    let (shards, spilled): (Vec<Finished>, Vec<_>) = shards.into_iter().unzip();
    let mut unknown: Vec<u64> =
        (0..reads.len()).map(|input| shards.iter().map(|shard| shard.unknown[input]).sum()).collect();
    let mut unplaced: u64 = shards.iter().map(Finished::unplaced).sum();
    let mut bytes = 0;
    let slice = |rows: DataFrame| match &population {
        None => then(rows),
        Some(population) => then(with_attributes(rows, plan, population)?),
    };
    let mut frames = emit::frames(shards, plan, slice)?;
    let spilled: Vec<_> = spilled.into_iter().flatten().collect();
    if let (Some(memory), false) = (memory, spilled.is_empty()) {
        let finish = |shard: Finished| emit::frames(vec![shard], plan, slice);
        let replayed = replay::replay(plan, &reads, memory, spilled, finish)?;
        unknown.iter_mut().zip(&replayed.unknown).for_each(|(sum, rows)| *sum += rows);
        unplaced += replayed.unplaced;
        bytes = replayed.bytes;
        frames.extend(replayed.frames);
        frames = merge::in_order(frames, plan)?;
    }
    let mut counts = lock(&partitioner).ledger(plan, &unknown, population.as_ref());
    counts.listed = listed;
    counts.spilled_bytes = bytes;
    if plan.customers.as_ref().is_some_and(|customers| customers.unknown_join) {
        counts.joined_customers = Some(unplaced);
    }
    Ok((frames, counts))
}

/// Deals the population and then all rows of all inputs, one after the other, so that events find who ordered.
fn deal_all(
    partitioner: &Arc<Mutex<Partitioner>>,
    population: Option<&Population>,
    frames: Vec<(LazyFrame, String)>,
) -> Result<(), Error> {
    if let Some(population) = population {
        lock(partitioner).populate(&population.frame)?;
    }
    for (input, (frame, path)) in frames.into_iter().enumerate() {
        let deal = Arc::clone(partitioner);
        let callback = PlanCallback::new(move |batch: DataFrame| Ok(lock(&deal).deal(&batch, input)));
        let scanned = frame.sink_batches(callback, false, None)?.collect_with_engine(Engine::Streaming);
        lock(partitioner).failure()?;
        scanned.map_err(of_scan(&path))?;
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The attributes of each customer, from its place in the table; null for those who are not in it.
fn with_attributes(mut rows: DataFrame, plan: &Plan, population: &Population) -> Result<DataFrame, Error> {
    let places = rows.column(PLACE)?.idx()?.clone();
    for attribute in plan.customers.iter().flat_map(|customers| &customers.attributes) {
        rows.with_column(population.frame.column(&attribute.name)?.take(&places)?)?;
    }
    Ok(rows.drop(PLACE)?)
}
