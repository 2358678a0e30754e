//! The rows that were set aside, with file, row number and reason: a second look at the input, taken only where the
//! profile counted some.

use polars::lazy::dsl::{col, lit};
use polars::prelude::{
    Column, DataFrame, DataType, Engine, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked,
};

use crate::engine::{Counts, Error};
use crate::plan::Plan;

use super::scan::{self, AFTER_AS_OF, REASON, REASONS};

/// The most rows that are written out; all are counted.
pub const MOST: u32 = 100_000;
const ROW: &str = "@row";

/// File, row (from 1), reason, and the customer, time and amount as they stand there. Empty without rejected rows.
pub fn read(plan: &Plan, counts: &Counts) -> Result<DataFrame, Error> {
    if counts.rejected.is_empty() {
        return table(Vec::new(), Vec::new(), Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
    }
    let orders = &plan.orders;
    let raw = |name: &str, alias: &str| col(name).cast(DataType::String).alias(alias);
    let mut selected = vec![
        col(ROW).cast(DataType::Int64),
        col(REASON),
        raw(&orders.customer.column, "customer"),
        raw(&orders.time.column, "time"),
    ];
    selected.push(match &orders.amount {
        Some(amount) => raw(&amount.column, "amount"),
        None => lit("").alias("amount"),
    });
    let frame = scan::with_roles(scan::open(orders, Some(ROW))?, orders)
        .with_columns([scan::reason(orders, plan.as_of).alias(REASON)])
        .filter(col(REASON).gt(lit(0_u8)).and(col(REASON).lt(lit(AFTER_AS_OF))))
        .select(selected)
        .limit(MOST);
    let frame = frame.collect_with_engine(Engine::Streaming)?.unwrap_single();
    let texts = |name: &str| -> Result<Vec<Option<String>>, Error> {
        Ok(frame.column(name)?.str()?.iter().map(|text| text.map(str::to_owned)).collect())
    };
    let reasons = frame.column(REASON)?.u8()?.iter();
    let reasons = reasons.map(|reason| REASONS[usize::from(reason.unwrap_or(0))]).collect();
    let (files, rows) = places(plan, frame.column(ROW)?)?;
    table(files, rows, reasons, [texts("customer")?, texts("time")?, texts("amount")?])
}

/// A row number across all files → the file, and the row in it.
fn places(plan: &Plan, rows: &Column) -> Result<(Vec<String>, Vec<i64>), Error> {
    let files = &plan.orders.files;
    let starts: Vec<i64> = files
        .iter()
        .scan(0_i64, |next, file| {
            let start = *next;
            *next += file.rows as i64;
            Some(start)
        })
        .collect();
    let place = |row: i64| {
        let at = starts.partition_point(|start| *start <= row).saturating_sub(1);
        (files[at].path.display().to_string(), row - starts[at] + 1)
    };
    Ok(rows.i64()?.iter().flatten().map(place).unzip())
}

fn table(
    files: Vec<String>,
    rows: Vec<i64>,
    reasons: Vec<&str>,
    [customers, times, amounts]: [Vec<Option<String>>; 3],
) -> Result<DataFrame, Error> {
    let len = rows.len();
    let texts = |name: &str, texts: Vec<Option<String>>| {
        StringChunked::from_iter_options(name.into(), texts.into_iter()).into_column()
    };
    let columns = vec![
        StringChunked::from_iter_values("file".into(), files.into_iter()).into_column(),
        Int64Chunked::from_vec("row".into(), rows).into_column(),
        StringChunked::from_iter_values("reason".into(), reasons.into_iter()).into_column(),
        texts("customer", customers),
        texts("time", times),
        texts("amount", amounts),
    ];
    Ok(DataFrame::new(len, columns)?)
}
