//! `tiermill init`: the starter passes `check` against the file it was guessed from, its own test, and a run.

use tiermill::catalog;
use tiermill::starter::Guesses;

use crate::support::sandbox::project;
use crate::support::{Rows, Sandbox, table};

/// Writes a starter for orders of these words, checks it without a warning, runs its test, and runs it.
fn check(orders: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("rules")).unwrap();
    sandbox.orders("data/orders.parquet", &table::words(orders));
    sandbox.tiermill(&["init", "--from", "data/orders.parquet", "--out", "rules/my.yml"]).done();
    let text = std::fs::read_to_string(sandbox.path("rules/my.yml")).unwrap();
    let checked = sandbox.tiermill(&["check", "rules/my.yml", "--deny-warnings"]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{text}");
    assert!(checked.stdout.contains("and so are the columns"), "{}", checked.stdout);
    let tested = sandbox.tiermill(&["test", "rules/my.yml"]);
    assert_eq!(tested.code, Some(0), "{}{}\n{text}", tested.stdout, tested.stderr);
    sandbox.tiermill(&["run", "rules/my.yml", "--as-of", "2026-11-01"]).done();
    (sandbox, text)
}

#[test]
fn usual_columns() {
    let (sandbox, text) = check(
        "order_id:int user_id:text created_at:utc updated_at:utc total:decimal discount:decimal status:text category:text
         1 u1 2026-10-01 2026-10-02 10.00 0 done tea
         2 u2 2025-10-01 2026-10-02 99.00 0 done pots",
    );
    for line in [
        "customer: user_id",
        "order: order_id",
        "time: created_at",
        "# or updated_at",
        "amount: total",
        "top(category,",
        "path: ../data/orders.parquet",
        "# where: status =",
    ] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    let rows = Rows::parts(&sandbox.path("rules/out/my_customers/as_of=2026-11-01"));
    assert_eq!(rows.columns[0], "user_id");
    assert_eq!(rows.rows.len(), 2);
    // It never writes over a file.
    let again = sandbox.tiermill(&["init", "--out", "rules/my.yml"]);
    assert!(again.code == Some(2) && again.stderr.contains("is there already"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(sandbox.path("rules/my.yml")).unwrap(), text);
}

/// Names with blanks and capitals, a date as text, money as a float, no order's id.
#[test]
fn unusual_columns() {
    let orders = table::batch(&[
        ("Sold To", table::Cells::Int(vec![Some(7), Some(8)])),
        (
            "Invoice Date",
            table::Cells::Text(vec![Some("2026-10-01".to_owned()), Some("2026-09-01".to_owned())]),
        ),
        ("Net Value", table::Cells::Float(vec![Some(1.5), Some(2.5)])),
        ("Quantity", table::Cells::Int(vec![Some(1), Some(2)])),
        ("Product Category", table::Cells::Text(vec![Some("tea".to_owned()), None])),
    ]);
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &orders);
    let ran = sandbox.tiermill(&["init", "--from", "orders.parquet"]).done();
    sandbox.text("my.yml", &ran.stdout);
    for line in
        ["customer: 'Sold To'", "time: 'Invoice Date'", "amount: 'Net Value'", "top(\"Product Category\","]
    {
        assert!(ran.stdout.contains(line), "{line}:\n{}", ran.stdout);
    }
    let checked = sandbox.tiermill(&["check", "my.yml", "--deny-warnings"]);
    assert_eq!(checked.code, Some(0), "{}\n{}", checked.stderr, ran.stdout);
    sandbox.tiermill(&["test", "my.yml"]).done();
    sandbox.tiermill(&["run", "my.yml", "--as-of", "2026-11-01"]).done();
}

/// Without money there are no amounts, and the rules do without.
#[test]
fn no_money() {
    let (_, text) = check("member:int visited:date\n 1 2026-10-01\n 2 2025-10-01");
    assert!(!text.contains("amount") && text.contains("f = 5"), "{text}");
}

#[test]
fn chinese_names() {
    let (_, text) =
        check("订单号:text 客户编号:text 下单时间:naive 订单金额:decimal 数量:int\n o1 k1 2026-10-01 10 1");
    for line in ["customer: 客户编号", "order: 订单号", "time: 下单时间", "amount: 订单金额"] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
}

#[test]
fn what_cannot_be_guessed_is_said() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words("id:int amount:int\n 1 1"));
    let ran = sandbox.tiermill(&["init", "--from", "orders.parquet"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("none for the time"), "{}", ran.stderr);
    assert_eq!(sandbox.tiermill(&["init", "--from", "none.parquet"]).code, Some(4));
    // Without a file it is a text to fill in, and sound.
    let ran = sandbox.tiermill(&["init"]).done();
    sandbox.text("my.yml", &ran.stdout);
    let checked = sandbox.tiermill(&["check", "my.yml", "--deny-warnings"]).done();
    assert!(checked.stdout.contains("sound"), "{}", checked.stdout);
    sandbox.tiermill(&["test", "my.yml"]).done();
}

#[test]
fn the_sample_data_is_guessed() {
    let guesses = Guesses::of(&catalog::read(&project().join("data/cdnow/orders.parquet")).unwrap()).unwrap();
    let column = |guess: Option<tiermill::starter::Guess>| guess.map(|guess| guess.column);
    let found = [Some(guesses.customer.column), Some(guesses.time.column), column(guesses.amount)];
    assert_eq!(found.map(Option::unwrap), ["customer_id", "ordered_at", "amount"]);
}
