//! What only BG/NBD can say: how many purchases a new customer makes. The rest is in `beta_geometric`.

use super::beta_geometric::BgNbd;
use super::special::{ln_gamma, ln_gamma_ratio, rising};

impl BgNbd {
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
