//! Incremental days: what is kept as of an earlier day, or of fewer files, becomes the profile of today with a look at the
//! files that are new, at rows that were later ones, and at days that leave a window.

use std::collections::HashSet;

use polars::prelude::DataFrame;

use crate::engine::polars::profile::columns::aggregate_column;
use crate::engine::polars::profile::{self, Aggregated, Memory};
use crate::engine::polars::slices::stack;
use crate::engine::{Cache, Counts, Error};
use crate::plan::{Aggregate, Column, Expr, Measure, Plan};

use super::delta::{Base, new_files};
use super::entry::{self, Changes, Kept};
use super::merge::{self, LocatedRows, Parts};
use super::merge_rule::{self, MergeRule};
use super::splice::{self, places};

/// What came of it.
pub(super) enum Extended {
    /// All of today.
    Whole(Box<Today>),
    /// Why everything has to be read.
    Not(String),
}

/// A profile that was extended.
pub(super) struct Today {
    /// The aggregates.
    pub(super) aggregated: Aggregated,
    /// The rows that were set aside.
    pub(super) rejected: DataFrame,
    /// What makes them of what was kept; none where all rows have other places.
    pub(super) changes: Option<Changes>,
    /// What was read.
    pub(super) note: String,
}

/// Looks for what is kept of the same metrics as of the same or an earlier day, and extends it.
pub(super) fn extend(
    cache: &Cache,
    plan: &Plan,
    threads: usize,
    memory: Option<&Memory>,
) -> Result<Extended, Error> {
    let today = plan.as_of.to_string();
    let relatives = cache.family(&plan.profile_family())?;
    let earlier = relatives.into_iter().filter(|(_, about)| about.as_of <= today);
    let Some((key, about)) = earlier.into_iter().find(|(_, about)| new_files(plan, about).is_some()) else {
        return Ok(Extended::Not(format!(
            "nothing is kept of these metrics and files as of {today} or before"
        )));
    };
    let rules = match rules(plan) {
        Ok(rules) => rules,
        Err(why) => return Ok(Extended::Not(why)),
    };
    let Some(base) = Base::of(plan, &about) else {
        return Ok(Extended::Not("what is kept has no date".to_owned()));
    };
    let Some(Kept { aggregated: before, rejected: set_aside, layers }) = entry::load(cache, plan, &key)?
    else {
        return Ok(Extended::Not("what is kept is gone".to_owned()));
    };
    let came_plan = base.came(plan);
    let came = profile::run_aggregates(&came_plan, threads, memory)?;
    let first_came = plan.aggregates.len();
    if rules.iter().any(|rule| rule.needs_later_days()) {
        let column = came.frame.column(&aggregate_column(first_came))?.to_physical_repr();
        let least = column.i32()?.iter().flatten().min();
        if least.is_some_and(|least| i128::from(least) <= merge_rule::number(base.as_of)) {
            let late = rules.iter().position(|rule| rule.needs_later_days()).unwrap_or(0);
            let name = name_of(plan, late);
            return Ok(Extended::Not(format!(
                "new files hold days up to {}, and {name} does not merge with them",
                base.as_of
            )));
        }
    }
    let left_plan = base.left(plan);
    let left = match &left_plan {
        Some(plan) => Some(profile::run_aggregates(plan, threads, memory)?.frame),
        None => None,
    };
    // `left` numbers only the aggregates with a window.
    let left = left.map(|frame| renumbered(plan, frame)).transpose()?;
    let Aggregated { frame: before, mut counts } = before;
    let (frame, changed) = put_together(plan, &rules, before, &came.frame, left.as_ref(), first_came)?;
    for (one, input) in counts.inputs.iter_mut().zip(&plan.orders) {
        one.path.clone_from(&input.table.path);
        one.counts.read = input.table.rows();
    }
    for (came, (at, is_new)) in came.counts.inputs.iter().zip(base.origins()) {
        counts.inputs[at].measured.add(&came.measured);
        let (came, all) = (&came.counts, &mut counts.inputs[at].counts);
        if is_new {
            add(all, came);
        } else {
            all.used += came.used;
            all.later -= came.used.min(all.later);
        }
    }
    let aggregated = Aggregated { frame, counts };
    let Some(rejected) = base.set_aside(plan, &aggregated, set_aside)? else {
        return Ok(Extended::Not(
            "the rows that are set aside do not merge: too many, or of a file that is read twice".to_owned(),
        ));
    };
    let read: HashSet<_> = [Some(&came_plan), left_plan.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(|plan| plan.orders.iter().flat_map(|input| input.table.files.iter().map(|file| &file.path)))
        .collect();
    let all = plan.orders.iter().map(|input| input.table.files.len()).sum::<usize>();
    let note = format!("kept as of {}, reads {} of {all} files", base.as_of, read.len());
    let changes = changed.map(|rows| Changes { base: layers, rows });
    Ok(Extended::Whole(Box::new(Today { aggregated, rejected, changes, note })))
}

/// All customers with all days, in the order in which they are published; and the rows that make the difference, unless
/// there are more parts now.
fn put_together(
    plan: &Plan,
    rules: &[MergeRule],
    mut before: DataFrame,
    came: &DataFrame,
    left: Option<&DataFrame>,
    first_came: usize,
) -> Result<(DataFrame, Option<DataFrame>), Error> {
    let kept_parts = plan.parts(before.height());
    let mut parts = kept_parts;
    loop {
        let found = |frame: &DataFrame| {
            let frame = in_parts(plan, frame.clone(), plan.parts(frame.height()), parts)?;
            let places = places(plan, parts, &before, &frame)?;
            Ok::<_, Error>(LocatedRows::new(frame, places))
        };
        let merged =
            Parts { came: found(came)?, left: left.map(found).transpose()?, before: &before, first_came };
        let now = plan.parts(before.height() + merged.came.new_customers());
        if now == parts {
            let (rows, places) = merge::merge(plan, rules, &merged)?;
            let all = splice::splice(before, &rows, &places)?;
            return Ok((all, (parts == kept_parts).then_some(rows)));
        }
        before = in_parts(plan, before, parts, now)?;
        parts = now;
    }
}

/// Customers in the order of so many parts → that of another number of parts.
fn in_parts(plan: &Plan, frame: DataFrame, from: usize, to: usize) -> Result<DataFrame, Error> {
    match from == to {
        true => Ok(frame),
        false => stack(profile::in_parts(frame, plan, to)?),
    }
}

/// How each aggregate merges; or why one does not.
fn rules(plan: &Plan) -> Result<Vec<MergeRule>, String> {
    if plan.customers.is_some() {
        return Err("a table of customers does not merge".to_owned());
    }
    if plan.suppress.is_some() {
        return Err("a list of suppressed customers does not merge".to_owned());
    }
    if !plan.events.is_empty() {
        return Err("tables of events do not merge".to_owned());
    }
    if plan.orders.iter().flat_map(|input| &input.measures).any(|one| matches!(one, Measure::TooOld(_))) {
        return Err("`too_old` does not merge".to_owned());
    }
    let rule = |(at, aggregate): (usize, &Aggregate)| {
        MergeRule::of(aggregate, plan).ok_or_else(|| format!("{} does not merge", name_of(plan, at)))
    };
    plan.aggregates.iter().enumerate().map(rule).collect()
}

/// What an aggregate is called: by the metric that reads it, if one does.
fn name_of(plan: &Plan, at: usize) -> String {
    let reads = |expr: &Expr| {
        let mut found = false;
        expr.columns(&mut |column| found |= *column == Column::Aggregate(at));
        found
    };
    let metric = plan.metrics.iter().find(|metric| reads(&metric.expr));
    metric.map_or_else(|| format!("`{}`", plan.aggregates[at]), |metric| format!("`{}`", metric.name))
}

/// The columns of a frame of aggregates with windows under the numbers that they have in the plan.
fn renumbered(plan: &Plan, mut frame: DataFrame) -> Result<DataFrame, Error> {
    let windows = plan.aggregates.iter().enumerate().filter(|(_, one)| one.window_days.is_some());
    let names: Vec<(usize, usize)> = windows.map(|(at, _)| at).enumerate().collect();
    // From the end: a number never moves down, so none is taken twice.
    for (from, to) in names.into_iter().rev() {
        frame.rename(&aggregate_column(from), aggregate_column(to).into())?;
    }
    Ok(frame)
}

fn add(counts: &mut Counts, more: &Counts) {
    // `read` follows from the files.
    counts.filtered += more.filtered;
    counts.later += more.later;
    counts.used += more.used;
    for (reason, rows) in &more.rejected {
        match counts.rejected.iter_mut().find(|(known, _)| known == reason) {
            Some((_, sum)) => *sum += rows,
            None => counts.rejected.push((reason.clone(), *rows)),
        }
    }
}
