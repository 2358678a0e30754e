//! What happened to the rows of one input, while they are counted.

use std::collections::HashSet;

use crate::engine::{Counts, InputCounts, Measured};

use super::reasons::REASONS;

/// What happened to the rows of one input so far.
#[derive(Clone, Default)]
pub(super) struct RowCounts {
    pub(super) counts: Counts,
    /// Rows by why they do not count; the first is those that do.
    pub(super) reasons: [u64; REASONS.len()],
    /// Whom of the list of suppressed customers it had rows of.
    suppressed: HashSet<u32>,
    pub(super) measured: Measured,
}

impl RowCounts {
    /// Counts a row of the customer at this place of the list.
    pub(super) fn suppress(&mut self, at: u32) {
        self.counts.suppressed += 1;
        self.suppressed.insert(at);
    }

    /// How many suppressed customers have rows in any of these.
    pub(super) fn suppressed_in<'a>(all: impl Iterator<Item = &'a Self>) -> u64 {
        let customers: HashSet<u32> = all.flat_map(|one| one.suppressed.iter().copied()).collect();
        customers.len() as u64
    }

    /// The counts of an input by this name, read from this path.
    pub(super) fn finish(&self, name: &str, path: &str) -> InputCounts {
        InputCounts {
            name: name.to_owned(),
            path: path.to_owned(),
            counts: self.counts.clone(),
            suppressed_customers: self.suppressed.len() as u64,
            joined: 0,
            measured: self.measured.clone(),
        }
    }
}
