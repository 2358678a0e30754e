//! The rows that were set aside, with file, row number and reason: a second look at the inputs, taken only where the
//! profile counted some, and not where it was kept with them. Nothing of a customer who is suppressed, or has given no consent, gets here.

use std::sync::Arc;

use polars::lazy::dsl::{Expr, col, lit};
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Engine, Field, Int64Chunked, IntoColumn, NewChunkedArray,
    PolarsResult, StringChunked, polars_err,
};

use crate::engine::pseudonym::Key;
use crate::engine::{Error, InputCounts};
use crate::plan::{Input, InputFile, Plan, Source};

use super::Profile;
use super::profile::{self, Gate, IdSet, NOBODY, Population};
use super::pseudonyms;
use super::scan::{self, AFTER_AS_OF, CUSTOMER, REASON, REASONS};

/// The most rows that are written out; all are counted.
pub const MOST: u32 = 100_000;
const ROW: &str = "@row";
/// Why orders are set aside whose customer is not in the table of customers.
pub(super) const UNKNOWN_CUSTOMER: &str = "unknown_customer";

/// File, row (from 1), reason, and the customer, time and amount as they stand there. Empty without rejected rows.
/// With a `key` the profile knows pseudonyms only, and so does the table.
pub fn read(plan: &Plan, profile: &Profile, key: Option<&Key>) -> Result<DataFrame, Error> {
    if let Some(table) = &profile.rejected {
        return Ok(table.clone());
    }
    let counts = &profile.counts.inputs;
    let is_order = |input: &Input| input.source == Source::Orders;
    // Events of strangers are no mistake: whoever visits need not have bought anything.
    let has_some = |counts: &InputCounts, orders: bool| {
        !counts.counts.rejected.is_empty() || (orders && counts.counts.unknown > 0)
    };
    let mut table = Table::default();
    let customers = counts.get(plan.inputs().count()).filter(|counts| has_some(counts, false));
    if customers.is_none() && !plan.inputs().zip(counts).any(|(one, counts)| has_some(counts, is_order(one)))
    {
        return table.finish();
    }
    let (gate, population) = profile::open(plan)?;
    let gate = Arc::new(gate);
    for (input, counts) in plan.inputs().zip(counts) {
        if has_some(counts, is_order(input)) {
            let strangers = is_order(input) && counts.counts.unknown > 0;
            let known = strangers.then(|| everybody(plan, profile)).transpose()?;
            of_input(plan, input, &gate, known.map(|known| (known, key.cloned())), &mut table)?;
        }
    }
    if let (Some(population), Some(customers)) = (population, &plan.customers) {
        of_customers(&population, &customers.table.files, &mut table);
    }
    let table = table.finish()?;
    match key {
        Some(key) => pseudonyms::hide_column(key, table, "customer"),
        None => Ok(table),
    }
}

/// The ids of the population.
fn everybody(plan: &Plan, profile: &Profile) -> Result<IdSet, Error> {
    let mut ids = IdSet::new(plan.id_type());
    ids.insert(profile.customers.column(&plan.customer.column)?)?;
    Ok(ids)
}

/// Rows of orders or events; `known` is the population where rows of other customers are set aside, too, with the key
/// of its pseudonyms if it is known by these.
fn of_input(
    plan: &Plan,
    input: &Input,
    gate: &Arc<Gate>,
    known: Option<(IdSet, Option<Key>)>,
    table: &mut Table,
) -> Result<(), Error> {
    let raw = |name: &str, alias: &str| col(name).cast(DataType::String).alias(alias);
    let mut selected = vec![
        col(ROW).cast(DataType::Int64),
        col(REASON),
        raw(&input.customer.column, "customer"),
        raw(&input.time.column, "time"),
    ];
    selected.push(match &input.amount {
        Some(amount) => raw(&amount.column, "amount"),
        None => lit("").alias("amount"),
    });
    let (gate, ty) = (Arc::clone(gate), plan.customer.ty);
    let passes = asked_of_ids(move |ids| gate.passing(ids, ty));
    let is_bad = col(REASON).gt(lit(0_u8)).and(col(REASON).lt(lit(AFTER_AS_OF)));
    let wanted = match known {
        None => is_bad,
        Some((known, key)) => {
            let stranger = asked_of_ids(move |ids| {
                let hidden = key.as_ref().map(|key| pseudonyms::hidden(key, ids)).transpose()?;
                Ok(known
                    .find(hidden.as_ref().unwrap_or(ids))?
                    .into_iter()
                    .map(|place| place == NOBODY)
                    .collect())
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
    let frame = frame.collect_with_engine(Engine::Streaming)?.unwrap_single();
    let texts = |name: &str| -> Result<Vec<Option<String>>, Error> {
        Ok(frame.column(name)?.str()?.iter().map(|text| text.map(str::to_owned)).collect())
    };
    let columns = [texts("customer")?, texts("time")?, texts("amount")?];
    let reasons = frame.column(REASON)?.u8()?;
    let files = Files::of(&input.table.files);
    for (at, (row, reason)) in frame.column(ROW)?.i64()?.iter().zip(reasons.iter()).enumerate() {
        let reason = match reason.unwrap_or(0) {
            0 => UNKNOWN_CUSTOMER,
            reason => REASONS[usize::from(reason)],
        };
        let [customer, time, amount] = [&columns[0][at], &columns[1][at], &columns[2][at]];
        table.push(files.place(row.unwrap_or(0)), reason, [customer.clone(), time.clone(), amount.clone()]);
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

fn of_customers(population: &Population, files: &[InputFile], table: &mut Table) {
    let files = Files::of(files);
    for (row, reason, id) in &population.rejected {
        if table.rows.len() < MOST as usize {
            table.push(files.place(*row), reason, [id.clone(), None, None]);
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

    /// A row number across all files → the file, and the row in it.
    fn place(&self, row: i64) -> (String, i64) {
        let at = self.starts.partition_point(|start| *start <= row).saturating_sub(1);
        (self.files[at].path.display().to_string(), row - self.starts[at] + 1)
    }
}

/// The table while it grows.
#[derive(Default)]
struct Table {
    files: Vec<String>,
    rows: Vec<i64>,
    reasons: Vec<&'static str>,
    /// Customer, time and amount.
    texts: [Vec<Option<String>>; 3],
}

impl Table {
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
