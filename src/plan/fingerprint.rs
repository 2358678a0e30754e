//! What of a plan decides its aggregates, as a hash: the name under which a profile is kept. Nothing that comes after
//! the aggregates is in it, so that rules may be edited without reading the orders again.

use sha2::{Digest, Sha256};

use super::job::hex;
use super::{Aggregate, Customer, Customers, Input, Plan, Suppress};

/// Everything that the aggregates and the order of their rows follow from. Written out with [`std::fmt::Debug`], which
/// quotes texts, so that no two plans read the same.
#[derive(Debug)]
struct Reads<'a> {
    _program: &'static str,
    _as_of: chrono::NaiveDate,
    _timezone: chrono_tz::Tz,
    _customer: &'a Customer,
    _row_is_order: bool,
    _orders: &'a [Input],
    _events: &'a [Input],
    _customers: &'a Option<Customers>,
    _suppress: &'a Option<Suppress>,
    _aggregates: &'a [Aggregate],
    _part_customers: usize,
}

impl Plan {
    /// [`Plan::profile_key`], but for as-of and the files: profiles of one family differ in days and files alone.
    pub fn profile_family(&self) -> String {
        let mut plan = self.clone();
        plan.as_of = chrono::NaiveDate::default();
        let orders = plan.orders.iter_mut().chain(&mut plan.events).map(|input| &mut input.table);
        for table in orders.chain(plan.customers.iter_mut().map(|customers| &mut customers.table)) {
            table.files.clear();
            // Says only what the footers rule out.
            table.columns.iter_mut().for_each(|column| column.nullable = true);
        }
        plan.profile_key()
    }

    /// SHA-256, in hex, of what the aggregates follow from: the program's version, as-of, every input with the size,
    /// rows and footer of each file, and the aggregates themselves.
    pub fn profile_key(&self) -> String {
        // Where a scratch file is says nothing, and what is not read decides nothing.
        let mut plan = self.clone();
        let inputs = plan.orders.iter_mut().chain(&mut plan.events).map(|input| &mut input.table);
        for table in inputs.chain(plan.customers.iter_mut().map(|customers| &mut customers.table)) {
            for file in &mut table.files {
                (file.imported, file.stamp) = (None, None);
            }
            table.left_out.clear();
        }
        // A new part of the plan has to be thought of here.
        let Self {
            name: _,
            as_of,
            timezone,
            customer,
            row_is_order,
            orders,
            events,
            customers,
            suppress,
            // Limits decide after the profile; what they are held against is in the inputs.
            quality: _,
            aggregates,
            facts: _,
            measures: _,
            metrics: _,
            metric_order: _,
            clv: _,
            scores: _,
            bands: _,
            segmentations: _,
            segmentation_order: _,
            overrides: _,
            edges_within: _,
            audiences: _,
            privacy: _,
            output: _,
            part_customers,
            target: _,
            rules_sha256: _,
        } = &plan;
        let reads = Reads {
            _program: env!("CARGO_PKG_VERSION"),
            _as_of: *as_of,
            _timezone: *timezone,
            _customer: customer,
            _row_is_order: *row_is_order,
            _orders: orders,
            _events: events,
            _customers: customers,
            _suppress: suppress,
            _aggregates: aggregates,
            _part_customers: *part_customers,
        };
        hex(&Sha256::digest(format!("{reads:?}")))
    }
}
