//! Lines of invoices as a well-known online shop has them: several lines an invoice, a unit price, cancellations, and
//! customers' ids that pandas made floats because guests have none.

use arrow::record_batch::RecordBatch;

use crate::support::Sandbox;
use crate::support::table::{self, Cells};

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
