//! Text in records (CSV), from bytes to values: [`Text`] unpacks and decodes, [`Records`] tells records and cells apart
//! and knows the line of each, [`cell`] reads one cell. Bounded memory; nothing is guessed and nothing is repaired here:
//! what does not read as the format says is an [`Error`] with its line, or no value.

pub mod cell;
mod error;
mod records;
mod text;

pub use error::Error;
pub use records::{Record, Records};
pub use text::{Fingerprint, Text, head};
