//! Numbers → the words they stand for. A word is made once and then only pointed to, so a list of many words costs no more
//! than one of two.

use polars::lazy::dsl::Expr;
use polars::prelude::{
    ChunkTake, Column, DataType, Field, IdxCa, IdxSize, IntoColumn, NewChunkedArray, StringChunked,
};

/// The word of each number of a column of whole numbers; null for null and for numbers without a word.
pub(in crate::engine::polars) fn words(numbers: Expr, words: Vec<String>) -> Expr {
    let words = StringChunked::from_iter_values("words".into(), words.into_iter());
    let convert = move |column: Column| {
        let place = |number: Option<i32>| {
            IdxSize::try_from(number?).ok().filter(|place| (*place as usize) < words.len())
        };
        let numbers = column.cast(&DataType::Int32)?;
        let places = IdxCa::from_iter_options(column.name().clone(), numbers.i32()?.iter().map(place));
        Ok(words.take(&places)?.with_name(column.name().clone()).into_column())
    };
    numbers.map(convert, |_, field| Ok(Field::new(field.name().clone(), DataType::String)))
}
