//! The scan over one input: which rows count, and what the profile needs of each.

use std::collections::HashMap;

use polars::lazy::dsl::{Expr, col, lit};
use polars::prelude::{Column as Values, DataType, Field, IntoColumn, LazyFrame, UInt8Chunked};

use super::held::{Sight, held};
use super::{imported, measures};
use crate::engine::Error;
use crate::engine::polars::expr::lower::lower;
use crate::plan::{self, Aggregate, Column, Input, Plan, Role, Type};

use super::columns::{CUSTOMER, DAY, INSTANT, REASON};
use super::open::open_table;
use super::reasons::{AFTER_AS_OF, FIRST_DAY_OF_ALL, code};
use super::roles::{faults, role_columns};

/// The scan, and where the aggregates find their columns in it.
pub(super) struct Scan {
    pub(super) frame: LazyFrame,
    pub(super) batches: Batches,
}

/// What the batches of a scan hold: the customer, the day, [`REASON`] where the footers leave room for a row with a
/// fault (whether the day is later than as-of is left to the reader), and these.
#[derive(Clone, Debug, Default)]
pub(super) struct Batches {
    /// One an aggregate of the plan; none for those of another source.
    pub(super) inputs: Vec<Option<Inputs>>,
    pub(super) needs_instant: bool,
}

/// The columns of one aggregate.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs {
    /// Rows where this is not true are skipped.
    pub(super) mask: Option<String>,
    /// Operands in the order of [`plan::Function::operands`].
    pub(super) operands: Vec<String>,
}

/// Opens the files and keeps the rows for which `where` is true; the files' own columns are as they stand there.
pub(super) fn open(input: &Input, row_number: Option<&str>) -> Result<LazyFrame, Error> {
    let frame = open_table(&input.table, row_number)?;
    let Some(condition) = &input.condition else { return Ok(frame) };
    let mut reads_roles = false;
    condition.columns(&mut |column| reads_roles |= matches!(column, Column::Role(_)));
    let frame = if reads_roles { with_roles(frame, input) } else { frame };
    let condition = lower(condition, &|column| held(column, input, Sight::Own))?;
    Ok(frame.filter(imported::keeping_faults(&input.table, condition)))
}

/// The scan over one input of a plan.
pub(super) fn scan(plan: &Plan, input: &Input) -> Result<Scan, Error> {
    let mut frame = with_roles(open(input, None)?, input);
    if let Some(day) = input.later_than {
        frame = frame.filter(reason(input, day).eq(lit(AFTER_AS_OF)));
    }
    let mut selected = vec![col(CUSTOMER), col(DAY)];
    let faults = faults(input);
    if !faults.is_empty() {
        selected.push(first_of(faults).alias(REASON));
    }
    let is_here = |aggregate: &&Aggregate| aggregate.source == input.source;
    let needs_instant = plan
        .aggregates
        .iter()
        .filter(is_here)
        .any(|one| matches!(one.function, plan::Function::First(_) | plan::Function::Last(_)));
    if needs_instant {
        selected.push(col(INSTANT));
    }
    selected.extend(measures::columns(input)?);
    let mut names: HashMap<String, String> = HashMap::new();
    let mut inputs = Vec::new();
    for aggregate in &plan.aggregates {
        if !is_here(&aggregate) {
            inputs.push(None);
            continue;
        }
        let mut add = |expr: &plan::Expr| -> Result<String, Error> {
            let key = expr.to_string();
            if let Some(name) = names.get(&key) {
                return Ok(name.clone());
            }
            let name = format!("@{}", names.len());
            let lowered = lower(expr, &|column| held(column, input, Sight::Shared))?;
            selected.push(lowered.alias(name.as_str()));
            names.insert(key, name.clone());
            Ok(name)
        };
        let mask = mask(aggregate, plan).map(|mask| add(&mask)).transpose()?;
        let operands = aggregate.function.operands().into_iter().map(&mut add).collect::<Result<_, _>>()?;
        inputs.push(Some(Inputs { mask, operands }));
    }
    Ok(Scan { frame: frame.select(selected), batches: Batches { inputs, needs_instant } })
}

/// The rows an aggregate sees: its `where`, inside its window `(as_of − n, as_of]`.
fn mask(aggregate: &Aggregate, plan: &Plan) -> Option<plan::Expr> {
    let window = aggregate.window_days.map(|days| {
        let start = plan.as_of - chrono::Days::new(u64::from(days));
        let day = plan::Expr::column(Column::Role(Role::Day), Type::Date);
        let start = plan::Expr::literal(plan::Literal::Date(start));
        let after = plan::ExprKind::Compare(Box::new(day), plan::Comparison::Greater, Box::new(start));
        plan::Expr::new(after, Type::Bool)
    });
    match (window, aggregate.condition.clone()) {
        (Some(window), Some(condition)) => Some(window.and(condition)),
        (window, condition) => window.or(condition),
    }
}

/// Why a row does not count, by the first reason that holds.
pub(super) fn reason(input: &Input, as_of: chrono::NaiveDate) -> Expr {
    let mut branches = faults(input);
    branches.push((col(DAY).cast(DataType::Int32).lt(lit(FIRST_DAY_OF_ALL)), code("unreadable_time")));
    branches.push((col(DAY).gt(lit(as_of)), AFTER_AS_OF));
    first_of(branches)
}

/// The code of the first branch that holds, 0 where none does: as a rule none does anywhere, which a chain of
/// conditions would find out row by row.
fn first_of(branches: Vec<(Expr, u8)>) -> Expr {
    let (conditions, codes): (Vec<Expr>, Vec<u8>) = branches.into_iter().unzip();
    let Some((first, others)) = conditions.split_first() else { return lit(0_u8).cast(DataType::UInt8) };
    let choose = move |conditions: &mut [Values]| {
        let mut reasons = vec![0; conditions.first().map_or(0, Values::len)];
        for (condition, code) in conditions.iter().zip(&codes).rev() {
            let condition = condition.bool()?;
            if condition.any() {
                let holds =
                    reasons.iter_mut().zip(condition.iter()).filter(|(_, holds)| *holds == Some(true));
                holds.for_each(|(reason, _)| *reason = *code);
            }
        }
        Ok(UInt8Chunked::from_vec(REASON.into(), reasons).into_column())
    };
    first.clone().map_many(choose, others, |_, _| Ok(Field::new(REASON.into(), DataType::UInt8)))
}

/// Adds the role columns that [`reason`] reads.
pub(super) fn with_roles(frame: LazyFrame, input: &Input) -> LazyFrame {
    frame.with_columns(role_columns(input))
}
