//! The plan's types as Polars holds them while it computes, and as it writes them.

use polars::prelude::{DataType, TimeUnit};

use crate::plan::Type;

/// Digits of a decimal while computing; 38 leaves room that a sum of 18-digit numbers never fills.
pub(in crate::engine::polars) const PRECISION: usize = 38;
/// Digits of a published decimal: what every warehouse takes, and 64 bits hold.
pub(super) const OUTPUT_PRECISION: usize = 18;

/// The type while computing.
pub(in crate::engine::polars) fn computed(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Score => DataType::Int16,
        Type::Days => DataType::Int32,
        Type::Int => DataType::Int64,
        Type::Decimal(scale) => DataType::Decimal(PRECISION, usize::from(scale)),
        Type::Double => DataType::Float64,
        Type::Gaps => DataType::Binary,
        Type::Text | Type::Unknown => DataType::String,
        Type::Date => DataType::Date,
        Type::Time => DataType::Datetime(TimeUnit::Microseconds, None),
    }
}

/// The type in a published file.
pub(in crate::engine::polars) fn published(ty: Type) -> DataType {
    match ty {
        Type::Decimal(scale) => DataType::Decimal(OUTPUT_PRECISION, usize::from(scale)),
        ty => computed(ty),
    }
}
