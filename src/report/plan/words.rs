//! Numbers as people write them.

use crate::decimal::Decimal;
use crate::report::table::thousands;

const HUNDRED: i128 = 100;

/// `1 file`, `69,659 rows`
pub(super) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(&number.to_string()))
}

/// `532 B`, `14.2 kB`, `1.0 GB`
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    // What would be written as a thousand is one of the next.
    while size >= 999.95 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// A number without zeros behind its last decimal place: `3.500000` is `3.5`.
pub(super) fn plain(mut number: Decimal) -> String {
    while number.scale > 0 && number.unscaled % 10 == 0 {
        number = Decimal { unscaled: number.unscaled / 10, scale: number.scale - 1 };
    }
    number.to_string()
}

/// `0.805` is `80.5 %`.
pub(super) fn percent(part: Decimal) -> String {
    let hundredfold = part.unscaled.checked_mul(HUNDRED).map(|unscaled| Decimal { unscaled, ..part });
    hundredfold.map_or_else(|| plain(part), |percent| format!("{} %", plain(percent)))
}

/// The same of a double that was written as a decimal.
pub(super) fn percent_of(part: f64) -> String {
    let written = part.to_string();
    Decimal::parse(&written).map_or(written, percent)
}
