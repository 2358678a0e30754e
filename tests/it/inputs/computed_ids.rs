//! Roles that are expressions outside the orders: the table of customers, and tables of events.

use super::Shop;

const ORDERS: &str = "CustomerID:float at:date amount:int
    7 2025-01-01 10
    7 2025-01-11 5
    8 2025-01-21 20
    9 2025-01-21 1";

/// Ids that one system writes as texts, another as floats, are the same customers; who is in none of the orders is there.
#[test]
fn ids_of_customers_and_events_are_computed() {
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: cast(CustomerID as bigint), time: at, amount: amount}}
  customers:
    path: customers.parquet
    columns: {customer: 'cast(coalesce(cid, old) as bigint)'}
    attributes: [region, old]
  visits:
    path: visits.parquet
    columns: {customer: cast(visitor as bigint), time: 'coalesce(seen, added)', amount: pages * 2}
metrics:
  n: count(*)
  revenue: sum(amount)
  visits: {from: visits, expr: count(*)}
  pages: {from: visits, expr: sum(amount)}
segments: {who: {rules: [{id: buyer, when: n > 0}], default: prospect}}
output: {rename: {CustomerID: customer_id}}
";
    let customers = "cid:text region:text old:text
    7 north x
    - south 8
    10 east -
    - west -";
    let visits = "visitor:text seen:date added:date pages:int
    7 2025-01-03 2025-01-02 3
    7 - 2025-01-02 1
    10 2025-01-05 - 2
    7 - - 9";
    let shop = Shop::new(&[("orders", ORDERS), ("customers", customers), ("visits", visits)], rules);
    let run = shop.check(
        "customer_id region old n revenue visits pages who
         7 north x 2 15.00 2 8.00 buyer
         8 south 8 1 20.00 0 0.00 buyer
         10 east - 0 0.00 1 4.00 prospect",
    );
    // 9 is a stranger; a row of the table has no id; a visit has no time.
    let mut rejected = run.rejected;
    rejected.sort();
    assert_eq!(rejected.len(), 3, "{rejected:?}");
    assert!(rejected[0].starts_with("customers.parquet 4 null_customer"), "{rejected:?}");
    assert!(rejected[1].starts_with("orders.parquet 4 unknown_customer 9"), "{rejected:?}");
    assert!(rejected[2].starts_with("visits.parquet 4 null_time 7"), "{rejected:?}");
}

/// An id that names a column which is not there, and one of the wrong type, are errors in the table of customers, too.
#[test]
fn wrong_expressions_of_customers() {
    let rules = |id: &str| {
        format!(
            "inputs:
  orders: {{path: orders.parquet, columns: {{customer: cast(CustomerID as bigint), time: at, amount: amount}}}}
  customers: {{path: customers.parquet, columns: {{customer: '{id}'}}, attributes: [region]}}
metrics: {{n: count(*)}}
"
        )
    };
    let customers = "cid:text region:text\n 7 north";
    for (id, said) in [
        ("cast(cit as bigint)", "`cit`"),
        ("cast(cid as varchar)", "customer ids are texts here"),
        ("cid = region", "a customer's id is a text or a whole number"),
        ("sum(cid)", "computed of each row"),
    ] {
        let shop = Shop::new(&[("orders", ORDERS), ("customers", customers)], &rules(id));
        let ran = shop.sandbox.tiermill(&["check", "rules.yml"]);
        assert!(ran.code != Some(0) && ran.stderr.contains(said), "{id}: {}", ran.stderr);
    }
}

/// Files of the table that hold the id in several types are one table; the expression reads what they are read as.
#[test]
fn computed_ids_of_files_that_differ() {
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: cast(CustomerID as bigint), time: at, amount: amount}}
  customers: {path: people_*.parquet, columns: {customer: cast(cid as bigint)}, attributes: [region]}
metrics: {n: count(*)}
segments: {who: {rules: [{id: buyer, when: n > 0}], default: prospect}}
output: {rename: {CustomerID: customer_id}}
";
    let (one, other) = ("cid:int region:text\n 7 north", "cid:float region:text\n 8 south\n 11 east");
    let shop = Shop::new(&[("orders", ORDERS), ("people_1", one), ("people_2", other)], rules);
    shop.check(
        "customer_id region n who
         7 north 2 buyer
         8 south 1 buyer
         11 east 0 prospect",
    );
}
