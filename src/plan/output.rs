//! What is published of a customer.

use chrono::NaiveDate;

use super::Type;

/// One column of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name in the output.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// What it holds.
    pub source: OutputSource,
}

/// What a column of the output holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputSource {
    /// A column of the customer row.
    Column(String),
    /// The as-of date, for whoever cannot read the names of folders.
    AsOf(NaiveDate),
}

impl OutputColumn {
    /// A column of the customer row under its own name.
    pub fn of(name: &str, ty: Type) -> Self {
        Self { name: name.to_owned(), ty, source: OutputSource::Column(name.to_owned()) }
    }

    /// The column of the customer row that it holds, if it holds one.
    pub fn held(&self) -> Option<&str> {
        match &self.source {
            OutputSource::Column(name) => Some(name),
            OutputSource::AsOf(_) => None,
        }
    }

    /// That column, where the output calls it by another name.
    pub fn renamed(&self) -> Option<&str> {
        self.held().filter(|held| *held != self.name)
    }
}
