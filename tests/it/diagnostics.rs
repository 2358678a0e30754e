//! Every complaint about a rules file, to the letter: `fixtures/diagnostics/<code>/<what>.yml` and what is printed for it.
//!
//! A fixture may begin with lines for this test alone, which are cut off: `#: data` checks it against the test data,
//! `#: set a.b=c` adds an override, `#: line a,b,c` a line to the file of labels set by hand. `TIERMILL_BLESS=1 cargo test --release diagnostics` writes the `.txt` files anew;
//! read what changed before it is committed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tiermill::catalog::OverridesFile;
use tiermill::diag::{Code, Diagnostic, Source, render};
use tiermill::plan::InputFile;
use tiermill::spec::Override;

use crate::rules::{self, Checked};

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/diagnostics");
    let list = |folder: &Path| {
        let entries = fs::read_dir(folder).expect("the fixtures");
        entries.map(|entry| entry.expect("an entry").path()).collect::<Vec<PathBuf>>()
    };
    let mut files: Vec<PathBuf> = list(&folder).iter().flat_map(|code| list(code)).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    files
}

/// `bad-value/1y-not-number-days.yml` → `bad-value`.
fn code_of(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name).expect("a folder named by the code");
    folder.to_string_lossy().into_owned()
}

fn check_fixture(file: &Path) -> Checked {
    let whole = fs::read_to_string(file).expect("a fixture");
    let mut text = whole.as_str();
    let (mut with_data, mut overrides, mut labels) = (false, Vec::new(), String::new());
    while let Some(rest) = text.strip_prefix("#: ") {
        let (directive, rest) = rest.split_once('\n').expect("a line");
        match directive.split_once(' ') {
            None if directive == "data" => with_data = true,
            Some(("line", line)) => labels += &format!("{line}\n"),
            Some(("set", set)) => {
                let (path, value) = set.split_once('=').expect("path=value");
                overrides.push(Override { path: path.to_owned(), value: value.to_owned() });
            }
            _ => panic!("{}: what is `{directive}`?", file.display()),
        }
        text = rest;
    }
    let labels = OverridesFile {
        file: InputFile {
            path: "overrides.csv".into(),
            bytes: 0,
            rows: 0,
            footer_sha256: String::new(),
            imported: None,
            stamp: None,
        },
        source: Arc::new(Source::new("overrides.csv", labels)),
    };
    rules::check_with(text, &overrides, with_data, Some(&labels))
}

#[test]
fn every_fixture_prints_what_is_pinned() {
    let bless = std::env::var_os("TIERMILL_BLESS").is_some();
    let mut wrong = Vec::new();
    for file in fixtures() {
        let (checked, code) = (check_fixture(&file), code_of(&file));
        let printed = checked.text();
        let pin = file.with_extension("txt");
        if !printed.contains(&format!("[{code}]")) {
            wrong.push(format!("{}: does not raise `{code}`, but\n{printed}", file.display()));
        }
        if bless {
            fs::write(&pin, &printed).expect("a writable fixture");
        } else if fs::read_to_string(&pin).ok().as_deref() != Some(&printed) {
            wrong.push(format!("{} is not what is printed now:\n{printed}", pin.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n\n{} fixtures are wrong", wrong.join("\n"), wrong.len());
}

#[test]
fn every_code_has_a_fixture() {
    let with: BTreeSet<String> = fixtures().iter().map(|file| code_of(file)).collect();
    let all: BTreeSet<String> = Code::ALL.iter().map(ToString::to_string).collect();
    assert_eq!(with, all);
}

/// One run reports every mistake, in the order of the file; one mistake does not hide or make another.
#[test]
fn all_mistakes_are_reported_at_once_in_the_order_of_the_file() {
    let text = "tiermill: 1
name: My Shop
timezone: Asia/Peking1
inputs:
  orders:
    path: data/orders.parquet
    columns: {customer: customer_id, order: order_no, time: ordered_at, amount: amount}
    where: statuss = 'completed' and amount >
    quality: {futur: 0}
metrics:
  recency_days: days_since(max(tme))
  order_count: count(*)
  revenue: sum(amount)
  Big: sum(amount) > '5'
  share: {expr: sum(amount), per: revenu, windw: 90d}
  loop_a: loop_b + 1
  loop_b: loop_a * 2
  after: loop_a + recency_days + oops
scores:
  r: {of: recency_days, quantiles: 500, best: lowest}
  f: {of: order_count, breaks: [4, 2]}
  m: {of: revenue, quantiles: 5}
bands:
  abc: {of: revenue, cumulative: {A: 0.8, B: 0.7}}
clv: {model: simple, horizon: soon, margin: 0.3}
segments:
  rfm: {preset: rfm-12, scores: [r, f, m]}
  tier:
    rules:
      - {id: high, when: abc = 'X' and clv > 100}
      - {id: mid, when: later = 'a'}
      - id: low
        when: >
          sum(amount) > 3 and
          medain(revenue) > 1
      - {id: nothing}
  later:
    rules:
      - {id: a, when: revenue > 100}
    default: b
output:
  columns: [customer_id, revenue, nothing_like_it]
";
    let checked = rules::check(text, &[], true);
    let sorted = checked.diagnostics.sorted();
    let places = sorted.iter().map(|d| checked.source.line_column(d.span.expect("a place").start));
    let found: Vec<(usize, usize, &str)> =
        places.zip(&sorted).map(|((line, column), d)| (line, column, d.code.as_str())).collect();
    assert!(found.is_sorted_by_key(|(line, column, _)| (*line, *column)));
    let expected = [
        (2, 7, "bad-name"),
        (3, 11, "bad-value"),
        (7, 45, "unknown-column"),
        (8, 45, "expr-syntax"),
        (9, 15, "unknown-key"),
        (11, 32, "unknown-name"),
        (14, 3, "bad-name"),
        (14, 8, "type-mismatch"),
        (15, 35, "unknown-name"),
        (15, 43, "unknown-key"),
        (16, 3, "cycle"),
        (18, 34, "unknown-name"),
        (20, 36, "bad-value"),
        (20, 47, "bad-value"),
        (21, 36, "breaks-order"),
        (24, 46, "bands-order"),
        (25, 31, "bad-value"),
        (27, 17, "unknown-preset"),
        (28, 3, "missing-key"),
        (30, 32, "unknown-label"),
        (34, 11, "aggregate-misplaced"),
        (35, 11, "unknown-function"),
        (36, 10, "missing-key"),
        (42, 35, "unknown-name"),
    ];
    assert_eq!(found, expected, "{}", checked.text());
}

/// The example of the format, without the sections that are not built.
const EXAMPLE: &str = include_str!("fixtures/example.yml");

#[test]
fn the_example_is_accepted() {
    for with_data in [false, true] {
        let checked = rules::check(EXAMPLE, &[], with_data);
        // It shows more metrics than it publishes, and the linter says so.
        let unused = |one: &&Diagnostic| one.code == Code::UnusedColumn;
        assert!(checked.diagnostics.sorted().iter().all(unused), "{}", checked.text());
        assert_eq!(checked.plan.is_some(), with_data);
    }
}

/// What the format has and this version does not run is refused, wherever it stands.
#[test]
fn what_is_not_built_is_refused() {
    let sections = [("output:\n", "guards:\n  tier.high_value: {share: [0.01, 0.40]}\noutput:\n", "guards")];
    for (before, after, name) in sections {
        assert_eq!(EXAMPLE.matches(before).count(), 1, "`{before}` stands once in the example");
        let checked = rules::check(&EXAMPLE.replace(before, after), &[], true);
        let found = checked.text();
        assert!(
            found.contains("error[not-built]") && found.contains(&format!("`{name}`")),
            "{name}: {found}"
        );
        assert!(checked.diagnostics.len() == 1 && checked.plan.is_none(), "{name}: {found}");
    }
}

/// For machines there is the same in JSON.
#[test]
fn json_has_the_place_of_each_complaint() {
    let checked = rules::check("tiermill: 1\nname: 客户\ninputs: 5\nmetrics: {n: count(*)}\n", &[], false);
    let json = render::json(&checked.diagnostics, &checked.source);
    let first = &json[0];
    assert_eq!(first["severity"], "error");
    assert_eq!(first["code"], "wrong-type");
    assert_eq!(first["file"], "rules.yml");
    let place =
        ["line", "column", "end_line", "end_column"].map(|key| first[key].as_u64().expect("a number"));
    assert_eq!(place, [3, 9, 3, 10]);
    assert_eq!(json.as_array().expect("a list").len(), checked.diagnostics.len());
}

/// Colour changes nothing but colour.
#[test]
fn colour_adds_escapes_only() {
    let checked = rules::check("tiermill: 1\nnam: shop\n", &[], false);
    let coloured = render::text(&checked.diagnostics, &checked.source, true);
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').expect("an escape").1;
    }
    plain.push_str(rest);
    assert!(coloured.contains('\u{1b}'));
    let without_trailing = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(
        without_trailing(&plain),
        without_trailing(&render::text(&checked.diagnostics, &checked.source, false))
    );
}
