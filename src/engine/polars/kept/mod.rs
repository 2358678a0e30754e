//! The kept profile: aggregates are written to a cache, and a run that would compute the same ones takes them from there
//! and opens no input. Metrics are derived again, so they and everything after them may be edited.

mod entry;

use std::fmt;

use crate::engine::{Cache, Error};
use crate::plan::Plan;

use super::profile::{self, Profile};
use super::rejected;

/// Where a profile came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The cache.
    Kept,
    /// The inputs.
    Read {
        /// Why not the cache; none without one.
        why: Option<String>,
        /// Why it is not in the cache now; none where it is, or without one.
        not_kept: Option<String>,
    },
}

/// [`profile::run`] by way of a cache, if there is one. A cache that fails costs time, not the run.
pub fn run(plan: &Plan, threads: usize, cache: Option<&Cache>) -> Result<(Profile, Way), Error> {
    let Some(cache) = cache else {
        return Ok((profile::run(plan, threads)?, Way::Read { why: None, not_kept: None }));
    };
    let key = plan.profile_key();
    let why = match entry::load(cache, &key) {
        Ok(Some(kept)) => {
            let (aggregated, rejected) = kept;
            let mut profile = profile::derive_all(plan, aggregated)?;
            profile.rejected = Some(rejected);
            return Ok((profile, Way::Kept));
        }
        Ok(None) => format!("nothing is kept of these inputs and metrics as of {}", plan.as_of),
        Err(error) => format!("what is kept is broken: {error}"),
    };
    let aggregated = profile::aggregate(plan, threads)?;
    let mut profile = profile::derive_all(plan, aggregated.clone())?;
    // Now, or a later run would have to look for them in the orders.
    let rejected = rejected::read(plan, &profile, None)?;
    let not_kept =
        entry::save(cache, &key, plan, &aggregated, &rejected).err().map(|error| error.to_string());
    profile.rejected = Some(rejected);
    Ok((profile, Way::Read { why: Some(why), not_kept }))
}

impl Way {
    /// The word for it in the run result.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Read { .. } => "read",
        }
    }
}

/// In a few words, for the progress line; empty without a cache.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept => f.write_str("kept profile"),
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
