//! ABC cuts: the sum of all strictly greater values over the sum of all positive ones decides the band.

use crate::decimal::Decimal;

use super::Histogram;

/// For each band but the last, the least key that is in it or a better one; none where nobody is. Sums and
/// comparisons are exact; none at all if they overflow 128 bits.
pub fn band_cuts(histogram: &Histogram, bounds: &[Decimal]) -> Option<(i128, Vec<Option<i128>>)> {
    let positive = || histogram.counts.iter().rev().take_while(|(key, _)| *key > 0);
    let mut total: i128 = 0;
    for (key, count) in positive() {
        total = total.checked_add(key.checked_mul(i128::from(*count))?)?;
    }
    let mut cuts = vec![None; bounds.len().saturating_sub(1)];
    let mut before: i128 = 0;
    for (key, count) in positive() {
        for (cut, bound) in cuts.iter_mut().zip(bounds) {
            // share_before < bound, without a division.
            let share = before.checked_mul(10_i128.pow(u32::from(bound.scale)))?;
            if share < bound.unscaled.checked_mul(total)? {
                *cut = Some(*key);
            }
        }
        before = before.checked_add(key.checked_mul(i128::from(*count))?)?;
    }
    Some((total, cuts))
}
