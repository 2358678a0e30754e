//! Why rows do not count.

use super::imported::{RAGGED_ROW, UNREADABLE};

/// Why a row does not count; 0 means that it does. The last is no fault of the row's.
pub(super) const REASONS: [&str; 12] = [
    "",
    RAGGED_ROW,
    UNREADABLE,
    "null_customer",
    "null_time",
    "unreadable_time",
    "null_amount",
    "amount_not_finite",
    "unreadable_amount",
    "unreadable_customer",
    "unreadable_order",
    "after_as_of",
];
pub(super) const AFTER_AS_OF: u8 = 11;

/// The code of a reason.
pub(super) fn code(reason: &str) -> u8 {
    REASONS.iter().position(|known| *known == reason).unwrap_or(0) as u8
}

/// The first day of the year 1, in days since 1970: no calendar of a warehouse goes back further.
pub(super) const FIRST_DAY_OF_ALL: i32 = -719_162;
