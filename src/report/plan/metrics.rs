//! What is computed of each customer's rows: metrics, what the summary adds up, and the aggregates below them all.

use serde::Serialize;

use crate::plan::{self, Facts, Plan};

use super::page::Grid;
use super::rows::{Narrowing, Rows};
use super::sql::Sql;

/// A column of the customer row.
#[derive(Debug, Serialize)]
pub(super) struct Metric {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    expr: String,
    /// The rows that its aggregates read.
    #[serde(flatten)]
    rows: Rows,
}

/// What the summary of every segment calls orders, revenue and recency.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    orders: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revenue: Option<String>,
    recency_days: String,
    /// Columns of which mean and median are said, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metrics: Vec<String>,
}

impl Metric {
    pub(super) fn of(metric: &plan::Metric, sql: Sql<'_>) -> Self {
        let plan::Metric { name, expr, ty } = metric;
        let narrowing = sql.narrowing(expr);
        let rows = Rows::of(narrowing, sql.as_of, |condition| sql.expr(condition));
        Self { name: name.clone(), ty: ty.sql(), expr: sql.told(narrowing).expr(expr), rows }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let Self { name, ty, expr, rows } = self;
        let mut words = vec![expr.clone()];
        words.extend(rows.words());
        grid.row([format!("  {name}"), ty.clone(), words.join(", ")]);
    }
}

impl Summary {
    pub(super) fn of(facts: &Facts, measures: &[String], sql: &Sql<'_>) -> Self {
        // Gaps are there only for a segmentation that learns from them, which says so.
        let Facts { orders, revenue, recency_days, gaps: _, repeated_orders: _ } = facts;
        Self {
            orders: sql.expr(orders),
            revenue: revenue.as_ref().map(|revenue| sql.expr(revenue)),
            recency_days: sql.expr(recency_days),
            metrics: measures.to_vec(),
        }
    }

    pub(super) fn words(&self) -> String {
        let Self { orders, revenue, recency_days, metrics } = self;
        let revenue = revenue.as_ref().map_or(String::new(), |revenue| format!(", revenue is {revenue}"));
        let more = match metrics.is_empty() {
            true => String::new(),
            false => format!("; mean and median of {}", metrics.join(", ")),
        };
        format!("of each segment: orders are {orders}{revenue}, recency is {recency_days}{more}")
    }
}

/// The aggregates that the rows are read for, each once.
pub(super) fn aggregates(plan: &Plan, sql: &Sql<'_>) -> Vec<String> {
    let aggregate = |one: &plan::Aggregate| {
        let mut words = vec![sql.function(&one.function)];
        words.extend(Rows::of(Narrowing::of(one), sql.as_of, |condition| sql.expr(condition)).words());
        words.join(", ")
    };
    plan.aggregates.iter().map(aggregate).collect()
}
