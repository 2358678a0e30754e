//! What the SQL parser found wrong, in words for people: what was expected, what stands there, what to write instead.
//! Knows words only, not tokens.

use crate::diag::{Code, Diagnostic};
use crate::spec::units::{half_width, narrow};

/// What stands after a whole expression.
pub(super) const THE_END: &str = "the end of the expression";

/// What is said where YAML cuts an expression in two.
const COMMA: &str = "inside `{…}` a comma ends a text: put the whole expression in double quotes";

/// Where the parser stopped.
pub(super) struct Stop<'a> {
    /// What the parser says it expected.
    pub(super) expected: &'a str,
    /// What stands there; none at the end of the expression.
    pub(super) found: Option<&'a str>,
    /// What stands before it.
    pub(super) before: Option<&'a str>,
    /// Whether the YAML scalar ends at a comma, which inside `{…}` cuts an expression in two.
    pub(super) comma_follows: bool,
}

/// The complaint, without its place, and whether it is about what stands before the stop.
pub(super) fn complaint(stop: &Stop<'_>) -> (Diagnostic, bool) {
    let word = |word: Option<&str>| word.map(str::to_lowercase).and_then(|word| outside(&word));
    let found = word(stop.found);
    if let Some((word, hint)) = found.or_else(|| word(stop.before)) {
        let message = format!("`{word}` is outside the SQL subset of a rules file");
        return (Diagnostic::error(Code::UnsupportedSql, message).with_hint(hint), found.is_none());
    }
    let found = match stop.found {
        None => THE_END.to_owned(),
        Some(found) => format!("`{found}`"),
    };
    // What the subset's dialect has no operator for comes with words about the parser itself.
    let no_operator = stop.expected.to_lowercase().starts_with("no infix parser");
    let stop = &Stop { expected: if no_operator { THE_END } else { stop.expected }, ..*stop };
    let message = format!("expected {}, found {found}", expected(stop.expected));
    (Diagnostic::error(Code::ExprSyntax, message).with_hint_opt(hint(stop)), stop.found.is_none())
}

/// The complaint about a text that does not even fall into tokens, without its place.
pub(super) fn unreadable(message: &str) -> Diagnostic {
    let lower = message.to_lowercase();
    let (message, hint) = if lower.contains("comment") {
        (
            "a comment without its end".to_owned(),
            "a comment is `/* … */`; outside the expression, YAML has `#`",
        )
    } else if lower.contains("close delimiter") {
        (
            "a quoted name without its closing quote".to_owned(),
            "double quotes are for names, single quotes for texts",
        )
    } else if lower.contains("string literal") {
        ("a text without its closing quote".to_owned(), "a quote inside a text is doubled: `'it''s'`")
    } else {
        (lower, "texts stand in single quotes: `status = 'completed'`")
    };
    Diagnostic::error(Code::ExprSyntax, message).with_hint(hint)
}

fn expected(what: &str) -> String {
    match what {
        "an expression" | THE_END => what.to_owned(),
        _ if what.contains("NULL") => "`null` or `not null`".to_owned(),
        _ if what.contains("or )") => "`,` or `)`".to_owned(),
        _ if what.chars().all(|c| c.is_ascii_uppercase()) => format!("`{}`", what.to_lowercase()),
        _ if what.chars().all(|c| c.is_ascii_punctuation()) => format!("`{what}`"),
        _ => what.to_lowercase(),
    }
}

fn hint(stop: &Stop<'_>) -> Option<String> {
    let hint = match (stop.found, stop.before, stop.expected) {
        (None, ..) if stop.comma_follows => COMMA,
        (None, _, ")") => "a `(` is not closed",
        (_, _, "END") => "write `case when … then … else … end`",
        (None, ..) => return None,
        (Some("=>"), ..) => "did you mean `>=`?",
        (Some("<"), Some("="), _) => "did you mean `<=`?",
        (Some("!"), ..) => "write `not`",
        (Some("&" | "&&"), ..) => "write `and`",
        (Some("|"), ..) => "write `or`",
        (Some("且" | "和" | "与" | "并且"), ..) => "write `and`",
        (Some("或" | "或者"), ..) => "write `or`",
        (Some("非" | "不"), ..) => "write `not`",
        (Some("\u{201c}"), None, _) => {
            "`“` is a full-width sign: around the whole expression write `\"`, around a text `'`"
        }
        (Some("%"), ..) => "a share is a number: 5 % is `0.05`",
        (Some(")"), _, THE_END) => "there is one `)` too many",
        (Some(","), _, THE_END) => {
            "numbers have no thousands separators; several values stand in parentheses after `in`"
        }
        (Some(found), _, expected) => {
            let mut chars = found.chars();
            return match (chars.next().and_then(half_width), chars.next(), expected) {
                (Some(half), None, _) if "≥≧≤≦≠×÷−–".contains(found) => {
                    Some(format!("write `{half}`"))
                }
                (Some(half), None, _) => Some(format!("`{found}` is a full-width sign: write `{half}`")),
                (_, _, THE_END)
                    if found.starts_with(|c: char| c.is_alphanumeric() || "_'\"(".contains(c)) =>
                {
                    Some("conditions are joined by `and` and `or`".to_owned())
                }
                _ => None,
            };
        }
    };
    Some(hint.to_owned())
}

/// The hint about an expression with more than one sign of another width: how all of it is written.
pub(super) fn in_half_width(text: &str) -> Option<String> {
    const MOST: usize = 120;
    let wide = text.chars().filter(|c| *c != '\u{3000}' && half_width(*c).is_some()).count();
    let narrow = narrow(text.trim());
    (wide > 1 && narrow.chars().count() <= MOST && !narrow.contains('\n'))
        .then(|| format!("in half width it is `{narrow}`"))
}

/// The complaint about a number with a unit, without its place; `hint` says what to write.
pub(super) fn with_unit(written: &str, hint: String) -> Diagnostic {
    Diagnostic::error(Code::ExprSyntax, format!("expected a number, found `{written}`")).with_hint(hint)
}

/// SQL words at which the parser stops because the subset leaves them out, and what to write instead.
fn outside(word: &str) -> Option<(&'static str, &'static str)> {
    const WORDS: &[(&str, &str)] = &[
        ("select", "a rule reads one customer's row: define a metric, and use its name"),
        ("over", "a metric has `where:` and `window:` for that"),
        ("filter", "a metric has `where:` and `window:` for that"),
        ("order", "aggregates do not depend on an order; `first(x)` and `last(x)` go by time"),
        ("as", "types follow from the columns; `round(x, 2)` leaves two decimal places"),
        ("from", "`year(x)` and `month(x)` take parts of a date"),
        ("interval", "days are plain numbers: `as_of - 30`"),
        ("timestamp", "dates are enough: `date '2026-11-01'`"),
        ("ilike", "`like` tells upper case from lower case; there is nothing that does not"),
        ("escape", "`like` has no escapes"),
        ("all", "leave it out"),
        ("xor", "write `(a and not b) or (b and not a)`"),
        ("div", "`/` gives a double; `round(x / y)` a whole number"),
        ("collate", "texts are compared byte by byte"),
    ];
    WORDS.iter().copied().find(|(known, _)| *known == word)
}
