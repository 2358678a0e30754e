//! One cell → a value. A cell that is empty, or holds nothing but blanks, is null before anybody asks here.

use chrono::format::{Item, Parsed, StrftimeItems};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::decimal::Decimal;
use crate::plan::Marks;

/// Blanks that stand between groups of three digits where a blank does.
const BLANKS: [char; 3] = [' ', '\u{a0}', '\u{202f}'];

/// A number with the marks of the program, `-1234.50`; none where it is no number. Groups have three digits, so that a
/// decimal comma is never taken for one between thousands.
pub fn number(text: &str, marks: Marks) -> Option<String> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, places) = match digits.split_once(marks.decimal) {
        Some((whole, places)) => (whole, Some(places)),
        None => (digits, None),
    };
    let mut plain = sign.to_owned();
    let is_mark = |c: char| match marks.thousands {
        Some(mark) if BLANKS.contains(&mark) => BLANKS.contains(&c),
        mark => mark == Some(c),
    };
    for (at, group) in whole.split(is_mark).enumerate() {
        let grouped = at == 0 && (1..=3).contains(&group.len()) || at > 0 && group.len() == 3;
        let alone = at == 0 && !whole.contains(is_mark);
        if !(grouped || alone) || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        plain.push_str(group);
    }
    if let Some(places) = places {
        if !places.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        plain.push('.');
        plain.push_str(places);
    }
    plain.contains(|c: char| c.is_ascii_digit()).then_some(plain)
}

/// A whole number.
pub fn integer(text: &str, marks: Marks) -> Option<i64> {
    i64::try_from(decimal(text, 0, marks)?).ok()
}

/// A decimal with so many places, unscaled; none where it has more.
pub fn decimal(text: &str, places: u8, marks: Marks) -> Option<i128> {
    Decimal::parse(&number(text, marks)?)?.rescale(places)
}

/// A float, with an exponent if need be.
pub fn double(text: &str, marks: Marks) -> Option<f64> {
    let (mantissa, exponent) = match text.trim().split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    format!("{}e{exponent}", number(mantissa, marks)?).parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Yes or no.
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "是" => Some(true),
        "false" | "f" | "no" | "n" | "0" | "否" => Some(false),
        _ => None,
    }
}

/// How dates and times are written.
pub struct Times<'a> {
    /// Of a time, and of its date alone.
    formats: Option<(Vec<Item<'a>>, Vec<Item<'a>>)>,
    zone: Tz,
}

impl<'a> Times<'a> {
    /// None where the format is none that can be read.
    pub fn new(format: Option<&'a str>, zone: Tz) -> Option<Self> {
        let items = |format: &'a str| StrftimeItems::new(format).parse().ok();
        let formats = match format {
            None => None,
            Some(format) => {
                let date = format.trim().split([' ', 'T']).next().unwrap_or_default();
                Some((items(format.trim())?, items(date)?))
            }
        };
        Some(Self { formats, zone })
    }

    /// A local time in microseconds since 1970; a text with an offset is converted.
    pub fn time(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        let time = match &self.formats {
            Some((items, _)) => self.by_format(text, items)?,
            None => iso(text, self.zone)?,
        };
        plausible(time.date()).then(|| time.and_utc().timestamp_micros())
    }

    /// A date in days since 1970. A time is cut off, and need not be there if the format has one.
    pub fn date(&self, text: &str) -> Option<i32> {
        let text = text.trim();
        let time = match &self.formats {
            Some((items, date)) => self
                .by_format(text, items)
                .or_else(|| self.by_format(text, date))
                .or_else(|| iso_date(text))?,
            None => iso(text, self.zone)?,
        };
        let date = time.date();
        plausible(date).then(|| date.num_days_from_ce() - NaiveDate::default().num_days_from_ce())
    }

    fn by_format(&self, text: &str, items: &[Item<'_>]) -> Option<NaiveDateTime> {
        let mut parsed = Parsed::new();
        chrono::format::parse(&mut parsed, text, items.iter()).ok()?;
        if parsed.offset().is_some() {
            let instant = parsed.to_datetime().ok()?;
            return Some(self.zone.from_utc_datetime(&instant.naive_utc()).naive_local());
        }
        let date = parsed.to_naive_date().ok()?;
        if parsed.hour_div_12().is_none() && parsed.hour_mod_12().is_none() {
            return date.and_hms_opt(0, 0, 0);
        }
        Some(date.and_time(parsed.to_naive_time().ok()?))
    }
}

/// A year of two digits is read as one of the first century.
fn plausible(date: NaiveDate) -> bool {
    (1000..=9999).contains(&date.year())
}

fn iso_date(text: &str) -> Option<NaiveDateTime> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)
}

fn iso(text: &str, zone: Tz) -> Option<NaiveDateTime> {
    if let Some(date) = iso_date(text) {
        return Some(date);
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, format) {
            return Some(time);
        }
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"] {
        if let Ok(instant) = DateTime::parse_from_str(text, format) {
            return Some(zone.from_utc_datetime(&instant.naive_utc()).naive_local());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_marks() {
        let english = Marks { decimal: '.', thousands: Some(',') };
        let german = Marks { decimal: ',', thousands: Some('.') };
        let french = Marks { decimal: ',', thousands: Some(' ') };
        let plain = Marks::default();
        let cases = [
            ("1,234.50", english, Some("1234.50")),
            ("-1,234,567", english, Some("-1234567")),
            ("1234.5", english, Some("1234.5")),
            ("12,34", english, None),
            ("1,5", english, None),
            (",234", english, None),
            ("1.234,50", german, Some("1234.50")),
            ("12.5", german, None),
            ("1\u{a0}234,5", french, Some("1234.5")),
            (" +7 ", plain, Some("7")),
            ("1,234.50", plain, None),
            ("", plain, None),
            ("-", plain, None),
            ("1.2.3", plain, None),
            ("12a", plain, None),
        ];
        for (text, marks, expected) in cases {
            assert_eq!(number(text, marks).as_deref(), expected, "{text} {marks:?}");
        }
        assert_eq!(decimal("1.234,50", 2, german), Some(123_450));
        assert_eq!(decimal("1,234.505", 2, english), None);
        assert_eq!(integer("9.223.372.036.854.775.807", german), Some(i64::MAX));
        assert_eq!(integer("9223372036854775808", plain), None);
        assert_eq!(double("1,5e3", german), Some(1500.0));
    }

    #[test]
    fn times_in_a_format() {
        let shanghai = chrono_tz::Asia::Shanghai;
        let read = |format: Option<&str>, text: &str| {
            let time = Times::new(format, shanghai)?.time(text)?;
            Some(DateTime::from_timestamp_micros(time)?.naive_utc().to_string())
        };
        let cases = [
            (Some("%Y/%m/%d %H:%M"), "2026/11/01 09:05", Some("2026-11-01 09:05:00")),
            (Some("%Y/%m/%d %H:%M"), "2026/1/1 9:05", Some("2026-01-01 09:05:00")),
            (Some("%Y/%m/%d %H:%M"), "26/11/01 09:05", None),
            (Some("%Y/%m/%d %H:%M"), "2026/13/01 09:05", None),
            (Some("%d.%m.%Y"), "31.12.2025", Some("2025-12-31 00:00:00")),
            (Some("%Y-%m-%d %H:%M:%S%z"), "2026-11-01 20:00:00+0000", Some("2026-11-02 04:00:00")),
            (Some("%m/%d/%Y %I:%M %p"), "11/01/2026 12:05 AM", Some("2026-11-01 00:05:00")),
            (None, "2026-11-01 09:05:07.5", Some("2026-11-01 09:05:07.500")),
            (None, "2026-11-01T20:00:00Z", Some("2026-11-02 04:00:00")),
            (None, "01/11/2026", None),
        ];
        for (format, text, expected) in cases {
            assert_eq!(read(format, text).as_deref(), expected, "{format:?} {text}");
        }
        let date = |text: &str| Times::new(Some("%Y/%m/%d %H:%M"), shanghai)?.date(text);
        assert_eq!(date("1970/01/02 23:59"), Some(1));
        assert_eq!(date("1970/01/02"), Some(1));
        assert_eq!(date("1970-01-03"), Some(2));
        assert!(Times::new(Some("%Q"), shanghai).is_none());
    }
}
