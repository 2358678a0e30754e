//! The maximum of a smooth function of a few logarithms, by Newton's method within a trust region (Nocedal &
//! Wright, *Numerical Optimization*, ch. 4) and inside a box. Whether a maximum was reached is judged by gradient
//! and Hessian at the point alone. Knows no model; the function brings its derivatives.

use super::jet::Jet;
use super::symmetric::{Eigen, eigen};

/// A point is a maximum when Newton's step promises less than this: 1e-8 of a standard error.
const GAIN: f64 = 1e-16;
/// A point that promises less than this within the greatest step and cannot be improved is a maximum, too: on a ridge,
/// rounding hides the rest.
const GAIN_STALLED: f64 = 1e-6;
/// So many steps in a row that the value does not show are a standstill.
const IDLE: usize = 6;
/// Nearer to the box than this, in logarithms, is at it: a step cut off there cannot keep what it promises.
const AT_BOX: f64 = 1e-3;
const MAX_EVALUATIONS: usize = 300;
const FIRST_RADIUS: f64 = 1.0;
const MAX_RADIUS: f64 = 4.0;
/// Curvature below this share of the greatest counts as none.
const FLAT: f64 = 1e-10;

/// The box the search stays in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<const N: usize> {
    /// Least value of each variable.
    pub lower: [f64; N],
    /// Greatest value of each variable.
    pub upper: [f64; N],
}

/// Where a search ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimum<const N: usize> {
    /// The variables.
    pub point: [f64; N],
    /// The function there.
    pub jet: Jet<N>,
    /// How often the function was evaluated.
    pub evaluations: usize,
    /// Whether gradient and Hessian say that this is a maximum (of the free variables).
    pub converged: bool,
    /// Variables that the function pushes against the box.
    pub at_bound: [bool; N],
    /// Greatest |∂f| over the free variables.
    pub gradient: f64,
}

/// The model of the function at a point, with what is pushed against the box taken out.
struct Local<const N: usize> {
    held: [bool; N],
    gradient: [f64; N],
    /// Of the negative Hessian.
    curvature: Eigen<N>,
    /// The gradient in the eigenvectors' coordinates.
    slopes: [f64; N],
    /// What Newton's step promises, or the greatest step where that is shorter.
    gain: f64,
    /// No direction curves upwards.
    concave: bool,
}

impl<const N: usize> Local<N> {
    fn at(point: &[f64; N], jet: &Jet<N>, bounds: &Bounds<N>) -> Self {
        let mut held = [false; N];
        let mut gradient = jet.gradient;
        let mut negative = jet.hessian.map(|row| row.map(|h| -h));
        for i in 0..N {
            held[i] = (point[i] <= bounds.lower[i] + AT_BOX && gradient[i] < 0.0)
                || (point[i] >= bounds.upper[i] - AT_BOX && gradient[i] > 0.0);
        }
        let scale = (0..N).filter(|i| !held[*i]).map(|i| negative[i][i].abs()).fold(0.0, f64::max);
        for i in (0..N).filter(|i| held[*i]) {
            gradient[i] = 0.0;
            for j in 0..N {
                negative[i][j] = 0.0;
                negative[j][i] = 0.0;
            }
            negative[i][i] = scale;
        }
        let curvature = eigen(&negative);
        let greatest = curvature.values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let floor = greatest * FLAT;
        let mut slopes = [0.0; N];
        let mut gain = 0.0;
        for (k, slope) in slopes.iter_mut().enumerate() {
            *slope = (0..N).map(|i| curvature.vectors[i][k] * gradient[i]).sum();
            if *slope != 0.0 {
                let newton = 0.5 * *slope * *slope / curvature.values[k].max(0.0);
                gain += newton.min(MAX_RADIUS * slope.abs());
            }
        }
        let least = floor.max(GAIN_STALLED / (MAX_RADIUS * MAX_RADIUS));
        let concave = curvature.values.iter().all(|value| *value >= -least);
        Self { held, gradient, curvature, slopes, gain, concave }
    }

    /// The step of length at most `radius` that promises most: (C + λ) s = g with the least λ ≥ 0 that will do.
    fn step(&self, radius: f64) -> [f64; N] {
        let least = self.curvature.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.curvature.values.iter().copied().fold(0.0, |m: f64, v| m.max(v.abs()));
        let along = |lambda: f64| -> [f64; N] {
            let mut step = [0.0; N];
            for k in 0..N {
                let curvature = self.curvature.values[k] + lambda;
                if self.slopes[k] == 0.0 || curvature <= 0.0 {
                    continue;
                }
                let size = self.slopes[k] / curvature;
                for (i, part) in step.iter_mut().enumerate() {
                    *part += size * self.curvature.vectors[i][k];
                }
            }
            step
        };
        let length = |step: &[f64; N]| step.iter().map(|s| s * s).sum::<f64>().sqrt();
        let floor = (most * FLAT).max(f64::MIN_POSITIVE);
        let mut low = if least > floor { 0.0 } else { floor - least };
        if length(&along(low)) <= radius {
            return along(low);
        }
        let steepest = self.slopes.iter().map(|s| s * s).sum::<f64>().sqrt();
        let mut high = low + steepest / radius + most;
        for _ in 0..100 {
            let middle = if low > 0.0 && high / low > 4.0 { (low * high).sqrt() } else { 0.5 * (low + high) };
            if length(&along(middle)) > radius {
                low = middle;
            } else {
                high = middle;
            }
            if high - low <= 1e-3 * high {
                break;
            }
        }
        along(high)
    }
}

/// Climbs from `start` (moved into the box). `f` gives value, gradient and full Hessian; a point where it is not
/// finite is not entered.
pub fn maximise<const N: usize>(
    f: impl Fn(&[f64; N]) -> Jet<N>,
    start: &[f64; N],
    bounds: &Bounds<N>,
) -> Optimum<N> {
    let mut point = *start;
    for i in 0..N {
        point[i] = point[i].clamp(bounds.lower[i], bounds.upper[i]);
    }
    let mut jet = f(&point);
    let mut evaluations = 1;
    let mut radius = FIRST_RADIUS;
    if !jet.is_finite() {
        let gradient = f64::INFINITY;
        return Optimum { point, jet, evaluations, converged: false, at_bound: [false; N], gradient };
    }
    let mut local = Local::at(&point, &jet, bounds);
    let mut stalled = false;
    let mut idle = 0;
    while evaluations < MAX_EVALUATIONS && !(local.concave && local.gain <= GAIN) {
        let step = local.step(radius);
        let mut next = point;
        let mut length: f64 = 0.0;
        let mut promise = 0.0;
        for i in 0..N {
            next[i] = (point[i] + step[i]).clamp(bounds.lower[i], bounds.upper[i]);
            length = length.max((next[i] - point[i]).abs());
        }
        for i in 0..N {
            let along = next[i] - point[i];
            promise += along * local.gradient[i];
            promise += 0.5 * (0..N).map(|j| along * jet.hessian[i][j] * (next[j] - point[j])).sum::<f64>();
        }
        if length == 0.0 {
            stalled = true;
            break;
        }
        let there = f(&next);
        evaluations += 1;
        let noise = 1e-13 * jet.value.abs().max(1.0);
        let better = if !there.is_finite() {
            false
        } else if promise.abs() <= noise {
            // The value cannot tell any more; the gradient can.
            let beyond = Local::at(&next, &there, bounds);
            if beyond.gain >= local.gain && beyond.concave == local.concave {
                stalled = true;
                break;
            }
            true
        } else {
            there.value > jet.value
        };
        let ratio = (there.value - jet.value) / promise;
        if !better || ratio < 0.25 {
            radius = 0.25 * radius.min(length);
        } else if ratio > 0.75 && ratio < 1.5 && length > 0.5 * radius {
            radius = (2.0 * radius).min(MAX_RADIUS);
        }
        if better {
            idle = if there.value - jet.value > noise { 0 } else { idle + 1 };
            if idle == IDLE {
                stalled = true;
                break;
            }
            point = next;
            jet = there;
            local = Local::at(&point, &jet, bounds);
            if promise.abs() <= noise {
                radius = radius.max(1e-3);
            }
        } else if radius < 1e-12 {
            stalled = true;
            break;
        }
    }
    let gradient = local.gradient.iter().fold(0.0, |most: f64, g| most.max(g.abs()));
    let enough = if stalled { GAIN_STALLED } else { GAIN };
    let converged = local.concave && local.gain <= enough;
    Optimum { point, jet, evaluations, converged, at_bound: local.held, gradient }
}
