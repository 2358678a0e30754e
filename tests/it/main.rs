//! The integration tests: one crate, because each test binary links the engine. A file is a noun of the product;
//! `rules` and `support` are what they share.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod cdnow;
mod clv;
mod clv_math;
mod commands;
mod csv_files;
mod determinism;
mod diagnostics;
mod docs;
mod expr;
mod fuzz;
mod goldens;
mod inputs;
mod kept;
mod killed;
mod lint;
mod many_rules;
mod memory;
mod mutants;
mod plan;
mod presets;
mod publishing;
mod quality;
mod reference;
mod rule_tests;
mod rules;
mod scenes;
mod starter;
mod summary;
mod support;
