//! Shards → one frame: customers in the order in which they are published (by part, then by id), columns built slice
//! by slice straight from the records, on all cores.

use std::cmp::Ordering;

use polars::prelude::{
    Column, DataFrame, IdxCa, Int64Chunked, IntoColumn, NewChunkedArray, StringChunkedBuilder,
};
use rayon::prelude::*;

use crate::engine::Error;
use crate::engine::polars::profile::parts;
use crate::engine::polars::slices::SLICE;
use crate::plan::{Aggregate, Plan, Type};

use super::fixed_width::State;
use super::group_table::{self, CHUNK, GroupTable, NOBODY};
use super::states::AggregateState;
use super::values::{I32, I64, I128, ValueKind};
use crate::engine::polars::profile::columns::{PLACE, aggregate_column};

/// What one shard hands over.
pub(in crate::engine::polars::profile) struct Finished {
    pub(super) keys: GroupTable,
    pub(super) states: Vec<AggregateState>,
    /// The row of each group in the table of customers, [`NOBODY`] for those who are not in it; none without a table.
    pub(super) places: Option<Vec<u32>>,
    /// Rows of each input whose customer is not in that table, or (of events) not in the population.
    pub(in crate::engine::polars::profile) unknown: Vec<u64>,
}

impl Finished {
    /// How many customers are not in the table of customers.
    pub(in crate::engine::polars::profile) fn unplaced(&self) -> u64 {
        self.places.iter().flatten().filter(|place| **place == NOBODY).count() as u64
    }
}

/// A customer: the shard in the upper half, the group in the lower.
type RecordRef = u64;

/// One frame a slice, in order: the id and the aggregates of each customer.
pub(in crate::engine::polars::profile) fn frames<T: Send>(
    shards: Vec<Finished>,
    plan: &Plan,
    derive: impl Fn(DataFrame) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let (mut keys, mut states, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for shard in shards {
        keys.push(shard.keys);
        states.push(shard.states);
        rows.extend(shard.places);
    }
    let order = order(&keys, plan);
    let offsets: Vec<u32> =
        keys.iter().scan(0, |next, keys| Some(std::mem::replace(next, *next + keys.len() as u32))).collect();
    let columns = columns(states, plan, &keys)?;
    let slice = |places: &[RecordRef]| {
        let mut ids = IdColumn::new(plan, places.len());
        let mut built: Vec<Numbers> =
            plan.aggregates.iter().map(|aggregate| Numbers::new(aggregate.ty, places.len())).collect();
        // A record is visited once for all its columns, and comes to the cache while others are.
        let mut ahead = places.chunks(CHUNK);
        let prefetch = |places: Option<&[RecordRef]>| {
            let places = places.unwrap_or_default().iter();
            places.for_each(|place| keys[shard(*place)].records.prefetch(*place as u32));
        };
        prefetch(ahead.next());
        for places in places.chunks(CHUNK) {
            prefetch(ahead.next());
            for place in places {
                ids.push(&keys[shard(*place)], *place as u32);
            }
            for (column, numbers) in columns.iter().zip(&mut built) {
                let Filled::Record(states) = column else { continue };
                for place in places {
                    let (shard, group) = (shard(*place), *place as u32);
                    numbers.push(states[shard].value(keys[shard].records.get(group), group));
                }
            }
        }
        let mut frame = vec![ids.finish(plan)];
        for (at, ((column, numbers), aggregate)) in
            columns.iter().zip(built).zip(&plan.aggregates).enumerate()
        {
            frame.push(match column {
                Filled::Record(_) => numbers.finish(at, aggregate)?,
                Filled::Own(column) => {
                    let row = |place: &RecordRef| offsets[shard(*place)] + *place as u32;
                    column.take(&IdxCa::from_vec("".into(), places.iter().map(row).collect()))?
                }
            });
        }
        if !rows.is_empty() {
            let row = |place: &RecordRef| {
                Some(rows[shard(*place)][*place as u32 as usize]).filter(|row| *row != NOBODY)
            };
            frame.push(IdxCa::from_iter_options(PLACE.into(), places.iter().map(row)).into_column());
        }
        derive(DataFrame::new(places.len(), frame)?)
    };
    // Also without customers there is one frame, which has the columns.
    if order.is_empty() {
        return Ok(vec![slice(&[])?]);
    }
    order.par_chunks(SLICE).map(slice).collect()
}

/// All customers in their order.
fn order(shards: &[GroupTable], plan: &Plan) -> Vec<RecordRef> {
    let customers = shards.iter().map(GroupTable::len).sum();
    let parts = plan.parts(customers);
    let sorted: Vec<Vec<Vec<u128>>> = shards.par_iter().map(|keys| sorted(keys, parts)).collect();
    let mut order = Vec::with_capacity(customers);
    for part in 0..parts {
        let mut runs: Vec<(usize, &[u128])> =
            sorted.iter().map(|parts| parts[part].as_slice()).enumerate().collect();
        runs.retain(|(_, run)| !run.is_empty());
        // A few runs, each in order: the least head goes first.
        while runs.len() > 1 {
            let mut least = 0;
            for other in 1..runs.len() {
                let (a, b) = (runs[other], runs[least]);
                if group_table::compare((&shards[a.0], a.1[0]), (&shards[b.0], b.1[0])) == Ordering::Less {
                    least = other;
                }
            }
            let (shard, run) = &mut runs[least];
            order.push(place(*shard, run[0]));
            *run = &run[1..];
            if run.is_empty() {
                runs.remove(least);
            }
        }
        for (shard, run) in runs {
            order.extend(run.iter().map(|key| place(shard, *key)));
        }
    }
    order
}

fn place(shard: usize, key: u128) -> RecordRef {
    (shard as u64) << 32 | u64::from(key as u32)
}

/// The sort keys of a shard's customers, by part, sorted.
fn sorted(keys: &GroupTable, parts: usize) -> Vec<Vec<u128>> {
    let mut sorted = vec![Vec::new(); parts];
    if parts == 1 {
        sorted[0].reserve_exact(keys.len());
    }
    for group in 0..keys.len() as u32 {
        let part = if parts == 1 { 0 } else { parts::part_of(keys.hash(group), parts) };
        sorted[part].push(keys.sort_key(group));
    }
    for part in &mut sorted {
        match keys.is_ambiguous() {
            true => part.sort_unstable_by(|a, b| group_table::compare((keys, *a), (keys, *b))),
            false => part.sort_unstable(),
        }
    }
    sorted
}

/// One aggregate of all shards.
enum Filled {
    Record(Vec<Box<dyn State>>),
    Own(Column),
}

fn columns(states: Vec<Vec<AggregateState>>, plan: &Plan, keys: &[GroupTable]) -> Result<Vec<Filled>, Error> {
    let mut shards: Vec<_> = states.into_iter().map(Vec::into_iter).collect();
    let mut columns = Vec::new();
    for (at, aggregate) in plan.aggregates.iter().enumerate() {
        let mut states = Vec::new();
        let mut own: Option<Column> = None;
        for (of_shard, keys) in shards.iter_mut().zip(keys) {
            match of_shard.next() {
                Some(AggregateState::Record(state)) => {
                    if state.overflow() {
                        return Err(overflow(aggregate));
                    }
                    states.push(state);
                }
                Some(AggregateState::Own(accumulator)) => {
                    let column = accumulator.finish(&aggregate_column(at), keys.len())?;
                    match &mut own {
                        None => own = Some(column),
                        Some(own) => {
                            own.append(&column)?;
                        }
                    }
                }
                None => {}
            }
        }
        columns.push(match own {
            Some(column) => Filled::Own(column.rechunk()),
            None => Filled::Record(states),
        });
    }
    Ok(columns)
}

fn overflow(aggregate: &Aggregate) -> Error {
    Error::Overflow { column: aggregate.to_string(), ty: aggregate.ty.sql() }
}

fn shard(place: RecordRef) -> usize {
    (place >> 32) as usize
}

/// The ids of a slice while they are collected.
enum IdColumn {
    Int(Vec<i64>),
    Text(StringChunkedBuilder),
}

impl IdColumn {
    fn new(plan: &Plan, len: usize) -> Self {
        match plan.customer.ty {
            Type::Int => Self::Int(Vec::with_capacity(len)),
            _ => Self::Text(StringChunkedBuilder::new(plan.customer.column.as_str().into(), len)),
        }
    }

    fn push(&mut self, keys: &GroupTable, group: u32) {
        match self {
            Self::Int(ids) => ids.push(keys.int(group)),
            Self::Text(ids) => {
                ids.append_value(std::str::from_utf8(&keys.text(group)).unwrap_or_default());
            }
        }
    }

    fn finish(self, plan: &Plan) -> Column {
        match self {
            Self::Int(ids) => Int64Chunked::from_vec(plan.customer.column.as_str().into(), ids).into_column(),
            Self::Text(ids) => ids.finish().into_column(),
        }
    }
}

/// The results of one aggregate of a slice while they are collected.
pub(in crate::engine::polars) enum Numbers {
    I32(Vec<Option<i32>>),
    /// And whether one outgrew it.
    I64(Vec<Option<i64>>, bool),
    I128(Vec<Option<i128>>),
}

impl Numbers {
    pub(in crate::engine::polars) fn new(ty: Type, len: usize) -> Self {
        match ty {
            Type::Decimal(_) => Self::I128(Vec::with_capacity(len)),
            Type::Bool | Type::Score | Type::Days | Type::Date => Self::I32(Vec::with_capacity(len)),
            _ => Self::I64(Vec::with_capacity(len), false),
        }
    }

    pub(in crate::engine::polars) fn push(&mut self, value: Option<i128>) {
        match self {
            Self::I32(values) => values.push(value.map(|value| value as i32)),
            Self::I64(values, overflow) => {
                *overflow |= value.is_some_and(|value| i64::try_from(value).is_err());
                values.push(value.map(|value| value as i64));
            }
            Self::I128(values) => values.push(value),
        }
    }

    pub(in crate::engine::polars) fn finish(self, at: usize, aggregate: &Aggregate) -> Result<Column, Error> {
        let name = aggregate_column(at);
        match self {
            Self::I32(values) => I32::column(&name, aggregate.ty, values),
            Self::I64(_, true) => Err(overflow(aggregate)),
            Self::I64(values, false) => I64::column(&name, aggregate.ty, values),
            Self::I128(values) => I128::column(&name, aggregate.ty, values),
        }
    }
}
