//! Columns with few different values, as small numbers: whoever counts customers by them looks at a text once, and not
//! once a customer.

use std::collections::HashMap;

use polars::prelude::{Column, DataType, StaticArray, StringChunked};

use crate::engine::Error;

/// The number of what is not there.
pub(super) const NONE: u16 = u16::MAX;

/// A column by the numbers of its values.
pub(super) struct Coded {
    /// Row by row; [`NONE`] for null.
    pub(super) codes: Vec<u16>,
    /// The value of each number.
    pub(super) values: Vec<String>,
}

/// Numbers a column's values as they come; none if there are more than `most`. Takes texts, whole numbers and
/// conditions.
pub(super) fn coded(column: &Column, most: u16) -> Result<Option<Coded>, Error> {
    let mut values = Vec::new();
    let codes = match column.dtype() {
        DataType::String => {
            let mut numbers: HashMap<String, u16> = HashMap::new();
            let number = |text: &str| match numbers.get(text) {
                Some(number) => Some(*number),
                None => {
                    let number = next(&values, most)?;
                    values.push(text.to_owned());
                    numbers.insert(text.to_owned(), number);
                    Some(number)
                }
            };
            of_texts(column.str()?, number)
        }
        ty => {
            let is_condition = *ty == DataType::Boolean;
            let word = |number: i64| match is_condition {
                true => (number != 0).to_string(),
                false => number.to_string(),
            };
            of_numbers(column, |number| {
                let code = next(&values, most)?;
                values.push(word(number));
                Some(code)
            })?
        }
    };
    Ok(codes.map(|codes| Coded { codes, values }))
}

/// The number of the next value.
fn next(values: &[String], most: u16) -> Option<u16> {
    u16::try_from(values.len()).ok().filter(|number| *number < most)
}

/// The place of each text in a list; [`NONE`] for what is not in it.
pub(super) fn numbered(texts: &StringChunked, known: &[&str]) -> Vec<u16> {
    let place = |text: &str| known.iter().position(|known| *known == text).map_or(NONE, |at| at as u16);
    of_texts(texts, |text| Some(place(text))).unwrap_or_default()
}

/// Texts that were met last, by their view: the same view in the same array is the same text.
const RECENT: usize = 16;

/// Numbers texts; `number` is asked again and again for the same ones, but rarely. None where it gives none.
fn of_texts(texts: &StringChunked, mut number: impl FnMut(&str) -> Option<u16>) -> Option<Vec<u16>> {
    let mut codes = Vec::with_capacity(texts.len());
    let has_nulls = texts.null_count() > 0;
    for array in texts.downcast_iter() {
        let mut recent: Vec<(u128, u16)> = Vec::with_capacity(RECENT);
        let mut oldest = 0;
        for (row, view) in array.views().iter().enumerate() {
            if has_nulls && StaticArray::get(array, row).is_none() {
                codes.push(NONE);
                continue;
            }
            let view = view.as_u128();
            if let Some((_, code)) = recent.iter().find(|(seen, _)| *seen == view) {
                codes.push(*code);
                continue;
            }
            let code = number(array.value(row))?;
            codes.push(code);
            if recent.len() < RECENT {
                recent.push((view, code));
            } else {
                recent[oldest] = (view, code);
                oldest = (oldest + 1) % RECENT;
            }
        }
    }
    Some(codes)
}

/// Whole numbers from zero up to here are found in a list.
const LISTED: usize = 1 << 10;

/// Numbers whole numbers; `number` is asked once for each of them. None where it gives none.
fn of_numbers(
    column: &Column,
    mut number: impl FnMut(i64) -> Option<u16>,
) -> Result<Option<Vec<u16>>, Error> {
    let mut listed = [NONE; LISTED];
    let mut others: HashMap<i64, u16> = HashMap::new();
    let mut code_of = |value: i64| {
        let place = usize::try_from(value).ok().filter(|place| *place < LISTED);
        let known = match place {
            Some(place) => Some(listed[place]).filter(|code| *code != NONE),
            None => others.get(&value).copied(),
        };
        if known.is_some() {
            return known;
        }
        let code = number(value)?;
        match place {
            Some(place) => listed[place] = code,
            None => {
                others.insert(value, code);
            }
        }
        Some(code)
    };
    let column = column.cast(&DataType::Int64)?;
    let codes = column.i64()?.iter().map(|value| match value {
        Some(value) => code_of(value),
        None => Some(NONE),
    });
    Ok(codes.collect())
}

#[cfg(test)]
mod tests {
    use polars::prelude::{BooleanChunked, Int16Chunked, IntoColumn, NewChunkedArray};

    use super::*;

    fn texts(values: &[Option<&str>]) -> StringChunked {
        StringChunked::from_iter_options("x".into(), values.iter().copied())
    }

    /// Codes and values.
    type Found = Option<(Vec<u16>, Vec<String>)>;

    fn found(column: impl IntoColumn, most: u16) -> Result<Found, Error> {
        Ok(coded(&column.into_column(), most)?.map(|coded| (coded.codes, coded.values)))
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn values_are_numbered_as_they_come() -> Result<(), Error> {
        let column = texts(&[Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(found(column, 2)?, Some((vec![0, NONE, 1, 0], words(&["b", "a"]))));
        Ok(())
    }

    #[test]
    fn too_many_values_are_none() -> Result<(), Error> {
        let three = texts(&[Some("a"), Some("b"), Some("c")]);
        assert!(found(three.clone(), 2)?.is_none());
        assert!(found(three, 3)?.is_some());
        Ok(())
    }

    #[test]
    fn more_texts_than_are_remembered_keep_their_numbers() -> Result<(), Error> {
        let all: Vec<String> =
            (0..100).map(|at| format!("a text that is not kept in its view {at}")).collect();
        let twice: Vec<Option<&str>> = all.iter().chain(&all).map(|text| Some(text.as_str())).collect();
        let codes = (0..100).chain(0..100).collect();
        assert_eq!(found(texts(&twice), 100)?, Some((codes, all)));
        Ok(())
    }

    #[test]
    fn numbers_and_conditions() -> Result<(), Error> {
        let numbers = [Some(-1), Some(5), None, Some(2000), Some(5)];
        let column = Int16Chunked::from_iter_options("x".into(), numbers.into_iter());
        let expected = (vec![0, 1, NONE, 2, 1], words(&["-1", "5", "2000"]));
        assert_eq!(found(column, 10)?, Some(expected));
        let conditions = [Some(true), None, Some(false)];
        let column = BooleanChunked::from_iter_options("x".into(), conditions.into_iter());
        assert_eq!(found(column, 10)?, Some((vec![0, NONE, 1], words(&["true", "false"]))));
        Ok(())
    }

    #[test]
    fn known_texts_have_their_place() {
        let texts = texts(&[Some("c"), Some("a"), Some("x"), None]);
        assert_eq!(numbered(&texts, &["a", "b", "c"]), [2, 0, NONE, NONE]);
    }
}
