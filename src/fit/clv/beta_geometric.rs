//! What BG/NBD and MBG/NBD share. While alive a customer buys at a rate λ ~ Gamma(r, α); at certain moments a coin
//! with p ~ Beta(a, b) decides whether they stop for good. The models differ in one thing: how many coins a customer
//! with x repeats has survived — x in BG/NBD (none before the first repeat), x + 1 in MBG/NBD (one at the first
//! purchase, too). Formulas are written in n = coins.
//!
//! L = Γ(r+x) α^r / Γ(r) · [ (b)_n / (a+b)_n (α+T)^−(r+x) + B(a+1, b+n−1) / B(a, b) (α+t_x)^−(r+x) ], the second term
//! only for n > 0; (b)_n = Γ(b+n) / Γ(b). Written as first term × (1 + e^D), D the log odds of being gone.

use serde::{Deserialize, Serialize};

use super::error::InputError;
use super::jet::{Jet, sum};
use super::mixture::mean_orders;
use super::special::{one_in, rising};
use super::triple::{Triple, Triples};

/// BG/NBD: a customer may stop right after each repeat purchase (Fader, Hardie & Lee 2005, Marketing Science 24(2)).
pub type BgNbd = BetaGeometric<0>;

/// MBG/NBD: a customer may stop after each purchase, the first one included (Batislam, Denizel & Filiztekin 2007;
/// Hoppe & Wagner 2007).
pub type MbgNbd = BetaGeometric<1>;

/// Parameters of either model, all positive: purchase rates λ ~ Gamma(r, α) per time unit, drop-out chances
/// p ~ Beta(a, b). `FIRST_COINS` are the coins before the first repeat: 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetaGeometric<const FIRST_COINS: u32> {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates, in time units.
    pub alpha: f64,
    /// First shape of the drop-out chances.
    pub a: f64,
    /// Second shape of the drop-out chances.
    pub b: f64,
}

/// All parameters must be positive numbers.
pub(super) fn check_params(params: &[(&'static str, f64)]) -> Result<(), InputError> {
    for (name, value) in params {
        if !(value.is_finite() && *value > 0.0) {
            return Err(InputError::Param { name, value: *value });
        }
    }
    Ok(())
}

impl<const FIRST_COINS: u32> BetaGeometric<FIRST_COINS> {
    /// # Errors
    /// A parameter that is not a positive number.
    pub fn new(r: f64, alpha: f64, a: f64, b: f64) -> Result<Self, InputError> {
        check_params(&[("r", r), ("alpha", alpha), ("a", a), ("b", b)])?;
        Ok(Self { r, alpha, a, b })
    }

    fn coins(&self, x: f64) -> f64 {
        x + f64::from(FIRST_COINS)
    }

    /// The log odds of being gone; −∞ where no coin was tossed.
    fn log_odds_gone(&self, x: f64, t_x: f64, age: f64) -> f64 {
        let coins = self.coins(x);
        if coins < 1.0 {
            return f64::NEG_INFINITY;
        }
        let silence = ((age - t_x) / (self.alpha + t_x)).ln_1p();
        (self.a / (self.b + (coins - 1.0))).ln() + (self.r + x) * silence
    }

    /// P(alive at T | x, t_x, T), times in time units. For x = 0 exactly 1 in BG/NBD, which lets nobody stop before
    /// the first repeat purchase, and below 1 in MBG/NBD.
    #[must_use]
    pub fn p_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        one_in(self.log_odds_gone(x, t_x, age))
    }

    /// E[purchases in (T, T + t] | x, T, alive at T]; does not depend on t_x. Safe at a = 1 and for a + b < 1.
    #[must_use]
    pub fn orders_if_alive(&self, x: f64, age: f64, t: f64) -> f64 {
        mean_orders(self.r + x, t / (self.alpha + age), self.a, self.b + self.coins(x))
    }

    /// E[purchases in (T, T + t] | x, t_x, T].
    #[must_use]
    pub fn expected_orders(&self, x: f64, t_x: f64, age: f64, t: f64) -> f64 {
        self.p_alive(x, t_x, age) * self.orders_if_alive(x, age, t)
    }

    /// ln L of the population with gradient and Hessian in (ln r, ln α, ln a, ln b), both analytic. All constants in
    /// x are in, those of the order of purchases are not; time counts in the triples' units.
    #[must_use]
    pub fn log_likelihood(&self, triples: &Triples) -> Jet<4> {
        let mut total = sum(triples.distinct(), triples.weights(), |part, triple, weight| {
            let mut jet = Jet::ZERO;
            self.add_times(&mut jet, triples.in_units(triple));
            part.add(weight, &jet);
        });
        for &(repeats, customers) in triples.repeats() {
            let mut jet = Jet::ZERO;
            self.add_counts(&mut jet, repeats);
            total.add(customers as f64, &jet);
        }
        total.in_logs(&[self.r, self.alpha, self.a, self.b])
    }

    /// ln L of one customer.
    #[must_use]
    pub fn log_likelihood_of(&self, triples: &Triples, triple: &Triple) -> f64 {
        let mut jet = Jet::ZERO;
        self.add_counts(&mut jet, triple.repeats);
        self.add_times(&mut jet, triples.in_units(triple));
        jet.value
    }

    /// What depends on the number of repeats alone: ln (r)_x + ln (b)_n − ln (a+b)_n.
    fn add_counts(&self, jet: &mut Jet<4>, repeats: u32) {
        let rate = rising(self.r, repeats);
        let coins = repeats.saturating_add(FIRST_COINS);
        let stay = rising(self.b, coins);
        let all = rising(self.a + self.b, coins);
        jet.value += rate.ln + stay.ln - all.ln;
        jet.gradient[0] += rate.first;
        jet.hessian[0][0] += rate.second;
        jet.gradient[2] -= all.first;
        jet.gradient[3] += stay.first - all.first;
        jet.hessian[2][2] -= all.second;
        jet.hessian[2][3] -= all.second;
        jet.hessian[3][3] += stay.second - all.second;
    }

    /// The rest: r ln α − (r+x) ln(α+T) + ln(1 + e^D).
    #[inline]
    fn add_times(&self, jet: &mut Jet<4>, (x, t_x, age): (f64, f64, f64)) {
        let Self { r, alpha, a, b } = *self;
        let shape = r + x;
        let (at_end, at_last) = (alpha + age, alpha + t_x);
        let growth = (age / alpha).ln_1p();
        jet.value -= r * growth + x * at_end.ln();
        jet.gradient[0] -= growth;
        jet.gradient[1] += (r * age / alpha - x) / at_end;
        jet.hessian[0][1] += age / (alpha * at_end);
        jet.hessian[1][1] += shape / (at_end * at_end) - r / (alpha * alpha);
        let coins = self.coins(x);
        if coins < 1.0 {
            return;
        }
        let silence = ((age - t_x) / at_last).ln_1p();
        let shrink = -(age - t_x) / (at_end * at_last);
        let before = b + (coins - 1.0);
        let mut d = Jet::ZERO;
        d.value = (a / before).ln() + shape * silence;
        d.gradient = [silence, shape * shrink, 1.0 / a, -1.0 / before];
        d.hessian[0][1] = shrink;
        d.hessian[1][1] = -shape * shrink * (1.0 / at_end + 1.0 / at_last);
        d.hessian[2][2] = -1.0 / (a * a);
        d.hessian[3][3] = 1.0 / (before * before);
        jet.add_softplus(&d);
    }
}
