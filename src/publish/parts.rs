//! The parts: customers are labelled, counted and encoded a row group at a time, side by side, and stand in their part in
//! their order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use crate::engine;
use crate::engine::polars::Frame;
use crate::engine::polars::profile::parts::part_starts;
use crate::engine::polars::tables::{self, Findings};
use crate::engine::polars::write::{Metadata, ROW_GROUP, Writer};
use crate::fit::{Model, agreement};
use crate::plan::Plan;

use super::manifest::entries;
use super::staging::Staging;
use super::{Error, FileEntry};

/// A row group of a part.
struct Group {
    part: usize,
    /// Its place in the part.
    number: usize,
    start: usize,
    rows: usize,
}

/// All row groups in the order of the customers; `starts` are where the parts begin, and where the last one ends.
fn groups(starts: &[usize]) -> Vec<Group> {
    let of_part = |(part, bounds): (usize, &[usize])| {
        let (first, end) = (bounds[0], bounds[1]);
        let group = move |(number, start): (usize, usize)| Group {
            part,
            number,
            start,
            rows: ROW_GROUP.min(end - start),
        };
        (first..end).step_by(ROW_GROUP).enumerate().map(group)
    };
    starts.windows(2).enumerate().flat_map(of_part).collect()
}

/// Writes the parts under their numbers: their names, and what is said of the customers in them.
pub(super) fn write(
    plan: &Plan,
    model: &Model,
    customers: &Frame,
    staging: &Staging,
    metadata: &Metadata,
) -> Result<(Vec<String>, Findings), Error> {
    agreement::check(plan, model).map_err(engine::Error::from)?;
    let starts = part_starts(plan, customers)?;
    let names: Vec<String> = (1..starts.len()).map(|part| format!("part-{:05}.parquet", part - 1)).collect();
    let (columns, nothing) = tables::label(plan, model, &customers.clear())?;
    let id = plan.id_column().map(|column| column.name.as_str());
    let create = |name: &String| Writer::create(&staging.path().join(name), &columns, id, metadata);
    let writers: Vec<Writer> = names.iter().map(create).collect::<Result<_, _>>()?;

    let found: Mutex<BTreeMap<usize, Findings>> = Mutex::default();
    // A bridge hands them out in order, so that few of them have to wait for those before.
    groups(&starts).into_iter().enumerate().par_bridge().try_for_each(
        |(at, group)| -> Result<(), Error> {
            let (rows, findings) =
                tables::label(plan, model, &customers.slice(group.start as i64, group.rows))?;
            let writer = &writers[group.part];
            let encoded = writer.encode(&rows)?;
            drop(rows);
            writer.append(group.number, encoded)?;
            found.lock().unwrap_or_else(PoisonError::into_inner).insert(at, findings);
            Ok(())
        },
    )?;
    writers.into_par_iter().try_for_each(Writer::finish)?;
    let mut findings = nothing;
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.into_values().for_each(|next| findings.add(next));
    Ok((names, findings))
}

/// How many hexadecimal digits of its hash a part is named by.
const DIGITS: usize = 16;

/// Names the parts by their content, too: one that changes has another name, so whoever holds an older listing gets an
/// error and never a mixture, and one that does not change can stay.
pub(super) fn seal(staging: &Staging, names: &[String]) -> Result<Vec<FileEntry>, Error> {
    let mut parts = entries(staging.path(), names)?;
    for part in &mut parts {
        let number = part.path.trim_end_matches(".parquet");
        let name = format!("{number}-{}.parquet", part.sha256.get(..DIGITS).unwrap_or_default());
        let (from, to) = (staging.path().join(&part.path), staging.path().join(&name));
        std::fs::rename(&from, &to).map_err(Error::io(&from))?;
        part.path = name;
    }
    Ok(parts)
}
