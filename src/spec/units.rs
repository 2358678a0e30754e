//! Numbers as people type them: with a unit, a share in per cent, a sign of a Chinese keyboard. Rules files hold plain numbers;
//! here is what to write instead. Knows words only.

use crate::decimal::Decimal;

/// What a unit behind a number says.
enum Unit {
    /// The number is so many days.
    Days(u32),
    /// So many times as large.
    Times(i128),
    /// A share of a hundred.
    Percent,
    /// An amount, which has no currency here.
    Money,
}

fn unit(word: &str) -> Option<Unit> {
    let word = word.to_lowercase();
    // 3万元, 5千块
    if let Some(number) = ["元", "块", "圆"].iter().find_map(|money| word.strip_suffix(money)) {
        return if number.is_empty() { Some(Unit::Money) } else { unit(number) };
    }
    Some(match word.as_str() {
        "d" | "day" | "days" | "天" | "日" => Unit::Days(1),
        "week" | "weeks" | "周" | "星期" => Unit::Days(7),
        "month" | "months" | "个月" | "月" => Unit::Days(30),
        "y" | "year" | "years" | "年" => Unit::Days(365),
        "k" | "千" => Unit::Times(1_000),
        "w" | "万" => Unit::Times(10_000),
        "十万" => Unit::Times(100_000),
        "m" | "mio" | "million" | "百万" => Unit::Times(1_000_000),
        "千万" => Unit::Times(10_000_000),
        "亿" => Unit::Times(100_000_000),
        "%" | "％" => Unit::Percent,
        "¥" | "￥" | "$" | "€" | "£" | "eur" | "usd" | "cny" | "rmb" | "yuan" => Unit::Money,
        _ => return None,
    })
}

/// What to write for a number with a unit, where plain numbers stand.
pub(super) fn plain(number: &str, word: &str) -> Option<String> {
    let value = Decimal::parse(number)?;
    let scaled = |factor: i128| {
        let whole = Decimal { unscaled: value.unscaled.checked_mul(factor)?, scale: value.scale };
        Some(short(whole))
    };
    Some(match unit(word)? {
        Unit::Days(1) => format!("days are plain numbers: write `{number}`"),
        Unit::Days(each) => {
            format!("days are plain numbers: write `{}`", scaled(i128::from(each))?)
        }
        Unit::Times(factor) => format!("write the number out: `{}`", scaled(factor)?),
        Unit::Percent => {
            let scale = value.scale.checked_add(2)?;
            format!("a share is a number: write `{}`", short(Decimal { unscaled: value.unscaled, scale }))
        }
        Unit::Money => format!("amounts have no currency: write `{number}`"),
    })
}

/// What to write for a text that holds a number with a unit, before or behind it, or digits of another width.
pub(super) fn plain_text(text: &str) -> Option<String> {
    if let Some((number, word)) = split(text) {
        return plain(number, word);
    }
    let narrow = narrow(text);
    (narrow != text && Decimal::parse(&narrow).is_some())
        .then(|| format!("write it in half width: `{narrow}`"))
}

/// How a number of days with a unit is written after `window:` and the like.
pub(super) fn days(text: &str) -> Option<u32> {
    let (number, word) = split(text)?;
    match unit(word)? {
        Unit::Days(each) => number.parse::<u32>().ok()?.checked_mul(each),
        _ => None,
    }
}

/// `90 days` → `90` and `days`; `¥300` likewise.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let is_digit = |c: char| c.is_ascii_digit() || c == '.' || c == '-';
    let (number, word) = match text.find(|c| !is_digit(c))? {
        0 => {
            let digits = text.find(is_digit)?;
            (&text[digits..], &text[..digits])
        }
        at => text.split_at(at),
    };
    Some((number.trim(), word.trim()))
}

/// Without zeros at the end of its places.
fn short(value: Decimal) -> String {
    let text = value.to_string();
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// The sign that is meant by one that a Chinese keyboard layout has in another width, or that print has.
pub(super) fn half_width(c: char) -> Option<String> {
    let sign = match c {
        '‘' | '’' | '“' | '”' => "'",
        '、' => ",",
        '【' => "[",
        '】' => "]",
        '。' => ".",
        '\u{3000}' => " ",
        '≥' | '≧' => ">=",
        '≤' | '≦' => "<=",
        '≠' => "<>",
        '×' => "*",
        '÷' => "/",
        '−' | '–' => "-",
        '\u{ff01}'..='\u{ff5e}' => return char::from_u32(u32::from(c) - 0xfee0).map(String::from),
        _ => return None,
    };
    Some(sign.to_owned())
}

/// A text with all such signs replaced, but for those between quotes.
pub(super) fn narrow(text: &str) -> String {
    let mut narrow = String::new();
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '\'';
        match half_width(c).filter(|_| !quoted) {
            Some(sign) => narrow.push_str(&sign),
            None => narrow.push(c),
        }
    }
    narrow.replace(">==", ">=").replace("<==", "<=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_write_instead() {
        let cases = [
            ("90 days", "days are plain numbers: write `90`"),
            ("3 months", "days are plain numbers: write `90`"),
            ("95%", "a share is a number: write `0.95`"),
            ("12.5％", "a share is a number: write `0.125`"),
            ("1万", "write the number out: `10000`"),
            ("1.5万", "write the number out: `15000`"),
            ("3万元", "write the number out: `30000`"),
            ("300元", "amounts have no currency: write `300`"),
            ("¥300", "amounts have no currency: write `300`"),
            ("１００", "write it in half width: `100`"),
        ];
        for (written, hint) in cases {
            assert_eq!(plain_text(written).as_deref(), Some(hint), "{written}");
        }
        assert_eq!([plain_text("gold"), plain_text("5 apples"), plain_text("")], [None, None, None]);
        assert_eq!(
            (days("90 days"), days("90天"), days("2 weeks"), days("90%")),
            (Some(90), Some(90), Some(14), None)
        );
        assert_eq!(narrow("（a ≥ ‘x’，‘（’）"), "(a >= 'x','(')");
    }
}
