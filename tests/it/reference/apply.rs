//! Scores, bands and segments from the contract's definitions: for each customer a look at all the others.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::support::Value;

use super::overrides::{self, Override};
use super::params::{BOUNDS, Bounds, Method, Params, Place, Score, Segments, TOPS, WEIGHTS, Within};
use super::presets;

/// A customer's columns by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row(BTreeMap<String, Value>);

impl Row {
    pub(crate) fn get(&self, column: &str) -> &Value {
        self.0.get(column).unwrap_or_else(|| panic!("the reference has no column {column}"))
    }

    pub(crate) fn set(&mut self, column: &str, value: Value) {
        assert!(self.0.insert(column.to_owned(), value).is_none(), "{column} twice");
    }
}

/// Adds scores, bands and segments to the customers, who are sorted by id.
pub(crate) fn apply(customers: &mut [Row], params: &Params, overrides: &[Vec<&Override>]) {
    for score in &params.scores {
        let values = measured(customers, score.of, false);
        let groups = groups(customers, score.within);
        let scored = |at: usize| {
            let (pool, own) = pool(&values, &groups, at, |value| *value != Value::Null);
            self::score(score, &pool, own)
        };
        let scores: Vec<Value> = (0..values.len()).map(scored).collect();
        set(customers, &score.name, scores);
    }
    let values = customers.iter().map(|row| weighted(row, params)).collect();
    set(customers, "value", values);
    for (number, (of, bounds, within)) in params.bands.iter().enumerate() {
        let values = measured(customers, of, true);
        let groups = groups(customers, *within);
        let banded = |at: usize| match bounds {
            Bounds::Share(bounds) => {
                let is_positive = |value: &Value| *value != Value::Null && whole(value) > 0;
                let (pool, own) = pool(&values, &groups, at, is_positive);
                band(&pool[own], &pool, BOUNDS[*bounds])
            }
            Bounds::Top(places) => {
                let (pool, own) = pool(&values, &groups, at, |value| *value != Value::Null);
                tier(&pool[own], &pool, TOPS[*places])
            }
        };
        let bands = (0..values.len()).map(banded).collect();
        set(customers, &format!("b{number}"), bands);
    }
    for (row, own) in customers.iter_mut().zip(overrides) {
        let digit = |score: &str| match row.get(score) {
            Value::Int(score) => Some(*score),
            _ => None,
        };
        let code = digit("r").zip(digit("f")).zip(digit("m")).map(|((r, f), m)| 100 * r + 10 * f + m);
        let (rule, label) = presets::of(params.preset(), code);
        row.set("rfm_rule", Value::Int(rule));
        overrides::label(row, "rfm", &presets::labels(params.preset()), &[(label, rule > 0)], own);
        segment(row, "stage", &params.stage, own);
        segment(row, "tier", &params.tier, own);
    }
}

fn set(customers: &mut [Row], column: &str, values: Vec<Value>) {
    for (row, value) in customers.iter_mut().zip(values) {
        row.set(column, value);
    }
}

/// The group of each customer, and how small one may be.
struct Groups {
    of: Vec<Value>,
    min_group: u64,
}

fn groups(customers: &[Row], within: Within) -> Groups {
    let (of, min_group) = match within {
        Some((by, min_group)) => (customers.iter().map(|row| row.get(by).clone()).collect(), min_group),
        None => (vec![Value::Null; customers.len()], 1),
    };
    Groups { of, min_group }
}

/// Those whom a customer is compared with, and where the customer is among them: the group, if it is one and large enough,
/// or everybody.
fn pool(
    values: &[Value],
    groups: &Groups,
    own: usize,
    counts: impl Fn(&Value) -> bool,
) -> (Vec<Value>, usize) {
    let group = &groups.of[own];
    let members: Vec<usize> = (0..values.len()).filter(|at| groups.of[*at] == *group).collect();
    let learned = members.iter().filter(|at| counts(&values[**at])).count() as u64;
    if *group == Value::Null || learned < groups.min_group {
        return (values.to_vec(), own);
    }
    let place = members.iter().position(|at| *at == own).unwrap();
    (members.iter().map(|at| values[*at].clone()).collect(), place)
}

/// The first band whose place from the top is below the number of customers with a greater value.
fn tier(value: &Value, values: &[Value], places: &[(&str, &str, Place)]) -> Value {
    let known = || values.iter().filter(|other| **other != Value::Null);
    let last = Value::text(places.last().unwrap().0);
    if *value == Value::Null {
        return last;
    }
    let before = known().filter(|other| compare(other, value) == Ordering::Greater).count();
    let first = places.iter().find(|(_, _, place)| match place {
        Place::First(customers) => (before as u64) < *customers,
        Place::Millionths(share) => before as i128 * 1_000_000 < *share * known().count() as i128,
        Place::All => true,
    });
    first.map_or(last, |(band, ..)| Value::text(band))
}

/// The values of a column as they are cut: lifetime value, and doubles that are added up, with six decimal places.
fn measured(customers: &[Row], of: &str, add_up: bool) -> Vec<Value> {
    let value = |row: &Row| match row.get(of) {
        Value::Double(value) if add_up || of == "clv" => Value::Decimal((value * 1e6).round() as i128, 6),
        value => value.clone(),
    };
    customers.iter().map(value).collect()
}

/// Of two values that are not null.
fn compare(x: &Value, y: &Value) -> Ordering {
    match (x, y) {
        (Value::Int(x), Value::Int(y)) => x.cmp(y),
        (Value::Decimal(x, _), Value::Decimal(y, _)) => x.cmp(y),
        (Value::Double(x), Value::Double(y)) => x.partial_cmp(y).unwrap(),
        _ => panic!("{x:?} against {y:?}"),
    }
}

fn score(score: &Score, values: &[Value], own: usize) -> Value {
    let value = &values[own];
    if *value == Value::Null {
        return Value::Null;
    }
    let is_worse =
        |other: &Value| compare(other, value) == if score.low { Ordering::Greater } else { Ordering::Less };
    let scored = || values.iter().enumerate().filter(|(_, other)| **other != Value::Null);
    let n = scored().count();
    let worse = scored().filter(|(_, other)| is_worse(other)).count();
    let bins = match &score.method {
        Method::Quantiles(bins) => 1 + usize::from(*bins) * worse / n,
        Method::Split(bins) => {
            // Customers are sorted by id, so of equals the earlier are ranked below.
            let equal_before = scored().filter(|(at, other)| *at < own && **other == *value).count();
            1 + usize::from(*bins) * (worse + equal_before) / n
        }
        Method::Breaks(breaks) => 1 + breaks.iter().filter(|one| reaches(value, one, score.low)).count(),
        Method::Mean => {
            let sum: i128 = scored().map(|(_, other)| whole(other)).sum();
            let (own, mean) = (whole(value) * n as i128, sum);
            1 + usize::from(if score.low { own <= mean } else { own >= mean })
        }
    };
    Value::Int(bins as i64)
}

fn reaches(value: &Value, one: &str, low: bool) -> bool {
    let order = match value {
        Value::Double(value) => value.partial_cmp(&one.parse().unwrap()).unwrap(),
        Value::Int(value) => (i128::from(*value) * 1000).cmp(&thousandths(one)),
        Value::Decimal(value, scale) => {
            (value * 1000).cmp(&(thousandths(one) * 10_i128.pow(u32::from(*scale))))
        }
        _ => panic!("{value:?} against a break"),
    };
    order == Ordering::Equal || order == if low { Ordering::Less } else { Ordering::Greater }
}

fn thousandths(number: &str) -> i128 {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    format!("{whole}{fraction:0<3}").parse().unwrap()
}

/// A multiple of the value that is a whole number, the same multiple for all of a type.
fn whole(value: &Value) -> i128 {
    match value {
        Value::Int(value) => i128::from(*value),
        Value::Decimal(value, _) => *value,
        Value::Double(value) => {
            let scaled = value * 2_f64.powi(70);
            assert!(scaled.abs() < 2_f64.powi(110) && scaled.fract() == 0.0, "{value} times 2^70");
            scaled as i128
        }
        _ => panic!("{value:?} is no number"),
    }
}

fn weighted(row: &Row, params: &Params) -> Value {
    let mut sum = 0;
    for (score, weight) in ["r", "f", "s0"].iter().zip(&params.weights) {
        let Value::Int(score) = row.get(score) else { return Value::Null };
        let (whole, fraction) = WEIGHTS[*weight].split_once('.').unwrap_or((WEIGHTS[*weight], ""));
        sum += i128::from(*score) * format!("{whole}{fraction:0<6}").parse::<i128>().unwrap();
    }
    Value::Decimal(sum, 6)
}

/// The first band whose bound is above the share of what strictly greater values bring.
fn band(value: &Value, values: &[Value], bounds: &[(&str, &str)]) -> Value {
    let positive = || values.iter().filter(|other| **other != Value::Null && whole(other) > 0);
    let total: i128 = positive().map(whole).sum();
    let last = bounds.last().unwrap().0;
    if *value == Value::Null || whole(value) <= 0 {
        return Value::text(last);
    }
    let before: i128 = positive().filter(|other| compare(other, value) == Ordering::Greater).map(whole).sum();
    let is_above = |bound: &str| {
        let (units, fraction) = bound.split_once('.').unwrap_or((bound, ""));
        before * 1_000_000 < total * format!("{units}{fraction:0<6}").parse::<i128>().unwrap()
    };
    Value::text(bounds.iter().find(|(_, bound)| is_above(bound)).map_or(last, |(band, _)| band))
}

fn segment(row: &mut Row, name: &str, rules: &Segments, own: &[&Override]) {
    let rules: Vec<(&str, bool)> =
        rules.iter().map(|(label, when)| (*label, when.of(row) == Some(true))).collect();
    let first = rules.iter().position(|(_, is_true)| *is_true);
    row.set(&format!("{name}_rule"), Value::Int(first.map_or(0, |at| at as i64 + 1)));
    let labels: Vec<&str> = rules.iter().map(|(label, _)| *label).chain(["rest"]).collect();
    overrides::label(row, name, &labels, &rules, own);
}
