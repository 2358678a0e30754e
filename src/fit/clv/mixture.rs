//! The one integral behind BG/NBD and MBG/NBD predictions, as positive sums only. Knows no customer and no time.
//!
//! With p ~ Beta(a, b) and w ≥ 0: F = E_p[(1 − (1 + p w)^−R) / p]. Published as a difference of ₂F₁ terms over
//! a − 1, which cancels and is singular at a = 1; here it is written as what it means. Expanding in z = w / (1 + w),
//! F = Σ_k NB(k; R, z) S_k with negative-binomial weights NB and S_k = Σ_(j<k) E[(1 − p)^j]: the number of purchases
//! without drop-out is k, and the j-th after it still counts with probability E[(1 − p)^j]. No term is negative, so
//! every a, b, R > 0 is safe. Where that would take long (w large), a trapezoid over ln(p / (1 − p)).

/// More terms than this are left to the integral.
const MAX_TERMS: f64 = 6000.0;

/// F, for `shape` R > 0, w ≥ 0 and p ~ Beta(a, b), a, b > 0; relative error about 1e-14 for the sum and 1e-12 for
/// the integral. At most R w.
pub(super) fn mean_orders(shape: f64, w: f64, a: f64, b: f64) -> f64 {
    if w <= 0.0 {
        return 0.0;
    }
    // Mean, nine deviations and the geometric tail of the negative binomial.
    let terms = shape * w + 9.0 * (shape * w * (1.0 + w)).sqrt() + 37.0 * (1.0 + w);
    if terms <= MAX_TERMS { by_sum(shape, w, a, b) } else { by_integral(shape, w, a, b) }
}

fn by_sum(shape: f64, w: f64, a: f64, b: f64) -> f64 {
    let z = w / (1.0 + w);
    // Weights relative to the first; both sums are scaled alike, so the scale drops out.
    let mut weight = 1.0_f64;
    let mut all = 1.0;
    let mut sum = 0.0;
    let mut still = 1.0;
    let mut orders = 0.0;
    let mut k = 0.0;
    loop {
        orders += still;
        still *= (b + k) / (a + b + k);
        let growth = (shape + k) / (k + 1.0) * z;
        weight *= growth;
        k += 1.0;
        all += weight;
        sum += weight * orders;
        if growth < 1.0 {
            let left = 1.0 / (1.0 - growth);
            if weight * left * (1.0 + left / k) < 1e-17 * all && weight * left * (orders + left) < 1e-17 * sum
            {
                return sum / all;
            }
        } else if weight > 1e250 {
            weight *= 1e-250;
            all *= 1e-250;
            sum *= 1e-250;
        }
    }
}

/// Numerator and normalisation share nodes: y = centre + width sinh(u), p = 1 / (1 + e^−y). Halves the step until
/// the ratio settles.
fn by_integral(shape: f64, w: f64, a: f64, b: f64) -> f64 {
    let centre = (a / b).ln();
    let width = (1.0 / a + 1.0 / b).sqrt().min(1.0);
    let peak = density(centre, a, b);
    let cut = -45.0 - (shape * w).ln_1p();
    // Where the density has vanished on either side; numerator / (R w) is never above it.
    let end = |sign: f64| {
        let mut u = 0.0;
        while u < 40.0 && density(centre + sign * width * f64::sinh(u), a, b) - peak > cut {
            u += 0.25;
        }
        sign * u
    };
    let (from, to) = (end(-1.0), end(1.0));
    let pieces = ((to - from) / 0.25).ceil() as usize;
    let mut step = (to - from) / pieces as f64;
    let node = |u: f64| {
        let y = centre + width * u.sinh();
        let mass = (density(y, a, b) - peak).exp() * u.cosh();
        let p = if y > 0.0 { 1.0 / (1.0 + (-y).exp()) } else { y.exp() / (1.0 + y.exp()) };
        // p underflows far to the left, where the ratio is R w.
        let orders = if p > 1e-290 { -(-shape * (p * w).ln_1p()).exp_m1() / p } else { shape * w };
        (mass, mass * orders)
    };
    let (mut mass, mut sum) = (0.0, 0.0);
    for i in 0..=pieces {
        let (m, s) = node(from + step * i as f64);
        mass += m;
        sum += s;
    }
    let mut count = pieces;
    let mut value = sum / mass;
    for _ in 0..10 {
        for i in 0..count {
            let (m, s) = node(from + step * (i as f64 + 0.5));
            mass += m;
            sum += s;
        }
        count *= 2;
        step *= 0.5;
        let finer = sum / mass;
        let settled = (finer - value).abs() <= 1e-13 * finer;
        value = finer;
        if settled {
            break;
        }
    }
    value
}

/// ln of p^a (1 − p)^b at p = 1 / (1 + e^−y): the Beta density in y, without its constant.
fn density(y: f64, a: f64, b: f64) -> f64 {
    if y > 0.0 {
        let tail = (-y).exp().ln_1p();
        -a * tail - b * (y + tail)
    } else {
        let tail = y.exp().ln_1p();
        a * (y - tail) - b * tail
    }
}
