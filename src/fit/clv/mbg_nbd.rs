//! MBG/NBD: a customer may stop after each purchase, the first one included (Batislam, Denizel & Filiztekin 2007;
//! Hoppe & Wagner 2007).
//! The arithmetic is in `beta_geometric`.

use serde::{Deserialize, Serialize};

use super::beta_geometric::{BetaGeometric, check_params};
use super::error::InputError;
use super::jet::Jet;
use super::triple::{Triple, Triples};

/// Parameters, all positive: purchase rates λ ~ Gamma(r, α) per time unit, drop-out chances p ~ Beta(a, b).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MbgNbd {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates, in time units.
    pub alpha: f64,
    /// First shape of the drop-out chances.
    pub a: f64,
    /// Second shape of the drop-out chances.
    pub b: f64,
}

impl MbgNbd {
    /// # Errors
    /// A parameter that is not a positive number.
    pub fn new(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self, InputError> {
        check_params(&[("r", r), ("alpha", alpha), ("a", a), ("b", b)])?;
        Ok(Self { r, alpha, a, b })
    }

    fn kernel(&self) -> BetaGeometric {
        let Self { r, alpha, a, b } = *self;
        BetaGeometric { r, alpha, a, b, first_coins: 1 }
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

    /// P(alive at T | x, t_x, T), times in time units. Below 1 for x = 0, unlike
    /// BG/NBD.
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
}
