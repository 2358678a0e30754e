//! What a shard gets: a batch of rows, dealt out by the hash of the customer's id.

use polars::prelude::DataFrame;

use crate::engine::Error;
use crate::engine::polars::ids::CustomerIds;
use crate::engine::polars::profile::columns::CUSTOMER;
use crate::engine::polars::profile::columns::PLACE;
use crate::engine::polars::profile::scan::Batches;
use crate::plan::Type;

/// One batch of a scan, dealt out: which of its rows belong to which shard.
pub(in crate::engine::polars::profile) struct Batch {
    /// Which input of the plan it is of; none of the table of customers.
    pub(in crate::engine::polars::profile) input: Option<usize>,
    pub(in crate::engine::polars::profile) frame: DataFrame,
    pub(in crate::engine::polars::profile) ids: CustomerIds,
    pub(in crate::engine::polars::profile) hashes: Vec<u64>,
    /// By shard.
    pub(in crate::engine::polars::profile) rows: Vec<Vec<u32>>,
}

impl Batch {
    /// A batch that is all for one shard.
    pub(in crate::engine::polars::profile) fn of_one(
        input: Option<usize>,
        frame: DataFrame,
        ty: Type,
    ) -> Result<Self, Error> {
        let ids = CustomerIds::new(frame.column(CUSTOMER)?, ty)?;
        let rows = vec![(0..frame.height() as u32).collect()];
        Ok(Self { input, hashes: ids.hashes(), frame, ids, rows })
    }

    /// The place in the table of customers of a row of it: said by the row if it was spilled.
    pub(in crate::engine::polars::profile) fn place(&self, row: u32) -> u32 {
        let said = self.frame.column(PLACE).ok().and_then(|places| places.idx().ok()?.get(row as usize));
        said.unwrap_or(row)
    }
}

/// What a shard has to know of an input.
pub(in crate::engine::polars::profile) struct InputReads {
    pub(in crate::engine::polars::profile) batches: Batches,
    /// Whether customers who are new here belong to the population.
    pub(in crate::engine::polars::profile) adds: bool,
}
