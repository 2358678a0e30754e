//! tiermill turns a company's orders into customer segments and tiers: a YAML rules file and Parquet orders in,
//! one labelled row per customer out. `ARCHITECTURE.md` draws the route; each folder here is one stage of it.

pub mod catalog;
pub mod cli;
pub mod decimal;
pub mod diag;
pub mod engine;
pub mod fit;
pub mod plan;
pub mod publish;
pub mod report;
pub mod resolve;
pub mod spec;
pub mod starter;
pub mod trial;
