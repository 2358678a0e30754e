//! What each segment holds, counted slice by slice of the customers and added up in their order: whole numbers as
//! counts, so that of the population only amounts are kept.

use std::collections::HashMap;

use polars::prelude::{DataFrame, DataType};

use crate::engine::Error;

use super::amounts::Amounts;
use super::measure::Measure;
use crate::engine::polars::profile::columns::{CLV, ORDERS, RECENCY, REVENUE};

/// What one segment holds.
#[derive(Clone, Debug, Default)]
pub(super) struct SegmentTotals {
    pub(super) customers: i64,
    pub(super) orders: ValueCounts,
    pub(super) revenue: Amounts,
    /// Of those who have ordered: who never has, has no last order and no say in the median.
    pub(super) recency: ValueCounts,
    pub(super) clv: f64,
    /// Of each column that the summary names.
    pub(super) measures: Vec<Measure>,
}

/// One tally for each of the segments of a segmentation, in their order. `segments` are the customers' by number.
pub(super) fn tallies(
    customers: &DataFrame,
    segments: &[u16],
    count: usize,
    has_clv: bool,
) -> Result<Vec<SegmentTotals>, Error> {
    let whole = |name: &str| Ok::<_, Error>(customers.column(name)?.cast(&DataType::Int64)?);
    let mut tallies = vec![SegmentTotals::default(); count];
    of_each(segments, &mut tallies, whole(ORDERS)?.i64()?.iter(), |tally, orders| {
        tally.customers += 1;
        tally.orders.add(orders.unwrap_or(0), 1);
    });
    of_each(segments, &mut tallies, whole(RECENCY)?.i64()?.iter(), |tally, days| {
        if let Some(days) = days {
            tally.recency.add(days, 1);
        }
    });
    if let Ok(revenue) = customers.column(REVENUE) {
        tallies.iter_mut().for_each(|tally| tally.revenue = Amounts::of(tally.customers as usize));
        of_each(segments, &mut tallies, revenue.decimal()?.physical().iter(), |tally, amount| {
            // Who has no revenue that is known has no say in the median; amounts always add up to some.
            amount.into_iter().for_each(|amount| tally.revenue.push(amount));
        });
    }
    if has_clv {
        of_each(segments, &mut tallies, customers.column(CLV)?.f64()?.iter(), |tally, clv| {
            tally.clv += clv.unwrap_or(0.0);
        });
    }
    Ok(tallies)
}

impl SegmentTotals {
    /// Adds that of the customers behind these.
    pub(super) fn add(&mut self, more: Self) {
        self.customers += more.customers;
        self.orders.merge(&more.orders);
        self.revenue.merge(more.revenue);
        self.recency.merge(&more.recency);
        self.clv += more.clv;
        self.measures.iter_mut().zip(more.measures).for_each(|(all, more)| all.add(more));
    }
}

/// Gives each value to the tally of its customer's segment.
fn of_each<T>(
    codes: &[u16],
    tallies: &mut [SegmentTotals],
    values: impl Iterator<Item = Option<T>>,
    mut add: impl FnMut(&mut SegmentTotals, Option<T>),
) {
    // An iterator that drives itself is several times as fast as one that is asked for the next value.
    values.enumerate().for_each(|(row, value)| {
        if let Some(tally) = tallies.get_mut(usize::from(codes[row])) {
            add(tally, value);
        }
    });
}

/// Whole numbers, of which there are few different ones and most are small.
#[derive(Clone, Debug, Default)]
pub(super) struct ValueCounts {
    /// How often each number from zero on was there.
    small: Vec<u64>,
    others: HashMap<i64, u64>,
}

/// Numbers below this are counted in a list.
const SMALL: usize = 1 << 14;

impl ValueCounts {
    fn add(&mut self, value: i64, times: u64) {
        match usize::try_from(value) {
            Ok(at) if at < SMALL => {
                if at >= self.small.len() {
                    self.small.resize(at + 1, 0);
                }
                self.small[at] += times;
            }
            _ => *self.others.entry(value).or_default() += times,
        }
    }

    fn merge(&mut self, more: &Self) {
        more.all().for_each(|(value, times)| self.add(value, times));
    }

    fn all(&self) -> impl Iterator<Item = (i64, u64)> {
        let small = self.small.iter().enumerate().map(|(value, times)| (value as i64, *times));
        let others = self.others.iter().map(|(value, times)| (*value, *times));
        small.filter(|(_, times)| *times > 0).chain(others)
    }

    pub(super) fn sum(&self) -> i64 {
        self.all().map(|(value, times)| value * times as i64).sum()
    }

    /// The middle value, or the mean of the two in the middle.
    pub(super) fn median(&self) -> Option<f64> {
        let mut values: Vec<(i64, u64)> = self.all().collect();
        values.sort_unstable();
        let all: u64 = values.iter().map(|(_, times)| times).sum();
        let at = |position: u64| {
            let mut before = 0;
            let (value, _) = values.iter().find(|(_, times)| {
                before += times;
                before > position
            })?;
            Some(*value as f64)
        };
        let upper = at(all / 2)?;
        Some(if all % 2 == 1 { upper } else { (at(all / 2 - 1)? + upper) / 2.0 })
    }
}
