//! What shows that a row does not count: statuses, ids of cancellations, negative numbers. They are proposed as a `where`,
//! and never applied: whether a return is no order or less money is for the owner of the rules to say.

use crate::catalog::{Sample, Values};

use super::names::CANCELLED;
use super::quote::{sql, text};

/// More different texts than this are no statuses.
const STATUSES: usize = 20;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// A condition that leaves the marked rows out; none where nothing was found.
    pub condition: Option<String>,
    /// What was found, a line each.
    pub found: Vec<String>,
}

impl Marks {
    /// An example.
    pub(super) fn generic() -> Self {
        Self { condition: Some("status = 'completed'".to_owned()), found: Vec::new() }
    }
}

/// Looks for marks in the status, the order's id and what is multiplied or summed.
pub(super) fn of(sample: &Sample, status: Option<&str>, order: Option<&str>, numbers: &[&str]) -> Marks {
    let mut conditions = Vec::new();
    let mut found = Vec::new();
    if let Some((column, values)) = status.and_then(|name| Some((name, sample.values(name)?))) {
        let statuses = by_frequency(values);
        if !statuses.is_empty() && statuses.len() <= STATUSES {
            let named: Vec<String> =
                statuses.iter().map(|(one, rows)| format!("{} {rows}", text(one))).collect();
            found.push(format!("{column}: {}", named.join(", ")));
            let counts =
                |one: &&(&str, usize)| !CANCELLED.iter().any(|word| one.0.to_lowercase().contains(word));
            let kept: Vec<String> = statuses.iter().filter(counts).map(|(one, _)| text(one)).collect();
            if !kept.is_empty() {
                conditions.push(format!("{} in ({})", sql(column), kept.join(", ")));
            }
        }
    }
    if let Some((column, values)) = order.and_then(|name| Some((name, sample.values(name)?))) {
        let cancelled = count(values, is_cancellation);
        if cancelled > 0 && count(values, |id| id.starts_with(|c: char| c.is_ascii_digit())) > cancelled {
            found
                .push(format!("{column}: {cancelled} of {} rows begin with C, a cancellation", values.len()));
            conditions.push(format!("{} not like 'C%'", sql(column)));
        }
    }
    for (column, values) in numbers.iter().filter_map(|name| Some((name, sample.values(name)?))) {
        let negative =
            count(values, |number| number.starts_with('-') && number.contains(|c| ('1'..='9').contains(&c)));
        if negative > 0 {
            found.push(format!("{column}: {negative} of {} rows are negative", values.len()));
            conditions.push(format!("{} > 0", sql(column)));
        }
    }
    Marks { condition: (!conditions.is_empty()).then(|| conditions.join(" and ")), found }
}

/// `C536379` among `536365`.
fn is_cancellation(id: &str) -> bool {
    id.strip_prefix(['C', 'c']).is_some_and(|rest| rest.len() > 2 && rest.chars().all(|c| c.is_ascii_digit()))
}

fn count(values: &Values, is: impl Fn(&str) -> bool) -> usize {
    values.counts.iter().filter(|(value, _)| is(value)).map(|(_, rows)| rows).sum()
}

/// Most rows first.
fn by_frequency(values: &Values) -> Vec<(&str, usize)> {
    let mut all: Vec<(&str, usize)> =
        values.counts.iter().map(|(value, rows)| (value.as_str(), *rows)).collect();
    all.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    all
}
