//! A starter rules file: the columns of the orders guessed from their names and types, everything that can be changed
//! explained beside it. What it says of the file passes `check`, and a run.

mod guess;
mod template;

pub use guess::{Guess, Guesses};

use crate::catalog::Catalog;

/// The starter for a file of orders at a path as the rules will name it; none where no column can be the customer or
/// the time.
pub fn of_file(path: &str, catalog: &Catalog) -> Option<String> {
    Some(template::text(path, &Guesses::of(catalog)?))
}

/// The starter for files that are not there yet.
pub fn generic() -> String {
    template::text("data/orders.parquet", &Guesses::generic())
}
