//! The integration tests: one crate, because each test binary links the engine. A file is a subject; `rules.rs`
//! is what they share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod diagnostics;
mod expr;
mod fuzz;
mod presets;
mod rules;
