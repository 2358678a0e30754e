//! What the plan says, as expressions of Polars: [`lower`] translates, [`convert`] has the contract's own conversions,
//! [`types`] says how a type is held and published.

pub(super) mod convert;
pub(super) mod gaps;
pub(super) mod lookup;
pub(super) mod lower;
pub(super) mod types;
