//! Customers are labelled, counted and encoded slice by slice: what is said of slices adds up to what is said of all, and
//! row groups that come early wait for their turn.

use tiermill::engine::Profile;
use tiermill::engine::polars::Frame;
use tiermill::engine::polars::tables::summary::Previous;
use tiermill::engine::polars::tables::{self, Tables};
use tiermill::engine::polars::write::{self, Writer};
use tiermill::fit::Model;
use tiermill::plan::Plan;

use crate::determinism::{OVERRIDES, RULES, cdnow};
use crate::support::Sandbox;
use crate::support::sandbox::learn;

struct Learned {
    sandbox: Sandbox,
    plan: Plan,
    profile: Profile,
    model: Model,
}

fn learned() -> Learned {
    let sandbox = Sandbox::new();
    sandbox.orders("orders/all.parquet", &cdnow());
    sandbox.text("rules.yml", RULES);
    sandbox.text("overrides.csv", OVERRIDES);
    let plan = sandbox.plan("rules.yml", "1998-06-30").unwrap();
    let (profile, model) = learn(&plan).unwrap();
    Learned { sandbox, plan, profile, model }
}

impl Learned {
    /// Labels customers in slices that end at these rows: all rows, and the tables beside them.
    fn label(&self, ends: &[usize]) -> (Frame, Tables) {
        let customers = &self.profile.customers;
        let mut start = 0;
        let mut slices = ends.iter().copied().chain([customers.height()]).map(|end| {
            let slice = customers.slice(start as i64, end - start);
            start = end;
            tables::label(&self.plan, &self.model, &slice).unwrap()
        });
        let (mut rows, mut all) = slices.next().unwrap();
        for (more, findings) in slices {
            rows.vstack_mut(&more).unwrap();
            all.add(findings);
        }
        assert_eq!(all.sums().rows, customers.height() as u64);
        (rows, all.tables(&self.plan, &Previous::new()).unwrap())
    }
}

#[test]
fn what_is_said_of_slices_adds_up() {
    let learned = learned();
    let (rows, whole) = learned.label(&[]);
    let customers = rows.height();
    assert!(customers > 20_000 && whole.audiences[0].height() > 100, "{customers} customers");
    let clv = |tables: &Tables| -> Vec<f64> {
        tables.summary.column("clv").unwrap().f64().unwrap().iter().flatten().collect()
    };
    for ends in [vec![0], vec![1, 2], vec![7, 7, 5_000, customers - 1], (0..customers).step_by(999).collect()]
    {
        let (more, tables) = learned.label(&ends);
        assert!(more.equals_missing(&rows), "rows, cut at {ends:?}");
        assert!(tables.audiences[0].equals_missing(&whole.audiences[0]), "audience, cut at {ends:?}");
        assert!(tables.segment_profile.equals_missing(&whole.segment_profile), "profile, cut at {ends:?}");
        let exact = |tables: &Tables| tables.summary.drop("clv").unwrap();
        assert!(exact(&tables).equals_missing(&exact(&whole)), "summary, cut at {ends:?}");
        // A sum of doubles depends on where it was cut, in its last digits.
        for (found, expected) in clv(&tables).into_iter().zip(clv(&whole)) {
            assert!((found - expected).abs() <= 1e-9 * expected.abs(), "clv {found}, {expected}");
        }
    }
}

#[test]
fn row_groups_come_in_any_order() {
    let Learned { sandbox, plan, profile, model } = learned();
    let (rows, _) = tables::label(&plan, &model, &profile.customers).unwrap();
    let write = |name: &str, order: &[usize]| {
        let path = sandbox.path(name);
        let file = Writer::create(&path, &rows, Some("customer_id"), &Vec::new()).unwrap();
        for number in order {
            let group = rows.slice(*number as i64 * 5_000, 5_000);
            file.append(*number, file.encode(&group).unwrap()).unwrap();
        }
        file.finish().unwrap();
        std::fs::read(path).unwrap()
    };
    assert_eq!(rows.height().div_ceil(5_000), 5);
    let in_order = write("in order.parquet", &[0, 1, 2, 3, 4]);
    for order in [[4, 3, 2, 1, 0], [1, 0, 4, 2, 3]] {
        assert!(write("other.parquet", &order) == in_order, "row groups came as {order:?}");
    }
    // One row group, without a word about the ids: their values are the same.
    write::table(&rows, &sandbox.path("table.parquet"), &Vec::new()).unwrap();
    let read = |name: &str| crate::support::Rows::read(&sandbox.path(name)).rows;
    assert_eq!(read("in order.parquet"), read("table.parquet"));
}

#[test]
fn a_row_group_that_is_missing_is_noticed() {
    let Learned { sandbox, plan, profile, model } = learned();
    let (rows, _) = tables::label(&plan, &model, &profile.customers.slice(0, 10)).unwrap();
    let file = Writer::create(&sandbox.path("holes.parquet"), &rows, None, &Vec::new()).unwrap();
    file.append(1, file.encode(&rows).unwrap()).unwrap();
    let error = file.finish().unwrap_err().to_string();
    assert!(error.contains("row group 0 never came"), "{error}");
}
