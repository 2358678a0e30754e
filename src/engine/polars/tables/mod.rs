//! Customers labelled slice by slice: their rows as they are published, and what is said of them beside the rows, added
//! up in their order. So nobody ever holds the labels of the whole population.

mod amounts;
mod audience;
mod codes;
mod disclosure;
pub mod edges;
mod measure;
pub mod override_report;
mod segment_profile;
mod segment_totals;
pub mod summary;
pub mod sums;

use polars::prelude::DataFrame;
use rayon::prelude::*;

use crate::engine::Error;
use crate::fit::Model;
use crate::plan::Plan;

use super::apply;
use super::slices::{self, SLICE, stack};
use codes::numbered;
use measure::measures;
use segment_profile::Composition;
use segment_totals::{SegmentTotals, tallies};
use summary::Previous;
use sums::Sums;

/// What is said of customers.
pub struct Findings {
    sums: Sums,
    /// One a segment of each segmentation.
    tallies: Vec<Vec<SegmentTotals>>,
    composition: Composition,
    /// The members of each audience, slice by slice.
    audiences: Vec<Vec<DataFrame>>,
}

impl Findings {
    fn of(
        plan: &Plan,
        customers: &DataFrame,
        labelled: &DataFrame,
        output: &DataFrame,
    ) -> Result<Self, Error> {
        let mut segments = Vec::new();
        let mut all = Vec::new();
        for segmentation in &plan.segmentations {
            let ids: Vec<&str> = segmentation.segments().iter().map(|segment| segment.id.as_str()).collect();
            let own = numbered(labelled.column(&segmentation.name)?.str()?, &ids);
            let mut of_segments = tallies(customers, &own, ids.len(), plan.has_clv_value())?;
            for name in &plan.measures {
                let of_column = measures(labelled.column(name)?, &own, ids.len())?;
                of_segments.iter_mut().zip(of_column).for_each(|(tally, one)| tally.measures.push(one));
            }
            all.push(of_segments);
            segments.push(own);
        }
        let members = |one| Ok(vec![audience::customers(one, labelled)?]);
        Ok(Self {
            sums: Sums::of(plan, output)?,
            tallies: all,
            composition: Composition::of(plan, labelled, &segments)?,
            audiences: plan.audiences.iter().map(members).collect::<Result<_, Error>>()?,
        })
    }

    /// Adds those of the customers behind these.
    pub fn add(&mut self, next: Self) {
        self.sums.add(next.sums);
        for (tally, next) in self.tallies.iter_mut().flatten().zip(next.tallies.into_iter().flatten()) {
            tally.add(next);
        }
        self.composition.add(next.composition);
        for (members, next) in self.audiences.iter_mut().zip(next.audiences) {
            members.extend(next);
        }
    }

    /// What the rows add up to.
    pub fn sums(&self) -> &Sums {
        &self.sums
    }

    /// `summary.parquet`, `segment_profile.parquet`, and the table of each audience of the plan.
    pub fn tables(self, plan: &Plan, previous: &Previous) -> Result<Tables, Error> {
        Ok(Tables {
            summary: summary::summary(plan, self.tallies, previous)?,
            segment_profile: self.composition.table(plan)?,
            audiences: self.audiences.into_iter().map(stack).collect::<Result<_, _>>()?,
        })
    }
}

/// Tables beside the parts.
pub struct Tables {
    /// One row a segment.
    pub summary: DataFrame,
    /// Every segment by the other dimensions.
    pub segment_profile: DataFrame,
    /// The members of each audience, in the order of the plan.
    pub audiences: Vec<DataFrame>,
}

/// Labels customers: their rows as they are published, and what is said of them. Of no customers the rows have their
/// columns, too.
pub fn label(plan: &Plan, model: &Model, customers: &DataFrame) -> Result<(DataFrame, Findings), Error> {
    let slice = |start: usize| {
        let customers = customers.slice(start as i64, SLICE);
        let labelled = apply::label_slice(plan, model, customers.clone())?;
        let output = apply::published(&plan.output, &labelled)?;
        let findings = Findings::of(plan, &customers, &labelled, &output)?;
        Ok::<_, Error>((output, findings))
    };
    // Side by side, too: a small job has no more than one row group.
    let starts: Vec<usize> = slices::starts(customers).collect();
    let slices: Vec<_> = starts.into_par_iter().map(slice).collect::<Result<_, _>>()?;
    let (rows, findings): (Vec<DataFrame>, Vec<Findings>) = slices.into_iter().unzip();
    let all = findings.into_iter().reduce(|mut all, next| {
        all.add(next);
        all
    });
    let missing = || Error::Engine("there is no slice of the customers".to_owned());
    Ok((stack(rows)?, all.ok_or_else(missing)?))
}
