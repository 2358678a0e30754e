//! What is kept of each customer's rows for one aggregate: a [`State`] in the customer's record where it fits words,
//! an [`Accumulator`] of its own otherwise. Both update row by row in any order, so the result depends on neither
//! files nor threads.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use polars::prelude::{Column, Int64Chunked, IntoColumn};

use crate::engine::Error;
use crate::plan::{Aggregate, Function, Type, Weight};

use super::accumulator::{Accumulator, Rows, Totals};
use super::by_day::MonthlyCv;
use super::fixed_width::{self, State};
use super::gaps::Gaps;
use super::records::Layout;
use super::values::{F64, I32, I64, I128, Text, ValueKind, Values};

/// What is kept for one aggregate: a state in each customer's record, or something of its own.
pub(super) enum AggregateState {
    Record(Box<dyn State>),
    Own(Box<dyn Accumulator>),
}

impl AggregateState {
    /// What it takes outside the records, about.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Record(_) => 0,
            Self::Own(accumulator) => accumulator.bytes(),
        }
    }
}

/// The state of an aggregate, with its place in the record if it fits one. `as_of` is in days since 1970.
pub(super) fn state(aggregate: &Aggregate, as_of: i32, layout: &mut Layout) -> AggregateState {
    let ty = aggregate.ty;
    AggregateState::Own(match &aggregate.function {
        Function::CountRows => return AggregateState::Record(fixed_width::count(None, layout)),
        Function::CountValues(x) => return AggregateState::Record(fixed_width::count(Some(x.ty), layout)),
        Function::Sum(x) => return AggregateState::Record(fixed_width::sum(x.ty, layout)),
        Function::FirstDaySum(x) => return AggregateState::Record(fixed_width::first_day_sum(x.ty, layout)),
        Function::LastGap => return AggregateState::Record(fixed_width::last_gap(layout)),
        Function::Min(x) => match fixed_width::extreme(x.ty, Ordering::Less, layout) {
            Some(state) => return AggregateState::Record(state),
            None => dispatch(x.ty, ExtremeOf(ty, Ordering::Less)),
        },
        Function::Max(x) => match fixed_width::extreme(x.ty, Ordering::Greater, layout) {
            Some(state) => return AggregateState::Record(state),
            None => dispatch(x.ty, ExtremeOf(ty, Ordering::Greater)),
        },
        Function::CountDistinct(x) => dispatch(x.ty, DistinctOf),
        Function::First(x) => dispatch(x.ty, AtTimeOf(ty, Ordering::Less)),
        Function::Last(x) => dispatch(x.ty, AtTimeOf(ty, Ordering::Greater)),
        Function::Top(x, weight) => dispatch(x.ty, TopOf(ty, weight_type(weight))),
        Function::Gaps => Box::<Gaps>::default(),
        Function::MonthlyCv(months, weight) => {
            Box::new(MonthlyCv::new(*months, as_of, Totals::new(weight_type(weight))))
        }
    })
}

fn weight_type(weight: &Weight) -> Option<Type> {
    match weight {
        Weight::Rows => None,
        Weight::Sum(x) => Some(x.ty),
    }
}

/// Builds an accumulator once the kind of its values is known.
trait Build {
    fn build<K: ValueKind>(self) -> Box<dyn Accumulator>;
}

fn dispatch(ty: Type, build: impl Build) -> Box<dyn Accumulator> {
    match ty {
        Type::Bool | Type::Score | Type::Days | Type::Date => build.build::<I32>(),
        Type::Int | Type::Time | Type::Unknown => build.build::<I64>(),
        Type::Decimal(_) => build.build::<I128>(),
        Type::Double => build.build::<F64>(),
        Type::Text | Type::Gaps => build.build::<Text>(),
    }
}

/// Bytes of a hash table, one of control an entry, and of what its entries have elsewhere.
fn table<T>(capacity: usize, elsewhere: usize) -> usize {
    capacity * (size_of::<T>() + 1) * 8 / 7 + elsewhere
}

fn counts(name: &str, mut counts: Vec<i64>, len: usize) -> Column {
    counts.resize(len, 0);
    Int64Chunked::from_vec(name.into(), counts).into_column()
}

struct Distinct<K: ValueKind> {
    seen: HashSet<(u32, K::Kept)>,
    counts: Vec<i64>,
}
struct DistinctOf;

impl Build for DistinctOf {
    fn build<K: ValueKind>(self) -> Box<dyn Accumulator> {
        Box::new(Distinct::<K> { seen: HashSet::new(), counts: Vec::new() })
    }
}

impl<K: ValueKind> Accumulator for Distinct<K> {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.counts.resize(rows.len, 0);
        K::each(rows.operands[0], rows.rows, |at, value| {
            let group = rows.groups[at];
            self.counts[group as usize] += i64::from(self.seen.insert((group, K::keep(value))));
        });
        Ok(())
    }

    fn bytes(&self) -> usize {
        table::<(u32, K::Kept)>(self.seen.capacity(), self.seen.len() * K::ELSEWHERE)
            + self.counts.capacity() * size_of::<i64>()
    }

    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        Ok(counts(name, self.counts, len))
    }
}

/// The least or the greatest value.
struct Extreme<K: ValueKind> {
    best: Vec<Option<K::Kept>>,
    wanted: Ordering,
    ty: Type,
}
struct ExtremeOf(Type, Ordering);

impl Build for ExtremeOf {
    fn build<K: ValueKind>(self) -> Box<dyn Accumulator> {
        Box::new(Extreme::<K> { best: Vec::new(), wanted: self.1, ty: self.0 })
    }
}

impl<K: ValueKind> Accumulator for Extreme<K> {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.best.resize(rows.len, None);
        K::each(rows.operands[0], rows.rows, |at, value| {
            let best = &mut self.best[rows.groups[at] as usize];
            if best.as_ref().is_none_or(|best| K::compare(best, value) == self.wanted.reverse()) {
                *best = Some(K::keep(value));
            }
        });
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.best.capacity() * (size_of::<Option<K::Kept>>() + K::ELSEWHERE)
    }

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.best.resize(len, None);
        K::column(name, self.ty, self.best)
    }
}

/// The value at the earliest or latest time; of several there, the least or the greatest.
struct AtTime<K: ValueKind> {
    best: Vec<Option<(i64, K::Kept)>>,
    wanted: Ordering,
    ty: Type,
}
struct AtTimeOf(Type, Ordering);

impl Build for AtTimeOf {
    fn build<K: ValueKind>(self) -> Box<dyn Accumulator> {
        Box::new(AtTime::<K> { best: Vec::new(), wanted: self.1, ty: self.0 })
    }
}

impl<K: ValueKind> Accumulator for AtTime<K> {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.best.resize(rows.len, None);
        let Some(Values::I64(instants)) = rows.instant else { return Ok(()) };
        let Some(instants) = instants.downcast_iter().next() else { return Ok(()) };
        K::each(rows.operands[0], rows.rows, |at, value| {
            let instant = instants.value(rows.rows[at] as usize);
            let best = &mut self.best[rows.groups[at] as usize];
            let better = best.as_ref().is_none_or(|(time, kept)| {
                time.cmp(&instant).then_with(|| K::compare(kept, value)) == self.wanted.reverse()
            });
            if better {
                *best = Some((instant, K::keep(value)));
            }
        });
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.best.capacity() * (size_of::<Option<(i64, K::Kept)>>() + K::ELSEWHERE)
    }

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.best.resize(len, None);
        K::column(name, self.ty, self.best.into_iter().map(|best| Some(best?.1)).collect())
    }
}

/// The value with the largest total weight; of several the least.
struct Top<K: ValueKind> {
    slots: HashMap<(u32, K::Kept), usize>,
    totals: Totals,
    ty: Type,
}
struct TopOf(Type, Option<Type>);

impl Build for TopOf {
    fn build<K: ValueKind>(self) -> Box<dyn Accumulator> {
        Box::new(Top::<K> { slots: HashMap::new(), totals: Totals::new(self.1), ty: self.0 })
    }
}

impl<K: ValueKind> Accumulator for Top<K> {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        // Rows without a value have no slot; their weight goes to one that nobody reads.
        let mut slots = vec![0; rows.rows.len()];
        K::each(rows.operands[0], rows.rows, |at, value| {
            let next = self.slots.len() + 1;
            slots[at] = *self.slots.entry((rows.groups[at], K::keep(value))).or_insert(next);
        });
        self.totals.add(rows, 1, self.slots.len() + 1, |at| slots[at]);
        Ok(())
    }

    fn bytes(&self) -> usize {
        table::<((u32, K::Kept), usize)>(self.slots.capacity(), self.slots.len() * K::ELSEWHERE)
            + self.totals.bytes()
    }

    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        let sums = self.totals.finish(name, self.ty, self.slots.len() + 1)?;
        let mut best: Vec<Option<(i128, K::Kept)>> = vec![None; len];
        for ((group, value), slot) in self.slots {
            let (best, weight) = (&mut best[group as usize], sums[slot]);
            let better = match best {
                None => true,
                Some((most, kept)) => weight > *most || (weight == *most && value < *kept),
            };
            if better {
                *best = Some((weight, value));
            }
        }
        K::column(name, self.ty, best.into_iter().map(|best| Some(best?.1)).collect())
    }
}
