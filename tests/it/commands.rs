//! The command line: exit codes, what stdout and stderr hold, and what each option does.

mod inputs;
mod no_file;
mod schema;
mod terminal;

use serde_json::Value as Json;

use crate::support::sandbox::{lock, project};
use crate::support::{Ran, Rows, Sandbox, folder, table};

const RULES: &str = "
tiermill: 1
name: shop
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, time: at, amount: amount}
metrics: {revenue: sum(amount)}
scores: {m: {of: revenue, quantiles: 4}}
segments: {tier: {rules: [{id: best, when: m = 4}], default: rest}}
";

const RUN: [&str; 6] = ["run", "rules.yml", "--as-of", "2025-01-31", "--out", "out"];

fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let orders =
        "id:text at:date amount:int\n a 2025-01-01 1\n b 2025-01-01 2\n c 2025-01-01 3\n d 2025-01-01 4";
    sandbox.orders("orders.parquet", &table::words(orders));
    sandbox.text("rules.yml", RULES);
    sandbox
}

impl Sandbox {
    /// A run with more arguments.
    fn run(&self, args: &[&str]) -> Ran {
        self.tiermill(&[&RUN[..], args].concat())
    }
}

/// One published column, as words.
fn labels(sandbox: &Sandbox, column: &str) -> Vec<String> {
    let rows = Rows::parts(&sandbox.path("out/as_of=2025-01-31"));
    rows.column(column).iter().map(ToString::to_string).collect()
}

/// The run result's closed table: exit code, class, whether to retry; with a hint wherever something is to be done.
fn check(ran: &Ran, code: i32, class: &str, retryable: bool) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    let result = ran.result();
    let found = (result["code"].as_i64(), result["class"].as_str(), result["retryable"].as_bool());
    assert_eq!(found, (Some(code.into()), Some(class), Some(retryable)), "{result}");
    assert_eq!(result["hint"].as_str().unwrap().is_empty(), code == 0, "{result}");
    assert_eq!(result["message"].is_null(), code == 0, "{result}");
    assert_eq!(result.get("output").is_some(), code == 0, "{result}");
    if code != 0 {
        let message = result["message"].as_str().unwrap();
        assert!(ran.stderr.contains(message), "{message} is not on stderr: {}", ran.stderr);
        assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    }
}

#[test]
fn exit_codes() {
    let sandbox = shop();
    check(&sandbox.run(&[]), 0, "done", false);
    check(&sandbox.run(&["--set", "scores.m.of=revenu"]), 2, "rules", false);
    check(&sandbox.tiermill(&["run", "no.yml", "--as-of", "2025-01-31"]), 2, "rules", false);
    check(&sandbox.run(&["--set", "inputs.orders.path=none.parquet"]), 4, "input", true);
    sandbox.text("torn.parquet", "PAR1");
    check(&sandbox.run(&["--set", "inputs.orders.path=torn.parquet"]), 4, "input", false);
    let lock = lock(&sandbox.path("out"), "2025-01-31").unwrap();
    check(&sandbox.run(&[]), 6, "locked", true);
    drop(lock);
    // A mistake in the rules and a missing input together: first the rules.
    let both = ["--set", "inputs.orders.path=none.parquet", "--set", "scores.m.quantiles=1"];
    check(&sandbox.run(&both), 2, "rules", false);
}

#[test]
fn usage() {
    let sandbox = shop();
    let wrong: [&[&str]; 9] = [
        &["run", "rules.yml"],
        &["run", "rules.yml", "--as-of", "yesterday"],
        &["run", "rules.yml", "--as-of", "2025-01-31", "--threads", "0"],
        &["run", "rules.yml", "--as-of", "2025-01-31", "--set", "quantiles"],
        &["run", "rules.yml", "--as-of", "2025-01-31", "--memory-limit", "2"],
        &["run", "rules.yml", "--as-of", "2025-01-31", "--memory-limit", "two GB"],
        &["run", "rules.yml", "--as-of", "2025-01-31", "--scratch", "no-such-folder"],
        &["walk"],
        &[],
    ];
    for args in wrong {
        let ran = sandbox.tiermill(args);
        assert_eq!(ran.code, Some(2), "{args:?}");
        // Of a run the result is said all the same.
        match args.first() {
            Some(&"run") => assert_eq!(ran.result()["class"], "rules", "{args:?}"),
            _ => assert_eq!(ran.stdout, "", "{args:?}"),
        }
        assert!(ran.stderr.contains("Usage") || ran.stderr.contains("--help"), "{}", ran.stderr);
    }
    let version = sandbox.tiermill(&["--version"]).done();
    assert_eq!(version.stdout, format!("tiermill {}\n", env!("CARGO_PKG_VERSION")));
    assert!(sandbox.tiermill(&["--help"]).done().stdout.contains("Usage: tiermill"));
}

#[test]
fn the_result_is_the_last_line_and_a_file() {
    let sandbox = shop();
    let ran = sandbox.run(&["--result-file", "result.json"]).done();
    let result = ran.result();
    assert_eq!(std::fs::read_to_string(sandbox.path("result.json")).unwrap(), format!("{result}\n"));
    assert_eq!(result["customers"], 4);
    assert_eq!(result["output"], "out/as_of=2025-01-31");
    assert!(sandbox.path("out/as_of=2025-01-31/_SUCCESS").is_file());
    // The table for people comes before it; a machine gets the line alone.
    assert!(ran.stdout.lines().count() > 1);
    let ran = sandbox.run(&["--format", "json"]).done();
    assert_eq!(ran.stdout.lines().count(), 1);

    let ran = sandbox.run(&["--set", "inputs.orders.path=none", "--result-file", "result.json"]);
    assert_eq!(ran.code, Some(4));
    assert_eq!(std::fs::read_to_string(sandbox.path("result.json")).unwrap(), ran.stdout);
    // A result that cannot be written is a failure of its own, but not of what went wrong before.
    assert_eq!(sandbox.run(&["--result-file", "no/result.json"]).code, Some(5));
    assert_eq!(sandbox.run(&["--set", "inputs.orders.path=none", "--result-file", "no/r"]).code, Some(4));
}

#[test]
fn progress() {
    let sandbox = shop();
    let phases = ["plan", "profile", "fit", "publish"];
    let ran = sandbox.run(&["--log-format", "json"]).done();
    let lines: Vec<Json> = ran.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    // What happened to the rows has a line of its own, no phase.
    let (rows, lines): (Vec<Json>, Vec<Json>) = lines.into_iter().partition(|line| line["rows"].is_string());
    assert_eq!(rows.len(), 1);
    let named: Vec<&str> = lines.iter().map(|line| line["phase"].as_str().unwrap()).collect();
    assert_eq!(named, phases);
    assert!(lines.iter().all(|line| line["seconds"].is_number() && line["note"].is_string()));
    assert_eq!(lines[1]["note"], "4 customers");
    let ran = sandbox.run(&[]).done();
    let named: Vec<&str> = ran.stderr.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(named, ["plan", "profile", "rows", "fit", "publish"]);
    assert_eq!(ran.result()["seconds"].as_object().unwrap().keys().collect::<Vec<_>>(), phases);
}

#[test]
fn check_says_what_it_saw() {
    let sandbox = shop();
    let said = |args: &[&str]| {
        let ran = sandbox.tiermill(&[&["check", "rules.yml"], args].concat());
        (ran.code.unwrap(), ran.stdout, ran.stderr)
    };
    let sound = "rules.yml: sound, and so are the columns of the orders\n".to_owned();
    assert_eq!(said(&[]), (0, sound, String::new()));
    assert_eq!(said(&["--format", "json", "--as-of", "2025-01-31"]), (0, "[]\n".to_owned(), String::new()));

    let mistakes = ["--set", "scores.m.quantiles=1", "--set", "inputs.orders.columns.time=day"];
    let (code, stdout, stderr) = said(&mistakes);
    assert_eq!((code, stdout.as_str()), (2, "rules.yml: 2 mistakes\n"));
    assert!(stderr.contains("error[bad-value]") && stderr.contains("error[unknown-column]"), "{stderr}");
    let (code, stdout, stderr) = said(&[&mistakes[..], &["--format", "json"]].concat());
    assert_eq!((code, stderr.as_str()), (2, ""));
    let json: Json = serde_json::from_str(&stdout).unwrap();
    let codes: Vec<&str> = json.as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["bad-value", "unknown-column"]);
    assert!(json[0]["line"].is_u64() && json[0]["column"].is_u64() && json[0]["hints"].is_array());

    // Without data the rules themselves are checked, and columns are not.
    std::fs::remove_file(sandbox.path("orders.parquet")).unwrap();
    let unseen = "rules.yml: sound; the orders are not there, so their columns were not checked\n".to_owned();
    assert_eq!(said(&[]), (0, unseen, String::new()));
    let (code, stdout, _) = said(&mistakes);
    assert_eq!((code, stdout.as_str()), (2, "rules.yml: 1 mistake\n"));
}

#[test]
fn plan_tells_what_a_run_would_do() {
    let sandbox = Sandbox::new();
    let rules = project().join("rules/abc.yml");
    let args = ["plan", rules.to_str().unwrap(), "--as-of", "1998-06-30", "--out", "out"];
    let plan = sandbox.tiermill(&args).done().stdout;
    insta::assert_snapshot!(plan.replace(project().to_str().unwrap(), "…"), @r"
    abc as of 1998-06-30, calendar days of UTC

    read: 1 file, 69,659 rows, 526.7 kB
      orders            ../data/cdnow/orders.parquet, a row is an order
        customer        customer_id (text)
        order           order_id (whole number, not read)
        time            ordered_at (date, in UTC)
        amount          amount (decimal with 2 places)
        file            69,659 rows  526.7 kB  …/rules/../data/cdnow/orders.parquet

    left out
      later rows        those after 1998-06-30

    metrics
      revenue           DECIMAL(18, 2)  sum(amount)
      order_count       BIGINT          count(*)
      avg_order         DOUBLE          revenue / order_count

    bands
      abc               A up to 80 %, B up to 95 %, C the rest, of revenue

    segments: the first rule that is true gives the label
      value
         1  a  A customers (A类客户)  abc = 'A'
         2  b  B customers (B类客户)  abc = 'B'
         0  c  C customers (C类客户)  everybody else

    beside the table
      summary           of each segment: orders are count(*), revenue is sum(amount), recency is
                        days_since(max(time))

    columns of the table
      customer_id       VARCHAR
      revenue           DECIMAL(18, 2)
      order_count       BIGINT
      avg_order         DOUBLE
      abc               VARCHAR
      value             VARCHAR
      value_rule        SMALLINT

    published to out/as_of=1998-06-30 (new)
    ");
    assert!(!sandbox.path("out").exists(), "a plan writes nothing");

    let json: Json =
        serde_json::from_str(&sandbox.tiermill(&[&args[..], &["--format", "json"]].concat()).done().stdout)
            .unwrap();
    assert_eq!(json["inputs"][0]["rows"], 69_659);
    assert_eq!(json["aggregates"], serde_json::json!(["sum(amount)", "count(*)", "max(day(time))"]));
    assert_eq!(json["columns"][1], serde_json::json!({"name": "revenue", "type": "DECIMAL(18, 2)"}));
    assert_eq!((&json["output"], &json["replaces"]), (&"out/as_of=1998-06-30".into(), &false.into()));
    sandbox.tiermill(&[&["run"], &args[1..]].concat()).done();
    let again = sandbox.tiermill(&args).done().stdout;
    assert!(again.ends_with("to out/as_of=1998-06-30 (replaces what is there)\n"), "{again}");
    // The plan's digest is the manifest's.
    let manifest = std::fs::read_to_string(sandbox.path("out/as_of=1998-06-30/_run/manifest.json")).unwrap();
    let manifest: Json = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["plan_sha256"], json["plan_sha256"]);
    assert_eq!(sandbox.tiermill(&["plan", "none.yml", "--as-of", "1998-06-30"]).code, Some(2));
}

#[test]
fn set_replaces_a_value() {
    let sandbox = shop();
    sandbox.run(&[]).done();
    assert_eq!(labels(&sandbox, "m"), ["1", "2", "3", "4"]);
    sandbox.run(&["--set", "scores.m.quantiles=2", "--set", "segments.tier.default=others"]).done();
    assert_eq!(labels(&sandbox, "m"), ["1", "1", "2", "2"]);
    assert_eq!(labels(&sandbox, "tier"), ["others"; 4]);
    sandbox.run(&["--set", "scores.m={of: revenue, breaks: [2, 3, 4]}", "--set", "scores.m.best=low"]).done();
    assert_eq!(labels(&sandbox, "m"), ["4", "4", "3", "2"]);
}

#[test]
fn a_frozen_model_labels_as_it_did() {
    let sandbox = shop();
    sandbox.run(&[]).done();
    let fitted = labels(&sandbox, "tier");
    let part = folder::part(&sandbox.path("out/as_of=2025-01-31"));
    std::fs::copy(sandbox.path("out/as_of=2025-01-31/_run/model.json"), sandbox.path("model.json")).unwrap();
    let frozen = ["--model", "model.json"];
    sandbox.run(&frozen).done();
    assert_eq!(labels(&sandbox, "tier"), fitted);
    assert!(folder::part(&sandbox.path("out/as_of=2025-01-31")) == part);

    // Another population under the old cuts, 2, 3 and 4: everybody is above all of them but e.
    let orders =
        "id:text at:date amount:int\n c 2025-01-01 30\n d 2025-01-01 40\n e 2025-01-01 3\n f 2025-01-01 4";
    sandbox.orders("orders.parquet", &table::words(orders));
    sandbox.run(&frozen).done();
    assert_eq!(labels(&sandbox, "m"), ["4", "4", "3", "4"]);
    assert_eq!(labels(&sandbox, "tier"), ["best", "best", "rest", "best"]);
    sandbox.run(&[]).done();
    assert_eq!(labels(&sandbox, "m"), ["3", "4", "1", "2"]);

    let misfit = |args: &[&str], words: &str| {
        let ran = sandbox.run(&[&frozen[..], args].concat());
        check(&ran, 2, "rules", false);
        let message = ran.result()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words), "{message}");
    };
    misfit(&["--set", "scores.m.quantiles=5"], "`m` is quantiles 4 of revenue");
    misfit(&["--set", "scores.m.best=low"], "best low");
    misfit(&["--set", "scores.other={of: revenue, mean: true}"], "no cuts for the score `other`");
    misfit(&["--set", "bands.abc={of: revenue, cumulative: {A: 0.8, B: 1}}"], "no cuts for the band `abc`");
    let model = std::fs::read_to_string(sandbox.path("model.json")).unwrap();
    sandbox.text("model.json", &model.replacen("\"format\": 1", "\"format\": 2", 1));
    misfit(&[], "its format is 2");
    sandbox.text("model.json", "{}");
    misfit(&[], "not a model");
    std::fs::remove_file(sandbox.path("model.json")).unwrap();
    misfit(&[], "model.json");
}
