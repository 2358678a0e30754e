//! A starter rules file: the columns of the orders guessed from their names, types and first rows, everything that can be
//! changed explained beside it. What it says of the file passes `check`, and a run.

mod csv;
mod guess;
mod marks;
mod names;
mod quote;
mod template;

pub use guess::{Guess, Guesses, Money};
pub use marks::Marks;

use crate::catalog::csv::CsvGuess;
use crate::catalog::{Catalog, Sample};
use crate::diag::Diagnostic;

/// The starter for a file of orders at a path as the rules will name it, given what its first rows hold. Where a column
/// that is called like a role cannot play it, or none is called like one that must be there, that is said.
pub fn of_file(path: &str, catalog: &Catalog, sample: &Sample) -> Result<String, Diagnostic> {
    Ok(template::starter(path, "", &Guesses::of(catalog, sample)?))
}

/// The same for CSV files, which are read as they look.
pub fn of_csv(
    path: &str,
    guess: &CsvGuess,
    catalog: &Catalog,
    sample: &Sample,
) -> Result<String, Diagnostic> {
    let guesses = Guesses::of(catalog, sample)?;
    Ok(template::starter(path, &csv::settings(guess, &guesses), &guesses))
}

/// The starter for files that are not there yet.
pub fn generic() -> String {
    template::starter("data/orders.parquet", "", &Guesses::generic())
}
