//! Ids → pseudonyms, between the profile and everything that is learned or published: no later stage sees an id.

use polars::prelude::{
    Column, DataFrame, DataType, IdxCa, IntoColumn, NewChunkedArray, SortMultipleOptions, StringChunked,
};
use rayon::prelude::*;

use crate::engine::pseudonym::Key;
use crate::engine::{Error, Profile};
use crate::plan::Plan;

use super::parts::{self, hash_text};

/// The part of a pseudonym, while customers are sorted.
const PART: &str = "@part";

/// The profile under pseudonyms, in the order in which it is published.
pub fn hide(plan: &Plan, key: &Key, profile: Profile) -> Result<Profile, Error> {
    let Profile { engine, mut customers, counts, rejected } = profile;
    let rejected = hide_column(key, rejected, "customer")?;
    let id = plan.customer.column.as_str();
    customers.replace(id, hidden(key, customers.column(id)?)?)?;
    let parts = plan.parts(customers.height());
    // Two ids would have to share a hash for ties to matter.
    let customers = if parts == 1 {
        customers.sort([id], SortMultipleOptions::default())?
    } else {
        let part = |id: Option<&str>| parts::part_of(id.map_or(0, hash_text), parts) as u32;
        let numbers = customers.column(id)?.str()?.iter().map(part).collect();
        customers.with_column(IdxCa::from_vec(PART.into(), numbers).into_column())?;
        customers.sort([PART, id], SortMultipleOptions::default())?.drop(PART)?
    };
    Ok(Profile { engine, customers, counts, rejected })
}

/// A table with the ids of one column under pseudonyms.
fn hide_column(key: &Key, mut table: DataFrame, column: &str) -> Result<DataFrame, Error> {
    let ids = hidden(key, table.column(column)?)?;
    table.replace(column, ids)?;
    Ok(table)
}

/// A column of ids as pseudonyms; null stays null.
fn hidden(key: &Key, ids: &Column) -> Result<Column, Error> {
    let texts = ids.cast(&DataType::String)?;
    let texts: Vec<Option<&str>> = texts.str()?.iter().collect();
    let pseudonyms: Vec<Option<String>> =
        texts.into_par_iter().map(|id| id.map(|id| key.pseudonym(id))).collect();
    let name = ids.name().clone();
    Ok(StringChunked::from_iter_options(name, pseudonyms.into_iter()).into_column())
}
