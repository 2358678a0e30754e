//! What a run says of itself: the result document for machines, the table for people.

mod result;
mod table;

pub use result::{Outcome, RunResult, Seconds};
pub use table::{overrides_line, segments_table};
