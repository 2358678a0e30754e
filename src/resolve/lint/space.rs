//! The cells of a segmentation: the product of what its columns can be, as far as its conditions tell values apart.

use std::cmp::Ordering;
use std::collections::HashMap;

use crate::decimal::Decimal;
use crate::plan::{Comparison, Expr, ExprKind, Segmentation, Type};

use super::atom::{self, Atom};
use super::facts::{Domain, Facts};

/// More cells than this are not looked through.
const MOST_CELLS: usize = 1 << 20;
/// More answers than this are not worked out: each value of a column stands before each question that is asked of it.
const MOST_ANSWERS: usize = 1 << 21;
/// More steps than this are not taken: each rule is held against all above it, 64 cells at a time.
const MOST_STEPS: usize = 1 << 28;
const CELLS_OF_A_STEP: usize = 64;

/// All cells.
pub(super) struct Space {
    pub(super) variables: Vec<Variable>,
    pub(super) cells: usize,
}

/// Something that conditions read: a column, an expression over columns, or a free condition.
pub(super) struct Variable {
    /// The expression in words: equal ones are one variable.
    pub(super) key: String,
    /// What it can be, as far as conditions tell it apart.
    pub(super) values: Vec<Value>,
    /// Cells from one value to the next.
    pub(super) stride: usize,
    /// Whether it is a score with bins.
    pub(super) is_score: bool,
}

/// A value, or values that no condition tells apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    /// True or false.
    Is(bool),
    /// A text; none is any text that is not named.
    Text(Option<String>),
    /// Numbers from the first to the last, and how many whole numbers are meant by it.
    Numbers(Numbers),
}

/// A stretch of a line: one number, whole numbers, or all between two that are not among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Numbers {
    low: Option<Decimal>,
    high: Option<Decimal>,
    /// Whether the ends are not among them.
    open: bool,
    /// The smallest whole number, and how many there are, of a score.
    pub(super) first: i64,
    pub(super) count: u64,
}

impl Numbers {
    /// How all of them stand to a number; none if not all the same.
    fn compare(&self, other: Decimal) -> Option<Ordering> {
        let low = self.low.map_or(Ordering::Less, |low| low.cmp(&other));
        let high = self.high.map_or(Ordering::Greater, |high| high.cmp(&other));
        match (low, high) {
            (Ordering::Equal, Ordering::Equal) if !self.open => Some(Ordering::Equal),
            (Ordering::Greater, _) => Some(Ordering::Greater),
            (_, Ordering::Less) => Some(Ordering::Less),
            (Ordering::Equal, _) if self.open => Some(Ordering::Greater),
            (_, Ordering::Equal) if self.open => Some(Ordering::Less),
            _ => None,
        }
    }
}

impl Value {
    /// Whether a number stands so to one of the constants; none is unknown.
    pub(super) fn holds(&self, op: Comparison, constants: &[Decimal]) -> Option<bool> {
        let Self::Numbers(numbers) = self else { return None };
        let holds =
            |constant: &Decimal| numbers.compare(*constant).is_some_and(|ordering| op.holds(ordering));
        Some(constants.iter().any(holds))
    }

    /// Whether a text is one of these; none is unknown.
    pub(super) fn is_in(&self, texts: &[String]) -> Option<bool> {
        match self {
            Self::Text(text) => Some(text.as_ref().is_some_and(|text| texts.contains(text))),
            _ => None,
        }
    }
}

/// What conditions ask of a variable.
struct Asked<'a> {
    expr: &'a Expr,
    /// A condition of its own, rather than a number or text.
    is_condition: bool,
    comparisons: Vec<(Comparison, Vec<Decimal>)>,
    texts: Vec<Vec<String>>,
    /// Whether each whole number counts, because it is added up.
    is_added: bool,
}

/// All that the conditions of a segmentation ask, in the order in which they ask it.
#[derive(Default)]
struct Questions<'a> {
    list: Vec<Asked<'a>>,
    at: HashMap<String, usize>,
}

impl<'a> Questions<'a> {
    fn of(&mut self, expr: &'a Expr) -> Option<&mut Asked<'a>> {
        let key = expr.to_string();
        let at = *self.at.entry(key).or_insert(self.list.len());
        if at == self.list.len() {
            let (comparisons, texts) = (Vec::new(), Vec::new());
            self.list.push(Asked { expr, is_condition: false, comparisons, texts, is_added: false });
        }
        self.list.get_mut(at)
    }

    fn collect(&mut self, expr: &'a Expr, facts: &Facts<'_>) {
        match &expr.kind {
            ExprKind::Literal(_) => return,
            ExprKind::Not(x) => return self.collect(x, facts),
            ExprKind::And(x, y) | ExprKind::Or(x, y) => {
                self.collect(x, facts);
                return self.collect(y, facts);
            }
            _ => {}
        }
        match atom::read(expr, facts) {
            Atom::Line(x, op, constants) => {
                self.of(x).into_iter().for_each(|asked| asked.comparisons.push((op, constants.clone())));
            }
            Atom::Text(x, texts, _) => {
                self.of(x).into_iter().for_each(|asked| asked.texts.push(texts.clone()));
            }
            Atom::Whole(x, _, y) => {
                self.added(x);
                self.added(y);
            }
            Atom::WholeIn(x, _) => self.added(x),
            Atom::Null(x) => {
                self.of(x);
            }
            Atom::Free(x) => self.of(x).into_iter().for_each(|asked| asked.is_condition = true),
            Atom::Unknown => {}
            Atom::Same(x, _) => self.collect(x, facts),
        }
    }

    /// The columns of a sum.
    fn added(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Column(_) => self.of(expr).into_iter().for_each(|asked| asked.is_added = true),
            ExprKind::Cast(x) | ExprKind::Negate(x) => self.added(x),
            ExprKind::Add(x, y) | ExprKind::Subtract(x, y) | ExprKind::Multiply(x, y) => {
                self.added(x);
                self.added(y);
            }
            _ => {}
        }
    }
}

impl Space {
    /// The cells of a segmentation, unless there are too many of them.
    pub(super) fn of(segmentation: &Segmentation, facts: &Facts<'_>) -> Option<Self> {
        let mut questions = Questions::default();
        segmentation.rules.iter().for_each(|rule| questions.collect(&rule.when, facts));
        let mut variables = Vec::new();
        let mut cells: usize = 1;
        for asked in &questions.list {
            let asks = asked.comparisons.len() + asked.texts.len();
            // A column has about two values a constant.
            if asks.saturating_mul(asks) * 2 > MOST_ANSWERS {
                return None;
            }
            let domain = facts.of(asked.expr);
            let values = values(asked, &domain)?;
            let stride = cells;
            cells = cells.checked_mul(values.len()).filter(|cells| *cells <= MOST_CELLS)?;
            let key = asked.expr.to_string();
            variables.push(Variable { key, values, stride, is_score: domain.is_score });
        }
        let rules = segmentation.rules.len();
        if rules.saturating_mul(rules).saturating_mul(cells.div_ceil(CELLS_OF_A_STEP)) > MOST_STEPS {
            return None;
        }
        Some(Self { variables, cells })
    }

    /// The variable of an expression.
    pub(super) fn variable(&self, expr: &Expr) -> Option<&Variable> {
        let key = expr.to_string();
        self.variables.iter().find(|variable| variable.key == key)
    }
}

impl Variable {
    /// Which of its values a cell has.
    pub(super) fn value(&self, cell: usize) -> usize {
        cell / self.stride % self.values.len()
    }
}

fn values(asked: &Asked<'_>, domain: &Domain) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    if asked.is_condition {
        values.extend([Value::Is(true), Value::Is(false)]);
    } else if let Some(labels) = &domain.labels {
        values.extend(labels.iter().map(|label| Value::Text(Some(label.clone()))));
    } else if !asked.texts.is_empty() {
        let mut texts: Vec<&String> = asked.texts.iter().flatten().collect();
        texts.sort();
        texts.dedup();
        values.extend(texts.into_iter().map(|text| Value::Text(Some(text.clone()))));
        values.push(Value::Text(None));
    } else if asked.is_added {
        let (least, most) = (domain.least?, domain.most?);
        let few = most.checked_sub(least).is_some_and(|few| few < 1000);
        let point = |number: i64| Value::Numbers(whole(Some(number), Some(number)));
        values.extend(few.then_some(least..=most)?.map(point));
    } else {
        let is_whole = asked.expr.ty.is_integer() || asked.expr.ty == Type::Date;
        let constants = asked.comparisons.iter().flat_map(|(_, constants)| constants).copied();
        values.extend(line(constants.collect(), is_whole, domain).into_iter().map(Value::Numbers));
    }
    // What no condition tells apart is one value.
    if !asked.is_added && !asked.is_condition {
        let mut kept: Vec<(Vec<Option<bool>>, Value)> = Vec::new();
        for value in values {
            let told = told(asked, &value);
            match kept.iter_mut().find(|(known, _)| *known == told) {
                Some((_, Value::Numbers(known))) => {
                    if let Value::Numbers(more) = value {
                        known.count = known.count.saturating_add(more.count);
                    }
                }
                Some(_) => {}
                None => kept.push((told, value)),
            }
        }
        values = kept.into_iter().map(|(_, value)| value).collect();
    }
    if !domain.certain {
        values.push(Value::Null);
    }
    Some(values)
}

/// What the conditions make of a value.
fn told(asked: &Asked<'_>, value: &Value) -> Vec<Option<bool>> {
    let numbers = asked.comparisons.iter().map(|(op, constants)| value.holds(*op, constants));
    numbers.chain(asked.texts.iter().map(|texts| value.is_in(texts))).collect()
}

fn whole(low: Option<i64>, high: Option<i64>) -> Numbers {
    let decimal = |number: i64| Decimal { unscaled: i128::from(number), scale: 0 };
    let count =
        low.zip(high).and_then(|(low, high)| u64::try_from(high.checked_sub(low)?.checked_add(1)?).ok());
    Numbers {
        low: low.map(decimal),
        high: high.map(decimal),
        open: false,
        first: low.unwrap_or(0),
        count: count.unwrap_or(u64::MAX),
    }
}

/// A line cut at constants: each of them a point, and what lies between and beyond them.
fn line(mut constants: Vec<Decimal>, is_whole: bool, domain: &Domain) -> Vec<Numbers> {
    constants.sort();
    constants.dedup_by(|a, b| a.cmp(&b).is_eq());
    if !is_whole {
        let point = |at: Decimal| Numbers { low: Some(at), high: Some(at), open: false, first: 0, count: 1 };
        let between = |low, high| Numbers { low, high, open: true, first: 0, count: 1 };
        let least = domain.least.map(|least| Decimal { unscaled: i128::from(least), scale: 0 });
        let mut stretches = vec![between(None, constants.first().copied())];
        for (number, at) in constants.iter().enumerate() {
            stretches.push(point(*at));
            stretches.push(between(Some(*at), constants.get(number + 1).copied()));
        }
        // Nothing lies below the least value.
        stretches.retain(|one| match (least, one.high) {
            (Some(least), Some(high)) => high > least || (high.cmp(&least).is_eq() && !one.open),
            _ => true,
        });
        return stretches;
    }
    let floor = |at: &Decimal| at.unscaled.div_euclid(10_i128.pow(u32::from(at.scale)));
    let mut stretches = Vec::new();
    let mut from = domain.least;
    let mut add = |low: Option<i64>, high: Option<i64>| {
        if low.zip(high).is_none_or(|(low, high)| low <= high) {
            stretches.push(whole(low, high));
        }
    };
    for at in &constants {
        let Ok(below) = i64::try_from(floor(at)) else { continue };
        let is_point = at.rescale(0).is_some();
        let inside = |number: i64| {
            domain.least.is_none_or(|least| number >= least) && domain.most.is_none_or(|most| number <= most)
        };
        let to = if is_point { below.saturating_sub(1) } else { below };
        add(from, Some(domain.most.map_or(to, |most| most.min(to))));
        if is_point && inside(below) {
            add(Some(below), Some(below));
        }
        let next = below.saturating_add(1);
        from = Some(from.map_or(next, |from| from.max(next)));
    }
    add(from, domain.most);
    stretches
}
