//! Exact decimals: numbers of the rules file and money are never floats, so that `0.1` is a tenth on every engine.
//! Imports nothing of ours.

use std::fmt;

/// `unscaled / 10^scale`, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The digits.
    pub unscaled: i128,
    /// How many of them stand after the point, at most [`Decimal::MAX_SCALE`].
    pub scale: u8,
}

impl Decimal {
    /// The most decimal places that are read.
    pub const MAX_SCALE: u8 = 12;

    /// Reads `12`, `-0.30`, `.5`, `1e3`; none where it is no number, or has more than 12 decimal places or 24 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || digits.len() > 24 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let mut unscaled: i128 = digits.parse().ok()?;
        let mut scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        if unscaled == 0 {
            // `0e-2000000000` has no end of zeros to take away.
            scale = 0;
        }
        while scale > 0 && unscaled % 10 == 0 {
            (unscaled, scale) = (unscaled / 10, scale - 1);
        }
        if !(-24..=i32::from(Self::MAX_SCALE)).contains(&scale) {
            return None;
        }
        if scale < 0 {
            unscaled = unscaled.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?;
            scale = 0;
        }
        (unscaled < 10_i128.pow(24))
            .then_some(Self { unscaled: if negative { -unscaled } else { unscaled }, scale: scale as u8 })
    }

    /// The same number with `scale` decimal places; none where digits would be lost or there is no room.
    pub fn rescale(self, scale: u8) -> Option<i128> {
        if scale >= self.scale {
            self.unscaled.checked_mul(10_i128.checked_pow(u32::from(scale - self.scale))?)
        } else {
            let divisor = 10_i128.checked_pow(u32::from(self.scale - scale))?;
            (self.unscaled % divisor == 0).then_some(self.unscaled / divisor)
        }
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        self.to_string().parse().unwrap_or(f64::NAN)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        // 24 digits and 12 places leave room: 10^36 < 2^127.
        let scale = self.scale.max(other.scale);
        self.rescale(scale).cmp(&other.rescale(scale))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(self.unscaled, self.scale))
    }
}

/// `unscaled / 10^scale` with all its decimal places: `render(-5, 2)` is `-0.05`.
pub fn render(unscaled: i128, scale: u8) -> String {
    if scale == 0 {
        return unscaled.to_string();
    }
    let places = usize::from(scale);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{}{whole}.{fraction}", if unscaled < 0 { "-" } else { "" })
}
