//! Conversions that Polars does not have with the contract's exact semantics, as element-wise closures.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use polars::chunked_array::ops::arity::{broadcast_binary_elementwise, unary_elementwise_values};
use polars::prelude::{
    ChunkApply, Column, DataType, Expr, Field, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked,
    IntoColumn, NULL, NewChunkedArray, PolarsResult, StringChunked, TimeUnit, lit, polars_bail, when,
};

use crate::decimal::Decimal;
use crate::plan::{EpochUnit, Type};

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
        let convert = |text: &str| {
            let micros = local_time(text.trim(), zone)?.and_utc().timestamp_micros();
            CALENDAR.contains(&micros).then_some(micros)
        };
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

/// Whole numbers that come as doubles; null for what is none, or too large for every whole number to have a double of its own.
pub(in crate::engine::polars) fn whole_double(input: Expr) -> Expr {
    const MOST: f64 = 9_007_199_254_740_992.0;
    map(input, Type::Int, |column| {
        let whole = |value: f64| (value.fract() == 0.0 && value.abs() < MOST).then_some(value as i64);
        let values = column.f64()?.iter().map(|value| value.and_then(whole));
        Ok(Int64Chunked::from_iter_options(column.name().clone(), values).into_column())
    })
}

/// Whole numbers that come as decimals; null for what is none.
pub(in crate::engine::polars) fn whole_decimal(input: Expr, scale: u8) -> Expr {
    map(input, Type::Int, move |column| {
        let unit = 10_i128.pow(u32::from(scale.min(38)));
        let whole = |value: i128| if value % unit == 0 { i64::try_from(value / unit).ok() } else { None };
        let values = column.decimal()?.physical();
        let values = values.iter().map(|value| value.and_then(whole));
        Ok(Int64Chunked::from_iter_options(column.name().clone(), values).into_column())
    })
}

/// Whole numbers that come as texts; null for what is none.
pub(in crate::engine::polars) fn text_to_int(input: Expr) -> Expr {
    map(input, Type::Int, |column| {
        let values = column.str()?.iter().map(|text| text.and_then(|text| text.trim().parse::<i64>().ok()));
        Ok(Int64Chunked::from_iter_options(column.name().clone(), values).into_column())
    })
}

/// Doubles that come as texts; null for what is none.
pub(in crate::engine::polars) fn text_to_double(input: Expr) -> Expr {
    map(input, Type::Double, |column| {
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
        let values = column.str()?.iter().map(|text| text.and_then(number));
        Ok(Float64Chunked::from_iter_options(column.name().clone(), values).into_column())
    })
}

/// Decimals that come as texts, rounded half away from zero; null for what is none.
pub(in crate::engine::polars) fn text_to_rounded_decimal(input: Expr, scale: u8) -> Expr {
    map(input, Type::Decimal(scale), move |column| {
        let convert = |text: &str| {
            let number = Decimal::parse(text.trim())?;
            match number.rescale(scale) {
                Some(unscaled) => Some(unscaled),
                None => {
                    let divisor = 10_i128.pow(u32::from(number.scale.checked_sub(scale)?));
                    let (quotient, remainder) = (number.unscaled / divisor, number.unscaled % divisor);
                    let up = remainder.abs() * 2 >= divisor;
                    Some(if up { quotient + number.unscaled.signum() } else { quotient })
                }
            }
        };
        Ok(decimals(column.name(), column.str()?.iter().map(|text| text.and_then(convert)), scale))
    })
}

/// Decimals, dates and times as texts.
pub(in crate::engine::polars) fn as_text(input: Expr, from: Type) -> Expr {
    map(input, Type::Text, move |column| {
        let name = column.name().clone();
        let texts: StringChunked = match from {
            Type::Decimal(scale) => {
                let values = column.decimal()?.physical();
                let text = |value: i128| crate::decimal::render(value, scale);
                StringChunked::from_iter_options(name, values.iter().map(|value| value.map(text)))
            }
            _ => column.cast(&DataType::String)?.str()?.clone(),
        };
        Ok(texts.into_column())
    })
}

/// Texts without those that are empty or blank, which are null.
pub(in crate::engine::polars) fn without_blanks(input: Expr) -> Expr {
    map(input, Type::Text, |column| {
        let texts = column.str()?;
        let is_blank = |text: &str| text.trim().is_empty();
        // The first byte settles nearly every text, and stands where no text has to be looked up.
        let may_be_blank = |length: u32, first: u8| length == 0 || first <= b' ' || first >= 0x80;
        let has_blanks = texts.downcast_iter().any(|array| {
            array.views().iter().enumerate().any(|(row, view)| {
                may_be_blank(view.length, view.prefix.to_le_bytes()[0])
                    && array.get(row).is_some_and(is_blank)
            })
        });
        if !has_blanks {
            return Ok(column);
        }
        let kept = texts.iter().map(|text| text.filter(|text| !is_blank(text)));
        Ok(StringChunked::from_iter_options(column.name().clone(), kept).into_column())
    })
}

/// Bytes as texts; null for what is no UTF-8.
pub(in crate::engine::polars) fn bytes_to_text(input: Expr) -> Expr {
    map(input, Type::Text, |column| {
        let bytes = column.binary()?;
        let texts = bytes.iter().map(|bytes| bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()));
        Ok(StringChunked::from_iter_options(column.name().clone(), texts).into_column())
    })
}

/// UUIDs of 16 bytes as texts of 36 characters, in lower case.
pub(in crate::engine::polars) fn uuid_to_text(input: Expr) -> Expr {
    map(input, Type::Text, |column| {
        let text = |bytes: &[u8]| {
            let hex = crate::plan::hex(bytes);
            let parts =
                [hex.get(..8)?, hex.get(8..12)?, hex.get(12..16)?, hex.get(16..20)?, hex.get(20..32)?];
            Some(parts.join("-"))
        };
        let texts = column.binary()?.iter().map(|bytes| bytes.and_then(text));
        Ok(StringChunked::from_iter_options(column.name().clone(), texts).into_column())
    })
}

/// Bytes for people to look at, with a mark where they are no text.
pub(in crate::engine::polars) fn bytes_as_shown(input: Expr) -> Expr {
    map(input, Type::Text, |column| {
        let bytes = column.cast(&DataType::Binary)?;
        let texts = bytes.binary()?.iter().map(|bytes| bytes.map(String::from_utf8_lossy));
        Ok(StringChunked::from_iter_options(column.name().clone(), texts).into_column())
    })
}

/// Times and dates for people to look at; the number that stands there, outside of the calendar that has words for it.
pub(in crate::engine::polars) fn time_as_shown(input: Expr) -> Expr {
    let inside = when(to_micros(input.clone()).is_not_null()).then(input.clone()).otherwise(lit(NULL));
    let number = input.cast(DataType::Int64).cast(DataType::String);
    inside.cast(DataType::String).fill_null(number)
}

/// The first and the last microsecond of the years 1 to 9999: what a warehouse's calendar holds.
const CALENDAR: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// Timestamps and dates of any unit as microseconds; null outside of the years 1 to 9999.
pub(in crate::engine::polars) fn to_micros(input: Expr) -> Expr {
    map(input, Type::Time, |column| {
        let name = column.name().clone();
        let (values, factor, divisor): (Int64Chunked, i64, i64) = match column.dtype() {
            DataType::Date => {
                let days = column.cast(&DataType::Int32)?.cast(&DataType::Int64)?;
                (days.i64()?.clone(), MICROSECONDS_OF_DAY, 1)
            }
            DataType::Datetime(TimeUnit::Milliseconds, _) => {
                (column.datetime()?.physical().clone(), 1_000, 1)
            }
            DataType::Datetime(TimeUnit::Nanoseconds, _) => (column.datetime()?.physical().clone(), 1, 1_000),
            _ => (column.datetime()?.physical().clone(), 1, 1),
        };
        let micros = |value: i64| {
            let micros = value.checked_mul(factor)?.div_euclid(divisor);
            CALENDAR.contains(&micros).then_some(micros)
        };
        // The conversion keeps the order, so the ends tell of all between them. What stands where there is null may be
        // anything; then the values are looked at one by one.
        let is_inside = values.downcast_iter().all(|chunk| {
            let ends = [chunk.values().iter().min(), chunk.values().iter().max()];
            ends.into_iter().flatten().all(|end| micros(*end).is_some())
        });
        let values: Int64Chunked = match (is_inside, factor, divisor) {
            (true, 1, 1) => values,
            // Apart, because a division by a number that is not known before costs more than all the rest.
            (true, _, 1) => unary_elementwise_values(&values, |value: i64| value * factor),
            (true, ..) => unary_elementwise_values(&values, |value: i64| value.div_euclid(1_000)),
            (false, ..) => Int64Chunked::from_iter_options(
                name.clone(),
                values.iter().map(|value| value.and_then(micros)),
            ),
        };
        Ok(values.with_name(name).into_datetime(TimeUnit::Microseconds, None).into_column())
    })
}

/// Dates; null outside of the years 1 to 9999.
pub(in crate::engine::polars) fn within_calendar(input: Expr) -> Expr {
    map(input, Type::Date, |column| {
        let days = column.cast(&DataType::Int32)?;
        let days = days.i32()?;
        let is_inside = |day: i32| CALENDAR.contains(&(i64::from(day) * MICROSECONDS_OF_DAY));
        if days.downcast_iter().all(|chunk| chunk.values().iter().all(|day| is_inside(*day))) {
            return Ok(column);
        }
        let kept = days.iter().map(|day| day.filter(|day| is_inside(*day)));
        let kept = Int32Chunked::from_iter_options(column.name().clone(), kept);
        kept.into_column().cast(&DataType::Date)
    })
}

/// Numbers of a unit since 1970 as microseconds in UTC; null outside of the years 1 to 9999.
pub(in crate::engine::polars) fn epoch_to_micros(input: Expr, unit: EpochUnit) -> Expr {
    map(input, Type::Time, move |column| {
        let (factor, divisor) = match unit {
            EpochUnit::Seconds => (1_000_000, 1),
            EpochUnit::Milliseconds => (1_000, 1),
            EpochUnit::Microseconds => (1, 1),
            EpochUnit::Nanoseconds => (1, 1_000),
        };
        let whole = |value: i64| {
            let micros = value.checked_mul(factor)?.div_euclid(divisor);
            CALENDAR.contains(&micros).then_some(micros)
        };
        let real = |value: f64| {
            let micros = (value * factor as f64 / divisor as f64).floor();
            (micros.is_finite() && CALENDAR.contains(&(micros as i64))).then_some(micros as i64)
        };
        let name = column.name().clone();
        let values: Int64Chunked = match column.dtype() {
            DataType::Float64 => {
                Int64Chunked::from_iter_options(name, column.f64()?.iter().map(|value| value.and_then(real)))
            }
            _ => {
                Int64Chunked::from_iter_options(name, column.i64()?.iter().map(|value| value.and_then(whole)))
            }
        };
        Ok(values.into_datetime(TimeUnit::Microseconds, None).into_column())
    })
}

/// Reads times in a form of `strftime` as local microseconds; a form with an offset gives instants, which are converted.
pub(in crate::engine::polars) fn formed_to_time(input: Expr, form: String, zone: Tz) -> Expr {
    map(input, Type::Time, move |column| {
        let convert = |text: &str| {
            let text = text.trim();
            let local = DateTime::parse_from_str(text, &form)
                .ok()
                .map(|instant| zone.from_utc_datetime(&instant.naive_utc()).naive_local())
                .or_else(|| NaiveDateTime::parse_from_str(text, &form).ok())
                .or_else(|| NaiveDate::parse_from_str(text, &form).ok()?.and_hms_opt(0, 0, 0))?;
            let micros = local.and_utc().timestamp_micros();
            CALENDAR.contains(&micros).then_some(micros)
        };
        let values = column.str()?.iter().map(|text| text.and_then(convert));
        let values = Int64Chunked::from_iter_options(column.name().clone(), values);
        Ok(values.into_datetime(TimeUnit::Microseconds, None).into_column())
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
