//! Customer lifetime value as meant.

use chrono::NaiveDate;

use super::{Expr, ExprKind, Literal, Type};

/// Customer lifetime value.
#[derive(Clone, Debug, PartialEq)]
pub struct Clv {
    /// Which model.
    pub model: ClvModel,
    /// How many days ahead.
    pub horizon_days: u32,
    /// The share of revenue that stays: a constant or a metric, as a double.
    pub margin: Expr,
}

/// The models.
#[derive(Clone, Debug, PartialEq)]
pub enum ClvModel {
    /// Revenue a day observed; the days from the first order to as-of, both included.
    Simple {
        /// All revenue of the customer.
        revenue: Expr,
        /// The first order's local date.
        first_day: Expr,
    },
}

impl Clv {
    /// The value as an expression of the customer's row: revenue / days observed × horizon × margin.
    pub fn value(&self, as_of: NaiveDate) -> Expr {
        let ClvModel::Simple { revenue, first_day } = &self.model;
        let binary = |kind: fn(Box<Expr>, Box<Expr>) -> ExprKind, x: Expr, y: Expr, ty: Type| {
            Expr::new(kind(Box::new(x), Box::new(y)), ty)
        };
        let as_of = Expr::literal(Literal::Date(as_of));
        let since_first = binary(ExprKind::DaysBetween, as_of, first_day.clone(), Type::Days).cast(Type::Int);
        let observed = binary(ExprKind::Add, since_first, Expr::literal(Literal::Int(1)), Type::Int);
        let a_day = binary(
            ExprKind::Divide,
            revenue.clone().cast(Type::Double),
            observed.cast(Type::Double),
            Type::Double,
        );
        let horizon = Expr::literal(Literal::Double(f64::from(self.horizon_days)));
        let ahead = binary(ExprKind::Multiply, a_day, horizon, Type::Double);
        binary(ExprKind::Multiply, ahead, self.margin.clone(), Type::Double)
    }
}
