//! Accumulators: what is kept of each customer's rows for one aggregate. They update row by row in any order, so
//! the result depends on neither files nor threads.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use polars::prelude::{Column, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray};

use crate::engine::Error;
use crate::plan::{Aggregate, Function, MONTH_DAYS, Type, Weight};

use super::values::{F64, I32, I64, I128, Kind, Text, Values};

/// What an accumulator sees of a batch: the rows of its shard that pass its mask.
pub(super) struct Rows<'a> {
    /// Row numbers in the batch.
    pub(super) rows: &'a [u32],
    /// The group of each.
    pub(super) groups: &'a [u32],
    /// How many groups there are by now.
    pub(super) len: usize,
    /// Operands in the order of [`Function::operands`].
    pub(super) operands: &'a [&'a Values],
    /// Local dates, in days.
    pub(super) day: &'a Values,
    /// Instants, in microseconds; only where some accumulator needs them.
    pub(super) instant: Option<&'a Values>,
}

/// The state of one aggregate for all groups of a shard.
pub(super) trait Accumulator: Send {
    /// Takes rows in.
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error>;
    /// One value a group.
    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error>;
}

/// The accumulator of an aggregate. `as_of` is in days since 1970.
pub(super) fn accumulator(aggregate: &Aggregate, as_of: i32) -> Box<dyn Accumulator> {
    let ty = aggregate.ty;
    match &aggregate.function {
        Function::CountRows => Box::<CountRows>::default(),
        Function::CountValues(x) => dispatch(x.ty, CountValuesOf),
        Function::CountDistinct(x) => dispatch(x.ty, DistinctOf),
        Function::Sum(x) => Box::new(Sum { total: Totals::new(Some(x.ty)), ty, name: aggregate.to_string() }),
        Function::FirstDaySum(x) => {
            Box::new(FirstDaySum { of: x.ty, days: Vec::new(), name: aggregate.to_string() })
        }
        Function::Min(x) => dispatch(x.ty, ExtremeOf(ty, Ordering::Less)),
        Function::Max(x) => dispatch(x.ty, ExtremeOf(ty, Ordering::Greater)),
        Function::First(x) => dispatch(x.ty, AtTimeOf(ty, Ordering::Less)),
        Function::Last(x) => dispatch(x.ty, AtTimeOf(ty, Ordering::Greater)),
        Function::Top(x, weight) => dispatch(x.ty, TopOf(ty, weight_type(weight))),
        Function::LastGap => Box::<LastGap>::default(),
        Function::MonthlyCv(months, weight) => {
            let totals = Totals::new(weight_type(weight));
            Box::new(MonthlyCv { months: *months as usize, as_of, totals })
        }
    }
}

fn weight_type(weight: &Weight) -> Option<Type> {
    match weight {
        Weight::Rows => None,
        Weight::Sum(x) => Some(x.ty),
    }
}

/// Builds an accumulator once the kind of its values is known.
trait Build {
    fn build<K: Kind>(self) -> Box<dyn Accumulator>;
}

fn dispatch(ty: Type, build: impl Build) -> Box<dyn Accumulator> {
    match ty {
        Type::Bool | Type::Score | Type::Days | Type::Date => build.build::<I32>(),
        Type::Int | Type::Time | Type::Unknown => build.build::<I64>(),
        Type::Decimal(_) => build.build::<I128>(),
        Type::Double => build.build::<F64>(),
        Type::Text => build.build::<Text>(),
    }
}

fn counts(name: &str, mut counts: Vec<i64>, len: usize) -> Column {
    counts.resize(len, 0);
    Int64Chunked::from_vec(name.into(), counts).into_column()
}

#[derive(Default)]
struct CountRows(Vec<i64>);

impl Accumulator for CountRows {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.0.resize(rows.len, 0);
        rows.groups.iter().for_each(|group| self.0[*group as usize] += 1);
        Ok(())
    }

    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        Ok(counts(name, self.0, len))
    }
}

struct CountValues<K>(Vec<i64>, std::marker::PhantomData<K>);
struct CountValuesOf;

impl Build for CountValuesOf {
    fn build<K: Kind>(self) -> Box<dyn Accumulator> {
        Box::new(CountValues::<K>(Vec::new(), std::marker::PhantomData))
    }
}

impl<K: Kind> Accumulator for CountValues<K> {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.0.resize(rows.len, 0);
        K::each(rows.operands[0], rows.rows, |at, _| self.0[rows.groups[at] as usize] += 1);
        Ok(())
    }

    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        Ok(counts(name, self.0, len))
    }
}

struct Distinct<K: Kind> {
    seen: HashSet<(u32, K::Kept)>,
    counts: Vec<i64>,
}
struct DistinctOf;

impl Build for DistinctOf {
    fn build<K: Kind>(self) -> Box<dyn Accumulator> {
        Box::new(Distinct::<K> { seen: HashSet::new(), counts: Vec::new() })
    }
}

impl<K: Kind> Accumulator for Distinct<K> {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.counts.resize(rows.len, 0);
        K::each(rows.operands[0], rows.rows, |at, value| {
            let group = rows.groups[at];
            self.counts[group as usize] += i64::from(self.seen.insert((group, K::keep(value))));
        });
        Ok(())
    }

    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        Ok(counts(name, self.counts, len))
    }
}

/// Exact sums in 128 bits, by slot: of whole numbers, of decimals, or of rows.
struct Totals {
    /// None: rows are counted.
    of: Option<Type>,
    sums: Vec<i128>,
    overflow: bool,
}

impl Totals {
    fn new(of: Option<Type>) -> Self {
        Self { of, sums: Vec::new(), overflow: false }
    }

    /// Adds each row's value of an operand to the slot that `slot(position)` names.
    fn add(&mut self, rows: &Rows<'_>, operand: usize, len: usize, slot: impl Fn(usize) -> usize) {
        self.sums.resize(len, 0);
        let Self { of, sums, overflow } = self;
        let mut add = |at: usize, value: i128| match sums[slot(at)].checked_add(value) {
            Some(sum) => sums[slot(at)] = sum,
            None => *overflow = true,
        };
        match of {
            None => (0..rows.rows.len()).for_each(|at| add(at, 1)),
            Some(Type::Decimal(_)) => I128::each(rows.operands[operand], rows.rows, add),
            Some(_) => I64::each(rows.operands[operand], rows.rows, |at, value| add(at, i128::from(value))),
        }
    }

    fn finish(self, name: &str, ty: Type, len: usize) -> Result<Vec<i128>, Error> {
        let mut sums = self.sums;
        sums.resize(len, 0);
        if self.overflow {
            return Err(Error::Overflow { column: name.to_owned(), ty: ty.sql() });
        }
        Ok(sums)
    }
}

struct Sum {
    total: Totals,
    ty: Type,
    name: String,
}

impl Accumulator for Sum {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.total.add(rows, 0, rows.len, |at| rows.groups[at] as usize);
        Ok(())
    }

    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        let sums = self.total.finish(&self.name, self.ty, len)?;
        if let Type::Decimal(_) = self.ty {
            return I128::column(name, self.ty, sums.into_iter().map(Some).collect());
        }
        let overflow = |_| Error::Overflow { column: self.name.clone(), ty: self.ty.sql() };
        let sums = sums
            .into_iter()
            .map(|sum| i64::try_from(sum).map_err(overflow))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Int64Chunked::from_vec(name.into(), sums).into_column())
    }
}

/// The least or the greatest value.
struct Extreme<K: Kind> {
    best: Vec<Option<K::Kept>>,
    wanted: Ordering,
    ty: Type,
}
struct ExtremeOf(Type, Ordering);

impl Build for ExtremeOf {
    fn build<K: Kind>(self) -> Box<dyn Accumulator> {
        Box::new(Extreme::<K> { best: Vec::new(), wanted: self.1, ty: self.0 })
    }
}

impl<K: Kind> Accumulator for Extreme<K> {
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

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.best.resize(len, None);
        K::column(name, self.ty, self.best)
    }
}

/// The value at the earliest or latest time; of several there, the least or the greatest.
struct AtTime<K: Kind> {
    best: Vec<Option<(i64, K::Kept)>>,
    wanted: Ordering,
    ty: Type,
}
struct AtTimeOf(Type, Ordering);

impl Build for AtTimeOf {
    fn build<K: Kind>(self) -> Box<dyn Accumulator> {
        Box::new(AtTime::<K> { best: Vec::new(), wanted: self.1, ty: self.0 })
    }
}

impl<K: Kind> Accumulator for AtTime<K> {
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

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.best.resize(len, None);
        K::column(name, self.ty, self.best.into_iter().map(|best| Some(best?.1)).collect())
    }
}

/// The value with the largest total weight; of several the least.
struct Top<K: Kind> {
    slots: HashMap<(u32, K::Kept), usize>,
    totals: Totals,
    ty: Type,
}
struct TopOf(Type, Option<Type>);

impl Build for TopOf {
    fn build<K: Kind>(self) -> Box<dyn Accumulator> {
        Box::new(Top::<K> { slots: HashMap::new(), totals: Totals::new(self.1), ty: self.0 })
    }
}

impl<K: Kind> Accumulator for Top<K> {
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

/// Days between the last two purchase days.
#[derive(Default)]
struct LastGap {
    /// The last day and the one before it.
    days: Vec<(Option<i32>, Option<i32>)>,
}

impl Accumulator for LastGap {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.days.resize(rows.len, (None, None));
        I32::each(rows.day, rows.rows, |at, day| {
            let (last, before) = &mut self.days[rows.groups[at] as usize];
            let day = Some(day);
            if day > *last {
                (*before, *last) = (*last, day);
            } else if day < *last && day > *before {
                *before = day;
            }
        });
        Ok(())
    }

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.days.resize(len, (None, None));
        let gap = |(last, before): (Option<i32>, Option<i32>)| Some(last? - before?);
        I32::column(name, Type::Days, self.days.into_iter().map(gap).collect())
    }
}

/// An exact sum over each group's first day: an earlier day starts it anew.
struct FirstDaySum {
    of: Type,
    days: Vec<Option<(i32, i128)>>,
    name: String,
}

impl Accumulator for FirstDaySum {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        self.days.resize(rows.len, None);
        let Values::I32(dates) = rows.day else { return Ok(()) };
        let Some(dates) = dates.downcast_iter().next() else { return Ok(()) };
        let days = &mut self.days;
        let mut overflow = false;
        let mut add = |at: usize, value: i128| {
            let (date, first) = (dates.value(rows.rows[at] as usize), &mut days[rows.groups[at] as usize]);
            match first {
                Some((day, sum)) if *day == date => match sum.checked_add(value) {
                    Some(total) => *sum = total,
                    None => overflow = true,
                },
                Some((day, _)) if *day < date => {}
                _ => *first = Some((date, value)),
            }
        };
        match self.of {
            Type::Decimal(_) => I128::each(rows.operands[0], rows.rows, add),
            _ => I64::each(rows.operands[0], rows.rows, |at, value| add(at, i128::from(value))),
        }
        if overflow { Err(Error::Overflow { column: self.name.clone(), ty: self.of.sql() }) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.days.resize(len, None);
        let sums = self.days.into_iter().map(|day| Some(day.map_or(0, |(_, sum)| sum))).collect();
        I128::column(name, self.of, sums)
    }
}

/// Coefficient of variation over buckets of [`MONTH_DAYS`] days.
struct MonthlyCv {
    months: usize,
    as_of: i32,
    totals: Totals,
}

impl Accumulator for MonthlyCv {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        let mut buckets = vec![0_usize; rows.rows.len()];
        I32::each(rows.day, rows.rows, |at, day| {
            buckets[at] = ((self.as_of - day) / MONTH_DAYS as i32) as usize;
        });
        let months = self.months;
        self.totals.add(rows, 0, rows.len * months, |at| rows.groups[at] as usize * months + buckets[at]);
        Ok(())
    }

    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        let months = self.months;
        let totals = self.totals.finish(name, Type::Double, len * months)?;
        let cv = totals.chunks_exact(months).map(coefficient_of_variation);
        Ok(Float64Chunked::from_iter_options(name.into(), cv).into_column())
    }
}

/// Population standard deviation over mean: `√(n Σx² − (Σx)²) / Σx`, exact up to the root.
fn coefficient_of_variation(totals: &[i128]) -> Option<f64> {
    let n = totals.len() as i128;
    let sum: i128 = totals.iter().sum();
    if sum == 0 {
        return None;
    }
    let squares = totals.iter().try_fold(0_i128, |sum, x| sum.checked_add(x.checked_mul(*x)?));
    let exact = squares.and_then(|squares| squares.checked_mul(n)?.checked_sub(sum.checked_mul(sum)?));
    let spread = match exact {
        Some(spread) => spread as f64,
        None => {
            let mean = sum as f64 / n as f64;
            totals.iter().map(|x| (*x as f64 - mean).powi(2)).sum::<f64>() * n as f64
        }
    };
    Some(spread.sqrt() / sum as f64)
}
