//! Conversions that Polars does not have with the contract's exact semantics, as element-wise closures.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use polars::chunked_array::ops::arity::{broadcast_binary_elementwise, unary_elementwise_values};
use polars::prelude::{
    ChunkApply, Column, Expr, Field, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn,
    NewChunkedArray, PolarsResult, TimeUnit, polars_bail,
};

use crate::decimal::Decimal;
use crate::plan::Type;

use super::types::{PRECISION, computed};

const MICROSECONDS_OF_DAY: i64 = 24 * 60 * 60 * 1_000_000;

fn map<F>(input: Expr, ty: Type, function: F) -> Expr
where
    F: Fn(Column) -> PolarsResult<Column> + Send + Sync + 'static,
{
    input.map(function, move |_, field| Ok(Field::new(field.name().clone(), computed(ty))))
}

fn decimals(name: &str, values: impl Iterator<Item = Option<i128>>, scale: u8) -> Column {
    let values = Int128Chunked::from_iter_options(name.into(), values);
    values.into_decimal_unchecked(PRECISION, usize::from(scale)).into_column()
}

/// Rounds doubles half away from zero to a scale; what is not finite, or has no room, is null.
pub(in crate::engine::polars) fn double_to_decimal(input: Expr, scale: u8) -> Expr {
    map(input, Type::Decimal(scale), move |column| {
        let values = column.f64()?;
        let factor = 10_f64.powi(i32::from(scale));
        let convert = |value: f64| {
            let scaled = (value * factor).round();
            (scaled.abs() < 1e36).then_some(scaled as i128)
        };
        Ok(decimals(column.name(), values.iter().map(|value| value.and_then(convert)), scale))
    })
}

/// Reads decimal numbers; what is none, or has more places than the scale, is null.
pub(in crate::engine::polars) fn text_to_decimal(input: Expr, scale: u8) -> Expr {
    map(input, Type::Decimal(scale), move |column| {
        let convert = |text: &str| Decimal::parse(text.trim())?.rescale(scale);
        Ok(decimals(column.name(), column.str()?.iter().map(|text| text.and_then(convert)), scale))
    })
}

/// Rounds decimals half away from zero to fewer places.
pub(in crate::engine::polars) fn round_decimal(input: Expr, from: u8, to: u8) -> Expr {
    map(input, Type::Decimal(to), move |column| {
        let divisor = 10_i128.pow(u32::from(from.saturating_sub(to)));
        let round = |value: i128| {
            let (quotient, remainder) = (value / divisor, value % divisor);
            if remainder.abs() * 2 >= divisor { quotient + value.signum() } else { quotient }
        };
        let values = column.decimal()?.physical();
        Ok(decimals(column.name(), values.iter().map(|value| value.map(round)), to))
    })
}

/// Rounds doubles half away from zero to some places, as SQL engines do: scaled, rounded, scaled back.
pub(super) fn round_double(input: Expr, places: u8) -> Expr {
    map(input, Type::Double, move |column| {
        let factor = 10_f64.powi(i32::from(places));
        let round = |value: f64| {
            let rounded = (value * factor).round() / factor;
            if rounded.is_finite() { rounded } else { value }
        };
        Ok(column.f64()?.apply_values(round).into_column())
    })
}

/// The IEEE quotient of doubles; null for a divisor of zero. Polars' own `/` multiplies by the reciprocal wherever the divisor
/// is one value (a constant, or a column of one row), which differs in the last bit.
pub(super) fn quotient(dividend: Expr, divisor: Expr) -> Expr {
    let divide = |columns: &mut [Column]| {
        let [dividend, divisor] = columns else { polars_bail!(ComputeError: "a quotient is of two") };
        let (name, dividend, divisor) = (dividend.name().clone(), dividend.f64()?, divisor.f64()?);
        let divide = |x: Option<f64>, y: Option<f64>| Some(x? / y.filter(|y| *y != 0.0)?);
        let quotient: Float64Chunked = broadcast_binary_elementwise(dividend, divisor, divide);
        Ok(quotient.with_name(name).into_column())
    };
    dividend.map_many(divide, &[divisor], |_, fields| {
        Ok(Field::new(fields[0].name().clone(), computed(Type::Double)))
    })
}

/// Reads ISO dates and times as local microseconds; a text with an offset is an instant and is converted.
pub(in crate::engine::polars) fn text_to_time(input: Expr, zone: Tz) -> Expr {
    map(input, Type::Time, move |column| {
        let convert =
            |text: &str| local_time(text.trim(), zone).map(|time| time.and_utc().timestamp_micros());
        let values = column.str()?.iter().map(|text| text.and_then(convert));
        let values = Int64Chunked::from_iter_options(column.name().clone(), values);
        Ok(values.into_datetime(TimeUnit::Microseconds, None).into_column())
    })
}

/// The local date of a local time.
pub(in crate::engine::polars) fn time_to_day(input: Expr) -> Expr {
    map(input, Type::Date, |column| {
        // Microseconds of 64 bits are days of 28. Polars' cast checks that, in passes of their own.
        let day = |time: i64| time.div_euclid(MICROSECONDS_OF_DAY) as i32;
        let days: Int32Chunked = unary_elementwise_values(column.datetime()?.physical(), day);
        Ok(days.into_date().into_column())
    })
}

fn local_time(text: &str, zone: Tz) -> Option<NaiveDateTime> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return date.and_hms_opt(0, 0, 0);
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(time);
        }
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"] {
        if let Ok(instant) = DateTime::parse_from_str(text, format) {
            return Some(zone.from_utc_datetime(&instant.naive_utc()).naive_local());
        }
    }
    DateTime::parse_from_rfc3339(text).ok().map(|i| zone.from_utc_datetime(&i.naive_utc()).naive_local())
}
