//! CSV files as inputs: which they are, what their header offers ([`read()`]), and what a file that nobody has
//! described looks like ([`sniff()`], and for `init` [`look()`]).

mod find;
mod look;
mod read;
mod sniff;

pub use find::is_csv;
pub use look::look;
pub use read::{Settings, read, read_even_empty};
pub use sniff::{CsvGuess, sniff};

/// Whether dates can be read in a format.
pub fn is_date_format(format: &str) -> bool {
    crate::delimited::cell::Times::new(Some(format), chrono_tz::Tz::UTC).is_some()
}
