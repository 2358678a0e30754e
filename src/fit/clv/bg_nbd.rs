//! BG/NBD: a customer may stop right after each repeat purchase (Fader, Hardie & Lee 2005, Marketing Science 24(2)).
//! The arithmetic is in `beta_geometric`.

use serde::{Deserialize, Serialize};

use super::beta_geometric::{BetaGeometric, check_params};
use super::error::InputError;
use super::jet::Jet;
use super::special::{ln_gamma, ln_gamma_ratio, rising};
use super::triple::{Triple, Triples};

/// Parameters, all positive: purchase rates λ ~ Gamma(r, α) per time unit, drop-out chances p ~ Beta(a, b).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BgNbd {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates, in time units.
    pub alpha: f64,
    /// First shape of the drop-out chances.
    pub a: f64,
    /// Second shape of the drop-out chances.
    pub b: f64,
}

impl BgNbd {
    /// # Errors
    /// A parameter that is not a positive number.
    pub fn new(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self, InputError> {
        check_params(&[("r", r), ("alpha", alpha), ("a", a), ("b", b)])?;
        Ok(Self { r, alpha, a, b })
    }

    fn kernel(&self) -> BetaGeometric {
        let Self { r, alpha, a, b } = *self;
        BetaGeometric { r, alpha, a, b, first_coins: 0 }
    }

    /// ln L of the population with gradient and Hessian in (ln r, ln α, ln a, ln b), both analytic. All constants in
    /// x are in, those of the order of purchases are not; time counts in the triples' units.
    #[must_use]
    pub fn log_likelihood(&self, triples: &Triples) -> Jet<4> {
        self.kernel().log_likelihood(triples)
    }

    /// ln L of one customer.
    #[must_use]
    pub fn log_likelihood_of(&self, triples: &Triples, triple: &Triple) -> f64 {
        self.kernel().log_likelihood_of(triples, triple)
    }

    /// P(alive at T | x, t_x, T), times in time units. Exactly 1 for x = 0: the
    /// model lets nobody stop before the first repeat purchase.
    #[must_use]
    pub fn p_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        self.kernel().p_alive(x, t_x, age)
    }

    /// E[purchases in (T, T + t] | x, T, alive at T]; does not depend on t_x. Safe at a = 1 and for a + b < 1.
    #[must_use]
    pub fn orders_if_alive(&self, x: f64, age: f64, t: f64) -> f64 {
        self.kernel().orders_if_alive(x, age, t)
    }

    /// E[purchases in (T, T + t] | x, t_x, T].
    #[must_use]
    pub fn expected_orders(&self, x: f64, t_x: f64, age: f64, t: f64) -> f64 {
        self.p_alive(x, t_x, age) * self.orders_if_alive(x, age, t)
    }

    /// P(X(t) = x): x purchases in the first t time units after the first one (eq. 8 of the paper; the tail of the
    /// second term is summed from its far end, so nothing cancels).
    #[must_use]
    pub fn probability(&self, x: u32, t: f64) -> f64 {
        let w = t / self.alpha;
        let z = w / (1.0 + w);
        let count = f64::from(x);
        let stay = rising(self.b, x).ln - rising(self.a + self.b, x).ln;
        let ln_nb = |k: f64| {
            ln_gamma_ratio(self.r, k) - ln_gamma(k + 1.0) - self.r * w.ln_1p()
                + if k > 0.0 { k * z.ln() } else { 0.0 }
        };
        let ln_first = if x == 0 { -self.r * w.ln_1p() } else { ln_nb(count) };
        let mut sum = (stay + ln_first).exp();
        if x > 0 && t > 0.0 {
            // P(at least x purchases without drop-out), from k = x upwards.
            let mut term = ln_first.exp();
            let mut tail = 0.0;
            let mut k = count;
            loop {
                tail += term;
                let growth = (self.r + k) / (k + 1.0) * z;
                term *= growth;
                k += 1.0;
                if term == 0.0 || (growth < 1.0 && term / (1.0 - growth) < 1e-17 * tail) {
                    break;
                }
            }
            sum += (stay + (self.a / (self.b + (count - 1.0))).ln()).exp() * tail;
        }
        sum
    }
}
