//! The linter: what it finds in well-known tables, that presets are clean, and that it is right on random rules: a rule is
//! said to reach nobody exactly if no row of all that there can be gets its label.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tiermill::diag::{Code, Severity};
use tiermill::spec::Preset;

use crate::rules::{self, Checked};
use crate::support::{Sandbox, table};

const HEAD: &str = "tiermill: 1
name: lint
inputs:
  orders:
    path: data/orders.parquet
    columns: {customer: customer_id, order: order_id, time: ordered_at, amount: amount}
";

/// Each finding: its code and, of a rule, the id that it is about.
fn findings(checked: &Checked) -> Vec<(Code, String)> {
    let all = checked.diagnostics.sorted();
    assert!(all.iter().all(|one| one.severity == Severity::Warning), "{}", checked.text());
    let about = |message: &str| {
        let after = message.split("the rule `").nth(1).unwrap_or_default();
        after.split('`').next().unwrap_or_default().to_owned()
    };
    all.iter().map(|one| (one.code, about(&one.message))).collect()
}

fn scored(bins: u16) -> String {
    format!(
        "{HEAD}metrics:
  recency_days: days_since(max(time))
  order_count: count(distinct order)
  revenue: sum(amount)
scores:
  r: {{of: recency_days, quantiles: {bins}, best: low}}
  f: {{of: order_count, quantiles: {bins}}}
  m: {{of: revenue, quantiles: {bins}}}
"
    )
}

/// As a well-known R package ships it, F and M taken separately, the first that fits.
#[test]
fn the_table_of_a_well_known_package() {
    let rules = scored(5)
        + "segments:
  rfm:
    rules:
      - {id: champions, when: r between 4 and 5 and f between 4 and 5 and m between 4 and 5}
      - {id: loyal, when: r between 2 and 5 and f between 3 and 5 and m between 3 and 5}
      - {id: potential, when: r between 3 and 5 and f between 1 and 3 and m between 1 and 3}
      - {id: new, when: r between 4 and 5 and f <= 1 and m <= 1}
      - {id: promising, when: r between 3 and 4 and f <= 1 and m <= 1}
      - {id: need_attention, when: r between 2 and 3 and f between 2 and 3 and m between 2 and 3}
      - {id: about_to_sleep, when: r between 2 and 3 and f <= 2 and m <= 2}
      - {id: at_risk, when: r <= 2 and f between 2 and 5 and m between 2 and 5}
      - {id: cannot_lose, when: r <= 1 and f between 4 and 5 and m between 4 and 5}
      - {id: lost, when: r <= 2 and f <= 2 and m <= 2}
    default: others
";
    for with_data in [false, true] {
        let checked = rules::check(&rules, &[], with_data);
        let shadowed = |id: &str| (Code::UnreachableRule, id.to_owned());
        assert_eq!(
            findings(&checked),
            [
                (Code::UncoveredCodes, String::new()),
                shadowed("new"),
                shadowed("promising"),
                shadowed("cannot_lose"),
            ],
            "{}",
            checked.text()
        );
        let text = checked.text();
        assert!(
            text.contains("36 of 125 combinations of `r`, `f` and `m` fall to the default `others`"),
            "{text}"
        );
        assert!(text.contains("nobody reaches the rule `new`: `potential` above it takes all"), "{text}");
        assert!(
            text.contains("nobody reaches the rule `cannot_lose`: `at_risk` above it takes all"),
            "{text}"
        );
    }
}

/// A rules file that uses a preset, with all that it reads.
fn with_preset(name: &str) -> String {
    let preset = Preset::load(name).expect(name);
    let mut metrics = String::new();
    for metric in &preset.metrics {
        // Contacts are rows of another table, which this file does not have.
        let line = metric.line.replace("from: interactions, ", "");
        metrics += &format!("  {line}\n");
    }
    for line in
        ["recency_days: days_since(max(time))", "order_count: count(distinct order)", "revenue: sum(amount)"]
    {
        if !metrics.contains(&format!("  {line}\n")) {
            metrics += &format!("  {line}\n");
        }
    }
    let mut rules = format!("{HEAD}metrics:\n{metrics}");
    if preset.is_bands() {
        return rules + &format!("bands:\n  abc: {{of: revenue, preset: {name}}}\n");
    }
    let mut reads = String::new();
    if let Some(scores) = preset.scores {
        let bins = scores.bins;
        rules += &format!(
            "scores:
  r: {{of: recency_days, quantiles: {bins}, best: low}}
  f: {{of: order_count, quantiles: {bins}}}
  m: {{of: revenue, quantiles: {bins}}}
"
        );
        reads = ", scores: [r, f, m]".to_owned();
    }
    rules += &format!("segments:\n  one: {{preset: {name}{reads}}}\n");
    if let Some(finer) = &preset.beside {
        rules += &format!("  finer: {{preset: {finer}{reads}}}\n");
    }
    rules
}

/// Every rule of every preset is reachable, and nothing is uncovered but the one code of braze-10.
#[test]
fn presets_are_clean() {
    for name in Preset::names() {
        for with_data in [false, true] {
            let checked = rules::check(&with_preset(name), &[], with_data);
            let found = findings(&checked);
            if name != "braze-10" {
                assert_eq!(found, [], "{name}: {}", checked.text());
                continue;
            }
            assert_eq!(found, [(Code::UncoveredCodes, String::new())], "{}", checked.text());
            let text = checked.text();
            assert!(
                text.contains("1 of 64 combinations of `r`, `f` and `m` falls to the default `other`"),
                "{text}"
            );
            assert!(
                text.contains("`r = 1 and f = 4 and m = 1`") && text.contains("counts from 0: `030`"),
                "{text}"
            );
        }
    }
}

/// Numbers of a preset that leave nobody for one of its segments.
#[test]
fn a_presets_variables_are_looked_through() {
    let rules = with_preset("lifecycle-retail")
        .replace("{preset: lifecycle-retail}", "{preset: lifecycle-retail, with: {active_days: 400}}");
    let checked = rules::check(&rules, &[], false);
    let found =
        [(Code::UnreachableRule, "at_risk".to_owned()), (Code::UnreachableRule, "dormant".to_owned())];
    assert_eq!(findings(&checked), found, "{}", checked.text());
}

#[test]
fn the_rules_files_of_the_project_are_clean() {
    for name in ["retail_value", "rfm", "abc", "clv"] {
        let path = crate::support::sandbox::project().join(format!("rules/{name}.yml"));
        let text = std::fs::read_to_string(path).unwrap();
        let checked = rules::check(&text, &[], false);
        assert_eq!(findings(&checked), [], "{}", checked.text());
    }
}

/// Warnings do not fail a check unless asked to, and a run says nothing of them.
#[test]
fn warnings_are_for_check() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words("id:text at:date amount:int\n a 2025-01-01 1"));
    sandbox.text(
        "rules.yml",
        "tiermill: 1
name: shop
inputs: {orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}}
metrics: {n: count(*), revenue: sum(amount)}
segments:
  tier:
    rules: [{id: a, when: n > 1}, {id: b, when: n > 2}]
    default: c
output: {columns: [id, tier]}
",
    );
    let ran = sandbox.tiermill(&["check", "rules.yml"]).done();
    assert_eq!(ran.stdout, "rules.yml: 2 warnings\n");
    assert!(
        ran.stderr.contains("warning[unreachable-rule]") && ran.stderr.contains("warning[unused-column]"),
        "{}",
        ran.stderr
    );
    assert_eq!(sandbox.tiermill(&["check", "rules.yml", "--deny-warnings"]).code, Some(2));
    assert_eq!(
        sandbox
            .tiermill(&[
                "check",
                "rules.yml",
                "--deny-warnings",
                "--set",
                "segments.tier.rules=[{id: a, when: n > 1}]",
                "--set",
                "output={path: out}"
            ])
            .code,
        Some(0)
    );
    let json = sandbox.tiermill(&["check", "rules.yml", "--format", "json"]).done().result();
    assert_eq!(json[0]["severity"], "warning");
    let shadowed =
        json.as_array().unwrap().iter().find(|one| one["code"] == "unreachable-rule").expect("a finding");
    assert_eq!(shadowed["related"][0]["line"], 7);
    let ran = sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31"]).done();
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

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
        // Whole numbers and halves from 1 to 4, of whole columns and of a double; scores from 0 to 4.
        3 => (0..3_usize, op.clone(), 2..=8_i32).prop_map(|(at, op, half)| Condition::Compare(at, op, if at == 2 { half.min(5) } else { half })),
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
