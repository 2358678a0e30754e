//! The names of columns that the frame of a profile has beside those of the output.

/// The columns of [`plan::Facts`] in the frame of a profile.
pub(in crate::engine::polars) const ORDERS: &str = "@orders";
pub(in crate::engine::polars) const REVENUE: &str = "@revenue";
pub(in crate::engine::polars) const REPEATED_ORDERS: &str = "@repeated_orders";
pub(in crate::engine::polars) const RECENCY: &str = "@recency_days";

/// What CLV reads, and what `simple` gives.
pub(in crate::engine::polars) const CLV: &str = "clv";
/// All amounts, where the summary calls something else revenue.
pub(in crate::engine::polars) const CLV_REVENUE: &str = "@clv_revenue";
pub(in crate::engine::polars) const SIMPLE_CLV: &str = "@simple_clv";
pub(in crate::engine::polars) const MARGIN: &str = "@margin";
pub(in crate::engine::polars) const FIRST_DAY: &str = "@first_day";
pub(in crate::engine::polars) const LAST_DAY: &str = "@last_day";
pub(in crate::engine::polars) const PURCHASE_DAYS: &str = "@purchase_days";
pub(in crate::engine::polars) const FIRST_DAY_REVENUE: &str = "@first_day_revenue";
pub(in crate::engine::polars) const HELD_OUT_DAYS: &str = "@held_out_days";
pub(in crate::engine::polars) const HELD_OUT_REVENUE: &str = "@held_out_revenue";

/// The name of an aggregate's column in the frame of a profile.
pub(in crate::engine::polars) fn aggregate_column(at: usize) -> String {
    format!("#{at}")
}

/// A customer's row in the table of customers, in the frame of a shard.
pub(super) const PLACE: &str = "@place";

/// The roles of a row, in the frame of a scan, and why it does not count.
pub(super) const CUSTOMER: &str = "@customer";
pub(super) const REASON: &str = "@reason";
/// Orders rows in time: the instant itself where there is one, so that a repeated local hour keeps its order.
pub(super) const INSTANT: &str = "@instant";
pub(super) const DAY: &str = "@day";
pub(super) const ORDER: &str = "@order";
pub(super) const TIME: &str = "@time";
pub(super) const AMOUNT: &str = "@amount";
