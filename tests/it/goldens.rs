//! Goldens: small inputs whose results were worked out by hand, with the working beside them.

mod attributes;
mod crossed;
mod groups;
mod lifecycle;
mod profile;
mod scores;
mod tiers;

use crate::support::{Rows, Sandbox, table};

/// A few orders, and the rules to label their customers with.
struct Golden {
    orders: String,
    as_of: &'static str,
    zone: &'static str,
    /// Further lines of `inputs.orders`.
    input: &'static str,
    /// A table of customers and the list of its attributes.
    customers: Option<(&'static str, &'static str)>,
}

/// Orders as a table of words; columns are `id`, `at` and, as needed, `order_id` and `amount`.
fn golden(orders: &str) -> Golden {
    Golden { orders: orders.to_owned(), as_of: "2025-01-31", zone: "UTC", input: "", customers: None }
}

/// Orders of one customer each, worth these amounts, by customers 1, 2, 3 …
fn worth(amounts: &[i64]) -> Golden {
    let row = |(at, amount): (usize, &i64)| format!("{} 2025-01-01 {amount}\n", at + 1);
    let rows: String = amounts.iter().enumerate().map(row).collect();
    golden(&format!("id:int at:date amount:int\n{rows}"))
}

impl Golden {
    fn until(mut self, as_of: &'static str) -> Self {
        self.as_of = as_of;
        self
    }

    fn zone(mut self, zone: &'static str) -> Self {
        self.zone = zone;
        self
    }

    fn input(mut self, input: &'static str) -> Self {
        self.input = input;
        self
    }

    fn customers(mut self, table: &'static str, attributes: &'static str) -> Self {
        self.customers = Some((table, attributes));
        self
    }

    /// Runs the rules (everything below `inputs`) and compares the columns that `expected` names.
    fn check(&self, rules: &str, expected: &str) {
        let sandbox = Sandbox::new();
        sandbox.orders("orders.parquet", &table::words(&self.orders));
        let has = |column: &str| self.orders.lines().any(|line| line.contains(&format!("{column}:")));
        let mut roles = "customer: id, time: at".to_owned();
        if has("order_id") {
            roles += ", order: order_id";
        }
        if has("amount") {
            roles += ", amount: amount";
        }
        let (zone, input) = (self.zone, self.input);
        let customers = self.customers.map_or(String::new(), |(table, attributes)| {
            sandbox.orders("customers.parquet", &table::words(table));
            format!(
                "  customers: {{path: customers.parquet, columns: {{customer: id}}, attributes: {attributes}}}\n"
            )
        });
        let head = format!(
            "tiermill: 1\nname: golden\ntimezone: {zone}\ninputs:\n  orders:\n    path: orders.parquet\n    \
             columns: {{{roles}}}\n{input}\n{customers}"
        );
        sandbox.text("rules.yml", &(head + rules));
        let published = sandbox.publish("rules.yml", self.as_of).unwrap_or_else(|error| panic!("{error}"));
        compare(&Rows::parts(&published.folder), expected);
    }
}

/// The rows and columns of a table of words, in order, and no other row.
pub(crate) fn compare(rows: &Rows, expected: &str) {
    let mut lines = expected.lines().map(str::trim).filter(|line| !line.is_empty());
    let columns: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    let wanted: Vec<Vec<&str>> = lines.map(|line| line.split_whitespace().collect()).collect();
    let found: Vec<Vec<String>> = rows
        .rows
        .iter()
        .map(|row| columns.iter().map(|column| row[rows.at(column)].to_string()).collect())
        .collect();
    let same = rows.rows.len() == wanted.len()
        && rows.rows.iter().zip(&wanted).all(|(row, words)| {
            assert_eq!(columns.len(), words.len(), "words of {words:?}");
            columns.iter().zip(words).all(|(column, word)| {
                let value = &row[rows.at(column)];
                value.is(&value.parse_alike(word))
            })
        });
    assert!(same, "columns {columns:?}\n   found {found:?}\nexpected {wanted:?}");
}
