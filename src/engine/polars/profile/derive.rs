//! Aggregates → metrics, facts and what CLV reads, customer by customer.

use polars::lazy::dsl::col;
use polars::prelude::{DataFrame, IntoLazy};

use crate::engine::Error;
use crate::engine::polars::expr::lower::lower;
use crate::plan::{self, Plan};

use super::columns::{
    CLV, CLV_REVENUE, FIRST_DAY, FIRST_DAY_REVENUE, HELD_OUT_DAYS, HELD_OUT_REVENUE, LAST_DAY, MARGIN,
    ORDERS, PURCHASE_DAYS, RECENCY, REPEATED_ORDERS, REVENUE, SIMPLE_CLV, aggregate_column,
};

/// Aggregates → metrics and CLV, in an order in which each reads only what is there.
pub(super) fn derive(rows: DataFrame, plan: &Plan) -> Result<DataFrame, Error> {
    let column = |column: &plan::Column| match column {
        plan::Column::Aggregate(at) => col(aggregate_column(*at)),
        other => col(other.to_string()),
    };
    let mut frame = rows.lazy();
    for &at in &plan.metric_order {
        let metric = &plan.metrics[at];
        frame = frame.with_columns_seq([lower(&metric.expr, &column)?.alias(metric.name.as_str())]);
    }
    let mut wanted = vec![col(plan.customer.column.as_str())];
    let attributes = plan.customers.iter().flat_map(|customers| &customers.attributes);
    wanted.extend(attributes.map(|attribute| col(attribute.name.as_str())));
    wanted.extend(plan.metrics.iter().map(|metric| col(metric.name.as_str())));
    let facts = &plan.facts;
    let facts = [
        (ORDERS, Some(&facts.orders)),
        (REVENUE, facts.revenue.as_ref()),
        (RECENCY, Some(&facts.recency_days)),
        (plan::Facts::GAPS, facts.gaps.as_ref()),
        (REPEATED_ORDERS, facts.repeated_orders.as_ref()),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            frame = frame.with_columns_seq([lower(fact, &column)?.alias(name)]);
            wanted.push(col(name));
        }
    }
    if let Some(clv) = &plan.clv {
        let mut add = |name: &'static str, expr: &plan::Expr| -> Result<(), Error> {
            let lowered = lower(expr, &column)?.alias(name);
            frame = std::mem::take(&mut frame).with_columns_seq([lowered]);
            wanted.push(col(name));
            Ok(())
        };
        match &clv.model {
            plan::ClvModel::Simple => {
                clv.simple_value(plan.as_of).iter().try_for_each(|expr| add(CLV, expr))?;
            }
            plan::ClvModel::Orders(model) => {
                if let Some((money, simple)) = clv.money.as_ref().zip(clv.simple_value(plan.as_of)) {
                    add(SIMPLE_CLV, &simple)?;
                    add(MARGIN, &money.margin)?;
                    if plan.facts.revenue.as_ref() != Some(&money.revenue) {
                        add(CLV_REVENUE, &money.revenue)?;
                    }
                }
                add(FIRST_DAY, &clv.first_day)?;
                add(LAST_DAY, &model.last_day)?;
                add(PURCHASE_DAYS, &model.purchase_days)?;
                if let Some(spend) = &model.spend {
                    add(FIRST_DAY_REVENUE, &spend.first_day_revenue)?;
                }
                if let Some(holdout) = &model.holdout {
                    add(HELD_OUT_DAYS, &holdout.purchase_days)?;
                    holdout.revenue.iter().try_for_each(|revenue| add(HELD_OUT_REVENUE, revenue))?;
                }
            }
        }
    }
    Ok(frame.select_seq(wanted).collect()?)
}

/// Rows whose order id another row of the same customer has; none where nobody asked.
pub fn repeated_orders(customers: &DataFrame) -> Result<u64, Error> {
    let Ok(column) = customers.column(REPEATED_ORDERS) else { return Ok(0) };
    Ok(column.i64()?.iter().flatten().map(|rows| u64::try_from(rows).unwrap_or(0)).sum())
}
