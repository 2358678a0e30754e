//! Several parts: every customer is in exactly one of them, picked by the id alone, in order.

use tiermill::engine::polars::profile::parts;
use tiermill::engine::polars::tables::sums::Sums;
use tiermill::engine::polars::{apply, write};
use tiermill::publish::readback;

use crate::support::sandbox::learn;
use crate::support::table::{Cells, batch, days};
use crate::support::{Rows, Sandbox, Value};

const RULES: &str = "tiermill: 1\nname: parts\ninputs:\n  orders:\n    path: orders.parquet\n    \
    columns: {customer: id, time: at}\nmetrics: {rows: count(*)}\n";

#[test]
fn their_number_follows_from_the_customers() {
    let sandbox = Sandbox::new();
    sandbox.orders(
        "orders.parquet",
        &batch(&[("id", Cells::Int(vec![Some(1)])), ("at", Cells::Date(vec![Some(days("2025-01-01"))]))]),
    );
    sandbox.text("rules.yml", RULES);
    let plan = sandbox.plan("rules.yml", "2025-01-31").unwrap();
    for (customers, parts) in [(0, 1), (1, 1), (4_000_000, 1), (4_000_001, 2), (40_000_000, 10)] {
        assert_eq!(plan.parts(customers), parts, "{customers} customers");
    }
}

/// Writes customers with these ids as three parts and returns the ids of each.
fn check(ids: Cells, customers: usize) -> Vec<Vec<Value>> {
    let sandbox = Sandbox::new();
    let at = Cells::Date(vec![Some(days("2025-01-01")); customers]);
    sandbox.orders("orders.parquet", &batch(&[("id", ids), ("at", at)]));
    sandbox.text("rules.yml", RULES);
    let mut plan = sandbox.plan("rules.yml", "2025-01-31").unwrap();
    plan.part_customers = customers.div_ceil(3);
    let (profile, model) = learn(&plan).unwrap();
    let output =
        apply::published(&plan.output, &apply::label(&plan, &model, &profile.customers).unwrap()).unwrap();
    let starts = parts::part_starts(&plan, &output).unwrap();
    assert_eq!(starts.last(), Some(&customers));

    let names: Vec<String> = (0..3).map(|number| format!("part-{number}.parquet")).collect();
    let mut ids = Vec::new();
    for (name, bounds) in names.iter().zip(starts.windows(2)) {
        let part = output.slice(bounds[0] as i64, bounds[1] - bounds[0]);
        write::table(&part, &sandbox.path(name), &Vec::new()).unwrap();
        ids.push(Rows::read(&sandbox.path(name)).column("id").into_iter().cloned().collect::<Vec<_>>());
    }
    // Each part ascends, and together they add up to everybody.
    let expected = Sums::of(&plan, &output).unwrap();
    readback::check(&plan, sandbox.path("").as_path(), &names, &expected).unwrap();
    ids
}

#[test]
fn every_customer_is_in_one_part() {
    let order = |value: &Value| match value {
        Value::Int(id) => (*id, String::new()),
        Value::Text(id) => (0, id.clone()),
        other => panic!("{other:?}"),
    };
    // Descending in the file, so that the order of the parts is their own.
    let ints = check(Cells::Int((0..3_000).rev().map(|id| Some(id - 1_500)).collect()), 3_000);
    let texts =
        check(Cells::Text((0..3_000).rev().map(|id| Some(format!("customer {id}"))).collect()), 3_000);
    for parts in [ints, texts] {
        for part in &parts {
            assert!((800..1_200).contains(&part.len()), "{} customers of 3,000 in one of three", part.len());
            assert!(part.is_sorted_by_key(order));
        }
        let mut all: Vec<&Value> = parts.iter().flatten().collect();
        all.sort_by_key(|value| order(value));
        all.dedup();
        assert_eq!(all.len(), 3_000);
    }
}

#[test]
fn the_id_alone_picks_the_part() {
    let few = check(Cells::Int((0..300).map(Some).collect()), 300);
    let more = check(Cells::Int((0..3_000).map(Some).collect()), 3_000);
    for (few, more) in few.iter().zip(&more) {
        assert!(few.iter().all(|id| more.contains(id)), "a customer has moved to another part");
    }
}
