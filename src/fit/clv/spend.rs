//! What the Gamma-Gamma model sees of a population: the distinct (repeats, mean amount) of everybody with a repeat
//! purchase and a positive mean, with weights; and whether the two go together, which the model rules out.

use super::distinct::Distinct;
use super::error::InputError;

/// Distinct (x, m) with x > 0 and m > 0, ascending.
#[derive(Clone, Debug, PartialEq)]
pub struct Spend {
    distinct: Vec<(u32, f64)>,
    weights: Vec<u64>,
    repeats: Vec<(u32, u64)>,
}

impl Spend {
    /// Groups customers: purchase days without the first, and the mean daily amount of those days, in any money unit.
    /// Customers with `repeats = 0` or a mean that is null (NaN) or not positive are left out.
    ///
    /// # Errors
    /// Slices of different length; an infinite amount.
    pub fn group(repeats: &[u32], mean_amount: &[f64]) -> Result<Self, InputError> {
        if repeats.len() != mean_amount.len() {
            return Err(InputError::Lengths);
        }
        if let Some(row) = mean_amount.iter().position(|amount| amount.is_infinite()) {
            return Err(InputError::Amount { row, amount: mean_amount[row] });
        }
        // The bits of positive doubles ascend like their values.
        let keys: Vec<(u32, u64)> = repeats
            .iter()
            .zip(mean_amount)
            .filter(|(repeats, amount)| **repeats > 0 && **amount > 0.0)
            .map(|(repeats, amount)| (*repeats, amount.to_bits()))
            .collect();
        let Distinct { values, of_row } =
            Distinct::of(&keys, |(repeats, bits)| bits ^ u64::from(*repeats) << 1);
        let mut spend = Self { distinct: Vec::new(), weights: vec![0; values.len()], repeats: Vec::new() };
        for at in of_row {
            spend.weights[at as usize] += 1;
        }
        for ((repeats, bits), weight) in values.into_iter().zip(&spend.weights) {
            spend.distinct.push((repeats, f64::from_bits(bits)));
            match spend.repeats.last_mut() {
                Some((last, count)) if *last == repeats => *count += weight,
                _ => spend.repeats.push((repeats, *weight)),
            }
        }
        Ok(spend)
    }

    /// The distinct (repeats, mean amount).
    #[must_use]
    pub fn distinct(&self) -> &[(u32, f64)] {
        &self.distinct
    }

    /// How many customers have each.
    #[must_use]
    pub fn weights(&self) -> &[u64] {
        &self.weights
    }

    /// The distinct numbers of repeats and how many customers have each.
    #[must_use]
    pub fn repeats(&self) -> &[(u32, u64)] {
        &self.repeats
    }

    /// How many customers count.
    #[must_use]
    pub fn customers(&self) -> u64 {
        self.weights.iter().sum()
    }

    fn weighted(&self) -> impl Iterator<Item = (f64, f64, f64)> {
        self.distinct.iter().zip(&self.weights).map(|((x, m), w)| (f64::from(*x), *m, *w as f64))
    }

    /// The mean of the customers' mean amounts; NaN without any.
    #[must_use]
    pub fn mean_amount(&self) -> f64 {
        let (sum, count) = self.weighted().fold((0.0, 0.0), |(s, n), (_, m, w)| (s + w * m, n + w));
        sum / count
    }

    /// The geometric mean of the customers' mean amounts; NaN without any.
    #[must_use]
    pub fn middle_amount(&self) -> f64 {
        let (sum, count) = self.weighted().fold((0.0, 0.0), |(s, n), (_, m, w)| (s + w * m.ln(), n + w));
        (sum / count).exp()
    }

    /// Pearson's correlation of repeats and mean amount over customers; 0 where one of them does not vary.
    #[must_use]
    pub fn correlation(&self) -> f64 {
        let count = self.customers() as f64;
        let mean_repeats = self.weighted().map(|(x, _, w)| w * x).sum::<f64>() / count;
        let mean_amount = self.mean_amount();
        let (mut xx, mut mm, mut xm) = (0.0, 0.0, 0.0);
        for (x, m, w) in self.weighted() {
            let (dx, dm) = (x - mean_repeats, m - mean_amount);
            xx += w * dx * dx;
            mm += w * dm * dm;
            xm += w * dx * dm;
        }
        let correlation = xm / (xx.sqrt() * mm.sqrt());
        if correlation.is_finite() { correlation } else { 0.0 }
    }

    /// Every `step`-th distinct pair.
    pub(super) fn thinned(&self, step: usize) -> Self {
        let step = step.max(1);
        let mut thin = Self {
            distinct: self.distinct.iter().step_by(step).copied().collect(),
            weights: self.weights.iter().step_by(step).copied().collect(),
            repeats: Vec::new(),
        };
        for (&(repeats, _), &weight) in thin.distinct.iter().zip(&thin.weights) {
            match thin.repeats.last_mut() {
                Some((last, count)) if *last == repeats => *count += weight,
                _ => thin.repeats.push((repeats, weight)),
            }
        }
        thin
    }
}
