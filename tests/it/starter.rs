//! `tiermill init`: the starter passes `check` against the file it was guessed from, its own test, and a run; what cannot
//! be guessed is said.

mod exports;
mod invoices;

use tiermill::catalog;
use tiermill::starter::{Guesses, Money};

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

/// The starter of orders of these words, or what is said instead.
fn starter(orders: &str) -> Result<String, String> {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(orders));
    let ran = sandbox.tiermill(&["init", "--from", "orders.parquet"]);
    if ran.code == Some(0) { Ok(ran.stdout) } else { Err(ran.stderr) }
}

fn assert_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line}:\n{text}");
    }
}

#[test]
fn usual_columns() {
    let (sandbox, text) = check(
        "order_id:int user_id:text created_at:utc updated_at:utc total:decimal discount:decimal status:text category:text
         1 u1 2026-10-01 2026-10-02 10.00 0 done tea
         2 u2 2025-10-01 2026-10-02 99.00 0 done pots
         3 - 2025-10-02 2026-10-02 9.00 0 canceled pots",
    );
    assert_lines(
        &text,
        &[
            "# yaml-language-server: $schema=",
            "timezone: UTC    # is it?",
            "times are instants",
            "customer: user_id ",
            "# 1 of the first 3 rows have none",
            "order: order_id",
            "time: created_at",
            "# or updated_at",
            "amount: total",
            "top(category,",
            "path: ../data/orders.parquet",
            "# found: status: 'done' 2, 'canceled' 1",
            "# where: status in ('done') ",
            "# grain: line",
        ],
    );
    let rows = Rows::parts(&sandbox.path("rules/out/my_customers/as_of=2026-11-01"));
    assert_eq!(rows.columns[0], "user_id");
    assert_eq!(rows.rows.len(), 2);
    // It never writes over a file.
    let again = sandbox.tiermill(&["init", "--out", "rules/my.yml"]);
    assert!(again.code == Some(2) && again.stderr.contains("is there already"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(sandbox.path("rules/my.yml")).unwrap(), text);
    // What is proposed is sound, too.
    let proposed = text.replace("    # where:", "    where:");
    sandbox.text("rules/proposed.yml", &proposed);
    sandbox.tiermill(&["check", "rules/proposed.yml"]).done();
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
    assert_lines(
        &ran.stdout,
        &["customer: 'Sold To'", "time: 'Invoice Date'", "amount: 'Net Value'", "top(\"Product Category\","],
    );
    let checked = sandbox.tiermill(&["check", "my.yml", "--deny-warnings"]);
    assert_eq!(checked.code, Some(0), "{}\n{}", checked.stderr, ran.stdout);
    sandbox.tiermill(&["test", "my.yml"]).done();
    sandbox.tiermill(&["run", "my.yml", "--as-of", "2026-11-01"]).done();
}

/// Without money there are no amounts, and the rules do without.
#[test]
fn no_money() {
    let (_, text) = check("member:int visited:date\n 1 2026-10-01\n 2 2025-10-01");
    assert!(!text.contains("amount: ") && text.contains("f = 5"), "{text}");
}

#[test]
fn chinese_names() {
    let (_, text) = check(
        "订单号:text 客户编号:text 下单时间:naive 订单金额:decimal 数量:int 订单状态:text
         o1 k1 2026-10-01 10 1 已完成
         o2 k1 2026-10-02 10 1 已取消
         o2 k1 2026-10-02 20 2 已发货",
    );
    assert_lines(
        &text,
        &[
            "customer: 客户编号",
            "order: 订单号",
            "time: 下单时间",
            "amount: 订单金额",
            "\n    grain: line ",
            "# where: '\"订单状态\" in (''已发货'', ''已完成'')' ",
        ],
    );
    let text =
        starter("会员号:int 单号:text 付款时间:naive 数量:int 单价:decimal\n 1 a 2026-10-01 2 1.50").unwrap();
    assert_lines(
        &text,
        &[
            "customer: 会员号",
            "order: 单号",
            "time: 付款时间",
            "amount: '\"数量\" * \"单价\"'",
            ", 数量: 2, 单价: 60}",
        ],
    );
}

#[test]
fn what_cannot_be_guessed_is_said() {
    let said = |orders: &str| starter(orders).unwrap_err();
    insta::assert_snapshot!(said("id:int amount:int\n 1 1"), @r"
    error: no column is called like the time of the order
    help: and none has a type that could be it
    help: `tiermill init` without `--from` writes a starter to fill in by hand
    ");
    insta::assert_snapshot!(said("who:int ref:text order_date:date\n 1 a 2026-01-01"), @r"
    error: no column is called like the customer's id
    help: by its type it could be `who`, `ref`
    help: `tiermill init` without `--from` writes a starter to fill in by hand
    ");
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.tiermill(&["init", "--from", "none.parquet"]).code, Some(4));
    // Without a file it is a text to fill in, and sound.
    let ran = sandbox.tiermill(&["init"]).done();
    sandbox.text("my.yml", &ran.stdout);
    let checked = sandbox.tiermill(&["check", "my.yml", "--deny-warnings"]).done();
    assert!(checked.stdout.contains("sound"), "{}", checked.stdout);
    sandbox.tiermill(&["test", "my.yml"]).done();
}

/// The column that is called like it, or none: the next one would be a wrong number in silence.
#[test]
fn a_column_that_cannot_be_what_it_is_called_is_an_error() {
    for (orders, said) in [
        (
            "customer_id:float order_id:int ordered_at:date\n 1.5 1 2026-10-01",
            "the column `customer_id` is called like the customer, but holds floats such as 1.5, which are no ids",
        ),
        (
            "customer_id:bool member:int ordered_at:date\n true 1 2026-10-01",
            "`customer_id` is called like the customer, but holds booleans",
        ),
        (
            "customer_id:int order_date:int updated_at:date\n 1 20261001 2026-10-01",
            "`order_date` is called like the time, but holds whole numbers",
        ),
        (
            "customer_id:int order_date:text updated_at:date\n 1 10/31/2026 2026-10-01",
            "`order_date` is called like the time, but holds texts such as `10/31/2026`, which are not ISO 8601",
        ),
        (
            "customer_id:int order_date:date amount:text tax:decimal\n 1 2026-10-01 ¥12 1",
            "`amount` is called like the amount, but holds texts such as `¥12`, which are no numbers",
        ),
        (
            "customer_id:int order_id:date order_date:date\n 1 2026-10-01 2026-10-01",
            "`order_id` is called like the order, but holds dates",
        ),
    ] {
        let error = starter(orders).unwrap_err();
        assert!(error.contains(said) && error.contains("help: write it as"), "{said}\n{error}");
    }
    // Whole numbers are ids, however they are written.
    let text = starter(
        "customer_id:float order_id:int ordered_at:date\n 17850 1 2026-10-01\n - 2 2026-10-01\n NaN 3 2026-10-01",
    );
    assert_lines(
        &text.unwrap(),
        &["customer: customer_id ", "# 2 of the first 3 rows have none", "order: order_id"],
    );
}

/// Names that hold a role's word and mean something else.
#[test]
fn names_that_only_look_like_it() {
    for (orders, lines) in [
        (
            "customer_name:text cust_no:int order_status:text order_priority:text purchase_date:date unit_cost:decimal sales:decimal
             x 1 done high 2026-10-01 1 2",
            &["customer: cust_no", "time: purchase_date", "amount: sales"][..],
        ),
        (
            "order_customer_id:int order_id:int order_date:date price:decimal\n 1 1 2026-10-01 2",
            &["customer: order_customer_id", "order: order_id", "amount: price"],
        ),
        (
            "uid:int birth_date:date day:date qty:int item_price:decimal\n 1 2000-10-01 2026-10-01 2 3",
            &["customer: uid", "time: day", "amount: qty * item_price"],
        ),
    ] {
        let text = starter(orders).unwrap();
        assert_lines(&text, lines);
    }
    let text =
        starter("customer_name:text cust_no:int order_status:text purchase_date:date\n x 1 done 2026-10-01")
            .unwrap();
    assert!(!text.contains("      order:"), "{text}");
}

#[test]
fn the_sample_data_is_guessed() {
    let catalog = catalog::read(&project().join("data/cdnow/orders.parquet")).unwrap();
    let guesses = Guesses::of(&catalog, &catalog::sample(&catalog).unwrap()).unwrap();
    let Some(Money::Column(amount)) = guesses.amount else { panic!("{:?}", guesses.amount) };
    let found = [guesses.customer.column, guesses.time.column, amount.column];
    assert_eq!(found, ["customer_id", "ordered_at", "amount"]);
}
