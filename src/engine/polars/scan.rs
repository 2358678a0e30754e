//! The one scan over the orders: which rows count, and what the profile needs of each.

use std::collections::HashMap;

use polars::lazy::dsl::{Expr, col, lit, when};
use polars::prelude::{
    DataType, Field, HiveOptions, LazyFrame, NonExistent, PlRefPath, ScanArgsParquet, Schema, TimeUnit,
};

use crate::engine::Error;
use crate::plan::{
    self, Aggregate, AmountEncoding, Column, InputColumn, Orders, Physical, Plan, Role, TimeEncoding, Type,
};

use super::convert;
use super::lower::lower;
use super::types::computed;

pub(super) const CUSTOMER: &str = "@customer";
pub(super) const REASON: &str = "@reason";
/// Orders rows in time: the instant itself where there is one, so that a repeated local hour keeps its order.
pub(super) const INSTANT: &str = "@instant";
pub(super) const DAY: &str = "@day";
const ORDER: &str = "@order";
const TIME: &str = "@time";
const AMOUNT: &str = "@amount";

/// Why a row does not count; 0 means that it does. The last is no fault of the row's.
pub(super) const REASONS: [&str; 8] = [
    "",
    "null_customer",
    "null_time",
    "unreadable_time",
    "null_amount",
    "amount_not_finite",
    "unreadable_amount",
    "after_as_of",
];
pub(super) const AFTER_AS_OF: u8 = 7;

/// The scan, and where each aggregate finds its columns in it.
pub(super) struct Scan {
    pub(super) frame: LazyFrame,
    pub(super) inputs: Vec<Inputs>,
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

/// Opens the files and keeps the rows for which `where` is true; columns are still the files' own.
pub(super) fn open(orders: &Orders, row_number: Option<&str>) -> Result<LazyFrame, Error> {
    let paths = orders.files.iter().map(|file| PlRefPath::try_from_path(&file.path));
    let paths: Vec<PlRefPath> = paths.collect::<Result<_, _>>()?;
    let hive_options = match &orders.hive_root {
        None => HiveOptions::new_disabled(),
        Some(root) => HiveOptions {
            enabled: Some(true),
            hive_start_idx: root.as_os_str().len(),
            schema: Some(hive_schema(orders).into()),
            try_parse_dates: false,
        },
    };
    let row_index = row_number.map(|name| polars::io::RowIndex { name: name.into(), offset: 0 });
    let args = ScanArgsParquet { hive_options, row_index, glob: false, cache: false, ..Default::default() };
    let frame = LazyFrame::scan_parquet_files(paths.into_iter().collect(), args)?;
    Ok(match &orders.condition {
        None => frame,
        Some(condition) => frame.filter(lower(condition, &|column| held(column, orders))?),
    })
}

/// Folder columns, in the order of the folders: those that the footers do not have.
fn hive_schema(orders: &Orders) -> Schema {
    let Some((root, first)) = orders.hive_root.as_ref().zip(orders.files.first()) else {
        return Schema::default();
    };
    let inside = first.path.strip_prefix(root).unwrap_or(&first.path);
    let key = |folder: std::path::Component<'_>| {
        Some(folder.as_os_str().to_string_lossy().split_once('=')?.0.to_owned())
    };
    let keys = inside.parent().into_iter().flat_map(std::path::Path::components).filter_map(key);
    let field = |key: String| {
        let column = orders.columns.iter().find(|column| column.name == key);
        let ty = column.map_or(DataType::String, |column| computed(column.ty));
        Field::new(key.into(), ty)
    };
    keys.map(field).collect()
}

/// The whole scan of a plan.
pub(super) fn scan(plan: &Plan) -> Result<Scan, Error> {
    let orders = &plan.orders;
    let frame = with_roles(open(orders, None)?, orders);
    let mut selected = vec![col(CUSTOMER), reason(orders, plan.as_of).alias(REASON), col(DAY)];
    let needs_instant = plan
        .aggregates
        .iter()
        .any(|one| matches!(one.function, plan::Function::First(_) | plan::Function::Last(_)));
    if needs_instant {
        selected.push(col(INSTANT));
    }
    let mut names: HashMap<String, String> = HashMap::new();
    let mut inputs = Vec::new();
    for aggregate in &plan.aggregates {
        let mut add = |expr: &plan::Expr| -> Result<String, Error> {
            let key = expr.to_string();
            if let Some(name) = names.get(&key) {
                return Ok(name.clone());
            }
            let name = format!("@{}", names.len());
            let lowered = lower(expr, &|column| held(column, orders))?;
            selected.push(lowered.alias(name.as_str()));
            names.insert(key, name.clone());
            Ok(name)
        };
        let mask = mask(aggregate, plan).map(|mask| add(&mask)).transpose()?;
        let operands = aggregate.function.operands().into_iter().map(&mut add).collect::<Result<_, _>>()?;
        inputs.push(Inputs { mask, operands });
    }
    Ok(Scan { frame: frame.select(selected), inputs, needs_instant })
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

/// How the scan's frame holds a column.
fn held(column: &Column, orders: &Orders) -> Expr {
    match column {
        Column::Input(name) => match orders.columns.iter().find(|one| one.name == *name) {
            Some(input) => typed(input, orders),
            None => col(name.as_str()),
        },
        Column::Role(Role::Customer) => col(CUSTOMER),
        Column::Role(Role::Order) => col(ORDER),
        Column::Role(Role::Time) => col(TIME),
        Column::Role(Role::Day) => col(DAY),
        Column::Role(Role::Amount) => col(AMOUNT),
        other => col(other.to_string()),
    }
}

/// A column of the files as expressions see it.
fn typed(column: &InputColumn, orders: &Orders) -> Expr {
    let raw = col(column.name.as_str());
    match column.physical {
        Physical::Instant => to_local(raw, orders),
        _ => raw.cast(computed(column.ty)),
    }
}

/// An instant as local time.
fn to_local(instant: Expr, orders: &Orders) -> Expr {
    let instant = instant.cast(DataType::Datetime(TimeUnit::Microseconds, None));
    if orders.timezone == chrono_tz::Tz::UTC {
        return instant;
    }
    let zone = |name: &str| polars::prelude::TimeZone::opt_try_new(Some(name)).ok().flatten();
    let Some((utc, local)) = zone("UTC").zip(zone(orders.timezone.name())) else { return instant };
    let raise = || lit("raise");
    instant
        .dt()
        .replace_time_zone(Some(utc), raise(), NonExistent::Raise)
        .dt()
        .convert_time_zone(local)
        .dt()
        // Only the other way round is a local time ambiguous.
        .replace_time_zone(None, raise(), NonExistent::Raise)
}

fn role_columns(orders: &Orders) -> Vec<Expr> {
    let physical = |name: &str| orders.columns.iter().find(|column| column.name == name);
    let raw_time = col(orders.time.column.as_str());
    let time = match orders.time.encoding {
        TimeEncoding::Date | TimeEncoding::Naive => raw_time.clone().cast(computed(Type::Time)),
        TimeEncoding::Instant => to_local(raw_time.clone(), orders),
        TimeEncoding::Text => convert::text_to_time(raw_time.clone(), orders.timezone),
    };
    let day = match orders.time.encoding {
        TimeEncoding::Date => raw_time.clone(),
        _ => time.clone().cast(DataType::Date),
    };
    let instant = match orders.time.encoding {
        TimeEncoding::Instant => raw_time.cast(DataType::Datetime(TimeUnit::Microseconds, None)),
        _ => time.clone(),
    };
    let mut columns = vec![
        col(orders.customer.column.as_str()).cast(computed(orders.customer.ty)).alias(CUSTOMER),
        day.alias(DAY),
        time.alias(TIME),
        instant.cast(DataType::Int64).alias(INSTANT),
    ];
    if let Some(amount) = &orders.amount {
        let raw = col(amount.column.as_str());
        let exact = match amount.encoding {
            AmountEncoding::Decimal(own) if own > amount.scale => {
                convert::round_decimal(raw.cast(computed(Type::Decimal(own))), own, amount.scale)
            }
            AmountEncoding::Int | AmountEncoding::Decimal(_) => {
                raw.cast(computed(Type::Decimal(amount.scale)))
            }
            AmountEncoding::Float => convert::double_to_decimal(raw.cast(DataType::Float64), amount.scale),
            AmountEncoding::Text => convert::text_to_decimal(raw, amount.scale),
        };
        columns.push(exact.alias(AMOUNT));
    }
    if let Some(order) = orders.order.as_deref().and_then(physical) {
        columns.push(typed(order, orders).alias(ORDER));
    }
    columns
}

/// Why a row does not count, by the first reason that holds; branches that the footers rule out are left out.
pub(super) fn reason(orders: &Orders, as_of: chrono::NaiveDate) -> Expr {
    let nullable = |name: &str| orders.columns.iter().all(|column| column.name != name || column.nullable);
    let code = |reason: &str| lit(REASONS.iter().position(|known| *known == reason).unwrap_or(0) as u8);
    let mut branches: Vec<(Expr, Expr)> = Vec::new();
    if nullable(&orders.customer.column) {
        branches.push((col(CUSTOMER).is_null(), code("null_customer")));
    }
    let time = orders.time.column.as_str();
    if nullable(time) {
        branches.push((col(time).is_null(), code("null_time")));
    }
    if orders.time.encoding != TimeEncoding::Date {
        branches.push((col(DAY).is_null(), code("unreadable_time")));
    }
    if let Some(amount) = &orders.amount {
        let raw = col(amount.column.as_str());
        if nullable(&amount.column) {
            branches.push((raw.clone().is_null(), code("null_amount")));
        }
        if amount.encoding == AmountEncoding::Float {
            branches.push((raw.is_finite().not(), code("amount_not_finite")));
        }
        if matches!(
            amount.encoding,
            AmountEncoding::Float | AmountEncoding::Text | AmountEncoding::Decimal(_)
        ) {
            branches.push((col(AMOUNT).is_null(), code("unreadable_amount")));
        }
    }
    branches.push((col(DAY).gt(lit(as_of)), code(REASONS[usize::from(AFTER_AS_OF)])));
    let mut reason = lit(0_u8);
    for (condition, code) in branches.into_iter().rev() {
        reason = when(condition).then(code).otherwise(reason);
    }
    reason.cast(DataType::UInt8)
}

/// Adds the role columns that [`reason`] reads.
pub(super) fn with_roles(frame: LazyFrame, orders: &Orders) -> LazyFrame {
    frame.with_columns(role_columns(orders))
}
