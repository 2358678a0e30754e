//! A customer's gaps between purchase days as the frame of a profile holds them: ascending, each in as few bytes as it
//! takes (seven bits a byte, the lowest first, the eighth says that more follow). Mostly that is a byte a gap.

use polars::lazy::dsl::Expr;
use polars::prelude::{
    BinaryChunked, Column, Field, Int32Chunked, Int64Chunked, IntoColumn, NewChunkedArray, PolarsResult,
};

use crate::decimal::Decimal;
use crate::engine::Error;
use crate::fit::quantile_place;
use crate::plan::Type;

use super::types::computed;

/// Packs ascending gaps.
pub(in crate::engine::polars) fn pack(gaps: &[u32], packed: &mut Vec<u8>) {
    packed.clear();
    for gap in gaps {
        let mut rest = *gap;
        while rest >= 1 << 7 {
            packed.push(rest as u8 | 1 << 7);
            rest >>= 7;
        }
        packed.push(rest as u8);
    }
}

/// The gaps, ascending.
fn unpack(packed: &[u8]) -> impl Iterator<Item = u32> {
    let ends = packed.split_inclusive(|byte| byte >> 7 == 0);
    ends.map(|bytes| bytes.iter().rev().fold(0, |gap, byte| gap << 7 | u32::from(byte & 0x7f)))
}

fn count(packed: &[u8]) -> u64 {
    packed.iter().filter(|byte| **byte >> 7 == 0).count() as u64
}

/// How many gaps there are.
pub(super) fn count_of(gaps: Expr) -> Expr {
    map(gaps, Type::Int, |gaps| {
        let counts = gaps.iter().map(|packed| Some(packed.map_or(0, count) as i64));
        Int64Chunked::from_iter_options(gaps.name().clone(), counts).into_column()
    })
}

/// The least gap that at least this part of them do not exceed; null without a gap.
pub(super) fn quantile_of(gaps: Expr, part: Decimal) -> Expr {
    map(gaps, Type::Days, move |gaps| {
        let quantile = |packed: &[u8]| {
            let place = quantile_place(count(packed), part)?;
            unpack(packed).nth(place as usize).map(|gap| gap as i32)
        };
        let quantiles = gaps.iter().map(|packed| packed.and_then(quantile));
        Int32Chunked::from_iter_options(gaps.name().clone(), quantiles).into_column()
    })
}

fn map(gaps: Expr, ty: Type, function: impl Fn(&BinaryChunked) -> Column + Send + Sync + 'static) -> Expr {
    let function = move |column: Column| -> PolarsResult<Column> { Ok(function(column.binary()?)) };
    gaps.map(function, move |_, field| Ok(Field::new(field.name().clone(), computed(ty))))
}

/// All gaps of all customers: each length with how many there are, ascending.
pub(in crate::engine::polars) fn histogram(gaps: &Column) -> Result<Vec<(u32, u64)>, Error> {
    let mut counts: Vec<u64> = Vec::new();
    for gap in gaps.binary()?.iter().flatten().flat_map(unpack) {
        let gap = gap as usize;
        if gap >= counts.len() {
            counts.resize(gap + 1, 0);
        }
        counts[gap] += 1;
    }
    let lengths = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
    Ok(lengths.map(|(gap, count)| (gap as u32, count)).collect())
}

/// How many customers have at least this many gaps.
pub(in crate::engine::polars) fn with_at_least(gaps: &Column, least: u64) -> Result<u64, Error> {
    Ok(gaps.binary()?.iter().flatten().filter(|packed| count(packed) >= least).count() as u64)
}
