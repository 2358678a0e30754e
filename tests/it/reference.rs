//! A naive reference, written from the contract row by row, against what is published for generated orders and rules:
//! every column of every customer, what became of every row, and which rows were set aside.

mod apply;
mod condition;
mod input;
mod overrides;
mod params;
mod presets;
mod profile;
mod sides;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::support::{Rows, Sandbox, Value, table};
use apply::{Row, apply};
use input::{AS_OF, Fate, Id, Input, Order};
use overrides::Override;
use params::Params;
use sides::Population;

/// What the contract says of an input.
#[derive(Default)]
struct Expected {
    customers: Vec<(Id, Row)>,
    filtered: u64,
    later: u64,
    used: u64,
    suppressed: u64,
    no_consent: u64,
    unknown: u64,
    /// File, row from 1, reason.
    rejected: Vec<(String, i64, &'static str)>,
}

fn expect(input: &Input, params: &Params, overrides: &[Override]) -> Expected {
    let mut expected = Expected::default();
    let mut orders: BTreeMap<Id, Vec<Order>> = BTreeMap::new();
    let population = input.sides.as_ref().map_or_else(Population::default, |sides| sides.population(input));
    let people = population.people.as_ref();
    let joins = input.sides.as_ref().is_some_and(|sides| sides.join);
    if let Some(people) = people {
        people.keys().for_each(|id| drop(orders.insert(id.clone(), Vec::new())));
    }
    for (number, file) in input.files.iter().enumerate() {
        for (row, seed) in file.iter().enumerate() {
            let turned_away = input.customer_of(*seed).and_then(|id| population.turned_away(&id));
            let mut reject =
                |reason| expected.rejected.push((input.file_name(number), row as i64 + 1, reason));
            match (input.fate(*seed), turned_away) {
                (Fate::Filtered, _) => expected.filtered += 1,
                (_, Some("suppressed")) => expected.suppressed += 1,
                (_, Some(_)) => expected.no_consent += 1,
                (Fate::Later, _) => expected.later += 1,
                (Fate::Rejected(reason), _) => reject(reason),
                (Fate::Used(order), _)
                    if !joins && people.is_some_and(|all| !all.contains_key(&order.customer)) =>
                {
                    reject("unknown_customer");
                    expected.unknown += 1;
                }
                (Fate::Used(order), _) => {
                    expected.used += 1;
                    orders.entry(order.customer.clone()).or_default().push(order);
                }
            }
        }
    }
    let people_file = || "people.parquet".to_owned();
    expected.rejected.extend(population.rejected.iter().map(|(row, reason)| (people_file(), *row, *reason)));
    let profile = |id: &Id, orders: &Vec<Order>| {
        let mut row = profile::profile(&orders.iter().collect::<Vec<_>>(), params, input.money_scale());
        if let Some(sides) = &input.sides {
            let (visits, last) = sides.visits(input, id);
            row.set("visits", visits);
            row.set("last_visit", last);
        }
        if let Some(people) = people {
            let region = people.get(id).copied().flatten();
            row.set("region", region.map_or(Value::Null, Value::text));
        }
        row
    };
    let (ids, mut rows): (Vec<Id>, Vec<Row>) =
        orders.iter().map(|(id, orders)| (id.clone(), profile(id, orders))).unzip();
    let own = |id: &Id| overrides.iter().filter(|one| one.customer == *id).collect();
    apply(&mut rows, params, &ids.iter().map(own).collect::<Vec<_>>());
    expected.customers = ids.into_iter().zip(rows).collect();
    expected
}

/// The published columns in the contract's order: id, metrics, scores, bands, lifetime value, segments.
fn columns(input: &Input, params: &Params) -> Vec<String> {
    let metrics = "recency_days first_days gap usual_gap purchase_days rows orders known channels avg_order revenue revenue_w \
        orders_w least most_w mean_amount first_channel last_channel first_amount last_amount_w top_by_amount \
        top_by_rows share cv cv_amount";
    let mut columns = vec!["customer_id".to_owned()];
    if input.sides.as_ref().is_some_and(|sides| sides.people.is_some()) {
        columns.push("region".to_owned());
    }
    columns.extend(metrics.split_whitespace().map(str::to_owned));
    if input.sides.is_some() {
        columns.extend(["visits", "last_visit"].map(str::to_owned));
    }
    columns.extend(params.scores.iter().map(|score| score.name.clone()));
    columns.push("value".to_owned());
    columns.extend((0..params.bands.len()).map(|at| format!("b{at}")));
    columns.push("clv".to_owned());
    for name in ["rfm", "stage", "tier"] {
        columns.extend([name.to_owned(), format!("{name}_rule")]);
        columns.extend(params.overrides.iter().map(|_| format!("{name}_override")));
    }
    columns
}

fn check(input: &Input, params: &Params) -> Result<(), TestCaseError> {
    let sandbox = Sandbox::new();
    for (number, file) in input.files.iter().enumerate() {
        let mut columns = input.columns(file);
        if number == 2 && input.is_apart() {
            let names = ["member", "slip", "sold", "total"];
            columns.iter_mut().zip(names).for_each(|(column, name)| column.0 = name);
        }
        sandbox.orders(&input.file_name(number), &table::batch(&columns));
    }
    for (name, columns) in input.sides.iter().flat_map(|sides| sides.tables(input)) {
        sandbox.orders(name, &table::batch(&columns));
    }
    let rules = params.rules(input);
    sandbox.text("rules.yml", &rules);
    let overrides = overrides::of(params.overrides.as_deref().unwrap_or_default(), input, params);
    if params.overrides.is_some() {
        sandbox.text("overrides.csv", &overrides::csv(&overrides));
    }
    let published = sandbox.publish("rules.yml", AS_OF).map_err(TestCaseError::fail)?;
    let expected = expect(input, params, &overrides);

    let rows = &published.manifest.rows;
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    let of_orders =
        |(file, _, reason): &&(String, i64, &str)| file != "people.parquet" && *reason != "unknown_customer";
    for (_, _, reason) in expected.rejected.iter().filter(of_orders) {
        *reasons.entry((*reason).to_owned()).or_default() += 1;
    }
    prop_assert_eq!(
        (rows.read, rows.filtered, rows.after_as_of, rows.used, &rows.rejected),
        (
            input.files.iter().map(|file| file.len() as u64).sum(),
            expected.filtered,
            expected.later,
            expected.used,
            &reasons
        )
    );
    let left =
        (rows.suppressed.unwrap_or(0), rows.no_consent.unwrap_or(0), rows.unknown_customer.unwrap_or(0));
    prop_assert_eq!(left, (expected.suppressed, expected.no_consent, expected.unknown));
    let rest = rows.filtered + rows.after_as_of + rows.used + reasons.values().sum::<u64>();
    prop_assert_eq!(rows.read, rest + left.0 + left.1 + left.2);
    prop_assert_eq!(published.manifest.customers, expected.customers.len() as u64);

    let rejected = Rows::read(&published.folder.join("_run/rejected.parquet"));
    let visits = sandbox.path("visits.parquet").display().to_string();
    let found = rejected.rows.iter().filter(|row| row[0].to_string() != visits);
    let found: Vec<Vec<Value>> = found.map(|row| row[..3].to_vec()).collect();
    let place = |(file, row, reason): &(String, i64, &str)| {
        let path = sandbox.path(file).display().to_string();
        vec![Value::Text(path), Value::Int(*row), Value::text(reason)]
    };
    prop_assert_eq!(&rejected.columns, &["file", "row", "reason", "customer", "time", "amount"]);
    prop_assert_eq!(found, expected.rejected.iter().map(place).collect::<Vec<_>>());

    if params.overrides.is_some() {
        // Nothing that is published names a suppressed customer.
        let sides = input.sides.as_ref();
        let population = sides.map_or_else(Population::default, |sides| sides.population(input));
        let mut named = overrides;
        named.retain(|one| population.turned_away(&one.customer) != Some("suppressed"));
        check_report(&published.folder, params, &named, &expected)?;
    }

    let parts = Rows::parts(&published.folder);
    prop_assert_eq!(&parts.columns, &columns(input, params));
    let ids = |id: &Id| match id {
        Id::Int(id) => Value::Int(*id),
        Id::Text(id) => Value::text(id),
    };
    let wanted: Vec<Value> = expected.customers.iter().map(|(id, _)| ids(id)).collect();
    prop_assert_eq!(parts.column("customer_id"), wanted.iter().collect::<Vec<_>>());
    for (row, (id, wanted)) in parts.rows.iter().zip(&expected.customers) {
        for (column, found) in parts.columns.iter().zip(row).skip(1) {
            let wanted = wanted.get(column);
            prop_assert!(
                found.is(wanted),
                "{column} of {id:?} is {found:?}, expected {wanted:?}, under\n{rules}"
            );
        }
    }
    Ok(())
}

/// Every label set by hand is reported with what came of it.
fn check_report(
    folder: &Path,
    params: &Params,
    overrides: &[Override],
    expected: &Expected,
) -> Result<(), TestCaseError> {
    let report = Rows::read(&folder.join("_run/overrides.parquet"));
    let words = |row: &[Value]| row.iter().map(ToString::to_string).collect::<Vec<_>>();
    let found: Vec<Vec<String>> = report.rows.iter().map(|row| words(row)).collect();
    let place = |name: &str| ["rfm", "stage", "tier"].iter().position(|one| *one == name);
    let mut sorted: Vec<&Override> = overrides.iter().collect();
    sorted.sort_by_key(|one| (place(one.segmentation), one.customer.clone()));
    let line = |one: &&Override| {
        let row = expected.customers.iter().find(|(id, _)| *id == one.customer).map(|(_, row)| row);
        let [status, ruled, label] = overrides::outcome(one, params, row);
        let customer = match &one.customer {
            Id::Int(id) => id.to_string(),
            Id::Text(id) => id.clone(),
        };
        let as_of: NaiveDate = AS_OF.parse().unwrap();
        let day = one.expires_on.map_or("-".to_owned(), |day| day.to_string());
        let left = one.expires_on.map_or("-".to_owned(), |day| (day - as_of).num_days().to_string());
        let [segmentation, action, segment] = [one.segmentation, one.action, one.segment].map(str::to_owned);
        let [reason, author] = ["said so, \"twice\"", "me"].map(str::to_owned);
        vec![segmentation, customer, action, segment, reason, author, day, left, status, ruled, label]
    };
    prop_assert_eq!(found, sorted.iter().map(line).collect::<Vec<_>>());
    let columns = "segmentation customer action segment reason author expires_on days_to_expiry status label_by_rules label";
    prop_assert_eq!(report.columns.join(" "), columns);
    Ok(())
}

#[test]
fn published_rows_are_what_the_contract_says() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(96);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let strategy = (input::input(), params::params());
    let ran = TestRunner::new(config).run(&strategy, |(input, params)| check(&input, &params));
    if let Err(failure) = ran {
        panic!("{failure}");
    }
}
