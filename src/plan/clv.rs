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
    /// What makes money of orders; none where they have no amount, and then the model is one of orders.
    pub money: Option<Money>,
    /// The first purchase day.
    pub first_day: Expr,
}

/// What makes money of orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Money {
    /// The share of revenue that stays: a constant or a metric, as a double.
    pub margin: Expr,
    /// All revenue of the customer.
    pub revenue: Expr,
}

/// The models.
#[derive(Clone, Debug, PartialEq)]
pub enum ClvModel {
    /// Revenue a day observed; the days from the first order to as-of, both included.
    Simple,
    /// Repeat orders by maximum likelihood, times what an order is worth.
    Orders(Box<OrdersModel>),
}

/// A probabilistic model of repeat orders, and how it is fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct OrdersModel {
    /// Which.
    pub kind: OrdersKind,
    /// What an order is worth; none where orders have no amount.
    pub spend: Option<Spend>,
    /// The unit of the model's time, in days.
    pub time_unit_days: u32,
    /// Effective, a year.
    pub discount_rate: f64,
    /// Fewer repeat customers than these are too few to learn from.
    pub min_repeat_customers: u64,
    /// What happens if the model cannot be fitted.
    pub on_failure: OnFailure,
    /// Days held out to check the model, and what happened in them.
    pub holdout: Option<Holdout>,
    /// The last purchase day.
    pub last_day: Expr,
    /// How many days have a purchase: orders of one day are one.
    pub purchase_days: Expr,
}

/// What an order is worth, and what that is learned from.
#[derive(Clone, Debug, PartialEq)]
pub struct Spend {
    /// How.
    pub model: SpendModel,
    /// Revenue of the first purchase day, which the spend model leaves out.
    pub first_day_revenue: Expr,
}

/// The last days before as-of, held out to check a model that is fitted on the time before.
#[derive(Clone, Debug, PartialEq)]
pub struct Holdout {
    /// How many.
    pub days: u32,
    /// Purchase days of the customer in them.
    pub purchase_days: Expr,
    /// Revenue of the customer in them; none where orders have no amount.
    pub revenue: Option<Expr>,
}

/// Models of repeat orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrdersKind {
    /// BG/NBD (Fader, Hardie & Lee 2005).
    BgNbd,
    /// MBG/NBD (Batislam, Denizel & Filiztekin 2007).
    MbgNbd,
    /// Pareto/NBD (Schmittlein, Morrison & Colombo 1987).
    ParetoNbd,
}

/// Models of the worth of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendModel {
    /// The customer's own mean a purchase day.
    Mean,
    /// Gamma-Gamma (Fader & Hardie 2013): the own mean, drawn to the population's.
    GammaGamma,
}

/// What happens if a model cannot be fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    /// The run ends; nothing is published.
    Fail,
    /// `simple` takes its place, and the model says so.
    Simple,
}

impl OrdersKind {
    /// As the rules file names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "bg_nbd",
            Self::MbgNbd => "mbg_nbd",
            Self::ParetoNbd => "pareto_nbd",
        }
    }
}

impl Clv {
    /// The columns of `simple`.
    pub const SIMPLE_COLUMNS: &'static [&'static str] = &["clv"];
    /// The columns of the other models, in the order of the output.
    pub const ORDERS_COLUMNS: &'static [&'static str] =
        &["expected_orders", "p_alive", "expected_order_value", "clv"];

    /// Those of the other models that need no amount.
    pub const COLUMNS_WITHOUT_MONEY: &'static [&'static str] = &["expected_orders", "p_alive"];

    /// The columns that it adds, in the order of the output.
    pub fn columns(&self) -> &'static [&'static str] {
        match (&self.model, &self.money) {
            (ClvModel::Simple, _) => Self::SIMPLE_COLUMNS,
            (ClvModel::Orders(_), Some(_)) => Self::ORDERS_COLUMNS,
            (ClvModel::Orders(_), None) => Self::COLUMNS_WITHOUT_MONEY,
        }
    }

    /// Whether there is something to learn from the population.
    pub fn is_learned(&self) -> bool {
        matches!(self.model, ClvModel::Orders(_))
    }

    /// How many days are held out, if any.
    pub fn holdout_days(&self) -> Option<u32> {
        match &self.model {
            ClvModel::Simple => None,
            ClvModel::Orders(model) => model.holdout.as_ref().map(|holdout| holdout.days),
        }
    }

    /// `simple` as an expression of aggregates: revenue / days observed × horizon × margin. None without amounts.
    pub fn simple_value(&self, as_of: NaiveDate) -> Option<Expr> {
        let Money { margin, revenue } = self.money.as_ref()?;
        let binary = |kind: fn(Box<Expr>, Box<Expr>) -> ExprKind, x: Expr, y: Expr, ty: Type| {
            Expr::new(kind(Box::new(x), Box::new(y)), ty)
        };
        let as_of = Expr::literal(Literal::Date(as_of));
        let first_day = self.first_day.clone();
        let since_first = binary(ExprKind::DaysBetween, as_of, first_day, Type::Days).cast(Type::Int);
        let observed = binary(ExprKind::Add, since_first, Expr::literal(Literal::Int(1)), Type::Int);
        let revenue = revenue.clone().cast(Type::Double);
        let a_day = binary(ExprKind::Divide, revenue, observed.cast(Type::Double), Type::Double);
        let horizon = Expr::literal(Literal::Double(f64::from(self.horizon_days)));
        let ahead = binary(ExprKind::Multiply, a_day, horizon, Type::Double);
        Some(binary(ExprKind::Multiply, ahead, margin.clone(), Type::Double))
    }
}
