//! Random rules: a rule is said to reach nobody exactly if no row of all that there can be gets its label.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiermill::diag::Code;

use super::{HEAD, findings};
use crate::rules;

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cell {
    Null,
    /// In halves.
    Half(i32),
    Text(&'static str),
}

/// The columns: every value that conditions below can tell from others, and as much beyond.
fn columns() -> Vec<(&'static str, Vec<Cell>)> {
    let halves = |halves: Vec<i32>| halves.into_iter().map(Cell::Half).collect::<Vec<_>>();
    let whole = |numbers: std::ops::RangeInclusive<i32>| halves(numbers.map(|number| 2 * number).collect());
    let or_null = |mut cells: Vec<Cell>| {
        cells.push(Cell::Null);
        cells
    };
    let texts = |texts: &[&'static str]| texts.iter().map(|text| Cell::Text(text)).collect::<Vec<_>>();
    vec![
        ("n", whole(0..=5)),
        ("days", or_null(whole(0..=5))),
        ("x", or_null(halves((0..=7).collect()))),
        ("cat", or_null(texts(&["web", "app", "else"]))),
        ("s", whole(1..=3)),
        ("t", or_null(whole(1..=2))),
        ("abc", texts(&["A", "B", "C"])),
    ]
}

const METRICS: &str = "metrics:
  n: count(*)
  days: days_since(max(time))
  x: avg(amount)
  cat: top(channel, count(*))
  revenue: sum(amount)
  gap: last_gap(time)
scores:
  s: {of: revenue, quantiles: 3}
  t: {of: gap, mean: true}
bands:
  abc: {of: revenue, cumulative: {A: 0.8, B: 0.95, C: 1}}
";

#[derive(Clone, Debug)]
enum Condition {
    Compare(usize, &'static str, i32),
    In(usize, Vec<Cell>),
    IsNull(usize),
    /// `s + t` or `2 * s - t`, compared.
    Sum(bool, &'static str, i32),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
}

fn holds(op: &str, ordering: std::cmp::Ordering) -> bool {
    match op {
        "=" => ordering.is_eq(),
        "<>" => ordering.is_ne(),
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        ">" => ordering.is_gt(),
        _ => ordering.is_ge(),
    }
}

impl Condition {
    fn eval(&self, row: &[Cell]) -> Option<bool> {
        let half = |at: usize| match row[at] {
            Cell::Half(value) => Some(value),
            _ => None,
        };
        match self {
            Self::Compare(at, op, number) => half(*at).map(|value| holds(op, value.cmp(number))),
            Self::In(at, list) => (row[*at] != Cell::Null).then(|| list.contains(&row[*at])),
            Self::IsNull(at) => Some(row[*at] == Cell::Null),
            Self::Sum(plain, op, number) => {
                let (s, t) = (half(4)? / 2, half(5)? / 2);
                let sum = if *plain { s + t } else { 2 * s - t };
                Some(holds(op, sum.cmp(number)))
            }
            Self::Not(one) => one.eval(row).map(|value| !value),
            Self::And(one, two) => match (one.eval(row), two.eval(row)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(one, two) => match (one.eval(row), two.eval(row)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }

    fn sql(&self, columns: &[(&str, Vec<Cell>)]) -> String {
        let number = |halves: &i32| {
            if halves % 2 == 0 { format!("{}", halves / 2) } else { format!("{}.5", halves / 2) }
        };
        let cell = |cell: &Cell| match cell {
            Cell::Half(halves) => number(halves),
            Cell::Text(text) => format!("'{text}'"),
            Cell::Null => unreachable!("no null in a list"),
        };
        match self {
            Self::Compare(at, op, value) => format!("{} {op} {}", columns[*at].0, number(value)),
            Self::In(at, list) => {
                format!("{} in ({})", columns[*at].0, list.iter().map(cell).collect::<Vec<_>>().join(", "))
            }
            Self::IsNull(at) => format!("{} is null", columns[*at].0),
            Self::Sum(true, op, value) => format!("s + t {op} {value}"),
            Self::Sum(false, op, value) => format!("{value} {} 2 * s - t", flipped(op)),
            Self::Not(one) => format!("not ({})", one.sql(columns)),
            Self::And(one, two) => format!("({} and {})", one.sql(columns), two.sql(columns)),
            Self::Or(one, two) => format!("({} or {})", one.sql(columns), two.sql(columns)),
        }
    }
}

fn flipped(op: &str) -> &str {
    match op {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        equality => equality,
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let op = prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]);
    let texts = |at: usize, texts: [&'static str; 2]| {
        prop::sample::subsequence(texts.to_vec(), 1..=2)
            .prop_map(move |texts| Condition::In(at, texts.into_iter().map(Cell::Text).collect()))
    };
    let leaf = prop_oneof![
        // Whole numbers and halves from 1 to 4, of whole columns; 1.5 and 2.5 of a double, as the grid has a value between
        // these, but none between a half and a whole number; scores from 0 to 4.
        3 => (0..3_usize, op.clone(), 2..=8_i32).prop_map(|(at, op, half)| Condition::Compare(at, op, if at == 2 { half.min(5) | 1 } else { half })),
        2 => (4..6_usize, op.clone(), 0..=8_i32).prop_map(|(at, op, half)| Condition::Compare(at, op, half)),
        1 => (0..2_usize, prop::sample::subsequence(vec![1, 2, 3, 4], 1..=3)).prop_map(|(at, numbers)| Condition::In(at, numbers.into_iter().map(|number| Cell::Half(2 * number)).collect())),
        1 => texts(3, ["web", "app"]),
        1 => texts(6, ["A", "C"]),
        1 => (0..7_usize).prop_map(Condition::IsNull),
        1 => (any::<bool>(), op, 0..=6_i32).prop_map(|(plain, op, number)| Condition::Sum(plain, op, number)),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            1 => inner.clone().prop_map(|one| Condition::Not(Box::new(one))),
            2 => (inner.clone(), inner.clone()).prop_map(|(one, two)| Condition::And(Box::new(one), Box::new(two))),
            2 => (inner.clone(), inner).prop_map(|(one, two)| Condition::Or(Box::new(one), Box::new(two))),
        ]
    })
}

/// Every row that there can be, as far as conditions tell rows apart.
fn grid(columns: &[(&str, Vec<Cell>)]) -> Vec<Vec<Cell>> {
    let mut rows = vec![Vec::new()];
    for (_, cells) in columns {
        let longer = |row: Vec<Cell>| cells.iter().map(move |cell| [row.clone(), vec![*cell]].concat());
        rows = rows.into_iter().flat_map(longer).collect();
    }
    rows
}

#[test]
fn a_rule_reaches_nobody_exactly_if_it_is_said_so() {
    let columns = columns();
    let rows = grid(&columns);
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let strategy = prop::collection::vec(condition(), 2..6);
    let ran = TestRunner::new(config).run(&strategy, |conditions| {
        let mut text = format!("{HEAD}{METRICS}segments:\n  tier:\n    rules:\n");
        for (number, condition) in conditions.iter().enumerate() {
            text += &format!("      - {{id: rule_{number}, when: \"{}\"}}\n", condition.sql(&columns));
        }
        text += "    default: rest\n";
        let checked = rules::check(&text, &[], true);
        let found = findings(&checked);
        if found.iter().any(|(code, _)| *code == Code::LintSkipped) {
            return Ok(());
        }
        let mut reached = vec![false; conditions.len()];
        let mut ever = vec![false; conditions.len()];
        for row in &rows {
            let mut taken = false;
            for (number, condition) in conditions.iter().enumerate() {
                let holds = condition.eval(row) == Some(true);
                ever[number] |= holds;
                reached[number] |= holds && !taken;
                taken |= holds;
            }
        }
        for number in 0..conditions.len() {
            let said: Vec<Code> = found
                .iter()
                .filter(|(_, id)| *id == format!("rule_{number}"))
                .map(|(code, _)| *code)
                .collect();
            prop_assert_eq!(
                said.contains(&Code::NeverTrue),
                !ever[number],
                "rule_{} of\n{}{}",
                number,
                text,
                checked.text()
            );
            prop_assert_eq!(
                !said.is_empty(),
                !reached[number],
                "rule_{} of\n{}{}",
                number,
                text,
                checked.text()
            );
        }
        Ok(())
    });
    if let Err(failure) = ran {
        panic!("{failure}");
    }
}
