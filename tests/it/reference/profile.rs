//! Every metric of one customer, from the contract: a loop over the customer's rows for each.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use crate::support::Value;

use super::apply::Row;
use super::input::{AS_OF, Order};
use super::params::Params;

fn as_of() -> NaiveDate {
    AS_OF.parse().unwrap()
}

fn days_since(day: NaiveDate) -> i64 {
    (as_of() - day).num_days()
}

/// A decimal as the nearest double.
pub(crate) fn double(unscaled: i128, scale: u8) -> f64 {
    Value::Decimal(unscaled, scale).to_string().parse().unwrap()
}

fn quotient(x: f64, y: f64) -> Value {
    if y == 0.0 { Value::Null } else { Value::Double(x / y) }
}

fn or_null<T>(value: Option<T>, make: impl Fn(T) -> Value) -> Value {
    value.map_or(Value::Null, make)
}

/// The customer's row with all metrics and `clv`.
pub(crate) fn profile(orders: &[&Order], params: &Params, scale: u8) -> Row {
    let money = |unscaled: i128| Value::Decimal(unscaled, scale);
    let count = |n: usize| Value::Int(n as i64);
    let text = |text: &String| Value::Text(text.clone());
    let windowed: Vec<&Order> = orders
        .iter()
        .copied()
        .filter(|order| order.day > as_of() - Days::new(params.window.into()))
        .collect();
    let web: Vec<&Order> =
        orders.iter().copied().filter(|order| order.channel.as_deref() == Some("web")).collect();
    let sum = |orders: &[&Order]| orders.iter().map(|order| order.amount).sum::<i128>();
    let days: BTreeSet<NaiveDate> = orders.iter().map(|order| order.day).collect();
    let channels =
        || orders.iter().filter_map(|order| order.channel.as_ref().map(|channel| (order, channel)));
    let revenue = sum(orders);

    let mut row = Row::default();
    row.set("recency_days", or_null(days.last(), |last| Value::Int(days_since(*last))));
    row.set("first_days", or_null(days.first(), |first| Value::Int(days_since(*first))));
    row.set(
        "gap",
        or_null(days.iter().rev().zip(days.iter().rev().skip(1)).next(), |(last, before)| {
            Value::Int((*last - *before).num_days())
        }),
    );
    row.set("usual_gap", usual_gap(&days));
    row.set("purchase_days", count(days.len()));
    row.set("rows", count(orders.len()));
    row.set("orders", count(orders.iter().filter_map(|order| order.order).collect::<BTreeSet<_>>().len()));
    row.set("known", count(channels().count()));
    row.set("channels", count(channels().map(|(_, channel)| channel).collect::<BTreeSet<_>>().len()));
    row.set("avg_order", quotient(double(revenue, scale), orders.len() as f64));
    row.set("revenue", money(revenue));
    row.set("revenue_w", money(sum(&windowed)));
    row.set("orders_w", count(windowed.len()));
    row.set("least", or_null(orders.iter().map(|order| order.amount).min(), money));
    row.set("most_w", or_null(windowed.iter().map(|order| order.amount).max(), money));
    row.set("mean_amount", quotient(double(sum(&web), scale), web.len() as f64));
    row.set("first_channel", or_null(channels().min_by_key(|(o, c)| (o.instant, *c)), |(_, c)| text(c)));
    row.set("last_channel", or_null(channels().max_by_key(|(o, c)| (o.instant, *c)), |(_, c)| text(c)));
    row.set("first_amount", or_null(orders.iter().map(|o| (o.instant, o.amount)).min(), |(_, x)| money(x)));
    row.set(
        "last_amount_w",
        or_null(windowed.iter().map(|o| (o.instant, o.amount)).max(), |(_, x)| money(x)),
    );
    row.set("top_by_amount", top(channels().map(|(order, channel)| (channel, order.amount))));
    row.set("top_by_rows", top(channels().map(|(_, channel)| (channel, 1))));
    row.set("share", quotient(double(sum(&web), scale), double(revenue, scale)));
    row.set("cv", variation(orders, params.months, |_| 1.0));
    row.set("cv_amount", variation(orders, params.months, |order| order.amount as f64));
    let a_day = |first: &NaiveDate| double(revenue, scale) / (days_since(*first) + 1) as f64;
    row.set("clv", or_null(days.first(), |first| Value::Double(a_day(first) * 365.0 * 0.3)));
    row
}

/// The shortest gap that at least 70 % of the gaps do not exceed.
fn usual_gap(days: &BTreeSet<NaiveDate>) -> Value {
    let gaps: Vec<i64> = days.iter().zip(days.iter().skip(1)).map(|(a, b)| (*b - *a).num_days()).collect();
    let is_enough = |gap: &&i64| 10 * gaps.iter().filter(|other| other <= gap).count() >= 7 * gaps.len();
    or_null(gaps.iter().filter(is_enough).min(), |gap| Value::Int(*gap))
}

/// The text with the largest total; of several the smallest.
fn top<'a>(weights: impl Iterator<Item = (&'a String, i128)>) -> Value {
    let mut totals: BTreeMap<&String, i128> = BTreeMap::new();
    for (text, weight) in weights {
        *totals.entry(text).or_default() += weight;
    }
    let most = totals.values().max().copied();
    or_null(totals.iter().find(|(_, total)| Some(**total) == most), |(text, _)| Value::Text((*text).clone()))
}

/// Standard deviation over mean of the totals of 30-day buckets.
fn variation(orders: &[&Order], months: u32, weight: impl Fn(&Order) -> f64) -> Value {
    let mut totals = vec![0.0; months as usize];
    for order in orders {
        if let Some(total) = totals.get_mut((days_since(order.day) / 30) as usize) {
            *total += weight(order);
        }
    }
    let n = f64::from(months);
    let mean = totals.iter().sum::<f64>() / n;
    let variance = totals.iter().map(|total| (total - mean).powi(2)).sum::<f64>() / n;
    quotient(variance.sqrt(), mean)
}
