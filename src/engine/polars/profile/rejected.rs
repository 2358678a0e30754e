//! The rows that were set aside, with file, row number and reason: a second look at the inputs, taken only where the
//! profile counted some, and not where it was kept with them. Nothing of a customer who is suppressed, or has given no consent, gets here.

use std::sync::Arc;

use polars::lazy::dsl::{Expr, col, lit};
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Engine, Field, Int64Chunked, IntoColumn, NewChunkedArray,
    PolarsResult, StringChunked, polars_err,
};

use crate::engine::import::LINE;
use crate::engine::polars::of_scan;
use crate::engine::{Error, InputCounts, Ledger};
use crate::plan::{Input, InputFile, Plan, Source};

use super::columns::{CUSTOMER, REASON};
use super::exclusions::{Exclusions, IdSet};
use super::imported;
use super::population::{self, Population};
use super::reasons::{AFTER_AS_OF, REASONS};
use super::scan;
use crate::engine::polars::profile::aggregate::group_table::NOBODY;

/// The most rows that are written out; all are counted.
pub const MOST: u32 = 100_000;
const ROW: &str = "@row";
/// Why orders are set aside whose customer is not in the table of customers.
pub(super) const UNKNOWN_CUSTOMER: &str = "unknown_customer";

/// File, row (from 1), reason, and the customer, time and amount as they stand there. Empty without rejected rows.
/// `customers` are those of the profile, under the ids that the inputs have.
pub(in crate::engine::polars) fn read(
    plan: &Plan,
    customers: &DataFrame,
    counts: &Ledger,
) -> Result<DataFrame, Error> {
    let counts = &counts.inputs;
    let is_order = |input: &Input| input.source == Source::Orders;
    // Events of strangers are no mistake: whoever visits need not have bought anything.
    let has_some = |counts: &InputCounts, orders: bool| {
        !counts.counts.rejected.is_empty() || (orders && counts.counts.unknown > 0)
    };
    let mut table = RejectedRows::default();
    let of_table = counts.get(plan.inputs().count()).filter(|counts| has_some(counts, false));
    if of_table.is_none() && !plan.inputs().zip(counts).any(|(one, counts)| has_some(counts, is_order(one))) {
        return table.finish();
    }
    let (exclusions, population) = population::open(plan)?;
    let exclusions = Arc::new(exclusions);
    for (input, counts) in plan.inputs().zip(counts) {
        if has_some(counts, is_order(input)) {
            let strangers = is_order(input) && counts.counts.unknown > 0;
            let known = strangers.then(|| everybody(plan, customers)).transpose()?;
            of_input(plan, input, &exclusions, known, &mut table)?;
        }
    }
    if let (Some(population), Some(customers)) = (population, &plan.customers) {
        of_customers(&population, &customers.table.files, &mut table);
    }
    table.finish()
}

/// The ids of the population.
fn everybody(plan: &Plan, customers: &DataFrame) -> Result<IdSet, Error> {
    let mut ids = IdSet::new(plan.customer.ty);
    ids.insert(customers.column(&plan.customer.column)?)?;
    Ok(ids)
}

/// Rows of orders or events; `known` is the population where rows of other customers are set aside, too.
fn of_input(
    plan: &Plan,
    input: &Input,
    exclusions: &Arc<Exclusions>,
    known: Option<IdSet>,
    table: &mut RejectedRows,
) -> Result<(), Error> {
    let raw = |name: &str, alias: &str| imported::as_written(&input.table, name).alias(alias);
    let mut selected = vec![
        col(ROW).cast(DataType::Int64),
        col(REASON),
        imported::line(&input.table),
        raw(&input.customer.column, "customer"),
        raw(&input.time.column, "time"),
    ];
    selected.push(match &input.amount {
        Some(amount) => raw(&amount.column, "amount"),
        None => lit("").alias("amount"),
    });
    let (exclusions, ty) = (Arc::clone(exclusions), plan.customer.ty);
    let passes = asked_of_ids(move |ids| exclusions.passing(ids, ty));
    let is_bad = col(REASON).gt(lit(0_u8)).and(col(REASON).lt(lit(AFTER_AS_OF)));
    let wanted = match known {
        None => is_bad,
        Some(known) => {
            let stranger = asked_of_ids(move |ids| {
                Ok(known.find(ids)?.into_iter().map(|place| place == NOBODY).collect())
            });
            is_bad.or(col(REASON).eq(lit(0_u8)).and(stranger))
        }
    };
    let left = (MOST as usize).saturating_sub(table.rows.len()) as u32;
    let frame = scan::with_roles(scan::open(input, Some(ROW))?, input)
        .with_columns([scan::reason(input, plan.as_of).alias(REASON)])
        .filter(passes.and(wanted))
        .select(selected)
        .limit(left);
    let frame =
        frame.collect_with_engine(Engine::Streaming).map_err(of_scan(&input.table.path))?.unwrap_single();
    let texts = |name: &str| -> Result<Vec<Option<String>>, Error> {
        Ok(frame.column(name)?.str()?.iter().map(|text| text.map(str::to_owned)).collect())
    };
    let columns = [texts("customer")?, texts("time")?, texts("amount")?];
    let reasons = frame.column(REASON)?.u8()?;
    let files = Files::of(&input.table.files);
    let lines = frame.column(LINE)?.i64()?;
    for (at, (row, reason)) in frame.column(ROW)?.i64()?.iter().zip(reasons.iter()).enumerate() {
        let reason = match reason.unwrap_or(0) {
            0 => UNKNOWN_CUSTOMER,
            reason => REASONS[usize::from(reason)],
        };
        let [customer, time, amount] = [&columns[0][at], &columns[1][at], &columns[2][at]];
        table.push(
            files.place(row.unwrap_or(0), lines.get(at)),
            reason,
            [customer.clone(), time.clone(), amount.clone()],
        );
    }
    Ok(())
}

/// A condition on the customer's id that no expression of Polars can ask.
fn asked_of_ids<F>(ask: F) -> Expr
where
    F: Fn(&Column) -> Result<Vec<bool>, Error> + Send + Sync + 'static,
{
    let function = move |column: Column| -> PolarsResult<Column> {
        let answers = ask(&column).map_err(|error| polars_err!(ComputeError: "{error}"))?;
        Ok(BooleanChunked::from_iter_values(column.name().clone(), answers.into_iter()).into_column())
    };
    col(CUSTOMER).map(function, |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)))
}

fn of_customers(population: &Population, files: &[InputFile], table: &mut RejectedRows) {
    let files = Files::of(files);
    for (row, line, reason, id) in &population.rejected {
        if table.rows.len() < MOST as usize {
            table.push(files.place(*row, *line), reason, [id.clone(), None, None]);
        }
    }
}

/// Where the rows of several files begin, if all are numbered in one go.
struct Files<'a> {
    files: &'a [InputFile],
    starts: Vec<i64>,
}

impl<'a> Files<'a> {
    fn of(files: &'a [InputFile]) -> Self {
        let starts = files.iter().scan(0_i64, |next, file| {
            let start = *next;
            *next += file.rows as i64;
            Some(start)
        });
        Self { files, starts: starts.collect() }
    }

    /// A row number across all files → the file, and the line if it is known, or the row in it.
    fn place(&self, row: i64, line: Option<i64>) -> (String, i64) {
        let at = self.starts.partition_point(|start| *start <= row).saturating_sub(1);
        (self.files[at].path.display().to_string(), line.unwrap_or(row - self.starts[at] + 1))
    }
}

/// The table while it grows.
#[derive(Default)]
struct RejectedRows {
    files: Vec<String>,
    rows: Vec<i64>,
    reasons: Vec<&'static str>,
    /// Customer, time and amount.
    texts: [Vec<Option<String>>; 3],
}

impl RejectedRows {
    fn push(&mut self, (file, row): (String, i64), reason: &'static str, texts: [Option<String>; 3]) {
        self.files.push(file);
        self.rows.push(row);
        self.reasons.push(reason);
        self.texts.iter_mut().zip(texts).for_each(|(column, text)| column.push(text));
    }

    fn finish(self) -> Result<DataFrame, Error> {
        let len = self.rows.len();
        let texts = |name: &str, texts: Vec<Option<String>>| {
            StringChunked::from_iter_options(name.into(), texts.into_iter()).into_column()
        };
        let [customers, times, amounts] = self.texts;
        let columns = vec![
            StringChunked::from_iter_values("file".into(), self.files.into_iter()).into_column(),
            Int64Chunked::from_vec("row".into(), self.rows).into_column(),
            StringChunked::from_iter_values("reason".into(), self.reasons.into_iter()).into_column(),
            texts("customer", customers),
            texts("time", times),
            texts("amount", amounts),
        ];
        Ok(DataFrame::new(len, columns)?)
    }
}
