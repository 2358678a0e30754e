//! The operands of one batch, and the five kinds of values that accumulators hold.

use std::hash::Hash;

use polars::prelude::{
    Column, DataType, Float64Chunked, Int32Chunked, Int64Chunked, Int128Chunked, IntoColumn, NewChunkedArray,
    StaticArray, StringChunked,
};

use crate::engine::Error;
use crate::engine::polars::expr::types::{PRECISION, computed};
use crate::fit::{double_key, key_double};
use crate::plan::Type;

/// One operand of one batch: physical values, one chunk.
pub(super) enum Values {
    I32(Int32Chunked),
    I64(Int64Chunked),
    I128(Int128Chunked),
    F64(Float64Chunked),
    Text(StringChunked),
}

impl Values {
    pub(super) fn new(column: &Column) -> Result<Self, Error> {
        let column = match column.dtype() {
            DataType::Boolean => column.cast(&DataType::Int32)?,
            _ => column.to_physical_repr().rechunk(),
        };
        Ok(match column.dtype() {
            DataType::Int16 => Self::I32(column.cast(&DataType::Int32)?.i32()?.clone()),
            DataType::Int32 => Self::I32(column.i32()?.clone()),
            DataType::Int128 => Self::I128(column.i128()?.clone()),
            DataType::Float64 => Self::F64(column.f64()?.clone()),
            DataType::String => Self::Text(column.str()?.clone()),
            _ => Self::I64(column.cast(&DataType::Int64)?.i64()?.clone()),
        })
    }
}

/// A kind of value: how to read it from a batch, compare it and give it back.
pub(super) trait ValueKind: Send + 'static {
    /// As a batch lends it.
    type Lent<'a>: Copy;
    /// As an accumulator keeps it.
    type Kept: Clone + Ord + Hash + Send;

    /// What a kept value takes elsewhere, about.
    const ELSEWHERE: usize = 0;

    /// Calls `visit(position, value)` for every row whose value is not null.
    fn each(values: Option<&Values>, rows: &[u32], visit: impl FnMut(usize, Self::Lent<'_>));
    fn keep(lent: Self::Lent<'_>) -> Self::Kept;
    fn compare(kept: &Self::Kept, lent: Self::Lent<'_>) -> std::cmp::Ordering;
    /// The values as a column of a type.
    fn column(name: &str, ty: Type, values: Vec<Option<Self::Kept>>) -> Result<Column, Error>;
}

/// Dates, days and conditions.
pub(super) struct I32;
/// Whole numbers and times.
pub(super) struct I64;
/// Decimals.
pub(super) struct I128;
/// Doubles, by their order-preserving key: zeros are equal, NaN is the greatest.
pub(super) struct F64;
/// Texts, by their bytes.
pub(super) struct Text;

macro_rules! each_value {
    ($array:expr, $rows:expr, $visit:expr) => {
        if let Some(array) = $array.downcast_iter().next() {
            match array.validity() {
                None => $rows.iter().enumerate().for_each(|(at, row)| $visit(at, array.value(*row as usize))),
                Some(valid) => {
                    for (at, row) in $rows.iter().enumerate() {
                        if valid.get_bit(*row as usize) {
                            $visit(at, array.value(*row as usize));
                        }
                    }
                }
            }
        }
    };
}

macro_rules! primitive {
    ($kind:ident, $native:ty, $chunked:ident) => {
        impl ValueKind for $kind {
            type Lent<'a> = $native;
            type Kept = $native;

            fn each(values: Option<&Values>, rows: &[u32], mut visit: impl FnMut(usize, $native)) {
                if let Some(Values::$kind(array)) = values {
                    each_value!(array, rows, visit);
                }
            }

            fn keep(lent: $native) -> $native {
                lent
            }

            fn compare(kept: &$native, lent: $native) -> std::cmp::Ordering {
                kept.cmp(&lent)
            }

            fn column(name: &str, ty: Type, values: Vec<Option<$native>>) -> Result<Column, Error> {
                let values = $chunked::from_iter_options(name.into(), values.into_iter());
                logical(values, ty)
            }
        }
    };
}

primitive!(I32, i32, Int32Chunked);
primitive!(I64, i64, Int64Chunked);
primitive!(I128, i128, Int128Chunked);

/// Physical numbers as the type they stand for.
trait Logical {
    fn logical(self, ty: Type) -> Result<Column, Error>;
}

fn logical(values: impl Logical, ty: Type) -> Result<Column, Error> {
    values.logical(ty)
}

impl Logical for Int32Chunked {
    fn logical(self, ty: Type) -> Result<Column, Error> {
        let column = self.into_column();
        Ok(match ty {
            Type::Bool => column.cast(&DataType::Boolean)?,
            ty => column.cast(&computed(ty))?,
        })
    }
}

impl Logical for Int64Chunked {
    fn logical(self, ty: Type) -> Result<Column, Error> {
        Ok(self.into_column().cast(&computed(ty))?)
    }
}

impl Logical for Int128Chunked {
    fn logical(self, ty: Type) -> Result<Column, Error> {
        let scale = match ty {
            Type::Decimal(scale) => usize::from(scale),
            _ => 0,
        };
        Ok(self.into_decimal_unchecked(PRECISION, scale).into_column())
    }
}

impl ValueKind for F64 {
    type Lent<'a> = i128;
    type Kept = i128;

    fn each(values: Option<&Values>, rows: &[u32], mut visit: impl FnMut(usize, i128)) {
        if let Some(Values::F64(array)) = values {
            each_value!(array, rows, |at, value| visit(at, double_key(value)));
        }
    }

    fn keep(lent: i128) -> i128 {
        lent
    }

    fn compare(kept: &i128, lent: i128) -> std::cmp::Ordering {
        kept.cmp(&lent)
    }

    fn column(name: &str, _: Type, values: Vec<Option<i128>>) -> Result<Column, Error> {
        let values = values.into_iter().map(|key| key.map(key_double));
        Ok(Float64Chunked::from_iter_options(name.into(), values).into_column())
    }
}

impl ValueKind for Text {
    type Lent<'a> = &'a str;
    type Kept = Box<str>;

    const ELSEWHERE: usize = 16;

    fn each(values: Option<&Values>, rows: &[u32], mut visit: impl FnMut(usize, &str)) {
        if let Some(Values::Text(texts)) = values
            && let Some(array) = texts.downcast_iter().next()
        {
            for (at, row) in rows.iter().enumerate() {
                if let Some(text) = StaticArray::get(array, *row as usize) {
                    visit(at, text);
                }
            }
        }
    }

    fn keep(lent: &str) -> Box<str> {
        lent.into()
    }

    fn compare(kept: &Box<str>, lent: &str) -> std::cmp::Ordering {
        (**kept).cmp(lent)
    }

    fn column(name: &str, _: Type, values: Vec<Option<Box<str>>>) -> Result<Column, Error> {
        Ok(StringChunked::from_iter_options(name.into(), values.into_iter()).into_column())
    }
}
