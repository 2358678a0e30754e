//! An entry as the base of a later day: which files are new to it, what has to be read of the others, and what becomes of
//! the rows that were set aside.

use std::collections::HashSet;

use chrono::{Days, NaiveDate};
use polars::prelude::{DataFrame, IdxCa};

use crate::engine::polars::profile::{Aggregated, rejected};
use crate::engine::{About, Error, KeptFile};
use crate::plan::{Aggregate, Comparison, Expr, ExprKind, Function, Input, InputFile, Plan, Source, Type};

use super::file_days;
use super::merge_rule::{self, date, day};

/// The files of each input that an entry has not seen; none where it has seen others.
pub(super) fn new_files(plan: &Plan, about: &About) -> Option<Vec<Vec<InputFile>>> {
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
pub(super) struct Base {
    pub(super) as_of: NaiveDate,
    new: Vec<Vec<InputFile>>,
    old: Vec<Vec<InputFile>>,
    /// How many rows of each input were later than its day.
    later: Vec<u64>,
}

impl Base {
    pub(super) fn of(plan: &Plan, about: &About) -> Option<Self> {
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
    pub(super) fn origins(&self) -> Vec<(usize, bool)> {
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

    /// Reads what came: rows of new files, and rows of the others that were later ones. Its last aggregate is the first
    /// day of these.
    pub(super) fn came(&self, plan: &Plan) -> Plan {
        let mut came = plan.clone();
        came.orders = self
            .origins()
            .into_iter()
            .map(|(at, is_new)| {
                let mut input = plan.orders[at].clone();
                input.table.files = if is_new {
                    self.new[at].clone()
                } else {
                    let after = merge_rule::number(self.as_of);
                    let may = |file: &&InputFile| {
                        file_days::of_file(&input, file).is_none_or(|(_, last)| i128::from(last) > after)
                    };
                    self.old[at].iter().filter(may).cloned().collect()
                };
                input.later_than = (!is_new).then_some(self.as_of);
                input
            })
            .collect();
        came.aggregates.push(Aggregate {
            source: Source::Orders,
            function: Function::Min(day()),
            condition: None,
            window_days: None,
            ty: Type::Date,
        });
        came
    }

    /// Reads the days that leave a window, of files that may hold some; none where no file does.
    pub(super) fn left(&self, plan: &Plan) -> Option<Plan> {
        let mut left = plan.clone();
        left.as_of = self.as_of;
        left.aggregates.retain(|aggregate| aggregate.window_days.is_some());
        let mut ranges = Vec::new();
        for aggregate in &mut left.aggregates {
            let window = Days::new(u64::from(aggregate.window_days.take()?));
            let (from, to) = (self.as_of - window, (plan.as_of - window).min(self.as_of));
            ranges.push((merge_rule::number(from), merge_rule::number(to)));
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
            files.retain(|file| match file_days::of_file(input, file) {
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
    pub(super) fn set_aside(
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
            let mut counts = all.counts.clone();
            let orders = counts.inputs.drain(..).zip(&self.new);
            counts.inputs = orders.filter(|(_, files)| !files.is_empty()).map(|(one, _)| one).collect();
            table.vstack_mut(&rejected::read(&new, &all.frame.clear(), &counts)?)?;
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

fn compare(how: Comparison, other: NaiveDate) -> Expr {
    Expr::new(ExprKind::Compare(Box::new(day()), how, Box::new(date(other))), Type::Bool)
}
