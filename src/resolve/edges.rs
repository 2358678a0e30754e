//! `edges`: how close to a boundary is close.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec;

/// More decimal places would leave no room for the exact comparison of distances.
const MAX_SCALE: u8 = 6;

/// A part of the boundary, above 0 and below 1.
pub(super) fn resolve(written: &spec::Edges, out: &mut Diagnostics) -> Option<Decimal> {
    let spec::Edges { within } = written;
    let (zero, one) = (Decimal { unscaled: 0, scale: 0 }, Decimal { unscaled: 1, scale: 0 });
    if within.value > zero && within.value < one && within.value.scale <= MAX_SCALE {
        return Some(within.value);
    }
    out.push(
        Diagnostic::error(Code::BadValue, format!("`{}` is no part of a boundary's value", within.value))
            .with_span(within.span)
            .with_hint("write a number between 0 and 1 with six decimal places at most: 5 % is `0.05`"),
    );
    None
}
