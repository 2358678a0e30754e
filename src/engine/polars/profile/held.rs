//! What a name of an expression over rows stands for in a scan: a column of the files as expressions see it, or a role.

use polars::lazy::dsl::{Expr, col};

use crate::engine::polars::expr::types::computed;
use crate::plan::{Column, Input, Role};

use super::columns::{AMOUNT, CUSTOMER, DAY, ORDER, TIME};
use super::open::typed;

/// Who looks at a column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// The input's own condition.
    Own,
    /// Aggregates, for which it has one type in all inputs of the source.
    Shared,
}

/// How the scan's frame holds a column.
pub(super) fn held(column: &Column, input: &Input, sight: Sight) -> Expr {
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
