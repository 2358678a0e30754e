//! Gamma-Gamma (Fader & Hardie 2013, note 025; Colombo & Jiang 1999): the amounts of a customer's orders are
//! Gamma(p, ν), and ν ~ Gamma(q, v) over customers, independent of how often they buy.
//!
//! ln L(x, m) = −ln B(px, q) + px ln(xm / (v + xm)) + q ln(v / (v + xm)) − ln m, which is eq. 1a of the note.

use serde::{Deserialize, Serialize};

use super::beta_geometric::check_params;
use super::error::{FitError, InputError};
use super::jet::{Jet, sum};
use super::special::{digamma, ln_gamma, ln_gamma_ratio, trigamma};
use super::spend::Spend;

/// Parameters, all positive; v in money.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GammaGamma {
    /// Shape of the amounts of one customer.
    pub p: f64,
    /// Shape over customers.
    pub q: f64,
    /// Scale over customers, in money.
    pub v: f64,
}

impl GammaGamma {
    /// # Errors
    /// A parameter that is not a positive number.
    pub fn new(p: f64, q: f64, v: f64) -> Result<Self, InputError> {
        check_params(&[("p", p), ("q", q), ("v", v)])?;
        Ok(Self { p, q, v })
    }

    /// ln L of the population with gradient and Hessian in (ln p, ln q, ln v), both analytic.
    #[must_use]
    pub fn log_likelihood(&self, spend: &Spend) -> Jet<3> {
        let Self { p, q, v } = *self;
        let mut total: Jet<3> = sum(spend.distinct(), spend.weights(), |part, (repeats, mean), weight| {
            let x = f64::from(*repeats);
            let bought = x * mean;
            let all = v + bought;
            let (own, prior) = (-(v / bought).ln_1p(), -(bought / v).ln_1p());
            part.value += weight * (p * x * own + q * prior - mean.ln());
            part.gradient[0] += weight * x * own;
            part.gradient[1] += weight * prior;
            part.gradient[2] += weight * (q * bought / v - p * x) / all;
            part.hessian[0][2] -= weight * x / all;
            part.hessian[1][2] += weight * bought / (v * all);
            part.hessian[2][2] += weight * ((p * x + q) / (all * all) - q / (v * v));
        });
        let (ln_q, digamma_q, trigamma_q) = (ln_gamma(q), digamma(q), trigamma(q));
        for &(repeats, customers) in spend.repeats() {
            let (x, weight) = (f64::from(repeats), customers as f64);
            let own = p * x;
            let (digamma_all, trigamma_all) = (digamma(own + q), trigamma(own + q));
            total.value += weight * (ln_gamma_ratio(own, q) - ln_q);
            total.gradient[0] += weight * x * (digamma_all - digamma(own));
            total.gradient[1] += weight * (digamma_all - digamma_q);
            total.hessian[0][0] += weight * x * x * (trigamma_all - trigamma(own));
            total.hessian[0][1] += weight * x * trigamma_all;
            total.hessian[1][1] += weight * (trigamma_all - trigamma_q);
        }
        total.in_logs(&[p, q, v])
    }

    /// E[M | x, m]: the mean amount of an order of a customer with `repeats` x and mean amount m, `p (v + m x) /
    /// (p x + q − 1)`: between m and the population's mean, p v / (q − 1), which is the answer for x = 0 or without a
    /// positive m.
    ///
    /// # Errors
    /// q ≤ 1: the mean over customers does not exist.
    pub fn expected_order_value(&self, repeats: u32, mean_amount: f64) -> Result<f64, FitError> {
        if self.q <= 1.0 {
            return Err(FitError::QBelowOne { q: self.q });
        }
        let counts = repeats > 0 && mean_amount > 0.0;
        let (x, m) = if counts { (f64::from(repeats), mean_amount) } else { (0.0, 0.0) };
        let all = self.p * x + (self.q - 1.0);
        Ok(self.p * (self.v / all) + (self.p * x / all) * m)
    }
}
