//! The mean as a cut, compared exactly: sums are never rounded, so a value equal to the mean is in the better bin
//! on every engine.

use crate::plan::Best;

use super::{Histogram, Kind, Number};

/// The worst key that is at least as good as the population's mean; none without a customer, or where the sum
/// of doubles is not finite.
pub fn mean_cut(histogram: &Histogram, best: Best) -> Option<i128> {
    let total = i128::from(histogram.customers());
    if total == 0 {
        return None;
    }
    if histogram.kind == Kind::Double {
        return double_mean(histogram, total, best);
    }
    let mut sum: i128 = 0;
    for (key, count) in &histogram.counts {
        sum = sum.checked_add(key.checked_mul(i128::from(*count))?)?;
    }
    let floor = sum.div_euclid(total);
    Some(match best {
        Best::High if sum.rem_euclid(total) != 0 => floor + 1,
        _ => floor,
    })
}

/// Doubles are added as exact expansions (Shewchuk 1997, the method of Python's `math.fsum`).
fn double_mean(histogram: &Histogram, total: i128, best: Best) -> Option<i128> {
    let mut sum = Expansion::default();
    for (key, count) in &histogram.counts {
        sum.add_product(Number { key: *key, kind: Kind::Double }.to_f64(), *count as f64);
    }
    let n = total as f64;
    let mut mean = sum.approximate() / n;
    if !mean.is_finite() {
        return None;
    }
    // The sign of n × candidate − sum is exact, so stepping from the rounded mean finds the true boundary.
    let excess = |candidate: f64| {
        let mut difference = sum.clone();
        difference.add_product(candidate, -n);
        -difference.approximate()
    };
    match best {
        Best::High => {
            while excess(mean) < 0.0 {
                mean = mean.next_up();
            }
            while excess(mean.next_down()) >= 0.0 {
                mean = mean.next_down();
            }
        }
        Best::Low => {
            while excess(mean) > 0.0 {
                mean = mean.next_down();
            }
            while excess(mean.next_up()) <= 0.0 {
                mean = mean.next_up();
            }
        }
    }
    Some(super::double_key(mean))
}

/// A sum of doubles without rounding: parts that do not overlap, ascending in magnitude.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    parts: Vec<f64>,
}

impl Expansion {
    /// Adds a number.
    pub fn add(&mut self, mut x: f64) {
        let mut kept = 0;
        for at in 0..self.parts.len() {
            let mut y = self.parts[at];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                self.parts[kept] = low;
                kept += 1;
            }
            x = high;
        }
        self.parts.truncate(kept);
        self.parts.push(x);
    }

    /// Adds another sum.
    pub fn merge(&mut self, more: &Self) {
        more.parts.iter().for_each(|part| self.add(*part));
    }

    /// Adds `x × y`, both of its halves.
    fn add_product(&mut self, x: f64, y: f64) {
        let high = x * y;
        self.add(high);
        self.add(x.mul_add(y, -high));
    }

    /// The sum, rounded; its sign is exact.
    pub fn approximate(&self) -> f64 {
        self.parts.iter().sum()
    }
}
