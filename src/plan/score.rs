//! Scores as meant.

use crate::decimal::Decimal;

use super::{Expr, Within};

/// A whole-number (or weighted) score of each customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// Its column.
    pub name: String,
    /// How it comes about.
    pub kind: ScoreKind,
}

/// How a score comes about.
#[derive(Clone, Debug, PartialEq)]
pub enum ScoreKind {
    /// Cuts learned from the population.
    Fitted {
        /// What is scored: a column of the customer row.
        of: Expr,
        /// How the cuts are learned.
        bins: Bins,
        /// Which end is the best.
        best: Best,
        /// Cuts for each group, if there are any.
        within: Option<Within>,
    },
    /// Cuts given by the rules file, from the worst to the best.
    Breaks {
        /// What is scored.
        of: Expr,
        /// Which end is the best.
        best: Best,
        /// Boundaries; each one reached adds 1.
        breaks: Vec<Decimal>,
    },
    /// `Σ weight × score`, DECIMAL(18, 6).
    Weighted(Vec<(String, Decimal)>),
}

/// How cuts are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bins {
    /// `1 + floor(k × worse / N)` for k bins.
    Quantiles(u16, Ties),
    /// Two bins around the population's mean; the mean itself is in the better one.
    Mean,
}

/// Which end is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Best {
    /// More is better.
    High,
    /// Less is better.
    Low,
}

/// What happens to equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// They share a score.
    Share,
    /// Bins are of equal size; ids break ties, ascending from the worst.
    Split,
}

impl Score {
    /// Decimal places of a weighted score.
    pub const WEIGHTED_SCALE: u8 = 6;

    /// The largest score this can give; none for a weighted one.
    pub fn bins(&self) -> Option<u16> {
        match &self.kind {
            ScoreKind::Fitted { bins: Bins::Quantiles(bins, _), .. } => Some(*bins),
            ScoreKind::Fitted { bins: Bins::Mean, .. } => Some(2),
            ScoreKind::Breaks { breaks, .. } => Some(breaks.len() as u16 + 1),
            ScoreKind::Weighted(_) => None,
        }
    }
}
