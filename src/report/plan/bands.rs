//! Bands: how far each reaches.

use serde::Serialize;

use crate::plan::{self, Bounds, Top};

use super::page::Grid;
use super::scores::Within;
use super::sql::Sql;
use super::words::{percent, plain};

/// A band of each customer.
#[derive(Debug, Serialize)]
pub(super) struct Band {
    name: String,
    of: String,
    method: Method,
    bounds: Vec<Bound>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<Within>,
}

/// How far a band reaches.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// To a share of the total.
    Cumulative,
    /// To a place from the top.
    Top,
}

/// One of the bands, the best first.
#[derive(Debug, Serialize)]
struct Bound {
    label: String,
    /// As in the rules file: `0.8` of the total, the first `100` or `20%` of the customers, `all`.
    up_to: String,
    #[serde(skip)]
    words: String,
}

impl Band {
    pub(super) fn of(band: &plan::Band, sql: &Sql<'_>) -> Self {
        // How bands are shown is for the segments that read them.
        let plan::Band { name, of, bounds, segments: _, within } = band;
        let (method, mut bounds) = match bounds {
            Bounds::Cumulative(bounds) => {
                let bound = |(label, share): &(String, _)| Bound {
                    label: label.clone(),
                    up_to: plain(*share),
                    words: percent(*share),
                };
                (Method::Cumulative, bounds.iter().map(bound).collect::<Vec<_>>())
            }
            Bounds::Top(bounds) => {
                (Method::Top, bounds.iter().map(|(label, top)| Bound::top(label, *top)).collect())
            }
        };
        // Whatever the last one reaches, it takes the rest.
        bounds.iter_mut().rev().take(1).for_each(|last| last.words.clear());
        let within = Within::of(within.as_ref(), sql);
        Self { name: name.clone(), of: sql.expr(of), method, bounds, within }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let Self { name, of, method, bounds, within } = self;
        let bounds: Vec<String> = bounds.iter().map(Bound::words).collect();
        let by = match method {
            Method::Cumulative => "of",
            Method::Top => "of the customers from the top, by",
        };
        let within = Within::words(within.as_ref());
        grid.row([format!("  {name}"), format!("{}, {by} {of}{within}", bounds.join(", "))]);
    }
}

impl Bound {
    fn top(label: &str, top: Top) -> Self {
        let words = match top {
            Top::First(customers) => format!("place {customers}"),
            Top::Percent(part) => format!("{} %", plain(part)),
            Top::All => String::new(),
        };
        Self { label: label.to_owned(), up_to: top.to_string(), words }
    }

    fn words(&self) -> String {
        let Self { label, up_to: _, words } = self;
        if words.is_empty() { format!("{label} the rest") } else { format!("{label} up to {words}") }
    }
}
