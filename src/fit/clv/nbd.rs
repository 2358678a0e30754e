//! NBD (Ehrenberg 1959): purchase rates λ ~ Gamma(r, α) and nobody ever stops. The limit that BG/NBD, MBG/NBD and
//! Pareto/NBD share when there is no drop-out, so what they gain over it says whether there is any to see.

use super::jet::{Jet, sum};
use super::special::rising;
use super::triple::Triples;

/// ln L = ln (r)_x + r ln α − (r+x) ln(α+T) over the population, with derivatives in (ln r, ln α).
pub(super) fn log_likelihood(&[r, alpha]: &[f64; 2], triples: &Triples) -> Jet<2> {
    let mut total: Jet<2> = sum(triples.distinct(), triples.weights(), |part, triple, weight| {
        let (x, _, age) = triples.in_units(triple);
        let (end, growth) = (alpha + age, (age / alpha).ln_1p());
        part.value -= weight * (r * growth + x * end.ln());
        part.gradient[0] -= weight * growth;
        part.gradient[1] += weight * (r * age / alpha - x) / end;
        part.hessian[0][1] += weight * age / (alpha * end);
        part.hessian[1][1] += weight * ((r + x) / (end * end) - r / (alpha * alpha));
    });
    for &(repeats, customers) in triples.repeats() {
        let (rate, customers) = (rising(r, repeats), customers as f64);
        total.value += customers * rate.ln;
        total.gradient[0] += customers * rate.first;
        total.hessian[0][0] += customers * rate.second;
    }
    total.in_logs(&[r, alpha])
}
