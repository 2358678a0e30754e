//! CSV files as inputs: which they are, what their header offers ([`read()`]), and what a file that nobody has
//! described looks like ([`sniff()`]).

mod find;
mod read;
mod sniff;

pub use find::is_csv;
pub use read::{Settings, read, read_even_empty};
pub use sniff::{CsvGuess, sniff};
