//! A value with its gradient and Hessian, and sums of such over a population with the same bits on any number of
//! threads. Knows no model.

use rayon::prelude::*;

/// How many items one task adds up. Fixed, so that the order of additions does not depend on the machine.
const CHUNK: usize = 2048;

/// A function's value, gradient and Hessian in N variables. While a sum is being built only the upper triangle
/// (`row <= column`) of the Hessian counts; [`Jet::in_logs`] fills the lower one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jet<const N: usize> {
    /// f
    pub value: f64,
    /// ∂f/∂θ_i
    pub gradient: [f64; N],
    /// ∂²f/∂θ_i∂θ_j
    pub hessian: [[f64; N]; N],
}

impl<const N: usize> Jet<N> {
    /// The function that is zero everywhere.
    pub const ZERO: Self = Self { value: 0.0, gradient: [0.0; N], hessian: [[0.0; N]; N] };

    /// Adds `weight × other`.
    #[inline]
    pub(super) fn add(&mut self, weight: f64, other: &Self) {
        self.value += weight * other.value;
        for i in 0..N {
            self.gradient[i] += weight * other.gradient[i];
            for j in i..N {
                self.hessian[i][j] += weight * other.hessian[i][j];
            }
        }
    }

    /// Adds ln(1 + e^d) for a d with the given value, gradient and Hessian; returns 1 / (1 + e^−d).
    #[inline]
    pub(super) fn add_softplus(&mut self, d: &Self) -> f64 {
        let small = (-d.value.abs()).exp();
        let share = if d.value > 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
        self.value += d.value.max(0.0) + small.ln_1p();
        let spread = small / ((1.0 + small) * (1.0 + small));
        for i in 0..N {
            self.gradient[i] += share * d.gradient[i];
            for j in i..N {
                self.hessian[i][j] += share * d.hessian[i][j] + spread * d.gradient[i] * d.gradient[j];
            }
        }
        share
    }

    /// The same function of ln θ: g_i = θ_i ∂_i and H_ij = θ_i θ_j ∂_ij + [i = j] g_i.
    #[must_use]
    pub fn in_logs(mut self, theta: &[f64; N]) -> Self {
        for i in 0..N {
            self.gradient[i] *= theta[i];
        }
        for i in 0..N {
            for j in i..N {
                let mut h = theta[i] * theta[j] * self.hessian[i][j];
                if i == j {
                    h += self.gradient[i];
                }
                self.hessian[i][j] = h;
                self.hessian[j][i] = h;
            }
        }
        self
    }

    /// Whether every number is finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.value.is_finite()
            && self.gradient.iter().all(|g| g.is_finite())
            && self.hessian.iter().flatten().all(|h| h.is_finite())
    }
}

/// The sum of `weight(i) × jet(i)` for items with weights: `each` adds one item to the sum.
pub(super) fn sum<const N: usize, T: Sync>(
    items: &[T],
    weights: &[u64],
    each: impl Fn(&mut Jet<N>, &T, f64) + Sync,
) -> Jet<N> {
    let parts: Vec<Jet<N>> = items
        .par_chunks(CHUNK)
        .zip(weights.par_chunks(CHUNK))
        .map(|(items, weights)| {
            let mut part = Jet::ZERO;
            for (item, weight) in items.iter().zip(weights) {
                each(&mut part, item, *weight as f64);
            }
            part
        })
        .collect();
    let mut total = Jet::ZERO;
    for part in &parts {
        total.add(1.0, part);
    }
    total
}
