//! `bands`: bounds that rise to 1, over something that adds up exactly.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::plan::{Band, Type};
use crate::spec;

use super::scope::{CustomerScope, Section};
use super::scores::{FLOAT_SCALE, measured};

/// More decimal places of a bound would leave no room for the exact comparison of shares.
const MAX_BOUND_SCALE: u8 = 6;

/// Resolves the bands and adds their columns to the scope.
pub(super) fn resolve(written: &[spec::Band], scope: &mut CustomerScope, out: &mut Diagnostics) -> Vec<Band> {
    let metrics = scope.clone();
    let mut bands = Vec::new();
    for band in written {
        let spec::Band { name, of, cumulative } = band;
        let ordered = check_bounds(band, out);
        let labels = cumulative.iter().map(|(label, _)| label.value.clone()).collect();
        scope.add(Section::Bands, &name.value, Type::Text, Some(labels));
        let Some(input) = of.as_ref().and_then(|of| measured(of, &metrics, out)) else { continue };
        // Doubles do not add up exactly; rounded to six places they do, on every engine.
        let of = if input.ty == Type::Double { input.cast(Type::Decimal(FLOAT_SCALE)) } else { input };
        if ordered {
            let bounds = cumulative.iter().map(|(label, bound)| (label.value.clone(), bound.value)).collect();
            bands.push(Band { name: name.value.clone(), of, bounds });
        }
    }
    bands
}

fn check_bounds(band: &spec::Band, out: &mut Diagnostics) -> bool {
    let one = Decimal { unscaled: 1, scale: 0 };
    let zero = Decimal { unscaled: 0, scale: 0 };
    let mut previous = zero;
    let mut fine = true;
    for (label, bound) in &band.cumulative {
        let complaint = if bound.value.scale > MAX_BOUND_SCALE {
            Some(format!("`{}` has more than {MAX_BOUND_SCALE} decimal places", bound.value))
        } else if bound.value <= previous {
            Some(format!("the bound of `{}` is not above `{previous}`", label.value))
        } else if bound.value > one {
            Some(format!("the bound of `{}` is above 1, which is all there is", label.value))
        } else {
            None
        };
        previous = bound.value;
        if let Some(message) = complaint {
            out.push(Diagnostic::error(Code::BandsOrder, message).with_span(bound.span).with_hint(
                match bound.value > one {
                    true => "shares are parts of 1: 80 % is `0.80`",
                    false => "cumulative shares rise to 1: `{A: 0.80, B: 0.95, C: 1}`",
                },
            ));
            fine = false;
        }
    }
    if let (true, Some((label, bound))) = (fine, band.cumulative.last())
        && bound.value != one
    {
        let message = format!("the last band `{}` does not reach 1", label.value);
        out.push(
            Diagnostic::error(Code::BandsOrder, message)
                .with_span(bound.span)
                .with_hint("the last band takes the rest: give it the bound 1"),
        );
        fine = false;
    }
    fine
}
