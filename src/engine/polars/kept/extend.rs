//! Incremental days: what is kept as of an earlier day, or of fewer files, becomes the profile of today with a look at the
//! files that are new, at rows that were later ones, and at days that leave a window.

use std::collections::HashSet;

use chrono::Days;
use polars::prelude::{DataFrame, IdxCa};

use crate::engine::polars::profile::{self, Aggregated, Memory, aggregate_column};
use crate::engine::polars::rejected;
use crate::engine::polars::slices::stack;
use crate::engine::{About, Cache, Counts, Error, KeptFile};
use crate::plan::{Aggregate, Column, Comparison, Expr, ExprKind, Function, Input, InputFile, Plan, Type};

use super::days;
use super::entry::{self, Changes, Kept};
use super::merge::{self, Found, Parts};
use super::rule::{self, Rule, date, day};
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
    let came = profile::aggregate(&came_plan, threads, memory)?;
    let first_came = plan.aggregates.len();
    if rules.iter().any(|rule| rule.needs_later_days()) {
        let column = came.frame.column(&aggregate_column(first_came))?.to_physical_repr();
        let least = column.i32()?.iter().flatten().min();
        if least.is_some_and(|least| i128::from(least) <= rule::number(base.as_of)) {
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
        Some(plan) => Some(profile::aggregate(plan, threads, memory)?.frame),
        None => None,
    };
    // `left` numbers only the aggregates with a window.
    let left = left.map(|frame| renumbered(plan, frame)).transpose()?;
    let Aggregated { frame: before, mut counts } = before;
    let (frame, changed) = put_together(plan, &rules, before, came.frame, left, first_came)?;
    for (at, (one, input)) in counts.inputs.iter_mut().zip(&plan.orders).enumerate() {
        one.path.clone_from(&input.table.path);
        one.counts.read = input.table.rows();
        for (number, came) in came.counts.inputs.iter().enumerate() {
            match base.origin(number) {
                Some((origin, true)) if origin == at => add(&mut one.counts, &came.counts),
                Some((origin, false)) if origin == at => {
                    one.counts.used += came.counts.used;
                    one.counts.later -= came.counts.used.min(one.counts.later);
                }
                _ => {}
            }
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
    rules: &[Rule],
    mut before: DataFrame,
    came: DataFrame,
    left: Option<DataFrame>,
    first_came: usize,
) -> Result<(DataFrame, Option<DataFrame>), Error> {
    let kept_parts = plan.parts(before.height());
    let mut parts = kept_parts;
    loop {
        let found = |frame: &DataFrame| {
            let frame = in_parts(plan, frame.clone(), plan.parts(frame.height()), parts)?;
            let places = places(plan, parts, &before, &frame)?;
            Ok::<_, Error>(Found::new(frame, places))
        };
        let merged = Parts {
            came: found(&came)?,
            left: left.as_ref().map(found).transpose()?,
            before: &before,
            first_came,
        };
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
fn rules(plan: &Plan) -> Result<Vec<Rule>, String> {
    if plan.customers.is_some() {
        return Err("a table of customers does not merge".to_owned());
    }
    if plan.suppress.is_some() {
        return Err("a list of suppressed customers does not merge".to_owned());
    }
    if !plan.events.is_empty() {
        return Err("tables of events do not merge".to_owned());
    }
    let rule = |(at, aggregate): (usize, &Aggregate)| {
        Rule::of(aggregate, plan).ok_or_else(|| format!("{} does not merge", name_of(plan, at)))
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

/// The files of each input that an entry has not seen; none where it has seen others.
fn new_files(plan: &Plan, about: &About) -> Option<Vec<Vec<InputFile>>> {
    if about.orders.len() != plan.orders.len() {
        return None;
    }
    let of_input = |(input, kept): (&Input, &Vec<KeptFile>)| {
        let kept: Vec<KeptFile> = kept.clone();
        let (old, new): (Vec<_>, Vec<_>) =
            input.table.files.iter().cloned().partition(|file| kept.contains(&KeptFile::from(file)));
        (old.len() == kept.len()).then_some(new)
    };
    plan.orders.iter().zip(&about.orders).map(of_input).collect()
}

/// An entry as the base of today's profile.
struct Base {
    as_of: chrono::NaiveDate,
    new: Vec<Vec<InputFile>>,
    old: Vec<Vec<InputFile>>,
    /// How many rows of each input were later than its day.
    later: Vec<u64>,
}

impl Base {
    fn of(plan: &Plan, about: &About) -> Option<Self> {
        let new = new_files(plan, about)?;
        let old = plan.orders.iter().zip(&new).map(|(input, new)| {
            input.table.files.iter().filter(|file| !new.contains(file)).cloned().collect()
        });
        Some(Self {
            as_of: about.as_of.parse().ok()?,
            old: old.collect(),
            later: about.counts.inputs.iter().map(|one| one.counts.later).collect(),
            new,
        })
    }

    /// The inputs of [`Base::came`]: which input of the plan each is of, and whether it is its new files.
    fn origins(&self) -> Vec<(usize, bool)> {
        let mut origins = Vec::new();
        for (at, (new, later)) in self.new.iter().zip(&self.later).enumerate() {
            if *later > 0 {
                origins.push((at, false));
            }
            if !new.is_empty() {
                origins.push((at, true));
            }
        }
        origins
    }

    fn origin(&self, number: usize) -> Option<(usize, bool)> {
        self.origins().get(number).copied()
    }

    /// Reads what came: rows of new files, and rows of the others that were later ones. Its last aggregate is the first
    /// day of these.
    fn came(&self, plan: &Plan) -> Plan {
        let mut came = plan.clone();
        came.orders = self
            .origins()
            .into_iter()
            .map(|(at, is_new)| {
                let mut input = plan.orders[at].clone();
                input.table.files = if is_new {
                    self.new[at].clone()
                } else {
                    let after = rule::number(self.as_of);
                    let may = |file: &&InputFile| {
                        days::of_file(&input, file).is_none_or(|(_, last)| i128::from(last) > after)
                    };
                    self.old[at].iter().filter(may).cloned().collect()
                };
                input.later_than = (!is_new).then_some(self.as_of);
                input
            })
            .collect();
        came.aggregates.push(Aggregate {
            source: crate::plan::Source::Orders,
            function: Function::Min(day()),
            condition: None,
            window_days: None,
            ty: Type::Date,
        });
        came
    }

    /// Reads the days that leave a window, of files that may hold some; none where no file does.
    fn left(&self, plan: &Plan) -> Option<Plan> {
        let mut left = plan.clone();
        left.as_of = self.as_of;
        left.aggregates.retain(|aggregate| aggregate.window_days.is_some());
        let mut ranges = Vec::new();
        for aggregate in &mut left.aggregates {
            let window = Days::new(u64::from(aggregate.window_days.take()?));
            let (from, to) = (self.as_of - window, (plan.as_of - window).min(self.as_of));
            ranges.push((rule::number(from), rule::number(to)));
            let after = compare(Comparison::Greater, from);
            let leaving = after.and(compare(Comparison::LessEq, to));
            aggregate.condition = Some(match aggregate.condition.take() {
                None => leaving,
                Some(condition) => leaving.and(condition),
            });
        }
        ranges.retain(|(from, to)| from < to);
        for (input, old) in left.orders.iter_mut().zip(&self.old) {
            let mut files = old.clone();
            files.retain(|file| match days::of_file(input, file) {
                None => !ranges.is_empty(),
                Some((first, last)) => {
                    ranges.iter().any(|(from, to)| i128::from(last) > *from && i128::from(first) <= *to)
                }
            });
            input.table.files = files;
        }
        left.orders.retain(|input| !input.table.files.is_empty());
        (!left.orders.is_empty()).then_some(left)
    }

    /// The rows that are set aside, file by file; none where not all of them may be known.
    fn set_aside(
        &self,
        plan: &Plan,
        all: &Aggregated,
        before: DataFrame,
    ) -> Result<Option<DataFrame>, Error> {
        let mut new = plan.clone();
        for (input, files) in new.orders.iter_mut().zip(&self.new) {
            input.table.files.clone_from(files);
        }
        new.orders.retain(|input| !input.table.files.is_empty());
        let mut table = before;
        if !new.orders.is_empty() {
            let of_new = Aggregated { frame: all.frame.clear(), counts: all.counts.clone() };
            let mut counts = of_new.counts;
            let orders = counts.inputs.drain(..).zip(&self.new);
            counts.inputs = orders.filter(|(_, files)| !files.is_empty()).map(|(one, _)| one).collect();
            let profile = profile::Profile { customers: of_new.frame, counts, rejected: None };
            table.vstack_mut(&rejected::read(&new, &profile, None)?)?;
        }
        if table.height() >= rejected::MOST as usize {
            return Ok(None);
        }
        if table.height() == 0 {
            return Ok(Some(table));
        }
        let paths: Vec<String> = plan
            .orders
            .iter()
            .flat_map(|input| input.table.files.iter().map(|file| file.path.display().to_string()))
            .collect();
        if paths.iter().collect::<HashSet<_>>().len() < paths.len() {
            return Ok(None);
        }
        let files: Vec<usize> = table
            .column("file")?
            .str()?
            .iter()
            .map(|file| paths.iter().position(|path| Some(path.as_str()) == file).unwrap_or(paths.len()))
            .collect();
        let mut rows: Vec<u32> = (0..files.len() as u32).collect();
        rows.sort_by_key(|row| files[*row as usize]);
        table.rechunk_mut();
        Ok(Some(table.take(&IdxCa::from_vec("".into(), rows))?))
    }
}

fn compare(how: Comparison, other: chrono::NaiveDate) -> Expr {
    Expr::new(ExprKind::Compare(Box::new(day()), how, Box::new(date(other))), Type::Bool)
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
