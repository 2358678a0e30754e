//! The bare scan: reads columns of Parquet files with the engine that tiermill embeds, and throws every batch away.
//! No job that reads these columns can take less, so `benches/peers` gives the whole job as a multiple of it.
//!
//! ```text
//! cargo run --release --example scan -- --columns customer_id,ordered_at,amount,status orders/*.parquet
//! ```

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser;
use polars::lazy::dsl::col;
use polars::prelude::{DataFrame, Engine, LazyFrame, PlRefPath, PlanCallback, ScanArgsParquet};

/// Read columns of Parquet files and throw them away
#[derive(Parser)]
#[command(name = "scan")]
struct Options {
    /// What to read
    #[arg(long, value_delimiter = ',', required = true)]
    columns: Vec<String>,
    /// Where from
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let paths: Vec<PlRefPath> =
        options.files.iter().map(|file| PlRefPath::try_from_path(file)).collect::<Result<_, _>>()?;
    let args = ScanArgsParquet { glob: false, cache: false, ..Default::default() };
    let columns: Vec<_> = options.columns.iter().map(|name| col(name.as_str())).collect();
    let frame = LazyFrame::scan_parquet_files(paths.into_iter().collect(), args)?.select(columns);

    let rows = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&rows);
    let throw_away = PlanCallback::new(move |batch: DataFrame| {
        counted.fetch_add(batch.height() as u64, Ordering::Relaxed);
        Ok(false)
    });
    frame.sink_batches(throw_away, false, None)?.collect_with_engine(Engine::Streaming)?;
    println!("{} rows", rows.load(Ordering::Relaxed));
    Ok(())
}
