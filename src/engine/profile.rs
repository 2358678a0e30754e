//! What stage 1 hands over, whatever engine made it.

use super::Ledger;
use super::polars::Frame;

/// Every metric of every customer: what the later stages know of the inputs.
#[derive(Clone, Debug)]
pub struct Profile {
    /// What the engine that made it is called in what is published.
    pub engine: &'static str,
    /// One row a customer, part by part and sorted by id in each: the id under its input name, attributes, metrics, CLV
    /// columns.
    pub customers: Frame,
    /// What happened to every input row.
    pub counts: Ledger,
    /// The rows that were set aside, with file, row number and reason; all are counted, not all are here.
    pub rejected: Frame,
}
