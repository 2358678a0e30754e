//! The scan over one input: which rows count, and what the profile needs of each.

use std::collections::HashMap;

use polars::lazy::dsl::{Expr, col, lit};
use polars::prelude::{
    Column as Values, DataType, Field, HiveOptions, IntoColumn, LazyFrame, NonExistent, PlRefPath,
    ScanArgsParquet, Schema, TimeUnit, UInt8Chunked,
};

use crate::engine::Error;
use crate::plan::{
    self, Aggregate, AmountEncoding, Column, Input, InputColumn, Physical, Plan, Role, Table, TimeEncoding,
    Type,
};

use super::imported;
use crate::engine::polars::expr::convert;
use crate::engine::polars::expr::lower::lower;
use crate::engine::polars::expr::types::computed;

pub(super) const CUSTOMER: &str = "@customer";
pub(super) const REASON: &str = "@reason";
/// Orders rows in time: the instant itself where there is one, so that a repeated local hour keeps its order.
pub(super) const INSTANT: &str = "@instant";
pub(super) const DAY: &str = "@day";
const ORDER: &str = "@order";
const TIME: &str = "@time";
const AMOUNT: &str = "@amount";

/// Why a row does not count; 0 means that it does. The last is no fault of the row's.
pub(super) const REASONS: [&str; 10] = [
    "",
    imported::RAGGED_ROW,
    imported::UNREADABLE,
    "null_customer",
    "null_time",
    "unreadable_time",
    "null_amount",
    "amount_not_finite",
    "unreadable_amount",
    "after_as_of",
];
pub(super) const AFTER_AS_OF: u8 = 9;

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

/// Opens the files of a table.
pub(super) fn open_table(table: &Table, row_number: Option<&str>) -> Result<LazyFrame, Error> {
    let path = |file| Ok::<_, Error>(PlRefPath::try_from_path(imported::path(table, file)?)?);
    let paths: Vec<PlRefPath> = table.files.iter().map(path).collect::<Result<_, _>>()?;
    let hive_options = match table.hive_root.as_ref().filter(|_| table.import.is_none()) {
        None => HiveOptions::new_disabled(),
        Some(root) => HiveOptions {
            enabled: Some(true),
            hive_start_idx: root.as_os_str().len(),
            schema: Some(hive_schema(table).into()),
            try_parse_dates: false,
        },
    };
    let row_index = row_number.map(|name| polars::io::RowIndex { name: name.into(), offset: 0 });
    let args = ScanArgsParquet { hive_options, row_index, glob: false, cache: false, ..Default::default() };
    Ok(LazyFrame::scan_parquet_files(paths.into_iter().collect(), args)?)
}

/// Folder columns, in the order of the folders: those that the footers do not have.
fn hive_schema(table: &Table) -> Schema {
    let Some((root, first)) = table.hive_root.as_ref().zip(table.files.first()) else {
        return Schema::default();
    };
    let inside = first.path.strip_prefix(root).unwrap_or(&first.path);
    let key = |folder: std::path::Component<'_>| {
        Some(folder.as_os_str().to_string_lossy().split_once('=')?.0.to_owned())
    };
    let keys = inside.parent().into_iter().flat_map(std::path::Path::components).filter_map(key);
    let field = |key: String| {
        let column = table.columns.iter().find(|column| column.name == key);
        let ty = column.map_or(DataType::String, |column| computed(column.ty));
        Field::new(key.into(), ty)
    };
    keys.map(field).collect()
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

/// Who looks at a column.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    /// The input's own condition.
    Own,
    /// Aggregates, for which it has one type in all inputs of the source.
    Shared,
}

/// How the scan's frame holds a column.
fn held(column: &Column, input: &Input, sight: Sight) -> Expr {
    match column {
        Column::Input(name) => match input.table.columns.iter().find(|one| one.name == *name) {
            Some(one) if sight == Sight::Shared && one.shared_ty != one.ty => {
                typed(one, &input.table).cast(computed(one.shared_ty))
            }
            Some(one) => typed(one, &input.table),
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

/// A column of a table as expressions see it.
pub(super) fn column_of(table: &Table, name: &str) -> Expr {
    let column = table.columns.iter().find(|column| column.name == name);
    column.map_or_else(|| col(name), |column| typed(column, table))
}

/// A column of the files as expressions see it.
fn typed(column: &InputColumn, table: &Table) -> Expr {
    let raw = col(column.name.as_str());
    match column.physical {
        Physical::Instant => to_local(raw, table),
        _ => raw.cast(computed(column.ty)),
    }
}

/// An instant as local time.
fn to_local(instant: Expr, table: &Table) -> Expr {
    let instant = instant.cast(DataType::Datetime(TimeUnit::Microseconds, None));
    if table.timezone == chrono_tz::Tz::UTC {
        return instant;
    }
    let zone = |name: &str| polars::prelude::TimeZone::opt_try_new(Some(name)).ok().flatten();
    let Some((utc, local)) = zone("UTC").zip(zone(table.timezone.name())) else { return instant };
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

fn role_columns(input: &Input) -> Vec<Expr> {
    let raw_time = col(input.time.column.as_str());
    let time = match input.time.encoding {
        TimeEncoding::Date | TimeEncoding::Naive => raw_time.clone().cast(computed(Type::Time)),
        TimeEncoding::Instant => to_local(raw_time.clone(), &input.table),
        TimeEncoding::Text => convert::text_to_time(raw_time.clone(), input.table.timezone),
    };
    let day = match input.time.encoding {
        TimeEncoding::Date => raw_time.clone(),
        _ => convert::time_to_day(time.clone()),
    };
    let instant = match input.time.by_instant {
        true => raw_time.cast(DataType::Datetime(TimeUnit::Microseconds, None)),
        false => time.clone(),
    };
    let mut columns = vec![
        col(input.customer.column.as_str()).cast(computed(input.customer.ty)).alias(CUSTOMER),
        day.alias(DAY),
        time.alias(TIME),
        instant.cast(DataType::Int64).alias(INSTANT),
    ];
    if let Some(amount) = &input.amount {
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
    if let Some(order) = &input.order
        && input.table.columns.iter().any(|column| column.name == order.column)
    {
        columns.push(column_of(&input.table, &order.column).cast(computed(order.ty)).alias(ORDER));
    }
    columns
}

/// Why a row does not count, by the first reason that holds.
pub(super) fn reason(input: &Input, as_of: chrono::NaiveDate) -> Expr {
    let mut branches = faults(input);
    branches.push((col(DAY).gt(lit(as_of)), AFTER_AS_OF));
    first_of(branches)
}

fn code(reason: &str) -> u8 {
    REASONS.iter().position(|known| *known == reason).unwrap_or(0) as u8
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

/// What may be wrong with a row, and its code; what the footers rule out is left out.
fn faults(input: &Input) -> Vec<(Expr, u8)> {
    let nullable =
        |name: &str| input.table.columns.iter().all(|column| column.name != name || column.nullable);
    let amount = input.amount.iter().map(|amount| (amount.column.as_str(), "unreadable_amount"));
    let own: Vec<_> = [(input.time.column.as_str(), "unreadable_time")].into_iter().chain(amount).collect();
    let imported = imported::faults(&input.table, &own).into_iter();
    let mut branches: Vec<(Expr, u8)> = imported.map(|(expr, reason)| (expr, code(reason))).collect();
    if nullable(&input.customer.column) {
        branches.push((col(CUSTOMER).is_null(), code("null_customer")));
    }
    let time = input.time.column.as_str();
    if nullable(time) {
        branches.push((col(time).is_null(), code("null_time")));
    }
    if input.time.encoding != TimeEncoding::Date {
        branches.push((col(DAY).is_null(), code("unreadable_time")));
    }
    if let Some(amount) = &input.amount {
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
    branches
}

/// Adds the role columns that [`reason`] reads.
pub(super) fn with_roles(frame: LazyFrame, input: &Input) -> LazyFrame {
    frame.with_columns(role_columns(input))
}
