//! Generated conditions, as SQL and as what they mean: true, false or unknown.

use std::cmp::Ordering;
use std::fmt;

use proptest::prelude::*;

use crate::support::Value;

use super::apply::Row;

/// Columns that are numbers, of every type, some of them null.
const NUMBERS: [&str; 9] =
    ["recency_days", "revenue", "most_w", "gap", "avg_order", "orders_w", "share", "s0", "value"];
/// Literals, in hundredths.
const LITERALS: [i64; 9] = [-100, 0, 50, 100, 200, 300, 500, 1025, 3000];

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Compare(&'static str, &'static str, i64),
    Between(&'static str, i64, i64),
    IsNull(&'static str, bool),
    /// A column of texts, and whether it says `not in`.
    In(&'static str, Vec<&'static str>, bool),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

/// A condition; `labelled` ones read the segmentation `stage`, too.
pub(crate) fn condition(labelled: bool) -> impl Strategy<Value = Condition> {
    let number = || prop::sample::select(NUMBERS.to_vec());
    let literal = || prop::sample::select(LITERALS.to_vec());
    let operator = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let texts = |column: &'static str, values: Vec<&'static str>| {
        let some = prop::sample::subsequence(values, 1..=2);
        (some, any::<bool>()).prop_map(move |(some, not)| Condition::In(column, some, not))
    };
    let mut leaves = vec![
        (number(), operator, literal()).prop_map(|(x, op, y)| Condition::Compare(x, op, y)).boxed(),
        (number(), literal(), literal()).prop_map(|(x, low, high)| Condition::Between(x, low, high)).boxed(),
        (number(), any::<bool>()).prop_map(|(x, not)| Condition::IsNull(x, not)).boxed(),
        texts("last_channel", vec!["web", "app", ""]).boxed(),
        texts("b0", vec!["A", "C"]).boxed(),
    ];
    if labelled {
        leaves.push(texts("stage", vec!["one", "two", "rest"]).boxed());
    }
    prop::strategy::Union::new(leaves).prop_recursive(3, 8, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|x| Condition::Not(Box::new(x))),
            pair.clone().prop_map(|(x, y)| Condition::And(Box::new(x), Box::new(y))),
            pair.prop_map(|(x, y)| Condition::Or(Box::new(x), Box::new(y))),
        ]
    })
}

struct Hundredths(i64);

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 % 100 {
            0 => write!(f, "{}", self.0 / 100),
            _ => write!(f, "{}", Value::Decimal(self.0.into(), 2)),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = |not: &bool| if *not { "not " } else { "" };
        match self {
            Self::Compare(x, op, y) => write!(f, "{x} {op} {}", Hundredths(*y)),
            Self::Between(x, low, high) => {
                write!(f, "{x} between {} and {}", Hundredths(*low), Hundredths(*high))
            }
            Self::IsNull(x, negated) => write!(f, "{x} is {}null", not(negated)),
            Self::In(x, values, negated) => write!(f, "{x} {}in ('{}')", not(negated), values.join("', '")),
            Self::Not(x) => write!(f, "not ({x})"),
            Self::And(x, y) => write!(f, "({x}) and ({y})"),
            Self::Or(x, y) => write!(f, "({x}) or ({y})"),
        }
    }
}

impl Condition {
    /// True, false, or none for unknown.
    pub(crate) fn of(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Compare(x, op, y) => {
                let order = compare(row.get(x), *y)?;
                Some(match *op {
                    "=" => order == Ordering::Equal,
                    "<>" => order != Ordering::Equal,
                    "<" => order == Ordering::Less,
                    "<=" => order != Ordering::Greater,
                    ">" => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                })
            }
            Self::Between(x, low, high) => {
                let (low, high) = (compare(row.get(x), *low)?, compare(row.get(x), *high)?);
                Some(low != Ordering::Less && high != Ordering::Greater)
            }
            Self::IsNull(x, negated) => Some((*row.get(x) == Value::Null) != *negated),
            Self::In(x, values, negated) => match row.get(x) {
                Value::Text(text) => Some(values.contains(&text.as_str()) != *negated),
                _ => None,
            },
            Self::Not(x) => Some(!x.of(row)?),
            Self::And(x, y) => match (x.of(row), y.of(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(x, y) => match (x.of(row), y.of(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

/// A number against hundredths; none for null.
fn compare(value: &Value, hundredths: i64) -> Option<Ordering> {
    let literal = i128::from(hundredths);
    match value {
        Value::Int(value) => Some((i128::from(*value) * 100).cmp(&literal)),
        Value::Decimal(value, scale) => Some((value * 100).cmp(&(literal * 10_i128.pow(u32::from(*scale))))),
        Value::Double(value) => value.partial_cmp(&(hundredths as f64 / 100.0)),
        _ => None,
    }
}
