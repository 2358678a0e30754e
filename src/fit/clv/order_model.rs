//! Any of the three models of repeat orders, so that fitting and predicting need not care which.

use serde::{Deserialize, Serialize};

use super::beta_geometric::{BgNbd, MbgNbd};
use super::error::InputError;
use super::jet::Jet;
use super::pareto_nbd::ParetoNbd;
use super::triple::{Triple, Triples};

/// Which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderModelKind {
    /// [`BgNbd`]
    BgNbd,
    /// [`MbgNbd`]
    MbgNbd,
    /// [`ParetoNbd`]
    ParetoNbd,
}

impl OrderModelKind {
    /// The name in rules and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::BgNbd => "bg_nbd",
            Self::MbgNbd => "mbg_nbd",
            Self::ParetoNbd => "pareto_nbd",
        }
    }

    /// The parameters' names, in the order of every array here.
    #[must_use]
    pub fn param_names(self) -> [&'static str; 4] {
        match self {
            Self::BgNbd | Self::MbgNbd => ["r", "alpha", "a", "b"],
            Self::ParetoNbd => ["r", "alpha", "s", "beta"],
        }
    }

    /// The model with these parameters.
    ///
    /// # Errors
    /// A parameter that is not a positive number.
    pub fn with_params(self, [first, second, third, fourth]: [f64; 4]) -> Result<OrderModel, InputError> {
        Ok(match self {
            Self::BgNbd => OrderModel::BgNbd(BgNbd::new(first, second, third, fourth)?),
            Self::MbgNbd => OrderModel::MbgNbd(MbgNbd::new(first, second, third, fourth)?),
            Self::ParetoNbd => OrderModel::ParetoNbd(ParetoNbd::new(first, second, third, fourth)?),
        })
    }
}

/// A model with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderModel {
    /// [`BgNbd`]
    BgNbd(BgNbd),
    /// [`MbgNbd`]
    MbgNbd(MbgNbd),
    /// [`ParetoNbd`]
    ParetoNbd(ParetoNbd),
}

macro_rules! each {
    ($self:ident, $model:ident => $call:expr) => {
        match $self {
            OrderModel::BgNbd($model) => $call,
            OrderModel::MbgNbd($model) => $call,
            OrderModel::ParetoNbd($model) => $call,
        }
    };
}

impl OrderModel {
    /// Which model this is.
    #[must_use]
    pub fn kind(&self) -> OrderModelKind {
        match self {
            Self::BgNbd(_) => OrderModelKind::BgNbd,
            Self::MbgNbd(_) => OrderModelKind::MbgNbd,
            Self::ParetoNbd(_) => OrderModelKind::ParetoNbd,
        }
    }

    /// ln L of the population with derivatives in the parameters' logarithms.
    #[must_use]
    pub fn log_likelihood(&self, triples: &Triples) -> Jet<4> {
        each!(self, model => model.log_likelihood(triples))
    }

    /// ln L of one customer.
    #[must_use]
    pub fn log_likelihood_of(&self, triples: &Triples, triple: &Triple) -> f64 {
        each!(self, model => model.log_likelihood_of(triples, triple))
    }

    /// P(alive at T | x, t_x, T), times in time units.
    #[must_use]
    pub fn p_alive(&self, x: f64, t_x: f64, age: f64) -> f64 {
        each!(self, model => model.p_alive(x, t_x, age))
    }

    /// E[purchases in (T, T + t] | x, T, alive at T].
    #[must_use]
    pub fn orders_if_alive(&self, x: f64, age: f64, t: f64) -> f64 {
        each!(self, model => model.orders_if_alive(x, age, t))
    }

    /// E[purchases in (T, T + t] | x, t_x, T].
    #[must_use]
    pub fn expected_orders(&self, x: f64, t_x: f64, age: f64, t: f64) -> f64 {
        each!(self, model => model.expected_orders(x, t_x, age, t))
    }
}
