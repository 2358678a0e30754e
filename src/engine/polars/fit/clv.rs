//! CLV in the job: histories of the profile → triples → the fitted model, and back to four columns of the customer's
//! row. The mathematics is [`crate::fit::clv`]'s; predictions are made once for each distinct history.

use polars::prelude::{
    BooleanChunked, ChunkCompareIneq, ChunkFullNull, ChunkedArray, DataFrame, DataType, Float64Chunked,
    IntoColumn, NewChunkedArray, PolarsNumericType,
};

use crate::engine::Error;
use crate::fit::clv::{
    self, FitError, GammaGamma, Horizon, OrderModel, OrderModelKind, OrderValues, Spend, Triples,
    expected_order_values,
};
use crate::fit::{ClvModel, Misfit, ModelFit};
use crate::plan::{self, OnFailure, OrdersKind, OrdersModel, Plan, SpendModel};

use crate::engine::Profile;
use crate::engine::polars::profile::columns::{
    CLV_REVENUE, FIRST_DAY, FIRST_DAY_REVENUE, LAST_DAY, MARGIN, PURCHASE_DAYS, REVENUE, SIMPLE_CLV,
};

/// Learns the models that the plan asks for; none where it asks for none, or for `simple`.
pub fn learn(plan: &Plan, profile: &Profile) -> Result<Option<ClvModel>, Error> {
    let Some(plan::Clv { model: plan::ClvModel::Orders(model), .. }) = &plan.clv else { return Ok(None) };
    match fit(model, plan, profile) {
        Ok(fitted) => Ok(Some(fitted)),
        Err(Failure::Fit(error)) if model.on_failure == OnFailure::Simple => {
            Ok(Some(ClvModel::fallback(model.time_unit_days, error)))
        }
        Err(Failure::Fit(error)) => Err(Error::Clv(error)),
        Err(Failure::Engine(error)) => Err(error),
    }
}

/// Why there is no model.
enum Failure {
    Fit(String),
    Engine(Error),
}

impl From<FitError> for Failure {
    fn from(error: FitError) -> Self {
        Self::Fit(format!("{error}; {}", error.help()))
    }
}

impl From<clv::InputError> for Failure {
    fn from(error: clv::InputError) -> Self {
        Self::Fit(error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

fn fit(model: &OrdersModel, plan: &Plan, profile: &Profile) -> Result<ClvModel, Failure> {
    let history = History::of(plan, &buyers(&profile.customers)?.0)?;
    let triples = history.triples(model)?;
    if triples.repeat_customers() < model.min_repeat_customers {
        return Err(Failure::Fit(format!(
            "{} customers came back, and `min_repeat_customers` is {}; use `simple`, or lower it",
            triples.repeat_customers(),
            model.min_repeat_customers
        )));
    }
    let orders = clv::fit(kind(model.kind), &triples)?;
    let spend = match model.spend.as_ref().map(|spend| spend.model) {
        None | Some(SpendModel::Mean) => None,
        Some(SpendModel::GammaGamma) => {
            let spend = Spend::group(&history.repeats, &history.repeat_means)?;
            let fitted = clv::fit_gamma_gamma(&spend)?;
            // Refused now rather than for every customer: without a mean there is nothing to expect.
            fitted.model.expected_order_value(0, f64::NAN)?;
            Some(ModelFit::new("gamma_gamma", &fitted.report))
        }
    };
    Ok(ClvModel {
        time_unit_days: model.time_unit_days,
        orders: Some(ModelFit::new(model.kind.name(), &orders.report)),
        spend,
        fallback: None,
    })
}

fn kind(kind: OrdersKind) -> OrderModelKind {
    match kind {
        OrdersKind::BgNbd => OrderModelKind::BgNbd,
        OrdersKind::MbgNbd => OrderModelKind::MbgNbd,
        OrdersKind::ParetoNbd => OrderModelKind::ParetoNbd,
    }
}

/// Adds the columns of CLV to the customers. `simple` is there already.
pub fn value(plan: &Plan, profile: Profile, learned: Option<&ClvModel>) -> Result<Profile, Error> {
    let Some(asked @ plan::Clv { model: plan::ClvModel::Orders(model), .. }) = &plan.clv else {
        return Ok(profile);
    };
    let misfit = |why: &str| Misfit::new(format!("its `clv` {why}"));
    let learned = learned.ok_or_else(|| misfit("is missing"))?;
    let Profile { engine, mut customers, counts, rejected } = profile;
    let columns: [Float64Chunked; 4] = match &learned.orders {
        None => {
            let none = || Float64Chunked::full_null("".into(), customers.height());
            let simple = match &asked.money {
                Some(_) => customers.column(SIMPLE_CLV)?.f64()?.clone(),
                None => none(),
            };
            [none(), none(), none(), simple]
        }
        Some(orders) => {
            if orders.model != model.kind.name() || learned.time_unit_days != model.time_unit_days {
                return Err(misfit(&format!(
                    "is of {} in units of {} days",
                    orders.model, learned.time_unit_days
                ))
                .into());
            }
            let fitted = orders_model(orders, model).ok_or_else(|| misfit("has other parameters"))?;
            let (buyers, is_buyer) = buyers(&customers)?;
            let predicted = predict(plan, asked, model, &fitted, learned.spend.as_ref(), &buyers)?;
            match is_buyer {
                None => predicted,
                Some(is_buyer) => predicted.map(|column| spread(&column, &is_buyer)),
            }
        }
    };
    // Without amounts the first two are all there is.
    for (name, values) in asked.columns().iter().zip(columns) {
        customers.with_column(values.with_name((*name).into()).into_column())?;
    }
    Ok(Profile { engine, customers, counts, rejected })
}

/// Customers with an order, and who of all they are; the latter is none where everybody is.
fn buyers(customers: &DataFrame) -> Result<(DataFrame, Option<BooleanChunked>), Error> {
    let days = customers.column(PURCHASE_DAYS)?.cast(&DataType::Int64)?;
    let is_buyer = days.i64()?.gt(0);
    if is_buyer.all() {
        return Ok((customers.clone(), None));
    }
    Ok((customers.filter(&is_buyer)?, Some(is_buyer)))
}

/// The values of the buyers among all customers; nothing is foretold of the others.
fn spread(values: &Float64Chunked, is_buyer: &BooleanChunked) -> Float64Chunked {
    let mut values = values.iter();
    let spread = is_buyer.iter().map(|is_buyer| if is_buyer == Some(true) { values.next()? } else { None });
    Float64Chunked::from_iter_options("".into(), spread)
}

fn orders_model(fit: &ModelFit, model: &OrdersModel) -> Option<OrderModel> {
    let kind = kind(model.kind);
    let names = kind.param_names();
    let mut params = [0.0; 4];
    for (param, name) in params.iter_mut().zip(names) {
        *param = *fit.params.get(name)?;
    }
    kind.with_params(params).ok()
}

fn predict(
    plan: &Plan,
    asked: &plan::Clv,
    model: &OrdersModel,
    orders: &OrderModel,
    spend: Option<&ModelFit>,
    customers: &DataFrame,
) -> Result<[Float64Chunked; 4], Error> {
    let wrong = |error: &dyn std::fmt::Display| {
        Error::from(Misfit::new(format!("its `clv` cannot be applied: {error}")))
    };
    let history = History::of(plan, customers)?;
    if history.repeats.is_empty() {
        return Ok(std::array::from_fn(|_| Float64Chunked::from_vec("".into(), Vec::new())));
    }
    let triples = history.triples(model).map_err(|error| wrong(&error))?;
    let horizon = Horizon::new(asked.horizon_days, model.discount_rate).map_err(|error| wrong(&error))?;
    let predictions = clv::predict(orders, &triples, &horizon);
    let column = |values: Vec<f64>| Float64Chunked::from_vec("".into(), values);
    let of =
        |distinct: &[f64]| column(triples.of_customer().iter().map(|at| distinct[*at as usize]).collect());
    let (orders, alive) = (of(&predictions.expected_orders), of(&predictions.p_alive));
    let Some(asked_spend) = &model.spend else {
        let none = || Float64Chunked::full_null("".into(), orders.len());
        return Ok([orders.clone(), alive, none(), none()]);
    };
    let values = match (asked_spend.model, spend) {
        (SpendModel::Mean, _) => history.means,
        (SpendModel::GammaGamma, Some(spend)) => {
            let gamma = gamma_gamma(spend)
                .ok_or_else(|| Error::from(Misfit::new("its `clv.spend` is incomplete")))?;
            let of = OrderValues { repeats: &history.repeats, mean_amount: &history.repeat_means };
            expected_order_values(&gamma, of).map_err(|error| wrong(&error))?
        }
        (SpendModel::GammaGamma, None) => return Err(Misfit::new("its `clv` has no `spend`").into()),
    };
    let margins = customers.column(MARGIN)?.f64()?;
    let clv = triples
        .of_customer()
        .iter()
        .zip(&values)
        .zip(margins.iter())
        .map(|((at, value), margin)| Some(value * predictions.discounted_orders[*at as usize] * margin?));
    let clv = Float64Chunked::from_iter_options("".into(), clv);
    Ok([orders, alive, column(values), clv])
}

fn gamma_gamma(fit: &ModelFit) -> Option<GammaGamma> {
    let param = |name: &str| fit.params.get(name).copied();
    GammaGamma::new(param("p")?, param("q")?, param("v")?).ok()
}

/// What the models see, one element a customer.
struct History {
    /// `x`: purchase days without the first.
    repeats: Vec<u32>,
    /// `t_x`: days from the first to the last.
    recency_days: Vec<i32>,
    /// `T`: days from the first to as-of.
    age_days: Vec<i32>,
    /// Mean total of the repeat days, in money; NaN without any. Empty without amounts.
    repeat_means: Vec<f64>,
    /// Mean total of all purchase days, in money. Empty without amounts.
    means: Vec<f64>,
}

impl History {
    fn of(plan: &Plan, customers: &DataFrame) -> Result<Self, Error> {
        let day = |name: &str| -> Result<Vec<i32>, Error> {
            let column = customers.column(name)?.cast(&DataType::Int32)?;
            Ok(plain(column.i32()?))
        };
        let revenue = if customers.column(CLV_REVENUE).is_ok() { CLV_REVENUE } else { REVENUE };
        let has_money = plan.clv.as_ref().is_some_and(|clv| clv.money.is_some());
        let money = |name: &str| -> Result<Vec<i128>, Error> {
            Ok(if has_money { plain(customers.column(name)?.decimal()?.physical()) } else { Vec::new() })
        };
        let (first, last) = (day(FIRST_DAY)?, day(LAST_DAY)?);
        let days = customers.column(PURCHASE_DAYS)?.cast(&DataType::UInt32)?;
        let days: Vec<u32> = plain(days.u32()?);
        let (revenue, first_revenue) = (money(revenue)?, money(FIRST_DAY_REVENUE)?);
        let unit = plan.money_scale().map_or(1.0, |scale| 10_f64.powi(i32::from(scale)));
        let as_of = (plan.as_of - chrono::NaiveDate::default()).num_days() as i32;
        let repeats: Vec<u32> = days.iter().map(|days| days.saturating_sub(1)).collect();
        let repeat_mean = |((all, first), repeats): ((&i128, &i128), &u32)| match repeats {
            0 => f64::NAN,
            _ => double(all - first) / unit / f64::from(*repeats),
        };
        let mean = |(all, days): (&i128, &u32)| double(*all) / unit / f64::from((*days).max(1));
        Ok(Self {
            recency_days: last.iter().zip(&first).map(|(last, first)| last - first).collect(),
            age_days: first.iter().map(|first| as_of - first).collect(),
            repeat_means: revenue.iter().zip(&first_revenue).zip(&repeats).map(repeat_mean).collect(),
            means: revenue.iter().zip(&days).map(mean).collect(),
            repeats,
        })
    }

    fn triples(&self, model: &OrdersModel) -> Result<Triples, clv::InputError> {
        Triples::group(&self.repeats, &self.recency_days, &self.age_days, f64::from(model.time_unit_days))
    }
}

/// The values of a column that has no nulls, or zero for them.
fn plain<T: PolarsNumericType>(column: &ChunkedArray<T>) -> Vec<T::Native> {
    match column.cont_slice() {
        Ok(values) => values.to_vec(),
        Err(_) => column.iter().map(Option::unwrap_or_default).collect(),
    }
}

/// The nearest double; most amounts fit 64 bits, which convert several times faster.
fn double(value: i128) -> f64 {
    i64::try_from(value).map_or(value as f64, |value| value as f64)
}
