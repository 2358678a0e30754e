//! Where orders come from: files, globs, folders; and what is wrong with them.

use crate::support::table::{self, Cells, batch};
use crate::support::{Ran, Rows, Sandbox, Value};

const METRICS: &str = "metrics: {rows: count(*), revenue: sum(amount)}\n";

/// A sandbox whose rules read orders from a path.
fn reading(path: &str, metrics: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let rules = format!(
        "tiermill: 1\nname: shop\ninputs:\n  orders:\n    path: {path}\n    \
         columns: {{customer: id, time: at, amount: amount}}\n{metrics}"
    );
    sandbox.text("rules.yml", &rules);
    sandbox
}

fn run(sandbox: &Sandbox) -> Ran {
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31", "--out", "out"])
}

/// All published rows, as words.
fn published(sandbox: &Sandbox) -> Vec<String> {
    run(sandbox).done();
    let rows = Rows::parts(&sandbox.path("out/as_of=2025-01-31")).rows;
    rows.iter().map(|row| row.iter().map(Value::to_string).collect::<Vec<_>>().join(" ")).collect()
}

/// Expects exit code 4, and words in the message.
fn refused(sandbox: &Sandbox, words: &str) {
    let ran = run(sandbox);
    assert_eq!((ran.code, ran.result()["class"].as_str()), (Some(4), Some("input")), "{ran:?}");
    let message = ran.result()["message"].as_str().unwrap().to_owned();
    assert!(message.contains(words), "{message}");
    assert!(!sandbox.path("out").exists(), "nothing is published");
}

fn write(sandbox: &Sandbox, name: &str, rows: &str) {
    sandbox.orders(name, &table::words(&format!("id:text at:date amount:int\n{rows}")));
}

#[test]
fn globs_and_folders() {
    for path in ["orders/*.parquet", "orders", "orders/", "./orders", "orders/[ab]*"] {
        let sandbox = reading(path, METRICS);
        write(&sandbox, "orders/a.parquet", "x 2025-01-01 1\n y 2025-01-02 2");
        write(&sandbox, "orders/b.parquet", "x 2025-01-03 4");
        assert_eq!(published(&sandbox), ["x 2 5.00", "y 1 2.00"], "{path}");
        let manifest =
            std::fs::read_to_string(sandbox.path("out/as_of=2025-01-31/_run/manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let rows: Vec<u64> = manifest["inputs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["rows"].as_u64().unwrap())
            .collect();
        assert_eq!(rows, [2, 1]);
    }
    // What writers leave beside their files is no input; a folder is searched at any depth.
    let sandbox = reading("orders", METRICS);
    write(&sandbox, "orders/deep/er/a.parquet", "x 2025-01-01 1");
    write(&sandbox, "orders/_temporary.parquet", "x 2025-01-01 10");
    write(&sandbox, "orders/.hidden.parquet", "x 2025-01-01 100");
    sandbox.text("orders/_SUCCESS", "");
    sandbox.text("orders/notes.txt", "not Parquet");
    assert_eq!(published(&sandbox), ["x 1 1.00"]);
}

#[test]
fn a_hive_partitioned_folder() {
    // The folders are columns: of texts, and of whole numbers where all of them are.
    let metrics = "metrics:
  rows: count(*)
  here: {expr: sum(amount), where: store = 'harbour'}
  late: {expr: count(*), where: year >= 2025}
  latest: last(store)
  newest: max(year)
";
    let sandbox = reading("orders", metrics);
    write(&sandbox, "orders/year=2024/store=harbour/a.parquet", "x 2024-12-31 1\n y 2024-12-30 2");
    write(&sandbox, "orders/year=2025/store=harbour/a.parquet", "x 2025-01-01 4");
    write(&sandbox, "orders/year=2025/store=old town/b.parquet", "x 2025-01-02 8");
    assert_eq!(published(&sandbox), ["x 3 5.00 2 old town 2025", "y 1 2.00 0 harbour 2024"]);
    // Under one value only, and in the filter.
    let sandbox = reading("orders\n    where: store <> 'harbour'", "metrics: {rows: count(*)}\n");
    write(&sandbox, "orders/store=harbour/a.parquet", "x 2025-01-01 1");
    write(&sandbox, "orders/store=mill/a.parquet", "x 2025-01-01 1\n y 2025-01-01 1");
    assert_eq!(published(&sandbox), ["x 1", "y 1"]);
}

#[test]
fn inputs_that_are_not_there() {
    for path in ["none.parquet", "none/*.parquet", "none", "'*.csv'"] {
        refused(&reading(path, METRICS), "matches no file");
    }
    let sandbox = reading("orders", METRICS);
    std::fs::create_dir(sandbox.path("orders")).unwrap();
    refused(&sandbox, "matches no file");
    let sandbox = reading("orders/*.parquet", METRICS);
    write(&sandbox, "orders/a.parquet", "");
    write(&sandbox, "orders/b.parquet", "");
    refused(&sandbox, "without a single row");
}

#[test]
fn inputs_that_cannot_be_read() {
    let sandbox = reading("orders.parquet", METRICS);
    write(&sandbox, "orders.parquet", "x 2025-01-01 1");
    let bytes = std::fs::read(sandbox.path("orders.parquet")).unwrap();
    for length in [0, 3, 8, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(sandbox.path("orders.parquet"), &bytes[..length]).unwrap();
        refused(&sandbox, "not readable as Parquet");
    }
    sandbox.text("orders.parquet", "id,at,amount\nx,2025-01-01,1\n");
    refused(&sandbox, "not readable as Parquet");
}

#[test]
fn pages_that_cannot_be_read() {
    // The footer is whole, so only the run itself notices.
    let sandbox = reading("orders.parquet", METRICS);
    let amounts: Vec<Option<i64>> = (0..5_000).map(|n| Some(n * 7_919 % 10_007)).collect();
    let days = vec![Some(table::days("2025-01-01")); 5_000];
    let ids = (0..5_000).map(|n| Some(format!("{n}"))).collect();
    let orders =
        batch(&[("id", Cells::Text(ids)), ("at", Cells::Date(days)), ("amount", Cells::Int(amounts))]);
    let path = sandbox.orders("orders.parquet", &orders);
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len() * 3 / 4;
    bytes[4..end].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let ran = run(&sandbox);
    assert_eq!((ran.code, ran.result()["class"].as_str()), (Some(4), Some("input")), "{ran:?}");
    assert!(!sandbox.path("out/as_of=2025-01-31").exists());
}

#[test]
fn files_that_disagree() {
    let head = |columns: &str, row: &str| table::words(&format!("{columns}\n{row}"));
    let first = head("id:text at:date amount:int", "x 2025-01-01 1");
    let others = [
        (head("id:int at:date amount:int", "1 2025-01-01 1"), 2, "customer ids are whole numbers here"),
        (head("id:text at:date", "x 2025-01-01"), 4, "no column `amount`, and other files have it"),
    ];
    for (other, code, words) in others {
        let sandbox = reading("orders", METRICS);
        sandbox.orders("orders/a.parquet", &first);
        sandbox.orders("orders/b.parquet", &other);
        let ran = run(&sandbox);
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    // What can be read together is: other widths and kinds of numbers, another order, columns that nobody reads.
    let alike = [
        head("amount:int id:text at:date", "2 x 2025-01-01"),
        head("id:text at:date amount:float", "x 2025-01-01 2"),
        head("id:text at:date amount:int channel:text", "x 2025-01-01 2 web"),
    ];
    for other in alike {
        let sandbox = reading("orders", METRICS);
        sandbox.orders("orders/a.parquet", &first);
        sandbox.orders("orders/b.parquet", &other);
        assert_eq!(published(&sandbox), ["x 2 3.00"]);
    }
}

#[test]
fn ids_without_a_sign() {
    let orders = |ids: Vec<Option<u64>>| {
        let days = vec![Some(table::days("2025-01-01")); ids.len()];
        let amounts = Cells::Int(vec![Some(1); ids.len()]);
        batch(&[("id", Cells::Unsigned(ids)), ("at", Cells::Date(days)), ("amount", amounts)])
    };
    let sandbox = reading("orders.parquet", METRICS);
    sandbox.orders("orders.parquet", &orders(vec![Some(0), Some(7), Some(7), None]));
    assert_eq!(published(&sandbox), ["0 1 1.00", "7 2 2.00"]);
    // An id that has no place in 64 bits with a sign is nobody else's, and not to be lost: it is a text, once that is said.
    sandbox.orders("orders.parquet", &orders(vec![Some(0), Some(7), Some(u64::MAX), Some(1 << 63)]));
    let refused = run(&sandbox);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("`customer: cast(id as varchar)`"), "{}", refused.stderr);
}
