//! P2: pseudonymous ids on request; no id and no key in any published file or any log.

use std::path::Path;

use super::{FOLDER, names, sha256};
use crate::support::{Ran, Rows, Sandbox, Value, table};

const KEY: &str = "a key of many more bytes than sixteen";
const IDS: [&str; 6] =
    ["ann.smith@example.org", "bob-4711", "carla-0815", "dora-1234", "客户-99", "emil-2222"];

const RULES: &str = "
tiermill: 1
name: shop
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, time: at, amount: amount}
metrics:
  revenue: sum(amount)
  days: days_since(max(time))
  buyers: count(distinct customer)
scores:
  m: {of: revenue, quantiles: 3, ties: split}
segments:
  tier:
    rules:
      - {id: gold, when: revenue >= 100}
    default: rest
overrides: {path: overrides.csv}
audiences: [tier.gold]
privacy: {pseudonymize: {key_env: TIERMILL_TEST_KEY}}
";

const RUN: [&str; 6] = ["run", "rules.yml", "--as-of", "2025-01-31", "--out", "out"];

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let rows: String = IDS
        .iter()
        .enumerate()
        .map(|(at, id)| format!("\n{id} 2025-01-0{} {}", at + 1, 40 * at + 20))
        .collect();
    let orders = format!("id:text at:date amount:decimal{rows}\nbob-4711 2025-01-02 -\n- 2025-01-02 1");
    sandbox.orders("orders.parquet", &table::words(&orders));
    sandbox.text("rules.yml", RULES);
    let lines = "tier,bob-4711,pin,gold,asked,me,\ntier,nobody-777,pin,gold,asked,me,\n";
    sandbox.text(
        "overrides.csv",
        &format!("segmentation,customer,action,segment,reason,author,expires_on\n{lines}"),
    );
    sandbox
}

fn run(sandbox: &Sandbox, args: &[&str], key: Option<&str>) -> Ran {
    let mut command = sandbox.command(args);
    command.env_remove("TIERMILL_TEST_KEY");
    if let Some(key) = key {
        command.env("TIERMILL_TEST_KEY", key);
    }
    Ran::new(&command.output().unwrap())
}

/// HMAC (RFC 2104) from its definition.
fn pseudonym(key: &str, id: &str) -> String {
    let mut padded = [0_u8; 64];
    padded[..key.len()].copy_from_slice(key.as_bytes());
    let pad = |with: u8| padded.iter().map(move |byte| byte ^ with);
    let hex = |bytes: Vec<u8>| -> Vec<u8> {
        let text = sha256(&bytes);
        (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
    };
    let inner = hex(pad(0x36).chain(id.bytes()).collect());
    sha256(&pad(0x5c).chain(inner).collect::<Vec<_>>())
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

/// Every text of a folder's tables, and every other file.
fn assert_nothing_shows(folder: &Path, secrets: &[&str]) {
    for name in names(folder) {
        if folder.join(&name).is_dir() {
            assert_nothing_shows(&folder.join(&name), secrets);
            continue;
        }
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        let mut texts = vec![bytes];
        if name.ends_with(".parquet") {
            // Pages are compressed, so the rows are looked at, too.
            let rows = Rows::read(&folder.join(&name));
            texts.extend(rows.rows.iter().flatten().map(|value| value.to_string().into_bytes()));
        }
        for secret in secrets {
            assert!(!texts.iter().any(|text| holds(text, secret)), "`{secret}` is in {name}");
        }
    }
}

#[test]
fn p2_no_id_and_no_key_shows() {
    let sandbox = shop();
    let ran = run(
        &sandbox,
        &[&RUN[..], &["--log-format", "json", "--result-file", "result.json"]].concat(),
        Some(KEY),
    )
    .done();
    let folder = sandbox.path(FOLDER);
    let mut secrets = IDS.to_vec();
    secrets.extend([KEY, "nobody-777"]);
    assert_nothing_shows(&folder, &secrets);
    let plan = run(&sandbox, &["plan", "rules.yml", "--as-of", "2025-01-31"], None).done();
    let result = std::fs::read_to_string(sandbox.path("result.json")).unwrap();
    for said in [&ran.stdout, &ran.stderr, &plan.stdout, &plan.stderr, &result] {
        for secret in &secrets {
            assert!(!said.contains(secret), "`{secret}` is in {said}");
        }
    }

    let parts = Rows::parts(&folder);
    let mut expected: Vec<String> = IDS.iter().map(|id| pseudonym(KEY, id)).collect();
    expected.sort();
    let found: Vec<String> = parts.column("id").iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "HMAC-SHA-256 in hex, ascending");
    assert_eq!(parts.count("tier_override", "pin"), 1);
    let audience = Rows::read(&folder.join("_run/audience-tier.gold.parquet"));
    let gold: Vec<&Value> = parts
        .rows
        .iter()
        .filter(|row| row[parts.at("tier")].to_string() == "gold")
        .map(|row| &row[0])
        .collect();
    assert_eq!(audience.column("id"), gold);
    // The row that was set aside, and the one that never had an id.
    let rejected = Rows::read(&folder.join("_run/rejected.parquet"));
    let customers: Vec<String> = rejected.column("customer").iter().map(ToString::to_string).collect();
    assert_eq!(customers, [pseudonym(KEY, "bob-4711"), "-".to_owned()]);
    let report = Rows::read(&folder.join("_run/overrides.parquet"));
    let mut overridden = ["bob-4711", "nobody-777"].map(|id| pseudonym(KEY, id));
    overridden.sort();
    let found: Vec<String> = report.column("customer").iter().map(ToString::to_string).collect();
    assert_eq!(found, overridden);
    assert_eq!((report.count("status", "applied"), report.count("status", "unknown_customer")), (1, 1));
}

/// Whole-number ids are hashed as their digits, and become texts.
#[test]
fn whole_numbers_become_texts() {
    let sandbox = Sandbox::new();
    sandbox.orders(
        "orders.parquet",
        &table::words("id:int at:date amount:decimal\n-5 2025-01-01 1\n12 2025-01-01 2"),
    );
    sandbox.text("rules.yml", RULES);
    sandbox
        .text("overrides.csv", "segmentation,customer,action,segment,reason,author\ntier,12,pin,gold,a,b\n");
    run(&sandbox, &RUN, Some(KEY)).done();
    let parts = Rows::parts(&sandbox.path(FOLDER));
    let mut expected = [(pseudonym(KEY, "-5"), "rest"), (pseudonym(KEY, "12"), "gold")];
    expected.sort();
    for (row, (id, tier)) in parts.rows.iter().zip(expected) {
        assert_eq!((row[0].to_string(), row[parts.at("tier")].to_string()), (id, tier.to_owned()));
    }
}

#[test]
fn a_key_that_cannot_be_used() {
    let sandbox = shop();
    for (key, words) in
        [(None, "is not set"), (Some(""), "holds 0 bytes"), (Some("fifteen bytes!!"), "holds 15 bytes")]
    {
        let ran = run(&sandbox, &RUN, key);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("`TIERMILL_TEST_KEY`") && ran.stderr.contains(words), "{}", ran.stderr);
        if let Some(key) = key.filter(|key| !key.is_empty()) {
            assert!(!ran.stderr.contains(key) && !ran.stdout.contains(key));
        }
        assert!(!sandbox.path(FOLDER).exists());
    }
    // Sixteen are enough, and no key is needed to check.
    assert_eq!(run(&sandbox, &RUN, Some("sixteen bytes!!!")).code, Some(0));
    assert_eq!(run(&sandbox, &["check", "rules.yml"], None).code, Some(0));
}

#[test]
fn another_key_is_another_run() {
    let sandbox = shop();
    let skip = [&RUN[..], &["--skip-code", "99"]].concat();
    run(&sandbox, &RUN, Some(KEY)).done();
    assert_eq!(run(&sandbox, &skip, Some(KEY)).code, Some(99));
    assert_eq!(run(&sandbox, &skip, Some("another key of many bytes")).code, Some(0));
}

/// What is wrong with a line is shown, but not whose line it is.
#[test]
fn mistakes_of_overrides_show_no_customer() {
    let sandbox = shop();
    let file = std::fs::read_to_string(sandbox.path("overrides.csv")).unwrap();
    let twice = "tier,客户-99,pin,gold,asked,,\ntier,bob-4711,pin,gold\ntier,bob-4711,pin,godl,asked,me,\n\
                 tier,nobody-777,pin,gold,asked,me,\n";
    sandbox.text("overrides.csv", &format!("{file}{twice}"));
    let ran = run(&sandbox, &RUN, Some(KEY));
    assert_eq!(ran.code, Some(2));
    for words in [
        "an override without author",
        "4 fields where the header has 7",
        "did you mean `gold`?",
        "the customer stands twice",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    for secret in IDS.iter().chain(&["nobody-777"]) {
        assert!(!ran.stderr.contains(secret) && !ran.stdout.contains(secret), "{secret}: {}", ran.stderr);
    }
    let json = run(&sandbox, &["check", "rules.yml", "--format", "json"], None);
    assert!(!json.stdout.contains("bob-4711"));
}
