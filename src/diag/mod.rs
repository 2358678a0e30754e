//! What a complaint is: a kind at a place, with words and hints. Nothing here knows what a rules file is;
//! every stage that reads the user's files collects [`Diagnostic`]s into one [`Diagnostics`] and goes on, so
//! that one run reports every mistake. Only [`render`] draws them, and only the command line calls it.

mod code;
mod diagnostic;
mod hint;
pub mod render;
mod span;

pub use code::{Class, Code};
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use hint::{did_you_mean, listed, nearest, suggest};
pub use span::{Lines, Source, Span, Spanned};
