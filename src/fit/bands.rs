//! Cuts of bands. ABC: the sum of all strictly greater values over the sum of all positive ones decides; from the top: how
//! many customers have a strictly greater value.

use crate::decimal::Decimal;
use crate::plan::Top;

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

/// For each band but the last, the least key that is in it; none where nobody is. None at all if shares overflow
/// 128 bits.
pub fn top_cuts(histogram: &Histogram, bounds: &[Top]) -> Option<Vec<Option<i128>>> {
    let total = i128::from(histogram.customers());
    let mut cuts = vec![None; bounds.len().saturating_sub(1)];
    let mut before: i128 = 0;
    for (key, count) in histogram.counts.iter().rev() {
        for (cut, bound) in cuts.iter_mut().zip(bounds) {
            let is_in = match bound {
                Top::First(customers) => before < i128::from(*customers),
                // before / total < percent / 100, without a division.
                Top::Percent(percent) => {
                    let share =
                        before.checked_mul(100)?.checked_mul(10_i128.pow(u32::from(percent.scale)))?;
                    share < percent.unscaled.checked_mul(total)?
                }
                Top::All => true,
            };
            if is_in {
                *cut = Some(*key);
            }
        }
        before += i128::from(*count);
    }
    Some(cuts)
}
