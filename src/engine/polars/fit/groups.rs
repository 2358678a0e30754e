//! The groups of `within`: a column of the customer row as texts that name its values, and who is in which group.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use polars::lazy::dsl::col;
use polars::prelude::{Column, DataFrame, DataType, IntoLazy, NewChunkedArray, StringChunked};

use crate::engine::Error;
use crate::plan::Within;

use crate::engine::polars::expr::lower::lower;

/// The groups of a population.
pub(super) struct Members {
    /// What the customers of each have in common, in order.
    pub(super) values: Vec<String>,
    /// The rows of each.
    pub(super) rows: Vec<Vec<u32>>,
}

/// Deals the customers out to their groups; those without a value are in none.
pub(super) fn members(within: &Within, customers: &DataFrame) -> Result<Members, Error> {
    let by = lower(&within.by, &|column| col(column.to_string()))?.alias("group");
    let frame = customers.clone().lazy().select([by]).collect()?;
    let texts = texts(frame.column("group")?)?;
    let mut at: HashMap<&str, usize> = HashMap::new();
    let mut rows: Vec<Vec<u32>> = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else { continue };
        let group = *at.entry(text).or_insert_with(|| {
            rows.push(Vec::new());
            rows.len() - 1
        });
        rows[group].push(row as u32);
    }
    let mut order: Vec<(&str, usize)> = at.into_iter().collect();
    match within.by.ty.is_integer() {
        true => order.sort_by_key(|(text, _)| text.parse::<i64>().ok()),
        false => order.sort_unstable(),
    }
    let values = order.iter().map(|(text, _)| (*text).to_owned()).collect();
    let rows = order.iter().map(|(_, group)| std::mem::take(&mut rows[*group])).collect();
    Ok(Members { values, rows })
}

/// Values as the model names them.
pub(in crate::engine::polars) fn texts(column: &Column) -> Result<StringChunked, Error> {
    let name = column.name().clone();
    Ok(match column.dtype() {
        DataType::String => column.str()?.clone(),
        DataType::Boolean => {
            let word = |value: bool| if value { "true" } else { "false" };
            StringChunked::from_iter_options(name, column.bool()?.iter().map(|value| value.map(word)))
        }
        DataType::Date => {
            let days = column.cast(&DataType::Int32)?;
            let date = |day: i32| {
                let (epoch, days) = (NaiveDate::default(), Days::new(u64::from(day.unsigned_abs())));
                let date = if day < 0 { epoch.checked_sub_days(days) } else { epoch.checked_add_days(days) };
                date.map(|date| date.to_string())
            };
            StringChunked::from_iter_options(name, days.i32()?.iter().map(|day| day.and_then(date)))
        }
        _ => {
            let numbers = column.cast(&DataType::Int64)?;
            let text = |number: Option<i64>| number.map(|number| number.to_string());
            StringChunked::from_iter_options(name, numbers.i64()?.iter().map(text))
        }
    })
}
