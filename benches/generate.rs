//! Synthetic orders as Parquet, for benchmarks and for tests that need many rows.
//!
//! ```text
//! cargo run --release --example generate -- --rows 10_000_000 --customers 1_000_000 --files 8 --out DIR
//! ```

#[path = "generate/orders.rs"]
mod orders;

use clap::Parser;

fn main() -> Result<(), orders::Failure> {
    orders::write(&orders::Options::parse())
}
