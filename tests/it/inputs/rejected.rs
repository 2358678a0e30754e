//! Bad rows: each is found, counted by its reason, and set aside as it stands in its file.

use serde_json::json;

use super::Shop;
use crate::support::Rows;

/// Texts may be anything.
const WEB: &str = "uid:text at:text amount:text
    a 2025-01-01 10.00
    - 2025-01-02 1.00
    a - 1.00
    a 31.01.2025 1.00
    a 2025-01-05 -
    a 2025-01-06 ten
    - - ten
    a 2025-02-01 1.00
    stranger 2025-01-07 1.00
    b 2025-01-08 2.50";

/// Doubles may be no number, or too large for money.
const STORE: &str = "card:text day:date total:float
    a 2025-01-09 1.5
    a 2025-01-10 NaN
    a 2025-01-11 inf
    b 2025-01-12 1e40
    b - NaN
    b 2025-01-13 0.004";

const CUSTOMERS: &str = "cid:text region:text\n a north\n b south\n b east\n - west\n a north";

const VISITS: &str = "who:text at:date\n a 2025-01-01\n - 2025-01-02\n b -\n stranger 2025-01-03";

const RULES: &str = "inputs:
  orders:
    - {path: web.parquet, columns: {customer: uid, time: at, amount: amount}}
    - {path: store.parquet, columns: {customer: card, time: day, amount: total}}
  customers: {path: customers.parquet, columns: {customer: cid}, attributes: [region]}
  visits: {path: visits.parquet, columns: {customer: who, time: at}}
metrics:
  n: count(*)
  revenue: sum(amount)
  visits: {from: visits, expr: count(*)}
";

/// I6: every reason that there is. A row with several faults has the first of them; a stranger's visit is no fault.
#[test]
fn i6_bad_rows_are_counted_and_set_aside_with_the_reason() {
    let tables = [("web", WEB), ("store", STORE), ("customers", CUSTOMERS), ("visits", VISITS)];
    let shop = Shop::new(&tables, RULES);
    let run = shop.check("uid region n revenue visits\n a north 2 11.50 1\n b east 2 2.50 0");
    assert_eq!(
        run.rejected,
        [
            "web.parquet 2 null_customer -",
            "web.parquet 3 null_time a",
            "web.parquet 4 unreadable_time a",
            "web.parquet 5 null_amount a",
            "web.parquet 6 unreadable_amount a",
            "web.parquet 7 null_customer -",
            "web.parquet 9 unknown_customer stranger",
            "store.parquet 2 amount_not_finite a",
            "store.parquet 3 amount_not_finite a",
            "store.parquet 4 unreadable_amount b",
            "store.parquet 5 null_time b",
            "visits.parquet 2 null_customer -",
            "visits.parquet 3 null_time b",
            "customers.parquet 2 duplicate_customer b",
            "customers.parquet 4 null_customer -",
        ]
    );
    let rejected = |input: &str| &run.rows_of(input)["rejected"];
    assert_eq!(
        *rejected("web.parquet"),
        json!({"null_customer": 2, "null_time": 1, "unreadable_time": 1, "null_amount": 1, "unreadable_amount": 1})
    );
    assert_eq!(
        *rejected("store.parquet"),
        json!({"amount_not_finite": 2, "unreadable_amount": 1, "null_time": 1})
    );
    assert_eq!(*rejected("visits"), json!({"null_customer": 1, "null_time": 1}));
    assert_eq!(*rejected("customers"), json!({"duplicate_customer": 1, "null_customer": 1}));
    let counted = |input: &str, key: &str| run.rows_of(input)[key].as_u64();
    assert_eq!(counted("web.parquet", "after_as_of"), Some(1), "a later row is no bad row");
    assert_eq!(counted("web.parquet", "unknown_customer"), Some(1));
    assert_eq!(counted("visits", "unknown_customer"), Some(1));

    // What stands there can be had again.
    let rows = Rows::read(&shop.sandbox.path("out/as_of=2025-01-31/_run/rejected.parquet"));
    let cells = |at: usize| ["time", "amount"].map(|column| rows.rows[at][rows.at(column)].to_string());
    assert_eq!(cells(2), ["31.01.2025", "1.00"]);
    assert_eq!(cells(4), ["2025-01-06", "ten"]);
    assert_eq!(cells(7), ["2025-01-10", "NaN"]);
}
