//! tiermill turns a company's orders into customer segments and tiers: a YAML rules file and Parquet orders in,
//! one labelled row per customer out.
//!
//! What the library promises is what the program does: [`pipeline::compile`] reads a rules file and says all that is wrong
//! with it, [`pipeline::run`] runs it, [`report::Outcome`] and [`publish::Manifest`] say what came of it. `ARCHITECTURE.md`
//! draws the route; each folder of `src/` is one stage of it.

pub mod diag;
pub mod pipeline;
pub mod publish;
pub mod report;
pub mod resolve;

// Stages that only the tests and benches of this project look into: no promise.
#[doc(hidden)]
pub mod catalog;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod decimal;
#[doc(hidden)]
pub mod delimited;
#[doc(hidden)]
pub mod engine;
#[doc(hidden)]
pub mod fit;
#[doc(hidden)]
pub mod plan;
#[doc(hidden)]
pub mod spec;
#[doc(hidden)]
pub mod starter;
#[doc(hidden)]
pub mod trial;
