//! Which rows an aggregate reads: of which table, under which condition, of which last days.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::plan::{Aggregate, Expr, Source};

/// What narrows the rows that an aggregate reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Narrowing<'a> {
    source: &'a Source,
    condition: Option<&'a Expr>,
    window_days: Option<u32>,
}

/// The same as it is shown: keys and forms are those of a metric in the rules file.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Rows {
    /// The table of events; left out for the orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    window: Option<Window>,
}

/// The last days that count.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Window {
    days: u32,
    first: String,
    last: String,
}

impl Narrowing<'static> {
    /// All orders.
    pub(super) const NONE: Self = Self { source: &Source::Orders, condition: None, window_days: None };
}

impl<'a> Narrowing<'a> {
    pub(super) fn of(aggregate: &'a Aggregate) -> Self {
        let Aggregate { source, function: _, condition, window_days, ty: _ } = aggregate;
        Self { source, condition: condition.as_ref(), window_days: *window_days }
    }
}

impl Rows {
    /// `written` is how a condition is spelled.
    pub(super) fn of(narrowing: Narrowing<'_>, as_of: NaiveDate, written: impl Fn(&Expr) -> String) -> Self {
        let Narrowing { source, condition, window_days } = narrowing;
        Self {
            from: match source {
                Source::Orders => None,
                Source::Events(name) => Some(name.clone()),
            },
            condition: condition.map(written),
            window: window_days.map(|days| Window::last(days, as_of)),
        }
    }

    /// `from incomes`, `where amount > 50`, `last 90 days (…)`: as many as there are.
    pub(super) fn words(&self) -> Vec<String> {
        let Self { from, condition, window } = self;
        let from = from.iter().map(|name| format!("from {name}"));
        let condition = condition.iter().map(|condition| format!("where {condition}"));
        from.chain(condition).chain(window.iter().map(Window::words)).collect()
    }
}

impl Window {
    /// The local dates in (last − days, last].
    pub(super) fn last(days: u32, last: NaiveDate) -> Self {
        let before = Days::new(u64::from(days.saturating_sub(1)));
        let first = last.checked_sub_days(before).unwrap_or(NaiveDate::MIN);
        Self { days, first: first.to_string(), last: last.to_string() }
    }

    /// The days that follow: (day, day + days].
    pub(super) fn after(day: NaiveDate, days: u32) -> Self {
        let later = |days: u32| day.checked_add_days(Days::new(u64::from(days))).unwrap_or(NaiveDate::MAX);
        Self { days, first: later(1).to_string(), last: later(days).to_string() }
    }

    /// `last 90 days (1998-04-02 .. 1998-06-30)`
    pub(super) fn words(&self) -> String {
        format!("last {}", self.days())
    }

    /// `90 days (1998-04-02 .. 1998-06-30)`
    pub(super) fn days(&self) -> String {
        let Self { days, first, last } = self;
        match days {
            1 => format!("day ({last})"),
            _ => format!("{days} days ({first} .. {last})"),
        }
    }
}
