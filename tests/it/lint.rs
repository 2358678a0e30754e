//! The linter: what it finds in well-known tables, that presets are clean, and that it is right on random rules.

mod random;

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
