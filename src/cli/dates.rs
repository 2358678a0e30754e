//! The date of `--as-of`, as schedulers and people give it: one form is taken, and of the others the message has it.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Reads `2026-11-01`, and nothing else.
pub(super) fn read_date(text: &str) -> Result<NaiveDate, String> {
    let is_form = text.len() == "2026-11-01".len()
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(date) if is_form => Ok(date),
        _ if is_form => Err("there is no such day; a date is YYYY-MM-DD, as in `2026-11-01`".to_owned()),
        _ => Err(format!("write it as YYYY-MM-DD: {}", advice(text))),
    }
}

fn advice(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return "it is empty, as where Airflow renders `{{ ds }}` to nothing because a run has no logical date; hand \
                the date over by hand, as in `2026-11-01`"
            .to_owned();
    }
    if text.contains("{{") || text.contains("${") {
        return "this is a template that nobody has rendered; it should be `2026-11-01` by now".to_owned();
    }
    match meant(text) {
        Some(date) => format!("did you mean `{date}`?"),
        None => "for example `2026-11-01`".to_owned(),
    }
}

/// The date that another form says; none where it is not sure which number is the month.
fn meant(text: &str) -> Option<NaiveDate> {
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let instant = DateTime::parse_from_rfc3339(text).ok().map(|time| time.date_naive());
    let local = local.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let days = ["%Y%m%d", "%d.%m.%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d"];
    let date = days.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    instant
        .or(local.map(|time| time.date()))
        .or(date)
        .filter(|date| date.to_string().len() == "2026-11-01".len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_is_taken() {
        assert_eq!(read_date("2026-11-01"), Ok(NaiveDate::from_ymd_opt(2026, 11, 1).unwrap_or_default()));
        for (text, words) in [
            ("2026-11-01T00:00:00+00:00", "did you mean `2026-11-01`?"),
            ("2026-11-01 06:30:00", "did you mean `2026-11-01`?"),
            ("20261101", "did you mean `2026-11-01`?"),
            ("31.10.2026", "did you mean `2026-10-31`?"),
            ("2026/10/31", "did you mean `2026-10-31`?"),
            ("2026-1-2", "did you mean `2026-01-02`?"),
            ("10/11/2026", "for example `2026-11-01`"),
            ("2026-02-30", "there is no such day"),
            ("2026-13-01", "there is no such day"),
            ("{{ ds }}", "nobody has rendered"),
            ("", "it is empty"),
            (" ", "it is empty"),
            ("yesterday", "for example `2026-11-01`"),
            ("２０２６-11-01", "for example"),
        ] {
            let message = read_date(text).err().unwrap_or_default();
            assert!(message.contains(words) && message.contains("YYYY-MM-DD"), "{text}: {message}");
        }
    }
}
