//! Names and texts as SQL and YAML take them.

/// A column's name as SQL takes it.
pub(super) fn sql(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&name.to_lowercase().as_str());
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// Names that SQL may take for something else.
const KEYWORDS: &[&str] = &[
    "all",
    "and",
    "as",
    "between",
    "by",
    "case",
    "cast",
    "count",
    "date",
    "day",
    "else",
    "end",
    "false",
    "from",
    "group",
    "in",
    "interval",
    "is",
    "like",
    "limit",
    "max",
    "min",
    "month",
    "not",
    "null",
    "on",
    "or",
    "order",
    "select",
    "sum",
    "table",
    "then",
    "time",
    "timestamp",
    "true",
    "user",
    "values",
    "when",
    "where",
    "year",
];

/// A text as SQL takes it.
pub(super) fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''").replace('\n', " "))
}

/// A text as YAML takes it.
pub(super) fn yaml(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '/' || c == '.')
        && text.chars().all(|c| c.is_alphanumeric() || "_-./=*".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}
