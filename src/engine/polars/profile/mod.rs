//! Stage 1, profile: one streaming scan of each input, one row a customer. Polars scans, filters and computes the
//! operands; its batches are dealt out by the hash of the customer id to shards, each of which owns its customers
//! and aggregates them with the [`accumulate`] module. Below Polars on purpose: its `group_by` is the
//! cost of the whole job, and half of the contract's aggregates would leave its streaming engine.

mod accumulate;
mod by_day;
mod dealer;
mod finish;
mod gaps;
mod gate;
mod ids;
mod keys;
mod memory;
mod merge;
mod packed;
mod population;
mod records;
mod scratch;
mod shard;
mod spill;
mod values;
mod words;

use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};

use polars::prelude::{DataFrame, Engine, IntoLazy, LazyFrame, PlanCallback, col};

use crate::engine::{Error, Ledger};
use crate::plan::{self, Plan, Source};

use super::lower::lower;
use super::scan::{self, Scan};
use super::slices::{self, stack};
use dealer::Dealer;
use finish::Finished;
pub(in crate::engine::polars) use finish::Numbers;
pub(in crate::engine::polars) use gate::{Gate, IdSet};
pub(in crate::engine::polars) use ids::{Ids, hash_int, hash_text};
pub(in crate::engine::polars) use keys::NOBODY;
pub use memory::Memory;
pub(in crate::engine::polars) use merge::in_parts;
pub(in crate::engine::polars) use population::{Population, open};
use shard::{Batch, Reads, Shard};
use spill::Room;

/// Every metric of every customer: what the later stages know of the inputs.
#[derive(Clone, Debug)]
pub struct Profile {
    /// One row a customer, part by part and sorted by id in each: the id under its input name, attributes, metrics, CLV columns.
    pub customers: DataFrame,
    /// What happened to every input row.
    pub counts: Ledger,
    /// The rows that were set aside, where they have been looked at already.
    pub rejected: Option<DataFrame>,
}

/// What is computed of each customer's rows, before there are metrics.
#[derive(Clone, Debug)]
pub(in crate::engine::polars) struct Aggregated {
    /// One row a customer in the order of [`Profile::customers`]: the id, aggregates by their numbers, attributes.
    pub(in crate::engine::polars) frame: DataFrame,
    /// What happened to every input row.
    pub(in crate::engine::polars) counts: Ledger,
}

/// The columns of [`plan::Facts`] in the frame of a profile.
pub(in crate::engine::polars) const ORDERS: &str = "@orders";
pub(in crate::engine::polars) const REVENUE: &str = "@revenue";
pub(in crate::engine::polars) const RECENCY: &str = "@recency_days";

/// What CLV reads, and what `simple` gives.
pub(in crate::engine::polars) const CLV: &str = "clv";
pub(in crate::engine::polars) const SIMPLE_CLV: &str = "@simple_clv";
pub(in crate::engine::polars) const MARGIN: &str = "@margin";
pub(in crate::engine::polars) const FIRST_DAY: &str = "@first_day";
pub(in crate::engine::polars) const LAST_DAY: &str = "@last_day";
pub(in crate::engine::polars) const PURCHASE_DAYS: &str = "@purchase_days";
pub(in crate::engine::polars) const FIRST_DAY_REVENUE: &str = "@first_day_revenue";
pub(in crate::engine::polars) const HELD_OUT_DAYS: &str = "@held_out_days";
pub(in crate::engine::polars) const HELD_OUT_REVENUE: &str = "@held_out_revenue";

/// The name of an aggregate's column in the frame of a profile.
pub(in crate::engine::polars) fn aggregate_column(at: usize) -> String {
    format!("#{at}")
}

/// A customer's row in the table of customers, in the frame of a shard.
const PLACE: &str = "@place";

/// Reads all inputs. `threads` is the number of shards that aggregate side by side.
pub fn run(plan: &Plan, threads: usize) -> Result<Profile, Error> {
    run_within(plan, threads, None)
}

/// [`run`], with the states of customers within bounds: those who have no room go through scratch files. The profile is
/// the same.
pub fn run_within(plan: &Plan, threads: usize, memory: Option<&Memory>) -> Result<Profile, Error> {
    let (frames, counts) = read(plan, threads, memory, |rows| derive(rows, plan))?;
    Ok(Profile { customers: stack(frames)?, counts, rejected: None })
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

/// The metrics of aggregates, slice by slice on all cores.
pub(in crate::engine::polars) fn derive_all(plan: &Plan, aggregated: Aggregated) -> Result<Profile, Error> {
    let Aggregated { frame, counts } = aggregated;
    let customers = slices::each(&frame, |slice| derive(slice, plan))?;
    Ok(Profile { customers, counts, rejected: None })
}

/// Reads all inputs; `then` is what becomes of each slice of customers.
fn read(
    plan: &Plan,
    threads: usize,
    memory: Option<&Memory>,
    then: impl Fn(DataFrame) -> Result<DataFrame, Error> + Sync,
) -> Result<(Vec<DataFrame>, Ledger), Error> {
    let threads = threads.max(1);
    let (gate, population) = open(plan)?;
    let mut frames = Vec::new();
    let mut reads = Vec::new();
    for input in plan.inputs() {
        let Scan { frame, batches } = scan::scan(plan, input)?;
        frames.push(frame);
        // Without a table of customers everybody with an order is in the population; events add nobody.
        let adds = input.source == Source::Orders
            && plan.customers.as_ref().is_none_or(|customers| customers.unknown_join);
        reads.push(Reads { batches, adds });
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
    let listed = gate.listed();
    let dealer = Arc::new(Mutex::new(Dealer::new(plan, gate, senders)));
    let shards = std::thread::scope(|scope| {
        let work = |(number, receiver): (usize, Receiver<Arc<Batch>>)| {
            let reads = &reads;
            scope.spawn(move || {
                let room = memory.map(|memory| Room::new(memory, threads));
                let mut shard = Shard::new(plan, reads, most, room);
                for batch in receiver {
                    shard.update(&batch, number)?;
                }
                shard.finish()
            })
        };
        let workers: Vec<_> = receivers.into_iter().enumerate().map(work).collect();
        let scanned = deal_all(&dealer, population.as_ref(), frames);
        // Without senders the workers come to their end.
        lock(&dealer).stop();
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
    let mut frames = finish::frames(shards, plan, slice)?;
    let spilled: Vec<_> = spilled.into_iter().flatten().collect();
    if let (Some(memory), false) = (memory, spilled.is_empty()) {
        let finish = |shard: Finished| finish::frames(vec![shard], plan, slice);
        let replayed = spill::replay(plan, &reads, memory, spilled, finish)?;
        unknown.iter_mut().zip(&replayed.unknown).for_each(|(sum, rows)| *sum += rows);
        unplaced += replayed.unplaced;
        bytes = replayed.bytes;
        frames.extend(replayed.frames);
        frames = merge::in_order(frames, plan)?;
    }
    let mut counts = lock(&dealer).ledger(plan, &unknown, population.as_ref());
    counts.listed = listed;
    counts.spilled_bytes = bytes;
    if plan.customers.as_ref().is_some_and(|customers| customers.unknown_join) {
        counts.joined_customers = Some(unplaced);
    }
    Ok((frames, counts))
}

/// Deals the population and then all rows of all inputs, one after the other, so that events find who ordered.
fn deal_all(
    dealer: &Arc<Mutex<Dealer>>,
    population: Option<&Population>,
    frames: Vec<LazyFrame>,
) -> Result<(), Error> {
    if let Some(population) = population {
        lock(dealer).populate(&population.frame)?;
    }
    for (input, frame) in frames.into_iter().enumerate() {
        let deal = Arc::clone(dealer);
        let callback = PlanCallback::new(move |batch: DataFrame| Ok(lock(&deal).deal(&batch, input)));
        let scanned = frame.sink_batches(callback, false, None)?.collect_with_engine(Engine::Streaming);
        lock(dealer).failure()?;
        scanned?;
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

/// Aggregates → metrics and CLV, in an order in which each reads only what is there.
fn derive(rows: DataFrame, plan: &Plan) -> Result<DataFrame, Error> {
    let column = |column: &plan::Column| match column {
        plan::Column::Aggregate(at) => col(aggregate_column(*at)),
        other => col(other.to_string()),
    };
    let mut frame = rows.lazy();
    for &at in &plan.metric_order {
        let metric = &plan.metrics[at];
        frame = frame.with_columns_seq([lower(&metric.expr, &column)?.alias(metric.name.as_str())]);
    }
    let mut wanted = vec![col(plan.customer.column.as_str())];
    let attributes = plan.customers.iter().flat_map(|customers| &customers.attributes);
    wanted.extend(attributes.map(|attribute| col(attribute.name.as_str())));
    wanted.extend(plan.metrics.iter().map(|metric| col(metric.name.as_str())));
    let facts = &plan.facts;
    let facts = [
        (ORDERS, Some(&facts.orders)),
        (REVENUE, facts.revenue.as_ref()),
        (RECENCY, Some(&facts.recency_days)),
        (plan::Facts::GAPS, facts.gaps.as_ref()),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            frame = frame.with_columns_seq([lower(fact, &column)?.alias(name)]);
            wanted.push(col(name));
        }
    }
    if let Some(clv) = &plan.clv {
        let mut add = |name: &'static str, expr: &plan::Expr| -> Result<(), Error> {
            let lowered = lower(expr, &column)?.alias(name);
            frame = std::mem::take(&mut frame).with_columns_seq([lowered]);
            wanted.push(col(name));
            Ok(())
        };
        match &clv.model {
            plan::ClvModel::Simple => add(CLV, &clv.simple_value(plan.as_of))?,
            plan::ClvModel::Orders(model) => {
                add(SIMPLE_CLV, &clv.simple_value(plan.as_of))?;
                add(MARGIN, &clv.margin)?;
                add(FIRST_DAY, &clv.first_day)?;
                add(LAST_DAY, &model.last_day)?;
                add(PURCHASE_DAYS, &model.purchase_days)?;
                add(FIRST_DAY_REVENUE, &model.first_day_revenue)?;
                if let Some(holdout) = &model.holdout {
                    add(HELD_OUT_DAYS, &holdout.purchase_days)?;
                    add(HELD_OUT_REVENUE, &holdout.revenue)?;
                }
            }
        }
    }
    Ok(frame.select_seq(wanted).collect()?)
}
