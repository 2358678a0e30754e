//! The coefficient of variation of exact totals: the double nearest to it. A root and a quotient, each rounded, would give
//! customers whose totals are in the same proportions (2, 0, 0 and 6, 0, 0) doubles that differ in the last bit.

/// Population standard deviation over mean, `√(n Σx² − (Σx)²) / Σx`; none where the sum is zero.
pub(super) fn coefficient_of_variation(totals: &[i128]) -> Option<f64> {
    let Some(sum) = totals.iter().try_fold(0_i128, |sum, x| sum.checked_add(*x)) else {
        return Some(rounded(totals));
    };
    if sum == 0 {
        return None;
    }
    // What all of them can be divided by says nothing, and smaller numbers have room.
    let common = totals.iter().fold(0_u128, |common, x| divisor(common, x.unsigned_abs()));
    let common = i128::try_from(common).unwrap_or(1).max(1);
    let Some((spread, square)) = squares(totals, common, sum / common) else {
        return Some(rounded(totals));
    };
    let size = root_of_quotient(spread, square);
    Some(if sum < 0 { -size } else { size })
}

/// `n Σx² − (Σx)²` and `(Σx)²`; none where they have no room.
fn squares(totals: &[i128], common: i128, sum: i128) -> Option<(u128, u128)> {
    let squares = totals.iter().try_fold(0_i128, |squares, x| {
        let x = x / common;
        squares.checked_add(x.checked_mul(x)?)
    })?;
    let square = sum.checked_mul(sum)?;
    let spread = squares.checked_mul(i128::try_from(totals.len()).ok()?)?.checked_sub(square)?;
    Some((u128::try_from(spread).ok()?, u128::try_from(square).ok()?))
}

/// The double nearest to `√(p/q)`: the root of `p 4^k / q` in whole numbers has 63 or 64 bits, more than a double, and whether
/// something is left below them is all that rounding to the nearest has to know.
fn root_of_quotient(p: u128, q: u128) -> f64 {
    if p == 0 || q == 0 {
        return 0.0;
    }
    let common = divisor(p, q);
    let (p, q) = (p / common, q / common);
    // So that the quotient has 126 to 128 bits, whatever p and q have.
    let bits = |number: u128| 128 - number.leading_zeros();
    let shift = (127 + bits(q) - bits(p)) & !1;
    let (quotient, is_whole) = shifted_quotient(p, q, shift);
    let root = quotient.isqrt();
    let is_exact = is_whole && root * root == quotient;
    (root | u128::from(!is_exact)) as f64 * 0.5_f64.powi(shift as i32 / 2)
}

/// `⌊p 2^shift / q⌋`, which has room in 128 bits, and whether nothing is left over.
fn shifted_quotient(p: u128, q: u128, shift: u32) -> (u128, bool) {
    let (mut quotient, mut rest, mut left) = (p / q, p % q, shift);
    while left > 0 {
        if rest == 0 {
            return (quotient << left, true);
        }
        // As many places at a time as the rest has room for; it is below q.
        let step = left.min(rest.leading_zeros()).max(1);
        if step <= rest.leading_zeros() {
            rest <<= step;
            quotient = (quotient << step) | (rest / q);
            rest %= q;
        } else {
            // The rest has all 128 bits: twice of it less q, without ever being held.
            let over = q - rest;
            let takes = rest >= over;
            quotient = (quotient << 1) | u128::from(takes);
            rest = if takes { rest - over } else { rest << 1 };
        }
        left -= step;
    }
    (quotient, rest == 0)
}

/// Of totals beyond all measure, in doubles; sorted, so that their order does not matter.
fn rounded(totals: &[i128]) -> f64 {
    let mut totals: Vec<f64> = totals.iter().map(|x| *x as f64).collect();
    totals.sort_by(f64::total_cmp);
    let (n, sum) = (totals.len() as f64, totals.iter().sum::<f64>());
    let mean = sum / n;
    let spread: f64 = totals.iter().map(|x| (x - mean).powi(2)).sum();
    (spread * n).sqrt() / sum
}

/// The greatest common divisor; of zero and x it is x.
fn divisor(mut x: u128, mut y: u128) -> u128 {
    while y != 0 {
        (x, y) = (y, x % y);
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_double() {
        let cv = |totals: &[i128]| coefficient_of_variation(totals).unwrap_or(f64::NAN);
        // One of n buckets: √(n − 1), which the root of the standard library rounds to the nearest, too.
        for n in 1..400_usize {
            for scale in [1, 3, 7, 100, 999_999_999_999_i128] {
                let mut totals = vec![0; n];
                totals[n / 2] = scale;
                assert_eq!(cv(&totals), ((n - 1) as f64).sqrt(), "{n} {scale}");
            }
        }
        assert_eq!(cv(&[1, 2, 3]), (1.0_f64 / 6.0).sqrt());
        assert_eq!(cv(&[5, 5, 5]), 0.0);
        assert_eq!(cv(&[-2, 0]), -1.0);
        assert_eq!(coefficient_of_variation(&[3, -3]), None);
        // √(1/3) ÷ … of proportions that no scale changes, up to where squares have no room.
        for scale in [1, 3, 10, 10_i128.pow(12), 10_i128.pow(24), 10_i128.pow(30)] {
            assert_eq!(cv(&[scale, 2 * scale, 4 * scale]), cv(&[1, 2, 4]), "{scale}");
            assert_eq!(cv(&[4 * scale, scale, 2 * scale]), cv(&[1, 2, 4]), "{scale}");
        }
    }

    #[test]
    fn quotients_of_any_size() {
        let max = i128::MAX as u128;
        for (p, q) in
            [(1, 3), (max, 1), (1, max), (max, max - 1), (max - 1, max), (2, max / 3), (u128::MAX, 7)]
        {
            let (root, wanted) = (root_of_quotient(p, q), (p as f64 / q as f64).sqrt());
            assert!((root - wanted).abs() <= wanted * 3e-16, "{p}/{q}: {root} {wanted}");
        }
        assert_eq!(root_of_quotient(1, 4), 0.5);
        assert_eq!(root_of_quotient(1 << 126, 1), 2_f64.powi(63));
        // Beyond half of 128 bits: places one by one.
        assert_eq!(shifted_quotient(1, u128::MAX, 64), (0, false));
        assert_eq!(shifted_quotient(u128::MAX - 1, u128::MAX, 2), (3, false));
    }

    /// What has no room is the same in any order.
    #[test]
    fn the_order_does_not_matter() {
        let huge = 10_i128.pow(36);
        let one = coefficient_of_variation(&[huge + 1, 3 * huge, 7, 11 * huge]);
        assert_eq!(one, coefficient_of_variation(&[7, 11 * huge, huge + 1, 3 * huge]));
    }
}
