//! States that fit words, kept in the customer's record: counts, sums, extremes of numbers and dates, the last gap.
//! They update row by row in any order, so the result depends on neither files nor threads.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::plan::Type;

use super::accumulator::Rows;
use super::records::{Half, Layout, Records};
use super::values::{F64, I32, I64, I128, Text, ValueKind, Values};

/// The state of one aggregate in the records of a shard.
pub(super) trait State: Send + Sync {
    /// Takes rows in.
    fn update(&mut self, records: &mut Records, rows: &Rows<'_>);
    /// The result of a group.
    fn value(&self, record: &[u64], group: u32) -> Option<i128>;
    /// Whether a sum outgrew 128 bits.
    fn overflow(&self) -> bool {
        false
    }
}

/// Rows, or values of a type that are not null.
pub(super) fn count(of: Option<Type>, layout: &mut Layout) -> Box<dyn State> {
    Box::new(Count::new(of, layout))
}

/// A sum of an exact type.
pub(super) fn sum(of: Type, layout: &mut Layout) -> Box<dyn State> {
    Box::new(Sum::new(of, layout))
}

/// A sum of an exact type over the first purchase day.
pub(super) fn first_day_sum(of: Type, layout: &mut Layout) -> Box<dyn State> {
    Box::new(FirstDaySum::new(of, layout))
}

/// Days between the last two purchase days.
pub(super) fn last_gap(layout: &mut Layout) -> Box<dyn State> {
    Box::new(LastGap::new(layout))
}

/// The least or the greatest value, of the types that have a place in the record.
pub(super) fn extreme(ty: Type, wanted: Ordering, layout: &mut Layout) -> Option<Box<dyn State>> {
    // What every value beats.
    let (word, half) = match wanted {
        Ordering::Less => (i64::MAX, i32::MAX),
        _ => (i64::MIN, i32::MIN),
    };
    Some(match ty {
        Type::Bool | Type::Score | Type::Days | Type::Date => {
            Box::new(Extreme { at: layout.half(half), blank: half, real: HashSet::new(), wanted })
        }
        Type::Int | Type::Time | Type::Unknown => {
            Box::new(Extreme { at: layout.word(word), blank: word, real: HashSet::new(), wanted })
        }
        Type::Decimal(_) | Type::Double | Type::Text | Type::Gaps => return None,
    })
}

/// How many rows, or how many values.
struct Count {
    at: Half,
    of: Option<Type>,
    /// Whole turns of the 32-bit counter.
    turns: HashMap<u32, i128>,
}

impl Count {
    fn new(of: Option<Type>, layout: &mut Layout) -> Self {
        Self { at: layout.half(0), of, turns: HashMap::new() }
    }
}

impl State for Count {
    fn update(&mut self, records: &mut Records, rows: &Rows<'_>) {
        let Self { at, of, turns } = self;
        let mut records = records.all();
        let mut count = |group: u32| {
            let record = records.get_mut(group);
            let next = at.get(record).wrapping_add(1);
            at.set(record, next);
            if next == 0 {
                *turns.entry(group).or_default() += 1 << 32;
            }
        };
        let groups = rows.groups;
        match of {
            None => groups.iter().for_each(|group| count(*group)),
            Some(ty) => each_present(*ty, rows, |row| count(groups[row])),
        }
    }

    fn value(&self, record: &[u64], group: u32) -> Option<i128> {
        let turns = if self.turns.is_empty() { 0 } else { self.turns.get(&group).copied().unwrap_or(0) };
        Some(i128::from(self.at.get(record) as u32) + turns)
    }
}

/// Calls `visit` for every row whose first operand is not null.
fn each_present(ty: Type, rows: &Rows<'_>, mut visit: impl FnMut(usize)) {
    let values = rows.operands[0];
    match ty {
        Type::Bool | Type::Score | Type::Days | Type::Date => I32::each(values, rows.rows, |at, _| visit(at)),
        Type::Int | Type::Time | Type::Unknown => I64::each(values, rows.rows, |at, _| visit(at)),
        Type::Decimal(_) => I128::each(values, rows.rows, |at, _| visit(at)),
        Type::Double => F64::each(values, rows.rows, |at, _| visit(at)),
        Type::Text | Type::Gaps => Text::each(values, rows.rows, |at, _| visit(at)),
    }
}

/// Calls `visit` with every exact number of the first operand.
fn each_exact(ty: Type, rows: &Rows<'_>, mut visit: impl FnMut(usize, i128)) {
    match ty {
        Type::Decimal(_) => I128::each(rows.operands[0], rows.rows, visit),
        _ => I64::each(rows.operands[0], rows.rows, |at, value| visit(at, i128::from(value))),
    }
}

/// An exact sum: 64 bits in the record, and what does not fit them beside it.
struct Sum {
    at: usize,
    of: Type,
    carried: HashMap<u32, i128>,
    overflow: bool,
}

impl Sum {
    fn new(of: Type, layout: &mut Layout) -> Self {
        Self { at: layout.word(0), of, carried: HashMap::new(), overflow: false }
    }
}

impl State for Sum {
    fn update(&mut self, records: &mut Records, rows: &Rows<'_>) {
        let Self { at, of, carried, overflow } = self;
        let mut records = records.all();
        each_exact(*of, rows, |row, value| {
            let group = rows.groups[row];
            let sum = &mut records.get_mut(group)[*at];
            match i64::try_from(value).ok().and_then(|value| (*sum as i64).checked_add(value)) {
                Some(total) => *sum = total as u64,
                None => {
                    let carried = carried.entry(group).or_default();
                    match carried.checked_add(value) {
                        // Leaves room for what is in the record.
                        Some(total) if total.unsigned_abs() < 1 << 126 => *carried = total,
                        _ => *overflow = true,
                    }
                }
            }
        });
    }

    fn value(&self, record: &[u64], group: u32) -> Option<i128> {
        let carried =
            if self.carried.is_empty() { 0 } else { self.carried.get(&group).copied().unwrap_or(0) };
        Some(i128::from(record[self.at] as i64) + carried)
    }

    fn overflow(&self) -> bool {
        self.overflow
    }
}

/// A place for a number that is compared.
trait Slot: Copy + Send + Sync {
    type Number: ValueKind<Kept = Self::Value> + Sync;
    type Value: Ord + Copy + Into<i128> + Send + Sync;
    fn get(self, record: &[u64]) -> Self::Value;
    fn set(self, record: &mut [u64], value: Self::Value);
    fn own(lent: <Self::Number as ValueKind>::Lent<'_>) -> Self::Value {
        Self::Number::keep(lent)
    }
}

impl Slot for Half {
    type Number = I32;
    type Value = i32;

    fn get(self, record: &[u64]) -> i32 {
        Half::get(self, record)
    }

    fn set(self, record: &mut [u64], value: i32) {
        Half::set(self, record, value);
    }
}

impl Slot for usize {
    type Number = I64;
    type Value = i64;

    fn get(self, record: &[u64]) -> i64 {
        record[self] as i64
    }

    fn set(self, record: &mut [u64], value: i64) {
        record[self] = value as u64;
    }
}

/// The least or the greatest value.
struct Extreme<P: Slot> {
    at: P,
    /// Stands for no value: every other one beats it.
    blank: P::Value,
    /// The groups that really have the value of `blank`.
    real: HashSet<u32>,
    wanted: Ordering,
}

impl<P: Slot> Extreme<P> {
    /// Stores the better of two whether or not it is another: which one it is cannot be foretold.
    fn keep(
        &mut self,
        records: &mut Records,
        rows: &Rows<'_>,
        better: impl Fn(P::Value, P::Value) -> P::Value,
    ) {
        let Self { at, blank, real, .. } = self;
        let mut records = records.all();
        P::Number::each(rows.operands[0], rows.rows, |row, value| {
            let (group, value) = (rows.groups[row], P::own(value));
            let record = records.get_mut(group);
            at.set(record, better(at.get(record), value));
            if value == *blank {
                real.insert(group);
            }
        });
    }
}

impl<P: Slot> State for Extreme<P> {
    fn update(&mut self, records: &mut Records, rows: &Rows<'_>) {
        match self.wanted {
            Ordering::Less => self.keep(records, rows, Ord::min),
            _ => self.keep(records, rows, Ord::max),
        }
    }

    fn value(&self, record: &[u64], group: u32) -> Option<i128> {
        let value = self.at.get(record);
        (value != self.blank || self.real.contains(&group)).then(|| value.into())
    }
}

/// Days between the last two purchase days.
struct LastGap {
    last: Half,
    before: Half,
}

/// No day: dates of the inputs are far above it.
const NO_DAY: i32 = i32::MIN;

impl LastGap {
    fn new(layout: &mut Layout) -> Self {
        Self { last: layout.half(NO_DAY), before: layout.half(NO_DAY) }
    }
}

impl State for LastGap {
    fn update(&mut self, records: &mut Records, rows: &Rows<'_>) {
        let Self { last, before } = *self;
        let mut records = records.all();
        I32::each(Some(rows.day), rows.rows, |row, day| {
            let record = records.get_mut(rows.groups[row]);
            let latest = last.get(record);
            if day > latest {
                before.set(record, latest);
                last.set(record, day);
            } else if day < latest && day > before.get(record) {
                before.set(record, day);
            }
        });
    }

    fn value(&self, record: &[u64], _: u32) -> Option<i128> {
        let (last, before) = (self.last.get(record), self.before.get(record));
        (before != NO_DAY).then(|| i128::from(last) - i128::from(before))
    }
}

/// An exact sum over each group's first day: an earlier day starts it anew.
struct FirstDaySum {
    day: Half,
    /// The lower and the upper word.
    sum: [usize; 2],
    of: Type,
    overflow: bool,
}

impl FirstDaySum {
    fn new(of: Type, layout: &mut Layout) -> Self {
        Self { day: layout.half(i32::MAX), sum: [layout.word(0), layout.word(0)], of, overflow: false }
    }

    fn sum(&self, record: &[u64]) -> i128 {
        (u128::from(record[self.sum[0]]) | u128::from(record[self.sum[1]]) << 64) as i128
    }
}

impl State for FirstDaySum {
    fn update(&mut self, records: &mut Records, rows: &Rows<'_>) {
        let Values::I32(days) = rows.day else { return };
        let Some(days) = days.downcast_iter().next() else { return };
        let mut overflow = self.overflow;
        let mut records = records.all();
        each_exact(self.of, rows, |row, value| {
            let day = days.value(rows.rows[row] as usize);
            let record = records.get_mut(rows.groups[row]);
            let total = match day.cmp(&self.day.get(record)) {
                Ordering::Less => Some(value),
                Ordering::Equal => self.sum(record).checked_add(value),
                Ordering::Greater => return,
            };
            let Some(total) = total else {
                overflow = true;
                return;
            };
            self.day.set(record, day);
            record[self.sum[0]] = total as u64;
            record[self.sum[1]] = (total >> 64) as u64;
        });
        self.overflow = overflow;
    }

    fn value(&self, record: &[u64], _: u32) -> Option<i128> {
        Some(self.sum(record))
    }

    fn overflow(&self) -> bool {
        self.overflow
    }
}
