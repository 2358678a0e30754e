//! `quality`: what gates measure, what they do about it, and that nothing but the rows decides: not the threads, the
//! memory, or the cache.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value as Json;

use crate::support::{Ran, Sandbox, table};

const AS_OF: &str = "2025-01-31";

const ORDERS: &str = "uid:text no:int at:text amount:text status:text
    a 1 2025-01-01 10.00 done
    a 1 2025-01-02 5.00 done
    a 2 2025-01-03 0.00 done
    b - 2025-01-04 -3.00 back
    b 4 2024-01-04 1.00 odd
    - 5 2025-01-05 1.00 done
    c 6 - 1.00 done
    c 7 2025-01-06 - done
    c 8 2025-01-06 ten done
    c 9 2025-02-01 -1.00 odd
    c 10 2025-01-30 1.00 -
    d 11 2025-01-20 1.00 test";

/// Every gate on orders, with what is measured above: rows of 11, as `test` is filtered.
const MEASURED: [(&str, &str, u64); 15] = [
    ("null_customer", "LIMIT", 1),
    ("null_time", "LIMIT", 1),
    ("null_amount", "LIMIT", 1),
    ("null_order", "LIMIT", 1),
    ("unreadable", "LIMIT", 1),
    ("rejected", "LIMIT", 4),
    ("filtered", "LIMIT", 1),
    ("future", "LIMIT", 1),
    ("too_old", "{days: 100, LIMITS}", 1),
    ("duplicate_order", "LIMIT", 1),
    ("negative_amount", "LIMIT", 1),
    ("zero_amount", "LIMIT", 1),
    ("allowed.status", "{status: {values: [done, back], LIMITS}}", 1),
    ("max_age_days", "LIMIT", 1),
    ("rows", "BOUNDS", 12),
];

fn rules(quality: &str) -> String {
    format!(
        "tiermill: 1
name: shop
inputs:
  orders:
    path: orders.parquet
    columns: {{customer: uid, order: no, time: at, amount: amount}}
    where: status <> 'test' or status is null
    quality: {{{quality}}}
metrics: {{n: count(*), revenue: sum(amount)}}
"
    )
}

/// All gates, each with the same kind of limit; that of a gate which measures one row lets `most` rows pass.
fn all(kind: &str, spare: u64) -> String {
    let gate = |(name, shape, measured): &(&str, &str, u64)| {
        let key = name.split('.').next().unwrap();
        let most = if spare > 0 { *measured } else { measured - 1 };
        let bounds = if spare > 0 { [0, 12] } else { [13, 20] };
        let value = shape
            .replace("LIMITS", &format!("{kind}: {most}"))
            .replace("LIMIT", &format!("{{{kind}: {most}}}"))
            .replace("BOUNDS", &format!("{{{kind}: {bounds:?}}}"));
        format!("{key}: {value}")
    };
    MEASURED.iter().map(gate).collect::<Vec<_>>().join(", ")
}

fn shop(quality: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(ORDERS));
    sandbox.text("rules.yml", &rules(quality));
    sandbox
}

fn run(sandbox: &Sandbox, more: &[&str]) -> Ran {
    sandbox.tiermill(&[&["run", "rules.yml", "--as-of", AS_OF, "--out", "out"], more].concat())
}

fn verdicts(ran: &Ran) -> BTreeMap<String, (Option<u64>, String)> {
    let result = ran.result();
    let gates = result["quality"].as_array().unwrap_or_else(|| panic!("{result}")).iter();
    let verdict = |one: &Json| (one["measured"].as_u64(), one["verdict"].as_str().unwrap().to_owned());
    gates.map(|one| (one["gate"].as_str().unwrap().to_owned(), verdict(one))).collect()
}

/// Q1: every gate, worked out by hand: beyond `fail` all are named, and nothing is published.
#[test]
fn q1_every_breach_is_named_and_nothing_is_published() {
    let sandbox = shop(&all("fail", 0));
    let ran = run(&sandbox, &[]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let result = ran.result();
    let message = result["message"].as_str().unwrap();
    for (gate, ..) in MEASURED {
        assert!(message.contains(&format!("`orders.parquet`: {gate}: ")), "{gate}: {message}");
    }
    assert!(
        message.contains("future: 1 of 11 rows (9.091%), the limit is 0 (line 8 of the rules)"),
        "{message}"
    );
    assert!(!sandbox.path("out/as_of=2025-01-31").exists());
}

/// At its limit a gate passes; beyond `warn` it is published and said on the terminal, in the result and the manifest.
#[test]
fn a_warning_is_said_and_published() {
    let ran = run(&shop(&all("fail", 1)), &[]).done();
    let passed = verdicts(&ran);
    for (gate, _, measured) in MEASURED {
        assert_eq!(passed[gate], (Some(measured), "pass".to_owned()), "{gate}");
    }
    let sandbox = shop(&all("warn", 0));
    let ran = run(&sandbox, &[]).done();
    let warned = verdicts(&ran);
    for (gate, _, measured) in MEASURED {
        assert_eq!(warned[gate], (Some(measured), "warn".to_owned()), "{gate}");
        assert!(ran.stderr.contains(&format!("`orders.parquet`: {gate}: ")), "{gate}: {}", ran.stderr);
    }
    let manifest = std::fs::read(sandbox.path("out/as_of=2025-01-31/_run/manifest.json")).unwrap();
    let manifest: Json = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["quality"], ran.result()["quality"]);
}

/// A number with a point or a percent sign is a share, a whole one is rows; the comparison is exact.
#[test]
fn shares_and_counts() {
    for (limit, passes) in
        [("0", false), ("1", true), ("1.0", true), ("9.09%", false), ("9.1%", true), ("0.090909", false)]
    {
        let ran = run(&shop(&format!("negative_amount: {limit}")), &[]);
        assert_eq!(ran.code, Some(if passes { 0 } else { 3 }), "{limit}: {}", ran.stderr);
    }
}

/// An input whose newest row is too old may be late: exit 4, and a retry may help. With another breach it is not.
#[test]
fn a_stale_input_is_worth_a_retry() {
    let ran = run(&shop("max_age_days: 0"), &[]);
    assert_eq!((ran.code, &ran.result()["retryable"]), (Some(4), &Json::Bool(true)), "{}", ran.stderr);
    let ran = run(&shop("max_age_days: 0, future: 0"), &[]);
    assert_eq!((ran.code, &ran.result()["retryable"]), (Some(3), &Json::Bool(false)), "{}", ran.stderr);
}

/// Rows against the latest run of an earlier day; without one nothing is compared.
#[test]
fn rows_are_compared_with_the_run_before() {
    let sandbox = shop("rows_drop: 0.1, rows_rise: 50%");
    let day = |as_of: &str| sandbox.tiermill(&["run", "rules.yml", "--as-of", as_of, "--out", "out"]);
    let first = verdicts(&day("2025-01-29").done());
    assert_eq!(first["rows_drop"], (None, "not_compared".to_owned()));
    assert_eq!(verdicts(&day("2025-01-30").done())["rows_rise"], (Some(0), "pass".to_owned()));
    let fewer: Vec<&str> = ORDERS.lines().take(6).collect();
    sandbox.orders("orders.parquet", &table::words(&fewer.join("\n")));
    let ran = day("2025-01-31");
    assert_eq!(ran.code, Some(3));
    assert!(
        ran.stderr.contains("rows_drop: 7 rows fewer than 12 (58.333%), the limit is 0.1"),
        "{}",
        ran.stderr
    );
    // A day before all of them has nothing before it.
    assert_eq!(verdicts(&day("2025-01-28").done())["rows_drop"].1, "not_compared");
}

/// Events and customers have gates of their own.
#[test]
fn events_and_customers_have_gates() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words("uid:text at:text\n a 2025-01-01\n x 2025-01-02"));
    sandbox.orders("visits.parquet", &table::words("uid:text at:text\n a 2025-01-01\n y 2025-01-02\n z -"));
    sandbox.orders("people.parquet", &table::words("uid:text r:text\n a n\n a n\n a s\n - n"));
    sandbox.text(
        "rules.yml",
        "tiermill: 1
name: shop
inputs:
  orders: {path: orders.parquet, columns: {customer: uid, time: at}, quality: {unknown_customer: {warn: 0}}}
  customers:
    path: people.parquet
    columns: {customer: uid}
    attributes: [r]
    quality: {null_customer: {warn: 0}, duplicate_customer: {warn: 0}, identical: {warn: 0}, rejected: {warn: 1}}
  visits: {path: visits.parquet, columns: {customer: uid, time: at}, quality: {null_time: {warn: 0}, unknown_customer: {warn: 0}}}
metrics: {n: count(*), v: {from: visits, expr: count(*)}}
",
    );
    let ran = run(&sandbox, &[]).done();
    let result = ran.result();
    let found: Vec<String> = result["quality"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!("{} {} {} {}", one["input"], one["gate"], one["measured"], one["of"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        found,
        [
            "orders unknown_customer 1 2",
            "visits null_time 1 3",
            "visits unknown_customer 1 3",
            "customers null_customer 1 4",
            "customers duplicate_customer 1 4",
            "customers identical 1 4",
            "customers rejected 2 4",
        ]
    );
}

/// A profile that is kept, or extended by a later day and by new files, gives the verdicts of a cold run.
#[test]
fn a_kept_profile_gives_the_same_verdicts() {
    let quality = "negative_amount: {warn: 0}, zero_amount: {warn: 0}, null_order: {warn: 0}, max_age_days: {warn: 0}, future: {warn: 0}, allowed: {status: {values: [done], warn: 0}}";
    let sandbox = shop(quality);
    let text = std::fs::read_to_string(sandbox.path("rules.yml")).unwrap();
    sandbox.text("rules.yml", &text.replace("orders.parquet", "orders*.parquet"));
    let day = |as_of: &str, out: &str, more: &[&str]| {
        let args = ["run", "rules.yml", "--as-of", as_of, "--out", out];
        sandbox.tiermill(&[&args[..], more].concat()).done()
    };
    let cache = ["--cache", "cache"];
    day("2025-01-31", "warm", &cache);
    let kept = day("2025-01-31", "warm", &cache);
    assert_eq!(kept.result()["profile"], "kept");
    assert_eq!(verdicts(&kept), verdicts(&day("2025-01-31", "cold", &[])));
    let more = "uid:text no:int at:text amount:text status:text\n e 20 2025-02-01 -1.00 odd\n e - 2025-02-01 0.00 back";
    sandbox.orders("orders2.parquet", &table::words(more));
    let extended = day("2025-02-02", "warm", &cache);
    assert_eq!(extended.result()["profile"], "extended", "{}", extended.stderr);
    assert_eq!(verdicts(&extended), verdicts(&day("2025-02-02", "cold", &[])));
    assert_eq!(verdicts(&extended)["negative_amount"].0, Some(3));
    // What is too old is another thing every day.
    let text = std::fs::read_to_string(sandbox.path("rules.yml")).unwrap();
    sandbox.text("rules.yml", &text.replace("quality: {", "quality: {too_old: {days: 29, warn: 0}, "));
    day("2025-02-02", "warm", &cache);
    let later = day("2025-02-03", "warm", &cache);
    assert_eq!(later.result()["profile"], "read");
    assert_eq!(verdicts(&later), verdicts(&day("2025-02-03", "cold", &[])));
}

/// Random rows against a count row by row, on one and on four threads.
#[test]
fn measures_are_those_of_a_count_row_by_row() {
    let row = (0_u8..4, 0_i64..5, 0_u32..60, -2_i64..3, 0_u8..4);
    let runner = &mut TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&prop::collection::vec(row, 1..60), |rows| {
        let mut text =
            String::from("uid:text no:int at:text amount:text status:text\n k 99 2025-01-31 1 done");
        let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
        let mut seen = std::collections::HashSet::new();
        let as_of = table::days(AS_OF);
        for (customer, order, back, amount, status) in rows {
            let day = as_of + 2 - back as i32;
            let date = chrono::NaiveDate::default() + chrono::Days::new(day as u64);
            let or_null = |is_null: bool, text: String| if is_null { "-".to_owned() } else { text };
            let id = or_null(customer == 0, format!("c{customer}"));
            let number = or_null(order == 0, order.to_string());
            let status = ["done", "back", "odd", "-"][usize::from(status)];
            text += &format!("\n {id} {number} {date} {amount} {status}");
            let mut add = |name, holds: bool| *expected.entry(name).or_default() += u64::from(holds);
            add("null_customer", customer == 0);
            let counts = customer > 0 && day <= as_of;
            add("future", customer > 0 && day > as_of);
            add("null_order", counts && order == 0);
            add("negative_amount", counts && amount < 0);
            add("zero_amount", counts && amount == 0);
            add("too_old", counts && as_of - day > 30);
            add("allowed.status", counts && status == "odd");
            add("duplicate_order", counts && order > 0 && !seen.insert((customer, order)));
        }
        let sandbox = Sandbox::new();
        sandbox.orders("orders.parquet", &table::words(&text));
        let gates: Vec<String> = expected
            .keys()
            .map(|name| match *name {
                "too_old" => "too_old: {days: 30, warn: 0}".to_owned(),
                "allowed.status" => "allowed: {status: {values: [done, back], warn: 0}}".to_owned(),
                name => format!("{name}: {{warn: 0}}"),
            })
            .collect();
        sandbox.text("rules.yml", &rules(&gates.join(", ")));
        for more in [&["--threads", "1"][..], &["--threads", "4"], &["--memory-limit", "400MB"]] {
            let ran = run(&sandbox, more);
            if ran.code != Some(0) {
                return Err(TestCaseError::fail(format!("{}\n{text}", ran.stderr)));
            }
            let found = verdicts(&ran);
            for (name, rows) in &expected {
                let verdict = if *rows > 0 { "warn" } else { "pass" };
                prop_assert_eq!(&found[*name], &(Some(*rows), verdict.to_owned()), "{}: {}", name, text);
            }
        }
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}
