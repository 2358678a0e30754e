//! Synthetic orders as Parquet: the options and the files; what is in them, row by row, is [`shop`].
//!
//! Writes orders only, knows nothing of rules files, and uses none of tiermill's code.
//!
//! A file depends on the seed, its index and the options alone, so files are written side by side and the same
//! command writes the same bytes on the same platform (`ln`, `exp` and `cos` are the platform's). Rows are made and
//! encoded in batches: memory is about one encoded row group a thread, whatever the number of rows.

mod shop;

use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use arrow::array::{
    ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    StringBuilder, TimestampMicrosecondArray,
};
use clap::{Parser, ValueEnum};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use shop::{Line, Market, Shop};

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

const BATCH_ROWS: u64 = 65_536;
const ROW_GROUP_ROWS: usize = 1 << 20;
const SECONDS_A_DAY: i64 = 86_400;
const MICROS: i64 = 1_000_000;

/// Write synthetic orders as Parquet files `orders-00000.parquet`, …
#[derive(Parser)]
#[command(name = "generate")]
pub(crate) struct Options {
    /// Rows of all files together
    #[arg(long, value_parser = number::<u64>)]
    rows: u64,
    /// Files to spread the rows over
    #[arg(long, value_parser = number::<NonZeroU32>, default_value = "1")]
    files: NonZeroU32,
    /// Folder to write to, created where missing
    #[arg(long)]
    out: PathBuf,
    /// Files written at once; all cores where not given
    #[arg(long)]
    threads: Option<NonZeroU32>,
    /// Customer ids: `C00001234` or 1234
    #[arg(long, value_enum, default_value_t = Ids::Str)]
    ids: Ids,
    /// Type of `ordered_at`
    #[arg(long, value_enum, default_value_t = Time::Utc)]
    time: Time,
    /// Type of `amount`, `discount` and `cost`
    #[arg(long, value_enum, default_value_t = Money::Decimal)]
    amount: Money,
    /// Parquet compression
    #[arg(long, value_enum, default_value_t = Codec::Zstd)]
    compression: Codec,
    #[command(flatten)]
    market: Market,
}

#[derive(Clone, Copy, ValueEnum)]
enum Ids {
    /// Strings of `C` and at least eight digits
    Str,
    /// Int64
    Int,
}

#[derive(Clone, Copy, ValueEnum)]
enum Time {
    /// Timestamp in microseconds, adjusted to UTC
    Utc,
    /// Timestamp in microseconds without a zone
    Naive,
    /// Date32
    Date,
}

#[derive(Clone, Copy, ValueEnum)]
enum Money {
    /// DECIMAL(12, 2)
    Decimal,
    /// Float64, rounded to cents
    Float,
    /// Int64, rounded to whole units
    Int,
}

#[derive(Clone, Copy, ValueEnum)]
enum Codec {
    Zstd,
    Snappy,
}

/// A whole number, digits grouped by `_` as in Rust.
fn number<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.replace('_', "").parse()
}

impl Options {
    /// The first row of file `index`, counted over all files; that of `files` is the end.
    fn first_row(&self, index: u32) -> u64 {
        let (files, index) = (u64::from(self.files.get()), u64::from(index));
        self.rows / files * index + (self.rows % files).min(index)
    }
}

/// Writes the files, several at a time.
pub(crate) fn write(options: &Options) -> Result<(), Failure> {
    options.market.check()?;
    fs::create_dir_all(&options.out)?;

    let next = AtomicU32::new(0);
    let cores = thread::available_parallelism()?.get();
    let workers = options.threads.map_or(cores, |threads| threads.get() as usize);
    thread::scope(|scope| {
        let work = || -> Result<(), Failure> {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= options.files.get() {
                    return Ok(());
                }
                write_file(options, index)?;
            }
        };
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?)
    })
}

fn write_file(options: &Options, index: u32) -> Result<(), Failure> {
    let path = options.out.join(format!("orders-{index:05}.parquet"));
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_compression(match options.compression {
            Codec::Zstd => Compression::ZSTD(ZstdLevel::default()),
            Codec::Snappy => Compression::SNAPPY,
        })
        .build();
    let schema = encode(options, &[])?.schema();
    let mut writer = ArrowWriter::try_new(File::create(path)?, schema, Some(properties))?;

    let first_row = options.first_row(index);
    let mut rows = options.first_row(index + 1) - first_row;
    let mut shop = Shop::new(&options.market, index, first_row);
    while rows > 0 {
        let batch_rows = rows.min(BATCH_ROWS);
        let lines: Vec<_> = (0..batch_rows).map(|_| shop.line()).collect();
        writer.write(&encode(options, &lines)?)?;
        rows -= batch_rows;
    }
    writer.close()?;
    Ok(())
}

/// The columns, in order; only the three that `nulls` is about can be null.
fn encode(options: &Options, lines: &[Line]) -> Result<RecordBatch, Failure> {
    let orders: ArrayRef = Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.order as i64)));
    let text = |of: fn(&Line) -> &'static str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(lines.iter().map(of)))
    };
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("order_id", orders, false),
        ("customer_id", customers(options.ids, lines)?, true),
        ("ordered_at", times(options.time, lines), true),
        ("amount", money(options.amount, lines, |line| line.amount_cents)?, true),
        ("discount", money(options.amount, lines, |line| Some(line.discount_cents))?, false),
        ("cost", money(options.amount, lines, |line| Some(line.cost_cents))?, false),
        ("status", text(|line| line.status), false),
        ("channel", text(|line| line.channel), false),
        ("category", text(|line| line.category), false),
        ("region", text(|line| line.region), false),
    ])?)
}

fn customers(ids: Ids, lines: &[Line]) -> Result<ArrayRef, Failure> {
    if let Ids::Int = ids {
        let ids = lines.iter().map(|line| Some(line.customer? as i64));
        return Ok(Arc::new(Int64Array::from_iter(ids)));
    }
    let mut column = StringBuilder::with_capacity(lines.len(), lines.len() * "C00001234".len());
    for line in lines {
        match line.customer {
            Some(id) => {
                write!(column, "C{id:08}")?;
                column.append_value("");
            }
            None => column.append_null(),
        }
    }
    Ok(Arc::new(column.finish()))
}

fn times(time: Time, lines: &[Line]) -> ArrayRef {
    let seconds = lines.iter().map(|line| line.second);
    let stamps =
        || TimestampMicrosecondArray::from_iter(seconds.clone().map(|second| Some(second? * MICROS)));
    match time {
        Time::Utc => Arc::new(stamps().with_timezone("UTC")),
        Time::Naive => Arc::new(stamps()),
        Time::Date => Arc::new(Date32Array::from_iter(
            seconds.map(|second| Some(second?.div_euclid(SECONDS_A_DAY) as i32)),
        )),
    }
}

fn money(kind: Money, lines: &[Line], cents: fn(&Line) -> Option<i64>) -> Result<ArrayRef, Failure> {
    let cents = lines.iter().map(cents);
    Ok(match kind {
        Money::Decimal => {
            let cents = Decimal128Array::from_iter(cents.map(|cents| cents.map(i128::from)));
            Arc::new(cents.with_precision_and_scale(12, 2)?)
        }
        // A float can be missing in two ways; every other one is not a number.
        Money::Float => {
            Arc::new(Float64Array::from_iter(cents.zip(lines).map(|(cents, line)| match cents {
                None if line.order % 2 == 0 => Some(f64::NAN),
                cents => Some(cents? as f64 / 100.0),
            })))
        }
        Money::Int => {
            Arc::new(Int64Array::from_iter(cents.map(|cents| Some((cents? as f64 / 100.0).round() as i64))))
        }
    })
}
