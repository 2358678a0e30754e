//! Who is in a segment: every segment by the other dimensions of its customers, with the lift over all customers. A
//! dimension is an attribute, a metric that is a text or a condition, a score, a band or another segmentation.

use polars::prelude::{
    Column, DataFrame, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked,
};

use rayon::prelude::*;

use crate::engine::Error;
use crate::plan::{Plan, Segmentation, Type};

use super::codes::{Coded, coded, numbered};
use super::disclosure::{hidden, hidden_cells};

/// The values of a dimension that are listed; the rest is one.
const MOST_VALUES: usize = 10;
/// A column with more values is no dimension.
const MOST_DISTINCT: u16 = 1_000;
/// What stands for the values that are not listed.
const OTHER: &str = "other";

/// A column whose values customers are counted by.
struct Dimension {
    name: String,
    /// From the most customers to the fewest, then the rest, then null; only those that somebody has.
    values: Vec<Option<String>>,
    /// Customers of each.
    totals: Vec<u64>,
    /// Values that may not be shown.
    hidden: Vec<bool>,
    /// Customers by segment and value, of each segmentation.
    cells: Vec<Vec<Vec<u64>>>,
}

/// `segment_profile.parquet`: for every segment, dimension and value its customers, their share in the segment, the
/// share of all customers with that value, and the lift: the one over the other. What is hidden is null.
pub fn segment_profile(plan: &Plan, labelled: &DataFrame) -> Result<DataFrame, Error> {
    let least = plan.privacy.report_min_group;
    let segmentations: Vec<Own> =
        plan.segmentations.iter().map(|one| Own::of(one, labelled)).collect::<Result<_, _>>()?;
    let mut dimensions = dimensions(plan, labelled, &segmentations)?;
    for own in &segmentations {
        dimensions
            .iter_mut()
            .filter(|one| one.name == own.name)
            .for_each(|dimension| dimension.hide_segments(own, least));
    }
    let mut table = Table::default();
    for (number, own) in segmentations.iter().enumerate() {
        let rows = hidden(&own.sizes, least);
        for dimension in dimensions.iter().filter(|one| one.name != own.name) {
            let cells = &dimension.cells[number];
            let hide = hidden_cells(cells, (&rows, &dimension.hidden), least);
            for (segment, id) in own.ids.iter().enumerate() {
                for (value, text) in dimension.values.iter().enumerate() {
                    let all = own.codes.len() as f64;
                    let (size, total) = (own.sizes[segment] as f64, dimension.totals[value] as f64);
                    let count = cells[segment][value];
                    let shown = !hide[segment][value];
                    let share =
                        |part: f64, whole: f64, shown: bool| (shown && whole > 0.0).then(|| part / whole);
                    table.texts[0].push(Some(own.name.to_owned()));
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

/// A segmentation whose segments are described.
struct Own<'a> {
    name: &'a str,
    ids: Vec<&'a str>,
    /// Each customer's segment.
    codes: Vec<u16>,
    /// Customers of each.
    sizes: Vec<u64>,
}

impl<'a> Own<'a> {
    fn of(segmentation: &'a Segmentation, labelled: &DataFrame) -> Result<Self, Error> {
        let ids: Vec<&str> = segmentation.segments().iter().map(|segment| segment.id.as_str()).collect();
        let codes = numbered(labelled.column(&segmentation.name)?.str()?, &ids);
        let mut sizes = vec![0_u64; ids.len()];
        codes.iter().for_each(|code| sizes[usize::from(*code)] += 1);
        Ok(Self { name: &segmentation.name, ids, codes, sizes })
    }

    /// Customers by segment and value, of so many values.
    fn by(&self, codes: &[u16], width: usize) -> Vec<Vec<u64>> {
        let mut cells = vec![0_u64; self.ids.len() * width];
        for (segment, value) in self.codes.iter().zip(codes) {
            cells[usize::from(*segment) * width + usize::from(*value)] += 1;
        }
        (0..self.ids.len()).map(|row| cells[row * width..][..width].to_vec()).collect()
    }
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

/// Every dimension, in the order of the output.
fn dimensions(plan: &Plan, labelled: &DataFrame, segmentations: &[Own<'_>]) -> Result<Vec<Dimension>, Error> {
    let attributes = plan.customers.iter().flat_map(|customers| &customers.attributes);
    let attributes =
        attributes.filter(|one| one.ty.is_integer() || matches!(one.ty, Type::Text | Type::Bool));
    let metrics = plan.metrics.iter().filter(|metric| matches!(metric.ty, Type::Text | Type::Bool));
    let scores = plan.scores.iter().filter(|score| Plan::score_type(score) == Type::Score);
    let names = attributes.map(|one| &one.name).chain(metrics.map(|one| &one.name));
    let names = names.chain(scores.map(|one| &one.name)).chain(plan.bands.iter().map(|one| &one.name));
    let names = names.chain(plan.segmentations.iter().map(|one| &one.name));
    let least = plan.privacy.report_min_group;
    let names: Vec<&String> = names.collect();
    let found: Vec<Option<Dimension>> = names
        .into_par_iter()
        .map(|name| dimension(name, labelled.column(name)?, segmentations, least))
        .collect::<Result<_, Error>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// A column as a dimension; none where it has too many values.
fn dimension(
    name: &str,
    column: &Column,
    segmentations: &[Own<'_>],
    least: Option<u64>,
) -> Result<Option<Dimension>, Error> {
    let Some(Coded { mut codes, values: texts, counts }) = coded(column, MOST_DISTINCT)? else {
        return Ok(None);
    };
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by(|x, y| counts[*y].cmp(&counts[*x]).then(texts[*x].cmp(&texts[*y])));
    let mut values: Vec<Option<String>> = Vec::new();
    let mut totals: Vec<u64> = Vec::new();
    let mut code_of = vec![0_u16; counts.len()];
    // A value that is called like the rest is counted with it, where there is a rest.
    let has_rest = order.len() > MOST_VALUES;
    let listed = |number: usize| !has_rest || texts[number] != OTHER;
    for number in order.iter().copied().take(MOST_VALUES).filter(|number| listed(*number)) {
        code_of[number] = values.len() as u16;
        values.push(Some(texts[number].clone()));
        totals.push(counts[number]);
    }
    if has_rest {
        let rest = values.len() as u16;
        values.push(Some(OTHER.to_owned()));
        totals.push(0);
        let unlisted =
            order.iter().enumerate().filter(|(place, number)| *place >= MOST_VALUES || !listed(**number));
        for (_, number) in unlisted {
            code_of[*number] = rest;
            totals[usize::from(rest)] += counts[*number];
        }
    }
    let null = values.len() as u16;
    let nulls = codes.len() as u64 - counts.iter().sum::<u64>();
    if nulls > 0 {
        values.push(None);
        totals.push(nulls);
    }
    codes.iter_mut().for_each(|code| *code = code_of.get(usize::from(*code)).copied().unwrap_or(null));
    let hidden = hidden(&totals, least);
    // The codes go when they are counted: there is one for every customer.
    let cells = segmentations.iter().map(|own| own.by(&codes, values.len())).collect();
    Ok(Some(Dimension { name: name.to_owned(), values, totals, hidden, cells }))
}

impl Dimension {
    /// Segments that the summary hides are hidden here, too, and the rest with them if one of them is in it.
    fn hide_segments(&mut self, own: &Own<'_>, least: Option<u64>) {
        for (id, _) in own.ids.iter().zip(hidden(&own.sizes, least)).filter(|(_, hidden)| *hidden) {
            let listed = self.values.iter().position(|value| value.as_deref() == Some(*id));
            let rest = self.values.iter().position(|value| value.as_deref() == Some(OTHER));
            if let Some(at) = listed.or(rest.filter(|_| own.ids.len() > MOST_VALUES)) {
                self.hidden[at] = true;
            }
        }
    }
}
