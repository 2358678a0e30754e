//! Scores: how each comes about.

use serde::{Serialize, Serializer};

use crate::plan::{self, Best, Bins, Plan, ScoreKind, Ties};

use super::page::Grid;
use super::sql::Sql;
use super::words::plain;

/// A score of each customer. Numbers of the rules file are texts, so that no JSON reader rounds them.
#[derive(Debug, Serialize)]
pub(super) struct Score {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    #[serde(flatten)]
    method: Method,
}

/// How a score comes about.
#[derive(Debug, Serialize)]
#[serde(tag = "method", rename_all = "snake_case")]
enum Method {
    /// Bins of as many customers each, learned from the population.
    Quantiles {
        of: String,
        quantiles: u16,
        #[serde(serialize_with = "best_end")]
        best: Best,
        #[serde(serialize_with = "equal_ones")]
        ties: Ties,
        #[serde(skip_serializing_if = "Option::is_none")]
        within: Option<Within>,
    },
    /// Two bins around the mean of the population.
    Mean {
        of: String,
        #[serde(serialize_with = "best_end")]
        best: Best,
        #[serde(skip_serializing_if = "Option::is_none")]
        within: Option<Within>,
    },
    /// Cuts that the rules file gives.
    Breaks {
        of: String,
        breaks: Vec<String>,
        #[serde(serialize_with = "best_end")]
        best: Best,
    },
    /// A sum of other scores.
    Weighted { weights: Vec<Weight> },
}

/// One score in a weighted one.
#[derive(Debug, Serialize)]
struct Weight {
    score: String,
    weight: String,
}

/// Cuts of their own for groups of customers.
#[derive(Debug, Serialize)]
pub(super) struct Within {
    by: String,
    /// Smaller groups use the cuts of all.
    min_group: u64,
}

impl Score {
    pub(super) fn of(score: &plan::Score, sql: &Sql<'_>) -> Self {
        let plan::Score { name, kind } = score;
        let method = match kind {
            ScoreKind::Fitted { of, bins, best, within } => {
                let (of, best, within) = (sql.expr(of), *best, Within::of(within.as_ref(), sql));
                match *bins {
                    Bins::Quantiles(quantiles, ties) => {
                        Method::Quantiles { of, quantiles, best, ties, within }
                    }
                    Bins::Mean => Method::Mean { of, best, within },
                }
            }
            ScoreKind::Breaks { of, best, breaks } => {
                // As the rules file has them, whichever end is the best.
                let mut breaks = breaks.clone();
                breaks.sort_unstable();
                let breaks = breaks.into_iter().map(plain).collect();
                Method::Breaks { of: sql.expr(of), breaks, best: *best }
            }
            ScoreKind::Weighted(parts) => {
                let part =
                    |(score, weight): &(String, _)| Weight { score: score.clone(), weight: plain(*weight) };
                Method::Weighted { weights: parts.iter().map(part).collect() }
            }
        };
        Self { name: name.clone(), ty: Plan::score_type(score).sql(), method }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        grid.row([format!("  {}", self.name), self.method.words()]);
    }
}

impl Method {
    fn words(&self) -> String {
        let better = |best: &Best| match best {
            Best::High => "",
            Best::Low => ", lower is better",
        };
        match self {
            Self::Quantiles { of, quantiles, best, ties, within } => {
                let split = match ties {
                    Ties::Share => "",
                    Ties::Split => ", of equal size: ids break ties",
                };
                let within = Within::words(within.as_ref());
                format!("{quantiles} quantiles of {of}{}{split}{within}", better(best))
            }
            Self::Mean { of, best, within } => {
                let within = Within::words(within.as_ref());
                format!("above or below the mean of {of}{}{within}", better(best))
            }
            Self::Breaks { of, breaks, best } => {
                format!("breaks {} of {of}{}", breaks.join(", "), better(best))
            }
            Self::Weighted { weights } => {
                let part = |Weight { score, weight }: &Weight| format!("{weight} * {score}");
                weights.iter().map(part).collect::<Vec<_>>().join(" + ")
            }
        }
    }
}

impl Within {
    pub(super) fn of(within: Option<&plan::Within>, sql: &Sql<'_>) -> Option<Self> {
        within.map(|plan::Within { by, min_group }| Self { by: sql.expr(by), min_group: *min_group })
    }

    /// `, within region (groups of 500 or more)`
    pub(super) fn words(within: Option<&Self>) -> String {
        match within {
            None => String::new(),
            Some(Self { by, min_group: 0 | 1 }) => format!(", within {by}"),
            Some(Self { by, min_group }) => format!(", within {by} (groups of {min_group} or more)"),
        }
    }
}

// In the words of the rules file.

fn best_end<S: Serializer>(best: &Best, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(match best {
        Best::High => "high",
        Best::Low => "low",
    })
}

fn equal_ones<S: Serializer>(ties: &Ties, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(match ties {
        Ties::Share => "share",
        Ties::Split => "split",
    })
}
