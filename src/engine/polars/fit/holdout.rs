//! The honest check of a model: fitted on the time before the last days, it foretells them, and what it said is set
//! beside what happened. Reads the orders a second time, as of the day before the holdout.

use std::collections::HashMap;

use polars::prelude::{
    DataFrame, DataType, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked,
};

use crate::engine::polars::profile::Memory;
use crate::engine::polars::profile::columns::{HELD_OUT_DAYS, HELD_OUT_REVENUE, PURCHASE_DAYS};
use crate::engine::polars::profile_cache;
use crate::engine::{Cache, Error, Profile};
use crate::fit::{Calibration, Histogram, Kind, double_key, quantile_cuts};
use crate::plan::{self, Best, ClvModel, Holdout, Plan};

/// What came of the check.
#[derive(Clone, Debug)]
pub struct Check {
    /// One row a decile of predicted orders, then one a number of repeats.
    pub table: DataFrame,
    /// How far off it was, in all.
    pub calibration: Calibration,
}

/// Checks the model of a plan, if it asks for a holdout. `profile` is that of the whole time; that of the time before
/// may be kept, too.
pub fn check(
    plan: &Plan,
    profile: &Profile,
    threads: usize,
    memory: Option<&Memory>,
    cache: Option<&Cache>,
) -> Result<Option<Check>, Error> {
    let Some(asked @ plan::Clv { model: ClvModel::Orders(model), .. }) = &plan.clv else { return Ok(None) };
    let Some(holdout) = &model.holdout else { return Ok(None) };
    let before = before(plan, asked, holdout);
    let (learned_from, _) = profile_cache::run(&before, threads, memory, cache)?;
    // Where `simple` had to stand in there are no expected orders to check.
    let learned = super::clv::learn(&before, &learned_from)?.filter(|learned| learned.orders.is_some());
    let Some(learned) = learned else { return Ok(None) };
    let valued = super::clv::value(&before, learned_from, Some(&learned))?;
    let foretold = Foretold::of(plan, &valued.customers, &profile.customers)?;
    let calibration = foretold.calibration(holdout.days);
    Ok(Some(Check { table: foretold.table()?, calibration }))
}

/// The same plan as of the day before the holdout, looking ahead over just that; money counts in full.
fn before(plan: &Plan, asked: &plan::Clv, holdout: &Holdout) -> Plan {
    let mut clv = asked.clone();
    clv.horizon_days = holdout.days;
    if let ClvModel::Orders(model) = &mut clv.model {
        model.discount_rate = 0.0;
        model.holdout = None;
    }
    let as_of = plan.as_of - chrono::Days::new(u64::from(holdout.days));
    Plan { as_of, clv: Some(clv), ..plan.clone() }
}

/// What was foretold and what happened, one element a customer of the time before.
#[derive(Default)]
struct Foretold {
    /// Whether orders have amounts; revenue is zero, and not shown, without.
    has_money: bool,
    repeats: Vec<u64>,
    orders: Vec<f64>,
    revenue: Vec<f64>,
    actual_orders: Vec<f64>,
    actual_revenue: Vec<f64>,
}

impl Foretold {
    /// Every customer of the time before is one of the whole time.
    fn of(plan: &Plan, before: &DataFrame, whole: &DataFrame) -> Result<Self, Error> {
        let id = plan.customer.column.as_str();
        let ids = |frame: &DataFrame| Ok::<_, Error>(frame.column(id)?.cast(&DataType::String)?);
        let (known, all) = (ids(before)?, ids(whole)?);
        let (known, all) = (known.str()?.iter(), all.str()?.iter().enumerate());
        let places: HashMap<Option<&str>, usize> = all.map(|(at, id)| (id, at)).collect();
        let double = |frame: &DataFrame, name: &str| -> Result<Vec<f64>, Error> {
            let column = frame.column(name)?.cast(&DataType::Float64)?;
            Ok(column.f64()?.iter().map(|value| value.unwrap_or(0.0)).collect())
        };
        let (days, orders) = (double(whole, HELD_OUT_DAYS)?, double(before, "expected_orders")?);
        let has_money = plan.clv.as_ref().is_some_and(|clv| clv.money.is_some());
        let money = match has_money {
            true => Some((double(whole, HELD_OUT_REVENUE)?, double(before, "expected_order_value")?)),
            false => None,
        };
        let purchase_days = double(before, PURCHASE_DAYS)?;
        let mut foretold = Self { has_money, ..Self::default() };
        for (row, id) in known.enumerate() {
            let Some(&at) = places.get(&id) else { continue };
            // Nothing was foretold of people without an order.
            if purchase_days[row] == 0.0 {
                continue;
            }
            foretold.repeats.push((purchase_days[row] - 1.0).max(0.0) as u64);
            foretold.orders.push(orders[row]);
            foretold.actual_orders.push(days[at]);
            let (revenue, actual) = money
                .as_ref()
                .map_or((0.0, 0.0), |(revenue, values)| (orders[row] * values[row], revenue[at]));
            foretold.revenue.push(revenue);
            foretold.actual_revenue.push(actual);
        }
        Ok(foretold)
    }

    fn calibration(&self, days: u32) -> Calibration {
        let customers = self.orders.len();
        let off: f64 =
            self.orders.iter().zip(&self.actual_orders).map(|(said, was)| (said - was).abs()).sum();
        let sum = |values: &[f64]| values.iter().sum::<f64>();
        Calibration {
            holdout_days: days,
            customers: customers as u64,
            predicted_orders: sum(&self.orders),
            actual_orders: sum(&self.actual_orders),
            predicted_revenue: self.has_money.then(|| sum(&self.revenue)),
            actual_revenue: self.has_money.then(|| sum(&self.actual_revenue)),
            mean_absolute_error_orders: if customers == 0 { 0.0 } else { off / customers as f64 },
        }
    }

    /// `calibration.parquet`: by decile of predicted orders (10 is the highest; equal predictions share one) and by
    /// repeats before the holdout.
    fn table(&self) -> Result<DataFrame, Error> {
        let keys: Vec<i128> = self.orders.iter().map(|orders| double_key(*orders)).collect();
        let cuts = quantile_cuts(&Histogram::new(Kind::Double, keys.clone()), 10, Best::High);
        let decile = |key: i128| 1 + cuts.iter().flatten().filter(|cut| key >= **cut).count() as u64;
        let deciles: Vec<u64> = keys.into_iter().map(decile).collect();
        let mut rows = Vec::new();
        for (by, buckets) in [("decile", &deciles), ("repeats", &self.repeats)] {
            let mut sums: std::collections::BTreeMap<u64, (i64, [f64; 4])> =
                std::collections::BTreeMap::new();
            for (row, bucket) in buckets.iter().enumerate() {
                let (customers, sums) = sums.entry(*bucket).or_default();
                *customers += 1;
                let values =
                    [self.orders[row], self.actual_orders[row], self.revenue[row], self.actual_revenue[row]];
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
            rows.extend(
                sums.into_iter().map(|(bucket, (customers, sums))| (by, bucket as i64, customers, sums)),
            );
        }
        let whole = |name: &str, values: Vec<i64>| Int64Chunked::from_vec(name.into(), values).into_column();
        let double = |name: &str, at: usize| {
            let values = rows.iter().map(|row| row.3[at]).collect();
            Float64Chunked::from_vec(name.into(), values).into_column()
        };
        let mut columns = vec![
            StringChunked::from_iter_values("by".into(), rows.iter().map(|row| row.0)).into_column(),
            whole("bucket", rows.iter().map(|row| row.1).collect()),
            whole("customers", rows.iter().map(|row| row.2).collect()),
            double("predicted_orders", 0),
            double("actual_orders", 1),
        ];
        if self.has_money {
            columns.extend([double("predicted_revenue", 2), double("actual_revenue", 3)]);
        }
        Ok(DataFrame::new(rows.len(), columns)?)
    }
}
