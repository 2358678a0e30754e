//! What BG/NBD and MBG/NBD share. While alive a customer buys at a rate λ ~ Gamma(r, α); at certain moments a coin
//! with p ~ Beta(a, b) decides whether they stop for good. The models differ in one thing: how many coins a customer
//! with x repeats has survived — x in BG/NBD (none before the first repeat), x + 1 in MBG/NBD (one at the first
//! purchase, too). `bg_nbd` and `mbg_nbd` say which is which; formulas are written in n = coins.
//!
//! L = Γ(r+x) α^r / Γ(r) · [ (b)_n / (a+b)_n (α+T)^−(r+x) + B(a+1, b+n−1) / B(a, b) (α+t_x)^−(r+x) ], the second term
//! only for n > 0; (b)_n = Γ(b+n) / Γ(b). Written as first term × (1 + e^D), D the log odds of being gone.

use super::error::InputError;
use super::jet::{Jet, sum};
use super::mixture::mean_orders;
use super::special::{one_in, rising};
use super::triple::{Triple, Triples};

/// Parameters of either model, all positive; α in time units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct BetaGeometric {
    pub(super) r: f64,
    pub(super) alpha: f64,
    pub(super) a: f64,
    pub(super) b: f64,
    /// Coins before the first repeat: 0 or 1.
    pub(super) first_coins: u32,
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

impl BetaGeometric {
    fn theta(&self) -> [f64; 4] {
        [self.r, self.alpha, self.a, self.b]
    }

    fn coins(&self, x: f64) -> f64 {
        x + f64::from(self.first_coins)
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

    pub(super) fn p_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        one_in(self.log_odds_gone(x, t_x, age))
    }

    /// E[purchases in (T, T + t]] of somebody alive at T.
    pub(super) fn orders_if_alive(&self, x: f64, age: f64, t: f64) -> f64 {
        mean_orders(self.r + x, t / (self.alpha + age), self.a, self.b + self.coins(x))
    }

    /// ln L over the population with gradient and Hessian in (ln r, ln α, ln a, ln b).
    pub(super) fn log_likelihood(&self, triples: &Triples) -> Jet<4> {
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
        total.in_logs(&self.theta())
    }

    /// ln L of one customer.
    pub(super) fn log_likelihood_of(&self, triples: &Triples, triple: &Triple) -> f64 {
        let mut jet = Jet::ZERO;
        self.add_counts(&mut jet, triple.repeats);
        self.add_times(&mut jet, triples.in_units(triple));
        jet.value
    }

    /// What depends on the number of repeats alone: ln (r)_x + ln (b)_n − ln (a+b)_n.
    fn add_counts(&self, jet: &mut Jet<4>, repeats: u32) {
        let rate = rising(self.r, repeats);
        let coins = repeats.saturating_add(self.first_coins);
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
        let Self { r, alpha, a, b, .. } = *self;
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
