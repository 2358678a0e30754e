//! The kept profile: aggregates are written to a cache, and a run that would compute the same ones takes them from there
//! and opens no input. Metrics are derived again, so they and everything after them may be edited. What is kept of an
//! earlier day is extended ([`extend`]), where the aggregates merge.

mod delta;
mod entry;
mod extend;
mod file_days;
mod merge;
mod merge_rule;
mod splice;

use std::fmt;

use polars::prelude::DataFrame;

use crate::engine::{Cache, Error, Profile};
use crate::plan::Plan;

use super::profile::{self, Aggregated, Memory, rejected};
use entry::{Changes, Kept};
use extend::{Extended, Today};

/// Where a profile came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileOrigin {
    /// The cache.
    Kept,
    /// The cache, and those rows of the inputs that are new or leave a window.
    Extended {
        /// What was read.
        note: String,
        /// Why it is not in the cache now.
        not_kept: Option<String>,
    },
    /// The inputs.
    Read {
        /// Why not the cache; none without one.
        why: Option<String>,
        /// Why it is not in the cache now; none where it is, or without one.
        not_kept: Option<String>,
    },
}

/// [`profile::run_within`] by way of a cache, if there is one. A cache that fails costs time, not the run.
pub fn run(
    plan: &Plan,
    threads: usize,
    memory: Option<&Memory>,
    cache: Option<&Cache>,
) -> Result<(Profile, ProfileOrigin), Error> {
    let Some(cache) = cache else {
        return Ok((
            profile::run_within(plan, threads, memory)?,
            ProfileOrigin::Read { why: None, not_kept: None },
        ));
    };
    let key = plan.profile_key();
    let why = match entry::load(cache, plan, &key) {
        Ok(Some(Kept { aggregated, rejected, .. })) => {
            return Ok((profile::derive_all(plan, aggregated, rejected)?, ProfileOrigin::Kept));
        }
        Ok(None) => match extend::extend(cache, plan, threads, memory) {
            Ok(Extended::Whole(today)) => {
                let Today { aggregated, rejected, changes, note } = *today;
                let not_kept = save(cache, &key, plan, &aggregated, &rejected, changes.as_ref());
                drop(changes);
                let profile = profile::derive_all(plan, aggregated, rejected)?;
                return Ok((profile, ProfileOrigin::Extended { note, not_kept }));
            }
            Ok(Extended::Not(why)) => why,
            Err(error) => format!("what is kept cannot be extended: {error}"),
        },
        Err(error) => format!("what is kept is broken: {error}"),
    };
    let aggregated = profile::run_aggregates(plan, threads, memory)?;
    let rejected = rejected::read(plan, &aggregated.frame, &aggregated.counts)?;
    let not_kept = save(cache, &key, plan, &aggregated, &rejected, None);
    let profile = profile::derive_all(plan, aggregated, rejected)?;
    Ok((profile, ProfileOrigin::Read { why: Some(why), not_kept }))
}

/// Keeps the tables; or says why it cannot.
fn save(
    cache: &Cache,
    key: &str,
    plan: &Plan,
    aggregated: &Aggregated,
    rejected: &DataFrame,
    changes: Option<&Changes>,
) -> Option<String> {
    entry::save(cache, key, plan, aggregated, rejected, changes).err().map(|error| error.to_string())
}

impl ProfileOrigin {
    /// The word for it in the run result.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Extended { .. } => "extended",
            Self::Read { .. } => "read",
        }
    }
}

/// In a few words, for the progress line; empty without a cache.
impl fmt::Display for ProfileOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept => f.write_str("kept profile"),
            Self::Extended { note, not_kept } => {
                f.write_str(note)?;
                not_kept.iter().try_for_each(|why| write!(f, "; cannot be kept: {why}"))
            }
            Self::Read { why, not_kept } => {
                if let Some(why) = why {
                    write!(f, "reads everything: {why}")?;
                }
                if let Some(not_kept) = not_kept {
                    write!(f, "; cannot be kept: {not_kept}")?;
                }
                Ok(())
            }
        }
    }
}
