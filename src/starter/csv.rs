//! How CSV files are read, as lines of a starter.

use crate::catalog::csv::CsvGuess;
use crate::plan::{CsvType, Encoding};

use super::guess::Guesses;
use super::quote::yaml;

/// The `csv` of an input. What is a question stands there as one, above what was taken.
pub(super) fn settings(guess: &CsvGuess, guesses: &Guesses) -> String {
    let mut text =
        format!("    # How the files are written, as their first {} records look.\n", guess.records);
    for question in guess.questions() {
        text += &format!("    # QUESTION: {question}\n");
    }
    let delimiter = if guess.delimiter == '\t' { "tab".to_owned() } else { format!("'{}'", guess.delimiter) };
    text += &format!("    csv:\n      delimiter: {delimiter}\n");
    if guess.encoding != Encoding::Utf8 {
        text += &format!("      encoding: {}\n", guess.encoding.name());
    }
    if guess.decimal != '.' {
        text += &format!("      decimal: {}\n", yaml(&guess.decimal.to_string()));
    }
    if let Some(mark) = guess.thousands {
        text += &format!("      thousands: {}\n", quoted(&mark.to_string()));
    }
    if let Some(date) = &guess.date {
        text += &format!("      date: {}\n", quoted(date));
    }
    let types = types(guess, guesses);
    if !types.is_empty() {
        text += "      types:                     # columns that are no texts\n";
        types.iter().for_each(|(name, ty)| text += &format!("        {}: {ty}\n", yaml(name)));
    }
    text
}

/// Ids of whole numbers stay the texts they are: further down there may be letters, or zeros before them.
fn types(guess: &CsvGuess, guesses: &Guesses) -> Vec<(String, CsvType)> {
    let is_id = |name: &str| {
        guesses.customer.column == name || guesses.order.as_ref().is_some_and(|order| order.column == name)
    };
    let mut types = guess.types();
    types.retain(|(name, ty)| !(*ty == CsvType::Integer && is_id(name)));
    types
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
