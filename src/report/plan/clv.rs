//! Lifetime value: which model, and what it is told.

use serde::Serialize;

use crate::plan::{
    self, ClvModel, Expr, ExprKind, Holdout, Literal, OnFailure, OrdersKind, Plan, SpendModel,
};

use super::page::Grid;
use super::rows::Window;
use super::sql::Sql;
use super::words::{count, percent_of};

/// Customer lifetime value. Names and numbers are those of the rules file; the numbers are texts, so that no JSON reader
/// rounds them.
#[derive(Debug, Serialize)]
pub(super) struct Clv {
    model: &'static str,
    #[serde(skip)]
    model_words: String,
    horizon: Window,
    /// A share of revenue, or a metric; none where orders have no amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    margin: Option<String>,
    #[serde(skip)]
    margin_words: String,
    /// Of the models that learn how customers come back.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<Orders>,
    /// The columns it adds.
    columns: Vec<&'static str>,
}

/// How a model of repeat orders is fitted.
#[derive(Debug, Serialize)]
struct Orders {
    #[serde(skip_serializing_if = "Option::is_none")]
    spend: Option<&'static str>,
    #[serde(skip)]
    spend_words: &'static str,
    time_unit_days: u32,
    /// Effective, a year.
    discount_rate: String,
    #[serde(skip)]
    discount_words: String,
    min_repeat_customers: u64,
    on_failure: &'static str,
    #[serde(skip)]
    failure_words: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    holdout: Option<Window>,
}

impl Clv {
    pub(super) fn of(clv: &plan::Clv, plan: &Plan, sql: &Sql<'_>) -> Self {
        // Which aggregates a model reads is its own business, and the same for every rules file.
        let plan::Clv { model, horizon_days, money, first_day: _ } = clv;
        let (margin, margin_words) = match money.as_ref().map(|money| (&money.margin, share(&money.margin))) {
            None => (None, "none: the orders have no amount".to_owned()),
            Some((_, Some(share))) => (Some(share.to_string()), format!("{} of revenue", percent_of(share))),
            Some((margin, None)) => {
                (Some(sql.expr(margin)), format!("the share of revenue in {}", sql.expr(margin)))
            }
        };
        let tree = Self {
            model: "simple",
            model_words: "simple: they go on to spend as much a day as since their first order".to_owned(),
            horizon: Window::after(plan.as_of, *horizon_days),
            margin,
            margin_words,
            orders: None,
            columns: clv.columns().to_vec(),
        };
        match model {
            ClvModel::Simple => tree,
            ClvModel::Orders(model) => {
                let title = match model.kind {
                    OrdersKind::BgNbd => "BG/NBD",
                    OrdersKind::MbgNbd => "MBG/NBD",
                    OrdersKind::ParetoNbd => "Pareto/NBD",
                };
                let words = "how often customers come back, and whether they are still there";
                Self {
                    model: model.kind.name(),
                    model_words: format!("{title}: {words}"),
                    orders: Some(Orders::of(model, plan)),
                    ..tree
                }
            }
        }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let Self { model: _, model_words, horizon, margin: _, margin_words, orders, columns } = self;
        grid.row(["  model", model_words]);
        grid.row(["  horizon", &format!("the next {}", horizon.days())]);
        grid.row(["  margin", margin_words]);
        orders.iter().for_each(|orders| orders.draw(grid));
        grid.row(["  columns", &columns.join(", ")]);
    }
}

impl Orders {
    fn of(model: &plan::OrdersModel, plan: &Plan) -> Self {
        // The kind is the model's name; which aggregates it reads is its own business.
        let plan::OrdersModel {
            kind: _,
            spend,
            time_unit_days,
            discount_rate,
            min_repeat_customers,
            on_failure,
            holdout,
            last_day: _,
            purchase_days: _,
        } = model;
        let (spend, spend_words) = match spend.as_ref().map(|spend| spend.model) {
            None => (None, "nothing is said of it: the orders have no amount"),
            Some(SpendModel::Mean) => (Some("mean"), "the customer's own mean a purchase day"),
            Some(SpendModel::GammaGamma) => {
                let words = "Gamma-Gamma: the customer's own mean a purchase day, drawn to that of all";
                (Some("gamma_gamma"), words)
            }
        };
        let (on_failure, failure_words) = match on_failure {
            OnFailure::Fail => ("fail", "the run ends, and nothing is published"),
            OnFailure::Simple => ("simple", "the model `simple` takes its place"),
        };
        let has_discount = *discount_rate > 0.0;
        Self {
            spend,
            spend_words,
            time_unit_days: *time_unit_days,
            discount_rate: discount_rate.to_string(),
            discount_words: match has_discount {
                true => format!("{} a year", percent_of(*discount_rate)),
                false => "none".to_owned(),
            },
            min_repeat_customers: *min_repeat_customers,
            on_failure,
            failure_words,
            holdout: holdout.as_ref().map(|Holdout { days, .. }| Window::last(*days, plan.as_of)),
        }
    }

    fn draw(&self, grid: &mut Grid) {
        grid.row(["  discount", &self.discount_words]);
        grid.row(["  unit of time", &count(u64::from(self.time_unit_days), "day")]);
        grid.row(["  worth of an order", self.spend_words]);
        let (least, otherwise) = (count(self.min_repeat_customers, "customer"), self.failure_words);
        let learned =
            format!("all customers; where fewer than {least} came back, or it cannot be fitted, {otherwise}");
        grid.row(["  learned from", &learned]);
        if let Some(holdout) = &self.holdout {
            let words = format!("the {}: what was foretold is compared with what came", holdout.words());
            grid.row(["  held out", &words]);
        }
    }
}

/// A margin that is a number.
fn share(margin: &Expr) -> Option<f64> {
    match margin.kind {
        ExprKind::Literal(Literal::Double(share)) => Some(share),
        _ => None,
    }
}
