//! Stage 1, profile: one streaming scan of all orders, one row a customer. Polars scans, filters and computes the
//! operands; its batches are dealt out by the hash of the customer id to shards, each of which owns its customers
//! and aggregates them with the [`accumulate`] module. Below Polars on purpose: its `group_by` is the
//! cost of the whole job, and half of the contract's aggregates would leave its streaming engine.

mod accumulate;
mod by_day;
mod keys;
mod shard;
mod values;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use polars::prelude::{DataFrame, Engine, IntoLazy, PlanCallback, col};

use crate::engine::{Counts, Error};
use crate::plan::{self, Plan};

use super::lower::lower;
use super::scan::{self, AFTER_AS_OF, REASON, REASONS, Scan};
use keys::Ids;
pub(in crate::engine::polars) use keys::{hash_int, hash_text};
use shard::{Batch, Finished, Shard};

/// Every metric of every customer: what the later stages know of the orders.
#[derive(Clone, Debug)]
pub struct Profile {
    /// One row a customer, sorted by id: the id under its input name, metrics, CLV columns.
    pub customers: DataFrame,
    /// What happened to every input row.
    pub counts: Counts,
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
fn aggregate_column(at: usize) -> String {
    format!("#{at}")
}

/// Reads all orders. `threads` is the number of shards that aggregate side by side.
pub fn run(plan: &Plan, threads: usize) -> Result<Profile, Error> {
    let Scan { frame, inputs, needs_instant } = scan::scan(plan)?;
    let shards = threads.max(1);
    let dealer = Arc::new(Mutex::new(Dealer {
        senders: Vec::new(),
        counts: [0; REASONS.len()],
        id_type: plan.orders.customer.ty,
        failure: None,
    }));
    let mut receivers: Vec<Receiver<Arc<Batch>>> = Vec::new();
    for _ in 0..shards {
        let (sender, receiver) = sync_channel(2);
        lock(&dealer).senders.push(sender);
        receivers.push(receiver);
    }
    let frames = std::thread::scope(|scope| {
        let work = |(number, receiver): (usize, Receiver<Arc<Batch>>)| {
            let inputs = &inputs;
            scope.spawn(move || {
                let mut shard = Shard::new(plan, inputs, needs_instant);
                for batch in receiver {
                    shard.update(&batch, number)?;
                }
                shard.finish(plan)
            })
        };
        let workers: Vec<_> = receivers.into_iter().enumerate().map(work).collect();
        let deal = Arc::clone(&dealer);
        let callback = PlanCallback::new(move |batch: DataFrame| {
            let mut dealer = lock(&deal);
            Ok(dealer.deal(&batch).unwrap_or_else(|error| {
                dealer.failure = Some(error);
                true
            }))
        });
        let scanned = frame.sink_batches(callback, false, None)?.collect_with_engine(Engine::Streaming);
        // Without senders the workers come to their end.
        lock(&dealer).senders.clear();
        let stopped = || Error::Engine("a worker of the profile panicked".to_owned());
        let frames: Vec<Result<Finished, Error>> =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(stopped()))).collect();
        let frames = frames.into_iter().collect::<Result<Vec<_>, _>>()?;
        if let Some(failure) = lock(&dealer).failure.take() {
            return Err(failure);
        }
        scanned?;
        Ok::<_, Error>(frames)
    })?;
    let rows = Finished::merge(frames, &plan.orders.customer.column)?;
    let customers = derive(rows, plan)?;
    Ok(Profile { customers, counts: lock(&dealer).counted(plan) })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Deals the batches of the scan out to the shards, and counts the rows that do not get there.
struct Dealer {
    senders: Vec<SyncSender<Arc<Batch>>>,
    counts: [u64; REASONS.len()],
    id_type: plan::Type,
    /// Why it asked the scan to stop, if it was not a shard.
    failure: Option<Error>,
}

impl Dealer {
    /// Whether the scan should stop, because a shard did.
    fn deal(&mut self, frame: &DataFrame) -> Result<bool, Error> {
        let reasons = frame.column(REASON)?.u8()?;
        let ids = Ids::new(frame.column(scan::CUSTOMER)?, self.id_type)?;
        let hashes = ids.hashes();
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); self.senders.len()];
        let shards = rows.len() as u64;
        for (row, reason) in reasons.iter().enumerate() {
            let reason = reason.unwrap_or(0);
            self.counts[usize::from(reason)] += 1;
            if reason == 0 {
                // The upper half of the hash picks the shard, the lower half the place in its table.
                let shard = ((hashes[row] >> 32) * shards) >> 32;
                rows[shard as usize].push(row as u32);
            }
        }
        let batch = Arc::new(Batch { frame: frame.clone(), ids, hashes, rows });
        Ok(self.senders.iter().any(|sender| sender.send(Arc::clone(&batch)).is_err()))
    }

    fn counted(&self, plan: &Plan) -> Counts {
        let read: u64 = plan.orders.files.iter().map(|file| file.rows).sum();
        let seen: u64 = self.counts.iter().sum();
        let rejected = REASONS
            .iter()
            .zip(self.counts)
            .skip(1)
            .filter(|(reason, count)| *count > 0 && **reason != REASONS[usize::from(AFTER_AS_OF)]);
        Counts {
            read,
            filtered: read.saturating_sub(seen),
            later: self.counts[usize::from(AFTER_AS_OF)],
            used: self.counts[0],
            rejected: rejected.map(|(reason, count)| (*reason, count)).collect(),
        }
    }
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
        frame = frame.with_columns([lower(&metric.expr, &column)?.alias(metric.name.as_str())]);
    }
    let mut wanted = vec![col(plan.orders.customer.column.as_str())];
    wanted.extend(plan.metrics.iter().map(|metric| col(metric.name.as_str())));
    let facts = &plan.facts;
    let facts = [
        (ORDERS, Some(&facts.orders)),
        (REVENUE, facts.revenue.as_ref()),
        (RECENCY, Some(&facts.recency_days)),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            frame = frame.with_columns([lower(fact, &column)?.alias(name)]);
            wanted.push(col(name));
        }
    }
    if let Some(clv) = &plan.clv {
        let mut add = |name: &'static str, expr: &plan::Expr| -> Result<(), Error> {
            let lowered = lower(expr, &column)?.alias(name);
            frame = std::mem::take(&mut frame).with_columns([lowered]);
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
    Ok(frame.select(wanted).collect()?)
}
