//! `scores`: whole-number scores of metrics, as written.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Spanned, listed};

use super::reader::Reader;
use super::yaml::{Kind, Node};

/// One score as written.
#[derive(Clone, Debug)]
pub struct Score {
    /// Its column.
    pub name: Spanned<String>,
    /// The metric it scores; none for a weighted score, and where it is missing (already reported).
    pub of: Option<Spanned<String>>,
    /// How; none where it could not be read (already reported).
    pub method: Option<Method>,
    /// Which end of the metric is the best.
    pub best: Option<Spanned<Best>>,
    /// What happens to equal values.
    pub ties: Option<Spanned<Ties>>,
    /// What makes groups with cuts of their own.
    pub within: Option<Spanned<String>>,
    /// The smallest group with cuts of its own.
    pub min_group: Option<Spanned<u64>>,
}

/// The ways to score.
#[derive(Clone, Debug)]
pub enum Method {
    /// This many bins of the population.
    Quantiles(Spanned<u16>),
    /// Fixed boundaries.
    Breaks(Vec<Spanned<Decimal>>),
    /// Two bins around the mean.
    Mean,
    /// A weighted sum of other scores.
    Weighted(Vec<(Spanned<String>, Spanned<Decimal>)>),
}

/// Which end is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Best {
    /// More is better.
    High,
    /// Less is better, as for recency.
    Low,
}

/// What happens to equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// Equal values share a score.
    Share,
    /// Bins are of equal size; the customer id breaks ties.
    Split,
}

impl Score {
    pub(super) fn read(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Self {
        let word = |key: &str| reader.text(node, key);
        let best = word("best").and_then(|word| match word.value.as_str() {
            "high" => Some(Spanned::new(Best::High, word.span)),
            "low" => Some(Spanned::new(Best::Low, word.span)),
            _ => None,
        });
        let ties = word("ties").and_then(|word| match word.value.as_str() {
            "share" => Some(Spanned::new(Ties::Share, word.span)),
            "split" => Some(Spanned::new(Ties::Split, word.span)),
            _ => None,
        });
        let of = word("of");
        if let (Kind::Map(_), None, None) = (&node.kind, node.get("of"), node.get("weighted")) {
            reader.out.push(
                Diagnostic::error(Code::MissingKey, format!("the score `{}` has no `of`", name.value))
                    .with_span(name.span)
                    .with_hint("name the metric that it scores"),
            );
        }
        let (within, min_group) = (reader.text(node, "within"), reader.integer(node, "min_group"));
        Self {
            name: name.clone(),
            of,
            method: read_method(name, node, reader),
            best,
            ties,
            within,
            min_group,
        }
    }
}

fn read_method(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Option<Method> {
    const METHODS: [&str; 4] = ["quantiles", "breaks", "mean", "weighted"];
    let Kind::Map(_) = node.kind else { return None };
    let written: Vec<&str> = METHODS.into_iter().filter(|key| node.get(key).is_some()).collect();
    let [method] = written.as_slice() else {
        let (code, message) = match written.len() {
            0 => (Code::MissingKey, format!("the score `{}` does not say how to score", name.value)),
            _ => {
                let ways = listed(written.iter().copied());
                (Code::BadValue, format!("the score `{}` says {ways}: one way too many", name.value))
            }
        };
        reader.out.push(
            Diagnostic::error(code, message)
                .with_span(name.span)
                .with_hint("write exactly one of `quantiles`, `breaks`, `mean` and `weighted`"),
        );
        return None;
    };
    let value = node.get(method)?;
    match *method {
        "quantiles" => reader.integer(node, "quantiles").map(Method::Quantiles),
        "mean" if value.kind == Kind::Bool(true) => Some(Method::Mean),
        "mean" if value.kind == Kind::Bool(false) => {
            let message = "`mean: false` says nothing";
            reader.out.push(
                Diagnostic::error(Code::BadValue, message)
                    .with_span(value.span)
                    .with_hint("write `mean: true`, or another way to score"),
            );
            None
        }
        "mean" => None,
        "breaks" => {
            let read = |node: &Node| Some(Spanned::new(Decimal::parse(node.scalar()?)?, node.span));
            value.items().iter().map(read).collect::<Option<Vec<_>>>().map(Method::Breaks)
        }
        _ => {
            let entries = value.entries().iter();
            let read = |entry: &super::yaml::Entry| {
                let weight = Decimal::parse(entry.value.scalar()?)?;
                Some((entry.key.clone(), Spanned::new(weight, entry.value.span)))
            };
            entries.map(read).collect::<Option<Vec<_>>>().map(Method::Weighted)
        }
    }
}
