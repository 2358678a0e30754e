//! What segmentations learn of the gaps between purchases: learned in fit, checked and read in apply.

use polars::lazy::dsl::{Expr, col, lit};
use polars::prelude::{DataFrame, DataType, NULL};

use crate::engine::Error;
use crate::fit::{LearnedDays, LifecycleModel, Model, gap_quantile};
use crate::plan::{Column, Facts, Lifecycle};

use crate::engine::polars::expr::gaps;

/// Learns the numbers of one segmentation.
pub(super) fn learn(
    segmentation: &str,
    lifecycle: &Lifecycle,
    customers: &DataFrame,
) -> Result<LifecycleModel, Error> {
    let column = customers.column(Facts::GAPS)?;
    let all = gaps::histogram(column)?;
    let days = lifecycle.days.iter().map(|one| LearnedDays {
        variable: one.variable.clone(),
        quantile: one.quantile.to_string(),
        days: gap_quantile(&all, one.quantile).unwrap_or(one.otherwise),
    });
    let own = lifecycle.by.min_gaps().map(|least| gaps::with_at_least(column, least)).transpose()?;
    let fallback = all.is_empty();
    Ok(LifecycleModel {
        segmentation: segmentation.to_owned(),
        fitted: lifecycle.by.name().to_owned(),
        gaps: all.iter().map(|(_, count)| count).sum(),
        days: days.collect(),
        min_gaps: lifecycle.by.min_gaps(),
        customers_by_own_gaps: own,
        customers_by_store: own.map(|own| customers.height() as u64 - own),
        fallback,
        reason: fallback.then(|| "nobody bought on two days: these are the numbers of the preset".to_owned()),
    })
}

/// A column as rules read it: of the customer row, or a number that the model has learned.
pub(in crate::engine::polars) fn column(column: &Column, model: &Model) -> Expr {
    let Column::Learned { segmentation, variable } = column else { return col(column.to_string()) };
    let learned = model.lifecycles.iter().filter(|one| one.segmentation == *segmentation);
    let days = learned.flat_map(|one| &one.days).find(|one| one.variable == *variable);
    match days {
        Some(one) => lit(i64::from(one.days)).cast(DataType::Int32),
        // The check has seen to it that it is there.
        None => lit(NULL).cast(DataType::Int32),
    }
}
