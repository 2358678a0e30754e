//! What the summary needs of every customer; mostly aggregates that some metric has asked for already.

use crate::plan::{Aggregate, Column, Expr, ExprKind, Facts, Function, Literal, Role, Type};

use super::aggregate::Aggregates;
use super::scope::RowScope;

pub(super) fn resolve(
    row_is_order: bool,
    learns_of_gaps: bool,
    asks_for_repeated: bool,
    named_revenue: Option<Expr>,
    rows: &RowScope,
    aggregates: &mut Aggregates,
) -> Facts {
    let role = |name: &str| {
        let (_, role, ty) = rows.roles.iter().find(|(known, ..)| *known == name)?;
        Some(Expr::column(Column::Role(*role), *ty))
    };
    let mut add = |function: Function, ty: Type| {
        let source = rows.source.clone();
        aggregates.intern(Aggregate { source, function, condition: None, window_days: None, ty })
    };
    let count = match role("order") {
        Some(order) if !row_is_order => Function::CountDistinct(order),
        _ => Function::CountRows,
    };
    let count = add(count, Type::Int);
    let amounts = || {
        let amount = role("amount")?;
        let ty = amount.ty;
        Some(add(Function::Sum(amount), ty))
    };
    let revenue = named_revenue.or_else(amounts);
    let last_day = add(Function::Max(Expr::column(Column::Role(Role::Day), Type::Date)), Type::Date);
    let as_of = Expr::literal(Literal::Date(rows.as_of));
    let recency_days = Expr::new(ExprKind::DaysBetween(Box::new(as_of), Box::new(last_day)), Type::Days);
    let gaps = learns_of_gaps.then(|| add(Function::Gaps, Type::Gaps));
    let repeated_orders = role("order").filter(|_| asks_for_repeated).map(|order| {
        let all = add(Function::CountValues(order.clone()), Type::Int);
        let distinct = add(Function::CountDistinct(order), Type::Int);
        Expr::new(ExprKind::Subtract(Box::new(all), Box::new(distinct)), Type::Int)
    });
    Facts { orders: count, revenue, recency_days, gaps, repeated_orders }
}
