//! `bands`: bounds that rise to the whole, over something that adds up exactly.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{Band, Bounds, Segment, Top, Type};
use crate::spec::{self, PresetBody};

use super::scope::{CustomerScope, Section};
use super::scores::{FLOAT_SCALE, measured};
use super::{names, presets, within};

/// More decimal places of a bound would leave no room for the exact comparison of shares.
const MAX_BOUND_SCALE: u8 = 6;

const ONE: Decimal = Decimal { unscaled: 1, scale: 0 };
const HUNDRED: Decimal = Decimal { unscaled: 100, scale: 0 };
const ZERO: Decimal = Decimal { unscaled: 0, scale: 0 };

/// Resolves the bands and adds their columns to the scope.
pub(super) fn resolve(
    written: &[spec::Band],
    metrics: &CustomerScope,
    scope: &mut CustomerScope,
    out: &mut Diagnostics,
) -> Vec<Band> {
    let mut bands = Vec::new();
    for band in written {
        let spec::Band { name, of, bounds, within, min_group } = band;
        scope.add(Section::Bands, &name.value, Type::Text, band.labels());
        let mut segments = Vec::new();
        let bounds = match bounds {
            None => None,
            Some(spec::Bounds::Cumulative(bounds)) => cumulative(bounds, out).map(Bounds::Cumulative),
            Some(spec::Bounds::Top(bounds)) => top(bounds, out).map(Bounds::Top),
            Some(spec::Bounds::Preset(name)) => {
                let ready = ready(name, out);
                segments.extend(ready.iter().flatten().map(|(segment, _)| segment.clone()));
                ready
                    .map(|ready| ready.into_iter().map(|(segment, bound)| (segment.id, bound)).collect())
                    .map(Bounds::Cumulative)
            }
        };
        let within = within::resolve(within.as_ref(), min_group.as_ref(), metrics, out);
        let Some(input) = of.as_ref().and_then(|of| measured(of, metrics, out)) else { continue };
        // Doubles do not add up exactly; rounded to six places they do, on every engine.
        let of = if input.ty == Type::Double { input.cast(Type::Decimal(FLOAT_SCALE)) } else { input };
        if let (Some(bounds), Some(within)) = (bounds, within) {
            bands.push(Band { name: name.value.clone(), of, bounds, segments, within });
        }
    }
    bands
}

/// The bands of a preset, and the share each reaches.
fn ready(name: &Spanned<String>, out: &mut Diagnostics) -> Option<Vec<(Segment, Decimal)>> {
    match presets::find(name, true, out)?.body {
        PresetBody::Bands(bands) => {
            Some(bands.iter().map(|(segment, bound)| (names::segment(segment), *bound)).collect())
        }
        PresetBody::Segments { .. } => None,
    }
}

fn cumulative(
    written: &[(Spanned<String>, Spanned<Decimal>)],
    out: &mut Diagnostics,
) -> Option<Vec<(String, Decimal)>> {
    let mut previous = ZERO;
    let mut fine = true;
    for (label, bound) in written {
        let complaint = if bound.value.scale > MAX_BOUND_SCALE {
            Some(format!("`{}` has more than {MAX_BOUND_SCALE} decimal places", bound.value))
        } else if bound.value <= previous {
            Some(format!("the bound of `{}` is not above `{previous}`", label.value))
        } else if bound.value > ONE {
            Some(format!("the bound of `{}` is above 1, which is all there is", label.value))
        } else {
            None
        };
        previous = bound.value;
        if let Some(message) = complaint {
            out.push(Diagnostic::error(Code::BandsOrder, message).with_span(bound.span).with_hint(
                match bound.value > ONE {
                    true => "shares are parts of 1: 80 % is `0.80`",
                    false => "cumulative shares rise to 1: `{A: 0.80, B: 0.95, C: 1}`",
                },
            ));
            fine = false;
        }
    }
    if let (true, Some((label, bound))) = (fine, written.last())
        && bound.value != ONE
    {
        let message = format!("the last band `{}` does not reach 1", label.value);
        out.push(
            Diagnostic::error(Code::BandsOrder, message)
                .with_span(bound.span)
                .with_hint("the last band takes the rest: give it the bound 1"),
        );
        fine = false;
    }
    fine.then(|| written.iter().map(|(label, bound)| (label.value.clone(), bound.value)).collect())
}

fn top(written: &[(Spanned<String>, Spanned<String>)], out: &mut Diagnostics) -> Option<Vec<(String, Top)>> {
    let mut bounds: Vec<(String, Top)> = Vec::new();
    let mut fine = true;
    let mut complain = |diagnostic: Diagnostic, fine: &mut bool| {
        out.push(diagnostic);
        *fine = false;
    };
    for (at, (label, bound)) in written.iter().enumerate() {
        let place = match place(&bound.value) {
            Ok(place) => place,
            Err((message, hint)) => {
                let diagnostic = Diagnostic::error(Code::BadValue, message).with_span(bound.span);
                complain(diagnostic.with_hint(hint), &mut fine);
                continue;
            }
        };
        // What can be compared: counts with counts, shares with shares.
        let not_above = bounds.iter().rev().find(|(_, earlier)| match (earlier, place) {
            (Top::First(earlier), Top::First(own)) => *earlier >= own,
            (Top::Percent(earlier), Top::Percent(own)) => *earlier >= own,
            _ => false,
        });
        let is_last = at + 1 == written.len();
        let order = |message: String| Diagnostic::error(Code::BandsOrder, message).with_span(bound.span);
        if let Some((earlier, reached)) = not_above {
            let message =
                format!("`{}` reaches no further than `{earlier}`, which takes {reached}", label.value);
            let hint = "the places count from the top for every band: `{diamond: 1%, gold: 5%, rest: all}` \
                makes 1 % of the customers diamond and the next 4 % gold";
            complain(order(message).with_hint(hint), &mut fine);
        } else if place == Top::All && !is_last {
            let message =
                format!("`{}` takes everybody, and nobody is left for the bands below it", label.value);
            complain(order(message).with_hint("`all` is the bound of the last band"), &mut fine);
        } else if place != Top::All && is_last && fine {
            let message = format!("the last band `{}` does not take everybody", label.value);
            let hint = "the last band takes the rest: give it the bound `all`";
            complain(order(message).with_hint(hint), &mut fine);
        }
        bounds.push((label.value.clone(), place));
    }
    fine.then_some(bounds)
}

/// `100`, `5%` or `all`; otherwise what to say.
fn place(text: &str) -> Result<Top, (String, String)> {
    let text = text.trim();
    if text == "all" {
        return Ok(Top::All);
    }
    let forms = "write a number of customers, `100`, a share of them, `5%`, or `all`".to_owned();
    if let Some(Ok(place)) = text.strip_prefix("top ").map(place) {
        return Err((format!("`{text}` is no place from the top"), format!("did you mean `{place}`?")));
    }
    if let Some(percent) = text.strip_suffix('%') {
        return match Decimal::parse(percent.trim_end()) {
            Some(percent) if percent.scale > MAX_BOUND_SCALE => Err((
                format!("`{text}` has more than {MAX_BOUND_SCALE} decimal places"),
                "round it".to_owned(),
            )),
            Some(HUNDRED) => Ok(Top::All),
            Some(percent) if percent > ZERO && percent < HUNDRED => Ok(Top::Percent(percent)),
            Some(_) => Err((format!("`{text}` is not above 0% and at most 100%"), forms)),
            None => Err((format!("`{text}` is no share of the customers"), forms)),
        };
    }
    match Decimal::parse(text) {
        Some(Decimal { unscaled, scale: 0 }) if unscaled > 0 => match u64::try_from(unscaled) {
            Ok(customers) => Ok(Top::First(customers)),
            Err(_) => Err((format!("`{text}` is more than there can be"), forms)),
        },
        Some(share) if share > ZERO && share < ONE => {
            let percent = Decimal { unscaled: share.unscaled * 100, scale: share.scale };
            let percent = Decimal::parse(&percent.to_string()).unwrap_or(percent);
            Err((format!("`{text}` is no number of customers"), format!("did you mean `{percent}%`?")))
        }
        Some(_) => Err((format!("`{text}` is no number of customers"), forms)),
        None => Err((format!("`{text}` is no place from the top"), forms)),
    }
}
