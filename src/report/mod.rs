//! What a run says of itself, and what is said of it before: the result document for machines, the table for people,
//! the outline of a plan for both.

mod plan;
mod result;
mod table;

pub use plan::Outline;
pub use result::{Outcome, RunResult, Seconds};
pub use table::{overrides_line, segments_table};
