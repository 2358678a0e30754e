//! Predictions over a horizon, once per distinct triple: expected orders, P(alive), and expected orders discounted,
//! so that `clv = expected order value × discounted orders × margin`. The margin and the join to customers are the
//! caller's.

use rayon::prelude::*;

use super::error::{FitError, InputError};
use super::gamma_gamma::GammaGamma;
use super::order_model::OrderModel;
use super::triple::{Triple, Triples};

/// Days of a year, for the discount.
const YEAR_DAYS: f64 = 365.0;

/// How far ahead, and how later orders count.
///
/// Orders are discounted at the *end* of the sub-period they fall in. Sub-periods are one time unit of the triples
/// long, the last one what is left of the horizon: Σ_k [E(t_k) − E(t_(k−1))] / (1 + rate)^(t_k / 365 days), with
/// t_k = k units and, for the last, the horizon.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Horizon {
    days: u32,
    annual_rate: f64,
}

impl Horizon {
    /// `days` ahead; `annual_rate` is effective: 0.1 makes an order a year from now worth 1 / 1.1.
    ///
    /// # Errors
    /// A rate that is negative or not finite.
    pub fn new(days: u32, annual_rate: f64) -> Result<Self, InputError> {
        if !(annual_rate.is_finite() && annual_rate >= 0.0) {
            return Err(InputError::Rate(annual_rate));
        }
        Ok(Self { days, annual_rate })
    }

    /// (end in time units, discount factor) of each sub-period, ascending.
    fn sub_periods(&self, unit_days: f64) -> Vec<(f64, f64)> {
        let days = f64::from(self.days);
        let factor = |days: f64| (-(days / YEAR_DAYS) * self.annual_rate.ln_1p()).exp();
        if self.annual_rate == 0.0 {
            return vec![(days / unit_days, 1.0)];
        }
        let whole = (days / unit_days - 1e-9).floor().max(0.0) as u32;
        let mut ends: Vec<(f64, f64)> =
            (1..=whole).map(|k| (f64::from(k), factor(f64::from(k) * unit_days))).collect();
        ends.push((days / unit_days, factor(days)));
        ends
    }
}

/// Predictions, parallel to [`Triples::distinct`].
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// E[purchases within the horizon].
    pub expected_orders: Vec<f64>,
    /// P(alive) at the as-of date.
    pub p_alive: Vec<f64>,
    /// Expected purchases within the horizon, discounted.
    pub discounted_orders: Vec<f64>,
}

/// Predicts for every distinct triple. What a customer will buy if alive depends on (x, T) alone, so it is worked
/// out once for each of those.
#[must_use]
pub fn predict(model: &OrderModel, triples: &Triples, horizon: &Horizon) -> Predictions {
    let ends = horizon.sub_periods(triples.unit_days());
    let distinct = triples.distinct();
    let runs: Vec<&[Triple]> =
        distinct.chunk_by(|a, b| (a.repeats, a.age_days) == (b.repeats, b.age_days)).collect();
    let if_alive: Vec<(f64, f64)> = runs
        .par_iter()
        .map(|run| {
            let Some(first) = run.first() else { return (0.0, 0.0) };
            let (x, _, age) = triples.in_units(first);
            let (mut before, mut discounted) = (0.0, 0.0);
            for (end, factor) in &ends {
                let orders = model.orders_if_alive(x, age, *end);
                discounted += (orders - before) * factor;
                before = orders;
            }
            (before, discounted)
        })
        .collect();
    let p_alive: Vec<f64> = distinct
        .par_iter()
        .map(|triple| {
            let (x, t_x, age) = triples.in_units(triple);
            model.p_alive(x, t_x, age)
        })
        .collect();
    let mut expected_orders = Vec::with_capacity(distinct.len());
    let mut discounted_orders = Vec::with_capacity(distinct.len());
    let mut at = 0;
    for (run, (orders, discounted)) in runs.iter().zip(&if_alive) {
        for alive in &p_alive[at..at + run.len()] {
            expected_orders.push(alive * orders);
            discounted_orders.push(alive * discounted);
        }
        at += run.len();
    }
    Predictions { expected_orders, p_alive, discounted_orders }
}

/// Orders and money of customers, as [`expected_order_values`] takes them.
#[derive(Clone, Copy, Debug)]
pub struct OrderValues<'a> {
    /// Purchase days without the first, one a customer.
    pub repeats: &'a [u32],
    /// Mean daily amount of those days; NaN where there are none.
    pub mean_amount: &'a [f64],
}

/// E[M | x, m] for each customer, in money.
///
/// # Errors
/// Slices of different length; q ≤ 1.
pub fn expected_order_values(model: &GammaGamma, of: OrderValues<'_>) -> Result<Vec<f64>, FitError> {
    if of.repeats.len() != of.mean_amount.len() {
        return Err(InputError::Lengths.into());
    }
    of.repeats
        .par_iter()
        .zip(of.mean_amount)
        .map(|(repeats, mean)| model.expected_order_value(*repeats, *mean))
        .collect()
}
