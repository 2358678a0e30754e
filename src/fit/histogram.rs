//! Values of the population as sorted distinct keys with counts. A key is a whole number whose order is the
//! values' order, so that one algorithm cuts whole numbers, decimals and doubles alike.

use std::fmt;

use rayon::prelude::*;

use crate::decimal::{Decimal, render};
use crate::plan::Type;

/// How a key is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The key is the number.
    Int,
    /// The key is the unscaled number; this is its scale.
    Decimal(u8),
    /// The key is the double's bits, in an order-preserving form.
    Double,
}

impl Kind {
    /// What keys of a type mean.
    pub fn of(ty: Type) -> Self {
        match ty {
            Type::Double => Self::Double,
            Type::Decimal(scale) => Self::Decimal(scale),
            _ => Self::Int,
        }
    }
}

/// A value: a key and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// In the order of the values.
    pub key: i128,
    /// What it means.
    pub kind: Kind,
}

/// Sorted distinct keys, each with how many customers have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// What the keys mean.
    pub kind: Kind,
    /// Ascending.
    pub counts: Vec<(i128, u64)>,
}

impl Histogram {
    /// Counts keys, which may come in any order.
    pub fn new(kind: Kind, mut keys: Vec<i128>) -> Self {
        keys.par_sort_unstable();
        let mut counts: Vec<(i128, u64)> = Vec::new();
        for key in keys {
            match counts.last_mut() {
                Some((last, count)) if *last == key => *count += 1,
                _ => counts.push((key, 1)),
            }
        }
        Self { kind, counts }
    }

    /// Counts keys of 64 bits, which may come in any order.
    pub fn narrow(kind: Kind, mut keys: Vec<i64>) -> Self {
        let bounds = keys.iter().min().zip(keys.iter().max());
        let range = bounds.and_then(|(min, max)| Some((*min, usize::try_from(max.checked_sub(*min)?).ok()?)));
        let mut counts: Vec<(i128, u64)> = Vec::new();
        if let Some((min, range)) = range.filter(|(_, range)| *range <= keys.len().max(1 << 10)) {
            let mut dense = vec![0_u64; range + 1];
            keys.iter().for_each(|key| dense[(key - min) as usize] += 1);
            let counted = (i128::from(min)..).zip(dense).filter(|(_, count)| *count > 0);
            return Self { kind, counts: counted.collect() };
        }
        keys.par_sort_unstable();
        let same = |keys: &[i64]| (i128::from(keys[0]), keys.len() as u64);
        counts.reserve_exact(keys.chunk_by(|a, b| a == b).count());
        counts.extend(keys.chunk_by(|a, b| a == b).map(same));
        Self { kind, counts }
    }

    /// How many customers have a value.
    pub fn customers(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

/// The order-preserving key of a double; both zeros are one value, and NaN is above infinity.
pub fn double_key(value: f64) -> i128 {
    let value = if value == 0.0 { 0.0 } else { value };
    let bits = if value.is_nan() { f64::NAN.to_bits() & !(1 << 63) } else { value.to_bits() };
    i128::from(if bits >> 63 == 1 { !bits } else { bits | (1 << 63) })
}

/// The double of a key.
pub fn key_double(key: i128) -> f64 {
    let key = key as u64;
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

impl Number {
    /// The value as a double: exact for doubles, the nearest for the others.
    pub fn to_f64(self) -> f64 {
        match self.kind {
            Kind::Int => self.key as f64,
            Kind::Decimal(_) => self.to_string().parse().unwrap_or(f64::NAN),
            Kind::Double => key_double(self.key),
        }
    }

    /// Reads what [`fmt::Display`] writes; none where it is no value of this kind.
    pub fn parse(text: &str, kind: Kind) -> Option<Self> {
        let key = match kind {
            Kind::Int => text.parse().ok()?,
            Kind::Decimal(scale) => {
                let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
                if fraction.len() > usize::from(scale) || text.len() > 40 {
                    return None;
                }
                format!("{whole}{fraction:0<width$}", width = usize::from(scale)).parse().ok()?
            }
            Kind::Double => double_key(text.parse().ok()?),
        };
        Some(Self { key, kind })
    }

    /// A break of the rules file as a value to compare with; for whole numbers rounded up or down to the first
    /// whole number that reaches it.
    pub fn from_break(number: Decimal, kind: Kind, reached_from_above: bool) -> Option<Self> {
        let key = match kind {
            Kind::Double => double_key(number.to_f64()),
            Kind::Int => round_to(number, 0, reached_from_above)?,
            Kind::Decimal(scale) => round_to(number, scale, reached_from_above)?,
        };
        Some(Self { key, kind })
    }
}

/// The least value at this scale that is ≥ the number, or the greatest that is ≤ it.
fn round_to(number: Decimal, scale: u8, up: bool) -> Option<i128> {
    if let Some(exact) = number.rescale(scale) {
        return Some(exact);
    }
    let divisor = 10_i128.checked_pow(u32::from(number.scale.checked_sub(scale)?))?;
    let floor = number.unscaled.div_euclid(divisor);
    Some(if up { floor + 1 } else { floor })
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Int => write!(f, "{}", self.key),
            Kind::Decimal(scale) => f.write_str(&render(self.key, scale)),
            Kind::Double => write!(f, "{:?}", key_double(self.key)),
        }
    }
}
