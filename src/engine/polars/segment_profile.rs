//! Who is in a segment: every segment by the other dimensions of its customers, with the lift over all customers. A
//! dimension is an attribute, a metric that is a text or a condition, a score, a band or another segmentation.

use std::collections::HashMap;

use polars::prelude::{
    Column, DataFrame, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked,
};

use crate::engine::Error;
use crate::plan::{Plan, Type};

use super::disclosure::{hidden, hidden_cells};
use super::groups::texts;

/// The values of a dimension that are listed; the rest is one.
const MOST_VALUES: usize = 10;
/// A column with more values is no dimension.
const MOST_DISTINCT: usize = 1_000;
/// What stands for the values that are not listed.
const OTHER: &str = "other";

/// A column whose values customers are counted by.
struct Dimension {
    name: String,
    /// Each customer's value, by number.
    codes: Vec<u16>,
    /// From the most customers to the fewest, then the rest, then null; only those that somebody has.
    values: Vec<Option<String>>,
    /// Customers of each.
    totals: Vec<u64>,
    /// Values that may not be shown.
    hidden: Vec<bool>,
}

/// `segment_profile.parquet`: for every segment, dimension and value its customers, their share in the segment, the
/// share of all customers with that value, and the lift: the one over the other. What is hidden is null.
pub fn segment_profile(plan: &Plan, labelled: &DataFrame) -> Result<DataFrame, Error> {
    let least = plan.privacy.report_min_group;
    let dimensions = dimensions(plan, labelled)?;
    let mut table = Table::default();
    for segmentation in &plan.segmentations {
        let ids: Vec<&str> = segmentation.segments().iter().map(|segment| segment.id.as_str()).collect();
        let own = codes(labelled.column(&segmentation.name)?, &ids)?;
        let mut sizes = vec![0_u64; ids.len()];
        own.iter().for_each(|code| sizes[usize::from(*code)] += 1);
        let rows = hidden(&sizes, least);
        for dimension in dimensions.iter().filter(|dimension| dimension.name != segmentation.name) {
            let mut cells = vec![vec![0_u64; dimension.values.len()]; ids.len()];
            for (segment, value) in own.iter().zip(&dimension.codes) {
                cells[usize::from(*segment)][usize::from(*value)] += 1;
            }
            let hide = hidden_cells(&cells, (&rows, &dimension.hidden), least);
            for (segment, id) in ids.iter().enumerate() {
                for (value, text) in dimension.values.iter().enumerate() {
                    let all = own.len() as f64;
                    let (size, total) = (sizes[segment] as f64, dimension.totals[value] as f64);
                    let count = cells[segment][value];
                    let shown = !hide[segment][value];
                    let share =
                        |part: f64, whole: f64, shown: bool| (shown && whole > 0.0).then(|| part / whole);
                    table.texts[0].push(Some(segmentation.name.clone()));
                    table.texts[1].push(Some((*id).to_owned()));
                    table.texts[2].push(Some(dimension.name.clone()));
                    table.texts[3].push(text.clone());
                    table.customers.push(shown.then_some(count as i64));
                    table.shares[0].push(share(count as f64, size, shown));
                    table.shares[1].push(share(total, all, !dimension.hidden[value]));
                    table.shares[2].push(share(count as f64 * all, size * total, shown));
                }
            }
        }
    }
    table.finish()
}

/// The table while it grows.
#[derive(Default)]
struct Table {
    texts: [Vec<Option<String>>; 4],
    customers: Vec<Option<i64>>,
    shares: [Vec<Option<f64>>; 3],
}

impl Table {
    fn finish(self) -> Result<DataFrame, Error> {
        let len = self.customers.len();
        let names = ["segmentation", "segment", "dimension", "value"];
        let mut columns: Vec<Column> = names
            .iter()
            .zip(self.texts)
            .map(|(name, texts)| {
                StringChunked::from_iter_options((*name).into(), texts.into_iter()).into_column()
            })
            .collect();
        let customers = Int64Chunked::from_iter_options("customers".into(), self.customers.into_iter());
        columns.push(customers.into_column());
        for (name, shares) in ["share_in_segment", "share_in_base", "lift"].iter().zip(self.shares) {
            columns.push(Float64Chunked::from_iter_options((*name).into(), shares.into_iter()).into_column());
        }
        Ok(DataFrame::new(len, columns)?)
    }
}

/// The numbers of known texts.
fn codes(column: &Column, known: &[&str]) -> Result<Vec<u16>, Error> {
    let numbers: HashMap<&str, u16> = known.iter().enumerate().map(|(at, text)| (*text, at as u16)).collect();
    let number = |text: Option<&str>| text.and_then(|text| numbers.get(text).copied()).unwrap_or(0);
    Ok(column.str()?.iter().map(number).collect())
}

/// Every dimension, in the order of the output.
fn dimensions(plan: &Plan, labelled: &DataFrame) -> Result<Vec<Dimension>, Error> {
    let attributes = plan.customers.iter().flat_map(|customers| &customers.attributes);
    let attributes =
        attributes.filter(|one| one.ty.is_integer() || matches!(one.ty, Type::Text | Type::Bool));
    let metrics = plan.metrics.iter().filter(|metric| matches!(metric.ty, Type::Text | Type::Bool));
    let scores = plan.scores.iter().filter(|score| Plan::score_type(score) == Type::Score);
    let names = attributes.map(|one| &one.name).chain(metrics.map(|one| &one.name));
    let names = names.chain(scores.map(|one| &one.name)).chain(plan.bands.iter().map(|one| &one.name));
    let names = names.chain(plan.segmentations.iter().map(|one| &one.name));
    let least = plan.privacy.report_min_group;
    let mut dimensions = Vec::new();
    for name in names {
        dimensions.extend(dimension(name, labelled.column(name)?, least)?);
    }
    for segmentation in &plan.segmentations {
        let Some(dimension) = dimensions.iter_mut().find(|one| one.name == segmentation.name) else {
            continue;
        };
        dimension.hide_segments(
            &segmentation.segments().iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            labelled,
            least,
        )?;
    }
    Ok(dimensions)
}

/// A column as a dimension; none where it has too many values.
fn dimension(name: &str, column: &Column, least: Option<u64>) -> Result<Option<Dimension>, Error> {
    let texts = texts(column)?;
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut counts: Vec<(u64, &str)> = Vec::new();
    let mut nulls = 0_u64;
    let mut raw: Vec<usize> = Vec::with_capacity(texts.len());
    for text in texts.iter() {
        let Some(text) = text else {
            nulls += 1;
            raw.push(usize::MAX);
            continue;
        };
        let number = *numbers.entry(text).or_insert_with(|| {
            counts.push((0, text));
            counts.len() - 1
        });
        if counts.len() > MOST_DISTINCT {
            return Ok(None);
        }
        counts[number].0 += 1;
        raw.push(number);
    }
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by(|x, y| counts[*y].0.cmp(&counts[*x].0).then(counts[*x].1.cmp(counts[*y].1)));
    let mut values: Vec<Option<String>> = Vec::new();
    let mut totals: Vec<u64> = Vec::new();
    let mut code_of = vec![0_u16; counts.len()];
    // A value that is called like the rest is counted with it, where there is a rest.
    let has_rest = order.len() > MOST_VALUES;
    let listed = |number: usize| !has_rest || counts[number].1 != OTHER;
    for number in order.iter().copied().take(MOST_VALUES).filter(|number| listed(*number)) {
        code_of[number] = values.len() as u16;
        values.push(Some(counts[number].1.to_owned()));
        totals.push(counts[number].0);
    }
    if has_rest {
        let rest = values.len() as u16;
        values.push(Some(OTHER.to_owned()));
        totals.push(0);
        let unlisted =
            order.iter().enumerate().filter(|(place, number)| *place >= MOST_VALUES || !listed(**number));
        for (_, number) in unlisted {
            code_of[*number] = rest;
            totals[usize::from(rest)] += counts[*number].0;
        }
    }
    let null = values.len() as u16;
    if nulls > 0 {
        values.push(None);
        totals.push(nulls);
    }
    let codes = raw.into_iter().map(|number| code_of.get(number).copied().unwrap_or(null)).collect();
    let hidden = hidden(&totals, least);
    Ok(Some(Dimension { name: name.to_owned(), codes, values, totals, hidden }))
}

impl Dimension {
    /// Segments that the summary hides are hidden here, too, and the rest with them if one of them is in it.
    fn hide_segments(&mut self, ids: &[&str], labelled: &DataFrame, least: Option<u64>) -> Result<(), Error> {
        let own = codes(labelled.column(&self.name)?, ids)?;
        let mut sizes = vec![0_u64; ids.len()];
        own.iter().for_each(|code| sizes[usize::from(*code)] += 1);
        for (id, _) in ids.iter().zip(hidden(&sizes, least)).filter(|(_, hidden)| *hidden) {
            let listed = self.values.iter().position(|value| value.as_deref() == Some(*id));
            let rest = self.values.iter().position(|value| value.as_deref() == Some(OTHER));
            if let Some(at) = listed.or(rest.filter(|_| ids.len() > MOST_VALUES)) {
                self.hidden[at] = true;
            }
        }
        Ok(())
    }
}
