//! Stage 1, profile: one streaming scan of each input, one row a customer. Polars scans, filters and computes the
//! operands ([`scan`]); its batches are dealt out by the hash of the customer id ([`partition`]) to shards, each of which
//! owns its customers and aggregates them ([`aggregate`]); [`derive`] makes metrics of it. Aggregation is below Polars on
//! purpose: its `group_by` is the cost of the whole job, and half of the contract's aggregates would leave its streaming engine.

pub(super) mod aggregate;
pub(super) mod columns;
mod derive;
pub mod exclusions;
mod held;
mod imported;
mod measures;
mod open;
mod partition;
pub mod parts;
mod population;
pub mod pseudonyms;
mod reasons;
pub mod rejected;
mod roles;
mod row_counts;
mod run;
mod sample;
mod scan;

pub(super) use aggregate::emit::Numbers;
pub use aggregate::memory::Memory;
pub(super) use aggregate::merge::in_parts;
pub use derive::repeated_orders;
pub(super) use run::{Aggregated, aggregate as run_aggregates, derive_all};
pub use run::{run, run_within};
pub use sample::first_id;
