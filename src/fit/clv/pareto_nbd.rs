//! Pareto/NBD (Schmittlein, Morrison & Colombo 1987; Fader & Hardie 2005, note 009): a customer buys at a rate
//! λ ~ Gamma(r, α) and may stop at any moment, at a rate μ ~ Gamma(s, β).
//!
//! L = Γ(r+x) α^r β^s / Γ(r) · [ (α+T)^−(r+x) (β+T)^−s + s ∫_(t_x)^T (α+t)^−(r+x) (β+t)^−(s+1) dt ].
//! The integral is usually given as a difference of two ₂F₁ terms, which cancel when T − t_x is small and need two
//! forms for α < β and α ≥ β. Here it is taken as it stands, by Gauss–Legendre: every node is positive, and its
//! derivatives are the moments of the integrand's own, so gradient and Hessian come from the same nodes.

use serde::{Deserialize, Serialize};

use super::beta_geometric::check_params;
use super::error::InputError;
use super::jet::{Jet, sum};
use super::quadrature::{GAUSS_8, GAUSS_16};
use super::special::{decay_over, one_in, rising};
use super::triple::{Triple, Triples};

/// The integrand below e^−NEGLIGIBLE of its start is left out.
const NEGLIGIBLE: f64 = 45.0;
/// No panel is wider than this in v, the logarithm of time; the integrand's nearest singularity is π away.
const PANEL: f64 = 2.4;
/// Nor does ln(integrand) change by more than about this within one.
const PANEL_DROP: f64 = 18.0;

/// Parameters, all positive; times in time units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ParetoNbd {
    /// Shape of the purchase rates.
    pub r: f64,
    /// Rate of the purchase rates.
    pub alpha: f64,
    /// Shape of the drop-out rates.
    pub s: f64,
    /// Rate of the drop-out rates.
    pub beta: f64,
}

impl ParetoNbd {
    /// # Errors
    /// A parameter that is not a positive number.
    pub fn new(r: f64, alpha: f64, s: f64, beta: f64) -> Result<Self, InputError> {
        check_params(&[("r", r), ("alpha", alpha), ("s", s), ("beta", beta)])?;
        Ok(Self { r, alpha, s, beta })
    }

    /// ln L of the population with gradient and Hessian in (ln r, ln α, ln s, ln β): analytic, by differentiation
    /// under the integral. All constants in x are in, those of the order of purchases are not; time counts in the
    /// triples' units.
    #[must_use]
    pub fn log_likelihood(&self, triples: &Triples) -> Jet<4> {
        let mut total = sum(triples.distinct(), triples.weights(), |part, triple, weight| {
            let mut jet = Jet::ZERO;
            self.add_times(&mut jet, triples.in_units(triple));
            part.add(weight, &jet);
        });
        for &(repeats, customers) in triples.repeats() {
            let rate = rising(self.r, repeats);
            let customers = customers as f64;
            total.value += customers * rate.ln;
            total.gradient[0] += customers * rate.first;
            total.hessian[0][0] += customers * rate.second;
        }
        total.in_logs(&[self.r, self.alpha, self.s, self.beta])
    }

    /// ln L of one customer.
    #[must_use]
    pub fn log_likelihood_of(&self, triples: &Triples, triple: &Triple) -> f64 {
        let mut jet = Jet::ZERO;
        self.add_times(&mut jet, triples.in_units(triple));
        jet.value + rising(self.r, triple.repeats).ln
    }

    /// P(alive at T | x, t_x, T), times in time units; 1 for t_x = T.
    #[must_use]
    pub fn p_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        if t_x >= age {
            return 1.0;
        }
        one_in(self.gone(x, t_x, age).value)
    }

    /// E[purchases in (T, T + t] | x, T, alive at T]; does not depend on t_x. Safe at s = 1.
    #[must_use]
    pub fn orders_if_alive(&self, x: f64, age: f64, t: f64) -> f64 {
        let lives = (t / (self.beta + age)).ln_1p();
        (self.r + x) * (self.beta + age) / (self.alpha + age) * decay_over(self.s - 1.0, lives)
    }

    /// E[purchases in (T, T + t] | x, t_x, T].
    #[must_use]
    pub fn expected_orders(&self, x: f64, t_x: f64, age: f64, t: f64) -> f64 {
        self.p_alive(x, t_x, age) * self.orders_if_alive(x, age, t)
    }

    /// All but ln (r)_x: r ln α + s ln β − (r+x) ln(α+T) − s ln(β+T) + ln(1 + e^D).
    fn add_times(&self, jet: &mut Jet<4>, (x, t_x, age): (f64, f64, f64)) {
        let Self { r, alpha, s, beta } = *self;
        let (buy_end, stop_end) = (alpha + age, beta + age);
        let (buy, stop) = ((age / alpha).ln_1p(), (age / beta).ln_1p());
        jet.value -= r * buy + x * buy_end.ln() + s * stop;
        jet.gradient[0] -= buy;
        jet.gradient[1] += (r * age / alpha - x) / buy_end;
        jet.gradient[2] -= stop;
        jet.gradient[3] += s * age / (beta * stop_end);
        jet.hessian[0][1] += age / (alpha * buy_end);
        jet.hessian[1][1] += (r + x) / (buy_end * buy_end) - r / (alpha * alpha);
        jet.hessian[2][3] += age / (beta * stop_end);
        jet.hessian[3][3] += s / (stop_end * stop_end) - s / (beta * beta);
        if t_x < age {
            jet.add_softplus(&self.gone(x, t_x, age));
        }
    }

    /// The log odds D of being gone by T, for t_x < T, with derivatives in the parameters:
    /// D = ln s + ln ∫ f(t) dt, f(t) = ((α+T)/(α+t))^(r+x) ((β+T)/(β+t))^s / (β+t).
    fn gone(&self, x: f64, t_x: f64, age: f64) -> Jet<4> {
        let Self { r, alpha, s, beta } = *self;
        let shape = r + x;
        let nearer = alpha.min(beta);
        let reach = ((age - t_x) / (nearer + t_x)).ln_1p();
        let (buy_last, stop_last) = (alpha + t_x, beta + t_x);
        let (buy_end, stop_end) = (alpha + age, beta + age);
        // −d ln(integrand) / dv at v, where t = t_x + (nearer + t_x)(e^v − 1).
        let slope = |v: f64| {
            let grown = (nearer + t_x) * v.exp_m1();
            let scale = nearer + t_x + grown;
            shape * scale / (buy_last + grown) + (s + 1.0) * scale / (stop_last + grown) - 1.0
        };
        // At v: the time since t_x, ln((α+t)/(α+t_x)) and ln((β+t)/(β+t_x)).
        let since = |v: f64| {
            let grown = (nearer + t_x) * v.exp_m1();
            if alpha <= beta {
                (grown, v, (grown / stop_last).ln_1p())
            } else {
                (grown, (grown / buy_last).ln_1p(), v)
            }
        };
        let mut moments = Moments::default();
        let mut from = 0.0;
        while from < reach {
            let mut width = PANEL.min(PANEL_DROP / slope(from).abs().max(1e-3));
            width = width.min(PANEL_DROP / slope(from + width).abs().max(1e-3));
            let to = if from + 1.3 * width >= reach { reach } else { from + width };
            let steep = (to - from) * slope(from).abs().max(slope(to).abs());
            let rule = if to - from < 0.5 && steep < 2.0 { GAUSS_8 } else { GAUSS_16 };
            let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
            for &(node, weight) in rule {
                for v in [middle - half * node, middle + half * node] {
                    let (grown, buy, stop) = since(v);
                    let f = (v - shape * buy - (s + 1.0) * stop).exp();
                    moments.add(
                        half * weight * f,
                        buy,
                        stop,
                        1.0 / (buy_last + grown),
                        1.0 / (stop_last + grown),
                    );
                }
            }
            from = to;
            // Falling for good, as the slope only grows; and already nothing beside what there is.
            let (_, buy, stop) = since(from);
            if slope(from) > 0.5 && from - shape * buy - (s + 1.0) * stop < moments.mass.ln() - NEGLIGIBLE {
                break;
            }
        }
        let buy_all = ((age - t_x) / buy_last).ln_1p();
        let stop_all = ((age - t_x) / stop_last).ln_1p();
        let ratio = (nearer + t_x) / stop_last;
        let mut d = Jet::ZERO;
        d.value = s.ln() + (moments.mass * ratio).ln() + shape * buy_all + s * stop_all;
        moments.derivatives(&mut d, shape, s, (buy_all, stop_all), (1.0 / buy_end, 1.0 / stop_end));
        d.gradient[2] += 1.0 / s;
        d.hessian[2][2] -= 1.0 / (s * s);
        d
    }
}

/// Sums over the nodes of f, of its log-derivatives and of their products: with u = ln((α+t)/(α+t_x)), i = 1/(α+t),
/// and w, j the same with β.
#[derive(Default)]
struct Moments {
    mass: f64,
    first: [f64; 4],
    second: [[f64; 4]; 4],
}

impl Moments {
    #[inline]
    fn add(&mut self, mass: f64, buy_since: f64, stop_since: f64, buy_inverse: f64, stop_inverse: f64) {
        self.mass += mass;
        let values = [buy_since, buy_inverse, stop_since, stop_inverse];
        for i in 0..4 {
            let part = mass * values[i];
            self.first[i] += part;
            for j in i..4 {
                self.second[i][j] += part * values[j];
            }
        }
    }

    /// ln f has the derivatives −u, −R i, −w, −(s+1) j; ln of the integral has their means, and as second derivatives
    /// the means of theirs plus the covariances. Less those of −(R ln(α+T) + s ln(β+T)), the first term of L.
    fn derivatives(&self, d: &mut Jet<4>, shape: f64, s: f64, all: (f64, f64), end: (f64, f64)) {
        let mean = self.first.map(|m| m / self.mass);
        let square = |i: usize, j: usize| self.second[i][j] / self.mass;
        let factors = [1.0, shape, 1.0, s + 1.0];
        for i in 0..4 {
            for j in i..4 {
                d.hessian[i][j] = factors[i] * factors[j] * (square(i, j) - mean[i] * mean[j]);
            }
        }
        d.gradient[0] = all.0 - mean[0];
        d.gradient[1] = shape * (end.0 - mean[1]);
        d.gradient[2] = all.1 - mean[2];
        d.gradient[3] = s * end.1 - (s + 1.0) * mean[3];
        d.hessian[0][1] += end.0 - mean[1];
        d.hessian[1][1] += shape * (square(1, 1) - end.0 * end.0);
        d.hessian[2][3] += end.1 - mean[3];
        d.hessian[3][3] += (s + 1.0) * square(3, 3) - s * end.1 * end.1;
    }
}
