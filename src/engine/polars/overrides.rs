//! Labels set by hand: the override of a customer, looked up by id, and what it makes of the rules' label. Still a
//! pure function of one row, now of (row, model, overrides of that customer). And the report of what came of each.

use std::collections::HashMap;

use polars::lazy::dsl::{Expr, by_name, col, lit, map_multiple};
use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Field, Int32Chunked, Int64Chunked, IntoColumn, LazyFrame,
    NULL, NewChunkedArray, PolarsResult, Schema, StringChunked,
};

use crate::engine::{Error, OverrideCounts};
use crate::fit::Model;
use crate::plan::{Action, Id, Override, Overrides, Plan, Segmentation, Type};

use super::apply::rule_number;
use super::profile::Gate;
use super::words::words;

/// The number of a customer's override, and of its label, while labels are made.
const OVERRIDE: &str = "@override";
const LABEL: &str = "@label";
/// The rule that would match without those that give a segment.
const WITHOUT: &str = "@without_";

/// Drops the overrides of suppressed customers, before their ids become pseudonyms: nothing that is published names them.
pub fn drop_suppressed(plan: &mut Plan) -> Result<(), Error> {
    let (Some(overrides), true) = (&plan.overrides, plan.suppress.is_some()) else { return Ok(()) };
    let ty = plan.customer.ty;
    let ids = customers(ty, overrides.list.iter().map(|one| &one.customer));
    let mut stays = Gate::open(plan)?.passing(&ids, ty)?.into_iter();
    if let Some(overrides) = &mut plan.overrides {
        overrides.list.retain(|_| stays.next().unwrap_or(true));
    }
    Ok(())
}

/// Adds the label of a segmentation, whose rule's number is there, and the column that says what was done by hand.
pub(super) fn apply(
    frame: LazyFrame,
    (plan, model): (&Plan, &Model),
    segmentation: &Segmentation,
    overrides: &Overrides,
) -> Result<LazyFrame, Error> {
    let live: Vec<&Override> = overrides.live(&segmentation.name, plan.as_of).collect();
    let ids = Ids::new(live.iter().enumerate().map(|(number, one)| (&one.customer, number)), plan);
    let actions: Vec<(Action, usize)> = live.iter().map(|one| (one.action, one.segment)).collect();
    let segments = segmentation.segments();
    let excluded = || actions.iter().filter(|(action, _)| *action == Action::Exclude);
    let mut without: Vec<usize> = excluded().map(|(_, segment)| *segment).collect();
    without.sort_unstable();
    without.dedup();

    let mut inputs = vec![OVERRIDE.to_owned(), segmentation.rule_column()];
    let mut columns = vec![ids.numbers(col(plan.customer.column.as_str()))];
    for segment in &without {
        let name = format!("{WITHOUT}{segment}");
        columns.push(rule_number(segmentation, model, Some(&segments[*segment].id))?.alias(name.as_str()));
        inputs.push(name);
    }
    let names: Vec<String> = actions.iter().map(|(action, _)| action.name().to_owned()).collect();
    let labels: Vec<String> = segments.iter().map(|segment| segment.id.clone()).collect();
    let table = Table { actions, labels: segmentation.segment_numbers(), without };
    let inputs: Vec<Expr> = inputs.iter().map(|name| col(name.as_str())).collect();
    let number = map_multiple(
        move |columns| table.label_numbers(columns),
        &inputs,
        |_: &Schema, _: &[Field]| Ok(Field::new(LABEL.into(), DataType::Int32)),
    );
    let frame = frame.with_columns_seq(columns).with_columns_seq([number.alias(LABEL)]).with_columns_seq([
        words(col(LABEL), labels).alias(segmentation.name.as_str()),
        words(col(OVERRIDE), names).alias(segmentation.override_column().as_str()),
    ]);
    let temporary = table_columns(segmentation.segments().len());
    Ok(frame.drop(by_name(temporary, false, false)))
}

/// Every column that [`apply`] may have put there for itself.
fn table_columns(segments: usize) -> Vec<String> {
    let without = (0..segments).map(|segment| format!("{WITHOUT}{segment}"));
    [OVERRIDE.to_owned(), LABEL.to_owned()].into_iter().chain(without).collect()
}

/// Customers' ids with a number each.
enum Ids {
    Int(HashMap<i64, i32>),
    Text(HashMap<String, i32>),
}

impl Ids {
    fn new<'a>(numbered: impl Iterator<Item = (&'a Id, usize)>, plan: &Plan) -> Self {
        let mut ids = match plan.id_type() {
            Type::Int => Self::Int(HashMap::new()),
            _ => Self::Text(HashMap::new()),
        };
        for (id, number) in numbered {
            match (&mut ids, id) {
                (Self::Int(ids), Id::Int(id)) => ids.insert(*id, number as i32),
                (Self::Text(ids), Id::Text(id)) => ids.insert(id.clone(), number as i32),
                _ => None,
            };
        }
        ids
    }

    /// The number of each id of a column, -1 for one that has none.
    fn of(&self, column: &Column) -> PolarsResult<Vec<i32>> {
        Ok(match self {
            Self::Int(ids) => {
                column.i64()?.iter().map(|id| id.and_then(|id| ids.get(&id).copied()).unwrap_or(-1)).collect()
            }
            Self::Text(ids) => {
                column.str()?.iter().map(|id| id.and_then(|id| ids.get(id).copied()).unwrap_or(-1)).collect()
            }
        })
    }

    fn numbers(self, ids: Expr) -> Expr {
        let convert = move |column: Column| {
            Ok(Int32Chunked::from_vec(OVERRIDE.into(), self.of(&column)?).into_column())
        };
        ids.map(convert, |_, _| Ok(Field::new(OVERRIDE.into(), DataType::Int32))).alias(OVERRIDE)
    }
}

/// What the overrides of one segmentation do.
struct Table {
    /// The action and the segment of each override.
    actions: Vec<(Action, usize)>,
    /// The label's number of each rule.
    labels: Vec<usize>,
    /// The segments without which the rules were tried, too, ascending.
    without: Vec<usize>,
}

impl Table {
    /// From the override's number, the rule's, and the rules' without each segment.
    fn label_numbers(&self, columns: &mut [Column]) -> PolarsResult<Column> {
        let rules = columns[1..].iter().map(Column::i16).collect::<PolarsResult<Vec<_>>>()?;
        let mut rules: Vec<_> = rules.iter().map(|column| column.iter()).collect();
        let mut numbers = Vec::with_capacity(columns[0].len());
        let mut given = Vec::with_capacity(rules.len());
        for number in columns[0].i32()?.iter() {
            given.clear();
            given.extend(rules.iter_mut().map(|rules| self.label(rules.next().flatten())));
            let label = match number.and_then(|number| self.actions.get(usize::try_from(number).ok()?)) {
                None => given[0],
                Some((action, segment)) => {
                    let at = self.without.binary_search(segment);
                    action.apply(*segment, given[0], at.map_or(given[0], |at| given[1 + at]))
                }
            };
            numbers.push(label as i32);
        }
        Ok(Int32Chunked::from_vec(LABEL.into(), numbers).into_column())
    }

    fn label(&self, rule: Option<i16>) -> usize {
        let rule = rule.and_then(|rule| usize::try_from(rule).ok()).unwrap_or(0);
        self.labels.get(rule).copied().unwrap_or(0)
    }
}

/// What came of an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// The label is another than the rules say, by one segment.
    Applied,
    /// The label is another, by more than one segment in the declared order.
    FarOff,
    /// The label is what the rules say.
    NoOp,
    /// Its last day is over.
    Expired,
    /// There is no such customer.
    UnknownCustomer,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::FarOff => "far_off",
            Self::NoOp => "no_op",
            Self::Expired => "expired",
            Self::UnknownCustomer => "unknown_customer",
        }
    }
}

/// `overrides.parquet`: every override with what came of it, in the order of the plan, and how many came to what.
pub fn report(
    plan: &Plan,
    model: &Model,
    overrides: &Overrides,
    population: &DataFrame,
) -> Result<(DataFrame, OverrideCounts), Error> {
    let (found, rows) = with_override(plan, overrides, population)?;
    let labelled = super::apply::label(plan, model, &found)?;
    let mut counts = OverrideCounts::default();
    let mut outcomes = Vec::with_capacity(overrides.list.len());
    for segmentation in &plan.segmentations {
        let numbers = segmentation.segment_numbers();
        let segments = segmentation.segments();
        let rules = labelled.column(&segmentation.rule_column())?.i16()?;
        let labels = labelled.column(&segmentation.name)?.str()?;
        for one in overrides.list.iter().filter(|one| one.segmentation == segmentation.name) {
            let row = rows.get(&one.customer).copied();
            let ruled = row.map(|row| numbers[usize::try_from(rules.get(row).unwrap_or(0)).unwrap_or(0)]);
            let number = |label: &str| segments.iter().position(|segment| segment.id == label);
            let given = row.and_then(|row| number(labels.get(row)?));
            let status = match (ruled, given) {
                _ if one.is_expired(plan.as_of) => Status::Expired,
                (Some(ruled), Some(given)) => match ruled.abs_diff(given) {
                    0 => Status::NoOp,
                    1 => Status::Applied,
                    _ => Status::FarOff,
                },
                _ => Status::UnknownCustomer,
            };
            *match status {
                Status::Applied => &mut counts.applied,
                Status::FarOff => &mut counts.far_off,
                Status::NoOp => &mut counts.no_op,
                Status::Expired => &mut counts.expired,
                Status::UnknownCustomer => &mut counts.unknown_customer,
            } += 1;
            let label = |number: Option<usize>| number.map(|number| segments[number].id.as_str());
            outcomes.push((one, segments[one.segment].id.as_str(), status, label(ruled), label(given)));
        }
    }
    let text = |name: &str, texts: &mut dyn Iterator<Item = Option<&str>>| {
        StringChunked::from_iter_options(name.into(), texts).into_column()
    };
    let all = || outcomes.iter();
    let date = |name: &str, days: Vec<Option<i32>>| {
        Int32Chunked::from_iter_options(name.into(), days.into_iter()).into_date().into_column()
    };
    let epoch = chrono::NaiveDate::default();
    let days = |since: chrono::NaiveDate| -> Vec<Option<i32>> {
        all().map(|(one, ..)| Some((one.expires_on? - since).num_days() as i32)).collect()
    };
    let columns = vec![
        text("segmentation", &mut all().map(|(one, ..)| Some(one.segmentation.as_str()))),
        customers(plan.id_type(), all().map(|(one, ..)| &one.customer)),
        text("action", &mut all().map(|(one, ..)| Some(one.action.name()))),
        text("segment", &mut all().map(|(_, segment, ..)| Some(*segment))),
        text("reason", &mut all().map(|(one, ..)| Some(one.reason.as_str()))),
        text("author", &mut all().map(|(one, ..)| Some(one.author.as_str()))),
        date("expires_on", days(epoch)),
        Int32Chunked::from_iter_options("days_to_expiry".into(), days(plan.as_of).into_iter()).into_column(),
        text("status", &mut all().map(|(_, _, status, ..)| Some(status.name()))),
        text("label_by_rules", &mut all().map(|(_, _, _, ruled, _)| *ruled)),
        text("label", &mut all().map(|(.., given)| *given)),
    ];
    Ok((DataFrame::new(outcomes.len(), columns)?, counts))
}

/// The customers who have an override, and where each of them is among these.
fn with_override<'a>(
    plan: &Plan,
    overrides: &'a Overrides,
    population: &DataFrame,
) -> Result<(DataFrame, HashMap<&'a Id, usize>), Error> {
    let numbered = overrides.list.iter().enumerate().map(|(number, one)| (&one.customer, number));
    let numbers = Ids::new(numbered, plan).of(population.column(&plan.customer.column)?)?;
    let found = numbers.iter().filter_map(|number| overrides.list.get(usize::try_from(*number).ok()?));
    let rows = found.map(|one| &one.customer).zip(0..).collect();
    let is_one = numbers.iter().map(|number| *number >= 0);
    Ok((population.filter(&BooleanChunked::from_iter_values("".into(), is_one))?, rows))
}

/// Ids as a column `customer` of their type.
fn customers<'a>(ty: Type, ids: impl Iterator<Item = &'a Id>) -> Column {
    let name = "customer".into();
    match ty {
        Type::Int => {
            let int = |id: &Id| match id {
                Id::Int(id) => Some(*id),
                Id::Text(_) => None,
            };
            Int64Chunked::from_iter_options(name, ids.map(int)).into_column()
        }
        _ => StringChunked::from_iter_values(name, ids.map(ToString::to_string)).into_column(),
    }
}

/// The override's column where no line of the file is about the segmentation.
pub(super) fn none(segmentation: &Segmentation) -> Expr {
    lit(NULL).cast(DataType::String).alias(segmentation.override_column().as_str())
}
