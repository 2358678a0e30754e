//! The CDNOW orders, whole: numbers that anybody can check with a few lines of SQL.

use crate::support::sandbox::project;
use crate::support::{Rows, Sandbox, Value};

const AS_OF: &str = "1998-06-30";

/// Unscaled numbers of a decimal column.
fn cents(rows: &Rows, column: &str) -> Vec<i128> {
    let cents = |value: &&Value| match value {
        Value::Decimal(cents, 2) => *cents,
        other => panic!("{column} is {other:?}"),
    };
    rows.column(column).iter().map(cents).collect()
}

#[test]
fn abc() {
    let sandbox = Sandbox::new();
    let rules = project().join("rules/abc.yml");
    let ran = sandbox.tiermill(&["run", rules.to_str().unwrap(), "--as-of", AS_OF, "--out", "out"]).done();
    let result = ran.result();
    assert_eq!(result["customers"], 23_570);
    assert_eq!(result["rows"]["used"], 69_659);
    let rows = Rows::parts(&sandbox.path("out/as_of=1998-06-30"));
    assert_eq!(rows.rows.len(), 23_570);

    let revenue = cents(&rows, "revenue");
    let total: i128 = revenue.iter().sum();
    // In cents: 2,500,315.63.
    assert_eq!(total, 250_031_563);
    assert_eq!(revenue.iter().filter(|revenue| **revenue <= 0).count(), 68);
    assert!(rows.rows.iter().all(|row| {
        let spent = matches!(row[rows.at("revenue")], Value::Decimal(cents, _) if cents > 0);
        spent || row[rows.at("abc")] == Value::text("C")
    }));

    // Ties share a band: 34 customers spent 26.99, across the line at 95 %, and all of them are Bs.
    assert_eq!(revenue.iter().filter(|revenue| **revenue == 2_699).count(), 34);
    let bands = ["A", "B", "C"].map(|band| rows.count("abc", band));
    assert_eq!(bands, [7_695, 8_067, 7_808]);
    assert_eq!(["a", "b", "c"].map(|label| rows.count("value", label)), bands);

    // Row by row, with ties in the order of the ids, the same cumulative sum would stop inside of the tie.
    let mut descending = revenue;
    descending.sort_unstable_by_key(|revenue| -revenue);
    let mut before = 0;
    let mut row_by_row = [0, 0];
    for revenue in descending {
        row_by_row[0] += usize::from(before * 100 < total * 80);
        row_by_row[1] += usize::from(before * 100 < total * 95);
        before += revenue;
    }
    assert_eq!([row_by_row[0], row_by_row[1] - row_by_row[0]], [7_695, 8_044]);
}

#[test]
fn the_summary_adds_up() {
    let sandbox = Sandbox::new();
    let rules = project().join("rules/abc.yml");
    sandbox.tiermill(&["run", rules.to_str().unwrap(), "--as-of", AS_OF, "--out", "out"]).done();
    let folder = sandbox.path("out/as_of=1998-06-30");
    let (parts, summary) = (Rows::parts(&folder), Rows::read(&folder.join("_run/summary.parquet")));
    let revenue = cents(&parts, "revenue");
    let labels = parts.column("value");
    for row in &summary.rows {
        let at = |column: &str| &row[summary.at(column)];
        let members: Vec<usize> =
            (0..labels.len()).filter(|at_row| labels[*at_row] == at("segment")).collect();
        assert_eq!(*at("customers"), Value::Int(members.len() as i64));
        let own: i128 = members.iter().map(|at| revenue[*at]).sum();
        assert_eq!(*at("revenue"), Value::Decimal(own, 2));
        assert!(at("customer_share").is(&Value::Double(members.len() as f64 / 23_570.0)));
        assert!(at("revenue_share").is(&Value::Double(own as f64 / 250_031_563.0)));
        assert_eq!(*at("previous_customers"), Value::Null);
        let mut sorted: Vec<i128> = members.iter().map(|at| revenue[*at]).collect();
        sorted.sort_unstable();
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        assert!(at("median_revenue").is(&Value::Double((low + high) as f64 / 200.0)), "{row:?}");
    }
    let columns = ["customers", "orders"].map(|column| {
        let count = |value: &&Value| match value {
            Value::Int(count) => *count,
            other => panic!("{other:?}"),
        };
        summary.column(column).iter().map(count).sum::<i64>()
    });
    assert_eq!(columns, [23_570, 69_659]);

    // A later run says who came and went since the latest run before it.
    sandbox.tiermill(&["run", rules.to_str().unwrap(), "--as-of", "1998-07-31", "--out", "out"]).done();
    let later = Rows::read(&sandbox.path("out/as_of=1998-07-31/_run/summary.parquet"));
    assert_eq!(later.column("previous_customers"), summary.column("customers"));
    assert_eq!(later.column("customers_change"), [&Value::Int(0); 3]);
}
