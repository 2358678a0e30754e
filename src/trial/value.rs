//! Words of a test → values of a column.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::decimal::Decimal;
use crate::plan::Physical;

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Unscaled.
    Decimal(i128),
    Text(String),
    /// Days since 1970.
    Date(i32),
    /// Microseconds since 1970.
    Time(i64),
}

/// Reads words as a value of a column; none where they are none. Times without an offset are local in `zone`.
pub(super) fn read(text: &str, physical: &Physical, zone: Tz) -> Option<Value> {
    Some(match physical {
        Physical::Bool => Value::Bool(text.parse().ok()?),
        Physical::Int => Value::Int(text.parse().ok()?),
        Physical::Float => Value::Float(text.parse().ok()?),
        Physical::Decimal(scale) => Value::Decimal(Decimal::parse(text)?.rescale(*scale)?),
        Physical::Text | Physical::Bytes | Physical::Uuid | Physical::Null => Value::Text(text.to_owned()),
        Physical::Date => {
            let days = (NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()? - NaiveDate::default()).num_days();
            Value::Date(i32::try_from(days).ok()?)
        }
        Physical::Naive => Value::Time(naive(text)?.and_utc().timestamp_micros()),
        Physical::Instant => Value::Time(match instant(text) {
            Some(instant) => instant.timestamp_micros(),
            None => zone.from_local_datetime(&naive(text)?).earliest()?.timestamp_micros(),
        }),
        Physical::Other(_) => return None,
    })
}

/// An id of its own for the order of a row.
pub(super) fn numbered(row: usize, physical: &Physical) -> Option<Value> {
    // Far from what people write.
    let number = 9_000_000_000_i64.checked_add(i64::try_from(row).ok()?)?;
    match physical {
        Physical::Int => Some(Value::Int(number)),
        Physical::Text | Physical::Bytes | Physical::Uuid => {
            Some(Value::Text(format!("order of row {}", row + 1)))
        }
        Physical::Float => Some(Value::Float(number as f64)),
        Physical::Decimal(scale) => Some(Value::Decimal(i128::from(number) * 10_i128.pow(u32::from(*scale)))),
        _ => None,
    }
}

/// Whether it is a time with an offset.
pub(super) fn is_instant(text: &str) -> bool {
    instant(text).is_some()
}

fn instant(text: &str) -> Option<DateTime<chrono::FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

/// A local time; a date is its beginning.
pub(super) fn naive(text: &str) -> Option<NaiveDateTime> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    time.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
}
