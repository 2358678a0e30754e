//! Lines of invoices as a well-known online shop has them: several lines an invoice, a unit price, cancellations, and
//! customers' ids that pandas made floats because guests have none.

use std::collections::BTreeMap;

use arrow::record_batch::RecordBatch;

use crate::support::table::{self, Cells};
use crate::support::{Rows, Sandbox};

/// Invoices; every seventh is cancelled by one with a `C`, every ninth has no customer.
const INVOICES: i64 = 120;
/// 2010-12-01 08:26 in microseconds.
const FIRST: i64 = 1_291_191_960_000_000;

/// Each invoice has two to four lines.
fn invoices() -> RecordBatch {
    let (mut invoice, mut stock, mut quantity, mut time, mut price, mut customer, mut country) =
        (vec![], vec![], vec![], vec![], vec![], vec![], vec![]);
    for number in 0..INVOICES {
        let cancelled = number % 7 == 6;
        for line in 0..2 + number % 3 {
            let id = 536_365 + number;
            invoice.push(Some(if cancelled { format!("C{id}") } else { id.to_string() }));
            stock.push(Some(format!(
                "{}{}",
                22_000 + line * 7 + number % 5,
                ["", "A", "B"][(line % 3) as usize]
            )));
            quantity.push(Some(if cancelled { -1 } else { 1 + (number * 3 + line) % 12 }));
            time.push(Some(FIRST + number * 7_260_000_000));
            price.push(Some([2.55, 3.39, 0.85, 7.65][((number + line) % 4) as usize]));
            customer.push((number % 9 != 8).then_some((12_346 + number % 25) as f64));
            country.push(Some(if number % 10 == 0 { "France" } else { "United Kingdom" }.to_owned()));
        }
    }
    table::batch(&[
        ("InvoiceNo", Cells::Text(invoice)),
        ("StockCode", Cells::Text(stock)),
        ("Quantity", Cells::Int(quantity)),
        ("InvoiceDate", Cells::Naive(time)),
        ("UnitPrice", Cells::Float(price)),
        ("CustomerID", Cells::Float(customer)),
        ("Country", Cells::Text(country)),
    ])
}

#[test]
fn lines_of_invoices() {
    let sandbox = Sandbox::new();
    sandbox.orders("online_retail.parquet", &invoices());
    let ran = sandbox.tiermill(&["init", "--from", "online_retail.parquet"]).done();
    insta::assert_snapshot!(ran.stdout);
}

/// The unedited starter is sound, its own test passes, and a run on it has the right customers and money to the cent.
#[test]
fn the_unedited_starter_of_invoices_runs() {
    let sandbox = Sandbox::new();
    sandbox.orders("online_retail.parquet", &invoices());
    sandbox.tiermill(&["init", "--from", "online_retail.parquet", "--out", "starter.yml"]).done();
    sandbox.tiermill(&["check", "starter.yml"]).done();
    sandbox.tiermill(&["test", "starter.yml"]).done();
    sandbox.tiermill(&["run", "starter.yml", "--as-of", "2010-12-31", "--out", "out"]).done();
    // In cents: each line is its quantity times its price.
    let mut expected: BTreeMap<i64, i64> = BTreeMap::new();
    for number in (0..INVOICES).filter(|number| number % 9 != 8) {
        for line in 0..2 + number % 3 {
            let quantity = if number % 7 == 6 { -1 } else { 1 + (number * 3 + line) % 12 };
            let price = [255, 339, 85, 765][((number + line) % 4) as usize];
            *expected.entry(12_346 + number % 25).or_default() += quantity * price;
        }
    }
    let rows = Rows::parts(&sandbox.path("out/as_of=2010-12-31"));
    let at = |name: &str| rows.columns.iter().position(|column| column == name).unwrap();
    let (id, revenue) = (at("customer_id"), at("revenue"));
    let found: Vec<String> = rows.rows.iter().map(|row| format!("{} {}", row[id], row[revenue])).collect();
    let money = |cents: i64| {
        format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
    };
    let expected: Vec<String> =
        expected.iter().map(|(id, cents)| format!("{id} {}", money(*cents))).collect();
    assert_eq!(found, expected);
}
