//! `overrides.parquet`: what came of each label set by hand.

use std::collections::HashMap;

use polars::prelude::{BooleanChunked, DataFrame, Int32Chunked, IntoColumn, NewChunkedArray, StringChunked};

use crate::engine::polars::apply::overrides::OverrideNumbers;
use crate::engine::polars::{apply, ids};
use crate::engine::{Error, OverrideCounts};
use crate::fit::Model;
use crate::plan::{Id, Overrides, Plan};

/// What came of an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// The label is another than the rules say, by one segment.
    Applied,
    /// The label is another, by more than one segment in the declared order.
    FarOff,
    /// The label is what the rules say.
    NoOp,
    /// Its last day is over.
    Expired,
    /// There is no such customer.
    UnknownCustomer,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::FarOff => "far_off",
            Self::NoOp => "no_op",
            Self::Expired => "expired",
            Self::UnknownCustomer => "unknown_customer",
        }
    }
}

/// `overrides.parquet`: every override with what came of it, in the order of the plan, and how many came to what.
pub fn report(
    plan: &Plan,
    model: &Model,
    overrides: &Overrides,
    population: &DataFrame,
) -> Result<(DataFrame, OverrideCounts), Error> {
    let (found, rows) = with_override(plan, overrides, population)?;
    let labelled = apply::label(plan, model, &found)?;
    let mut counts = OverrideCounts::default();
    let mut outcomes = Vec::with_capacity(overrides.list.len());
    for segmentation in &plan.segmentations {
        let numbers = segmentation.segment_numbers();
        let segments = segmentation.segments();
        let rules = labelled.column(&segmentation.rule_column())?.i16()?;
        let labels = labelled.column(&segmentation.name)?.str()?;
        for one in overrides.list.iter().filter(|one| one.segmentation == segmentation.name) {
            let row = rows.get(&one.customer).copied();
            let ruled = row.map(|row| numbers[usize::try_from(rules.get(row).unwrap_or(0)).unwrap_or(0)]);
            let number = |label: &str| segments.iter().position(|segment| segment.id == label);
            let given = row.and_then(|row| number(labels.get(row)?));
            let status = match (ruled, given) {
                _ if one.is_expired(plan.as_of) => Status::Expired,
                (Some(ruled), Some(given)) => match ruled.abs_diff(given) {
                    0 => Status::NoOp,
                    1 => Status::Applied,
                    _ => Status::FarOff,
                },
                _ => Status::UnknownCustomer,
            };
            *match status {
                Status::Applied => &mut counts.applied,
                Status::FarOff => &mut counts.far_off,
                Status::NoOp => &mut counts.no_op,
                Status::Expired => &mut counts.expired,
                Status::UnknownCustomer => &mut counts.unknown_customer,
            } += 1;
            let label = |number: Option<usize>| number.map(|number| segments[number].id.as_str());
            outcomes.push((one, segments[one.segment].id.as_str(), status, label(ruled), label(given)));
        }
    }
    let text = |name: &str, texts: &mut dyn Iterator<Item = Option<&str>>| {
        StringChunked::from_iter_options(name.into(), texts).into_column()
    };
    let all = || outcomes.iter();
    let date = |name: &str, days: Vec<Option<i32>>| {
        Int32Chunked::from_iter_options(name.into(), days.into_iter()).into_date().into_column()
    };
    let epoch = chrono::NaiveDate::default();
    let days = |since: chrono::NaiveDate| -> Vec<Option<i32>> {
        all().map(|(one, ..)| Some((one.expires_on? - since).num_days() as i32)).collect()
    };
    let columns = vec![
        text("segmentation", &mut all().map(|(one, ..)| Some(one.segmentation.as_str()))),
        ids::column(plan.id_type(), all().map(|(one, ..)| &one.customer)),
        text("action", &mut all().map(|(one, ..)| Some(one.action.name()))),
        text("segment", &mut all().map(|(_, segment, ..)| Some(*segment))),
        text("reason", &mut all().map(|(one, ..)| Some(one.reason.as_str()))),
        text("author", &mut all().map(|(one, ..)| Some(one.author.as_str()))),
        date("expires_on", days(epoch)),
        Int32Chunked::from_iter_options("days_to_expiry".into(), days(plan.as_of).into_iter()).into_column(),
        text("status", &mut all().map(|(_, _, status, ..)| Some(status.name()))),
        text("label_by_rules", &mut all().map(|(_, _, _, ruled, _)| *ruled)),
        text("label", &mut all().map(|(.., given)| *given)),
    ];
    Ok((DataFrame::new(outcomes.len(), columns)?, counts))
}

/// The customers who have an override, and where each of them is among these.
fn with_override<'a>(
    plan: &Plan,
    overrides: &'a Overrides,
    population: &DataFrame,
) -> Result<(DataFrame, HashMap<&'a Id, usize>), Error> {
    let numbered = overrides.list.iter().enumerate().map(|(number, one)| (&one.customer, number));
    let numbers = OverrideNumbers::new(numbered, plan).of(population.column(&plan.customer.column)?)?;
    let found = numbers.iter().filter_map(|number| overrides.list.get(usize::try_from(*number).ok()?));
    let rows = found.map(|one| &one.customer).zip(0..).collect();
    let is_one = numbers.iter().map(|number| *number >= 0);
    Ok((population.filter(&BooleanChunked::from_iter_values("".into(), is_one))?, rows))
}
