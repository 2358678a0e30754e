//! Labels set by hand: the override of a customer, looked up by id, and what it makes of the rules' label. Still a
//! pure function of one row, now of (row, model, overrides of that customer).

use std::collections::HashMap;

use polars::lazy::dsl::{Expr, by_name, col, lit, map_multiple};
use polars::prelude::{
    Column, DataType, Field, Int32Chunked, IntoColumn, LazyFrame, NULL, PolarsResult, Schema,
};

use crate::engine::Error;
use crate::fit::Model;
use crate::plan::{Action, Id, Override, Overrides, Plan, Segmentation, Type};

use super::rule_number;
use crate::engine::polars::expr::lookup::words;

/// The number of a customer's override, and of its label, while labels are made.
const OVERRIDE: &str = "@override";
const LABEL: &str = "@label";
/// The rule that would match without those that give a segment.
const WITHOUT: &str = "@without_";

/// Adds the label of a segmentation, whose rule's number is there, and the column that says what was done by hand.
pub(super) fn apply(
    frame: LazyFrame,
    (plan, model): (&Plan, &Model),
    segmentation: &Segmentation,
    overrides: &Overrides,
) -> Result<LazyFrame, Error> {
    let live: Vec<&Override> = overrides.live(&segmentation.name, plan.as_of).collect();
    let ids =
        OverrideNumbers::new(live.iter().enumerate().map(|(number, one)| (&one.customer, number)), plan);
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
    let table = OverrideActions { actions, labels: segmentation.segment_numbers(), without };
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
pub(in crate::engine::polars) enum OverrideNumbers {
    Int(HashMap<i64, i32>),
    Text(HashMap<String, i32>),
}

impl OverrideNumbers {
    pub(in crate::engine::polars) fn new<'a>(
        numbered: impl Iterator<Item = (&'a Id, usize)>,
        plan: &Plan,
    ) -> Self {
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
    pub(in crate::engine::polars) fn of(&self, column: &Column) -> PolarsResult<Vec<i32>> {
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
struct OverrideActions {
    /// The action and the segment of each override.
    actions: Vec<(Action, usize)>,
    /// The label's number of each rule.
    labels: Vec<usize>,
    /// The segments without which the rules were tried, too, ascending.
    without: Vec<usize>,
}

impl OverrideActions {
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

/// The override's column where no line of the file is about the segmentation.
pub(super) fn none(segmentation: &Segmentation) -> Expr {
    lit(NULL).cast(DataType::String).alias(segmentation.override_column().as_str())
}
