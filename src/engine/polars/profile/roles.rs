//! The roles of a row: who, when, which order, how much; and what may be wrong with them.

use polars::lazy::dsl::{Expr, col, lit};
use polars::prelude::{DataType, NULL};

use crate::engine::polars::expr::convert;
use crate::engine::polars::expr::types::computed;
use crate::plan::{Amount, AmountEncoding, Input, InputColumn, Physical, Table, Time, TimeEncoding, Type};

use super::columns::{AMOUNT, CUSTOMER, DAY, INSTANT, ORDER, TIME};
use super::imported;
use super::open::{column_of, to_local};
use super::reasons::code;

/// The columns of the roles.
pub(super) fn role_columns(input: &Input) -> Vec<Expr> {
    let Time { column, encoding, by_instant } = &input.time;
    let raw = col(column.as_str());
    let time = time_of(&raw, column, encoding, &input.table);
    let day = match encoding {
        TimeEncoding::Date => raw.clone(),
        _ => convert::time_to_day(time.clone()),
    };
    let instant = if *by_instant { convert::to_micros(raw) } else { time.clone() };
    let customer = id_of(&input.table, &input.customer.column, input.customer.ty);
    let mut columns = vec![
        customer.alias(CUSTOMER),
        day.alias(DAY),
        time.alias(TIME),
        instant.cast(DataType::Int64).alias(INSTANT),
    ];
    columns.extend(input.amount.as_ref().map(|amount| amount_of(amount).alias(AMOUNT)));
    if let Some(order) = &input.order
        && held(&input.table, &order.column).is_some()
    {
        columns.push(whole_or_text(&input.table, &order.column, order.ty).alias(ORDER));
    }
    columns
}

/// The local time.
fn time_of(raw: &Expr, column: &str, encoding: &TimeEncoding, table: &Table) -> Expr {
    let raw = raw.clone();
    match encoding {
        TimeEncoding::Date | TimeEncoding::Naive => convert::to_micros(raw),
        TimeEncoding::Instant => to_local(raw, table),
        TimeEncoding::Text => convert::text_to_time(column_of(table, column), table.timezone),
        TimeEncoding::Format(form) => {
            convert::formed_to_time(column_of(table, column), form.clone(), table.timezone)
        }
        TimeEncoding::Epoch(unit) => {
            let number = match held(table, column).map(|one| &one.physical) {
                Some(Physical::Int) => raw.cast(DataType::Int64),
                _ => raw.cast(DataType::Float64),
            };
            to_local(convert::epoch_to_micros(number, *unit), table)
        }
        TimeEncoding::Null => lit(NULL).cast(computed(Type::Time)),
    }
}

/// The amount at its scale.
fn amount_of(amount: &Amount) -> Expr {
    let Amount { column, encoding, scale } = amount;
    let raw = col(column.as_str());
    match encoding {
        AmountEncoding::Decimal(own) if own > scale => {
            convert::round_decimal(raw.cast(computed(Type::Decimal(*own))), *own, *scale)
        }
        AmountEncoding::Int | AmountEncoding::Decimal(_) => raw.cast(computed(Type::Decimal(*scale))),
        AmountEncoding::Float => convert::double_to_decimal(raw.cast(DataType::Float64), *scale),
        AmountEncoding::Text => convert::text_to_decimal(raw.cast(DataType::String), *scale),
        AmountEncoding::Null => lit(NULL).cast(computed(Type::Decimal(*scale))),
    }
}

/// The customer's id: blanks are none, unless they are kept.
pub(super) fn id_of(table: &Table, column: &str, ty: Type) -> Expr {
    let id = whole_or_text(table, column, ty);
    if ty == Type::Text && !table.keeps_blank_ids { convert::without_blanks(id) } else { id }
}

/// An id as a whole number or a text; null for what is neither.
fn whole_or_text(table: &Table, column: &str, ty: Type) -> Expr {
    let raw = col(column);
    match held(table, column).map(|one| &one.physical) {
        Some(Physical::Float) if ty == Type::Int => convert::whole_double(raw.cast(DataType::Float64)),
        Some(Physical::Decimal(scale)) if ty == Type::Int => {
            convert::whole_decimal(raw.cast(computed(Type::Decimal(*scale))), *scale)
        }
        Some(Physical::Null) => lit(NULL).cast(computed(ty)),
        _ => column_of(table, column).cast(computed(ty)),
    }
}

fn held<'a>(table: &'a Table, column: &str) -> Option<&'a InputColumn> {
    table.columns.iter().find(|one| one.name == column)
}

/// What may be wrong with a row, and its code; what the footers rule out is left out.
pub(super) fn faults(input: &Input) -> Vec<(Expr, u8)> {
    let table = &input.table;
    let nullable = |name: &str| held(table, name).is_none_or(|column| column.nullable);
    let amount = input.amount.iter().map(|amount| (amount.column.as_str(), "unreadable_amount"));
    let own: Vec<_> = [(input.time.column.as_str(), "unreadable_time")].into_iter().chain(amount).collect();
    let imported = imported::faults(table, &own).into_iter();
    let mut branches: Vec<(Expr, u8)> = imported.map(|(expr, reason)| (expr, code(reason))).collect();
    branches.extend(id_faults(input));
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

fn id_faults(input: &Input) -> Vec<(Expr, u8)> {
    let table = &input.table;
    let mut branches: Vec<(Expr, u8)> = Vec::new();
    let name = input.customer.column.as_str();
    let column = held(table, name);
    let nullable = column.is_none_or(|column| column.nullable);
    let (missing, unreadable) = (code("null_customer"), code("unreadable_customer"));
    match column.map(|column| &column.physical) {
        Some(Physical::Float) => {
            // NaN is how pandas writes that there is none.
            branches.push((col(name).is_null().or(col(name).is_nan()), missing));
            branches.push((col(CUSTOMER).is_null(), unreadable));
        }
        Some(Physical::Int | Physical::Decimal(_)) if nullable => {
            branches.push((col(name).is_null(), missing));
            branches.push((col(CUSTOMER).is_null(), unreadable));
        }
        Some(Physical::Decimal(_)) => branches.push((col(CUSTOMER).is_null(), unreadable)),
        Some(Physical::Bytes) => {
            let is_no_text = col(name).is_not_null().and(column_of(table, name).is_null());
            branches.push((is_no_text, unreadable));
            branches.push((col(CUSTOMER).is_null(), missing));
        }
        Some(Physical::Text) if !table.keeps_blank_ids => {
            branches.push((col(CUSTOMER).is_null(), missing));
        }
        _ if nullable => branches.push((col(CUSTOMER).is_null(), missing)),
        _ => {}
    }
    if let Some(order) = &input.order
        && let Some(column) = held(table, &order.column)
        && matches!(column.physical, Physical::Float | Physical::Decimal(_))
    {
        let raw = col(order.column.as_str());
        let is_there = match column.physical {
            Physical::Float => raw.clone().is_not_null().and(raw.is_nan().not()),
            _ => raw.is_not_null(),
        };
        branches.push((is_there.and(col(ORDER).is_null()), code("unreadable_order")));
    }
    branches
}
