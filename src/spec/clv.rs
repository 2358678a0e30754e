//! `clv`: customer lifetime value, as written.

use crate::decimal::Decimal;
use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::{Kind, Node};

/// The `clv` section as written.
#[derive(Clone, Debug)]
pub struct Clv {
    /// `simple` or a probabilistic model.
    pub model: Spanned<String>,
    /// How many days ahead.
    pub horizon: Spanned<u32>,
    /// What part of revenue stays.
    pub margin: Spanned<Margin>,
    /// What an order is worth.
    pub spend: Option<Spanned<String>>,
    /// The unit of the model's time, in days.
    pub time_unit: Option<Spanned<u32>>,
    /// Effective, a year.
    pub discount_rate: Option<Spanned<Decimal>>,
    /// Fewer customers who came back are too few.
    pub min_repeat_customers: Option<Spanned<u64>>,
    /// What to do if the model cannot be fitted.
    pub on_failure: Option<Spanned<String>>,
    /// Days held out to check the model.
    pub holdout: Option<Spanned<u32>>,
}

/// What part of revenue stays.
#[derive(Clone, Debug)]
pub enum Margin {
    /// The same share for everybody.
    Share(Decimal),
    /// A metric with each customer's share.
    Metric(String),
}

impl Clv {
    pub(super) fn read(node: &Node, reader: &Reader<'_>) -> Option<Self> {
        let margin = node.get("margin")?;
        let value = match (&margin.kind, reader.decimal(node, "margin")) {
            (Kind::Number(_), share) => Margin::Share(share?.value),
            _ => Margin::Metric(margin.scalar()?.to_owned()),
        };
        Some(Self {
            model: reader.text(node, "model")?,
            horizon: reader.days(node, "horizon")?,
            margin: Spanned::new(value, margin.span),
            spend: reader.text(node, "spend"),
            time_unit: reader.days(node, "time_unit"),
            discount_rate: reader.decimal(node, "discount_rate"),
            min_repeat_customers: reader.integer(node, "min_repeat_customers"),
            on_failure: reader.text(node, "on_failure"),
            holdout: reader.days(node, "holdout"),
        })
    }
}
