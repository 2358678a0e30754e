//! The hash aggregation: a customer is one record of fixed width ([`records`]), found through a table of groups
//! ([`group_table`]); states that fit words live in the record ([`fixed_width`]), the others beside it ([`states`]). A shard
//! that has no room left spills ([`spill`]), and what was spilled is replayed ([`replay`]). [`emit`] makes columns of it all.

mod accumulator;
pub(super) mod batch;
mod by_day;
pub(super) mod emit;
mod fixed_width;
mod gaps;
pub(super) mod group_table;
pub(super) mod memory;
pub(super) mod merge;
mod operands;
mod records;
pub(super) mod replay;
mod scratch;
pub(super) mod shard;
pub(super) mod spill;
mod states;
mod values;
mod variation;
mod word_array;
