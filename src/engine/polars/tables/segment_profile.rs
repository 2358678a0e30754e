//! Who is in a segment: every segment by the other dimensions of its customers, with the lift over all customers. A
//! dimension is an attribute, a metric that is a text or a condition, a score, a band or another segmentation. Customers
//! are counted slice by slice, and the counts added up.

use std::collections::HashMap;

use polars::prelude::{
    Column, DataFrame, Float64Chunked, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked,
};

use crate::engine::Error;
use crate::plan::{Plan, Type};

use super::codes::{Coded, coded};
use super::disclosure::{hidden, hidden_cells};

/// The values of a dimension that are listed; the rest is one.
const MOST_VALUES: usize = 10;
/// A column with more values is no dimension.
const MOST_DISTINCT: u16 = 1_000;
/// What stands for the values that are not listed.
const OTHER: &str = "other";

/// Customers by segment and value.
type Cells = Vec<Vec<u64>>;

/// Customers counted by segments and dimensions.
pub(super) struct Composition {
    /// One a dimension, in the order of the output; none where it has too many values.
    dimensions: Vec<Option<Counted>>,
}

/// Customers counted by the values of one column.
struct Counted {
    /// As they came.
    values: Vec<String>,
    /// Of each segmentation; the last column is of those without a value.
    cells: Vec<Cells>,
}

impl Composition {
    /// Counts customers; `segments` are theirs in each segmentation, by number.
    pub(super) fn of(plan: &Plan, labelled: &DataFrame, segments: &[Vec<u16>]) -> Result<Self, Error> {
        let count = |name: &str| Counted::of(plan, labelled.column(name)?, segments);
        Ok(Self { dimensions: dimensions(plan).into_iter().map(count).collect::<Result<_, _>>()? })
    }

    /// Adds the counts of other customers.
    pub(super) fn add(&mut self, more: Self) {
        for (dimension, more) in self.dimensions.iter_mut().zip(more.dimensions) {
            let both = dimension.take().zip(more);
            *dimension = both.and_then(|(counted, more)| counted.and(&more));
        }
    }

    /// `segment_profile.parquet`: for every segment, dimension and value its customers, their share in the segment, the
    /// share of all customers with that value, and the lift: the one over the other. What is hidden is null.
    pub(super) fn table(self, plan: &Plan) -> Result<DataFrame, Error> {
        let least = plan.privacy.report_min_group;
        let names = dimensions(plan).into_iter().zip(self.dimensions);
        let mut listed: Vec<Dimension> =
            names.filter_map(|(name, counted)| Some(Dimension::of(name, counted?, least))).collect();
        // Every dimension counts everybody, so the first one says how large the segments are.
        let sizes: Vec<Vec<u64>> = (0..plan.segmentations.len())
            .map(|number| listed.first().map_or_else(Vec::new, |one| sizes(&one.cells[number])))
            .collect();
        for (segmentation, sizes) in plan.segmentations.iter().zip(&sizes) {
            let ids: Vec<&str> = segmentation.segments().iter().map(|one| one.id.as_str()).collect();
            listed
                .iter_mut()
                .filter(|one| one.name == segmentation.name)
                .for_each(|dimension| dimension.hide_segments(&ids, sizes, least));
        }
        let mut table = ProfileRows::default();
        for (number, (segmentation, sizes)) in plan.segmentations.iter().zip(&sizes).enumerate() {
            let rows = hidden(sizes, least);
            let all = sizes.iter().sum::<u64>() as f64;
            for dimension in listed.iter().filter(|one| one.name != segmentation.name) {
                let cells = &dimension.cells[number];
                let hide = hidden_cells(cells, (&rows, &dimension.hidden), least);
                for (segment, one) in segmentation.segments().iter().enumerate() {
                    for (value, text) in dimension.values.iter().enumerate() {
                        let (size, total) = (sizes[segment] as f64, dimension.totals[value] as f64);
                        let count = cells[segment][value];
                        let shown = !hide[segment][value];
                        let share =
                            |part: f64, whole: f64, shown: bool| (shown && whole > 0.0).then(|| part / whole);
                        table.texts[0].push(Some(segmentation.name.clone()));
                        table.texts[1].push(Some(one.id.clone()));
                        table.texts[2].push(Some(dimension.name.to_owned()));
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
}

/// The columns that are dimensions, in the order of the output.
fn dimensions(plan: &Plan) -> Vec<&str> {
    let attributes = plan.customers.iter().flat_map(|customers| &customers.attributes);
    let attributes =
        attributes.filter(|one| one.ty.is_integer() || matches!(one.ty, Type::Text | Type::Bool));
    let metrics = plan.metrics.iter().filter(|metric| matches!(metric.ty, Type::Text | Type::Bool));
    let scores = plan.scores.iter().filter(|score| Plan::score_type(score) == Type::Score);
    let names = attributes.map(|one| &one.name).chain(metrics.map(|one| &one.name));
    let names = names.chain(scores.map(|one| &one.name)).chain(plan.bands.iter().map(|one| &one.name));
    names.chain(plan.segmentations.iter().map(|one| &one.name)).map(String::as_str).collect()
}

fn sizes(cells: &Cells) -> Vec<u64> {
    cells.iter().map(|row| row.iter().sum()).collect()
}

impl Counted {
    fn of(plan: &Plan, column: &Column, segments: &[Vec<u16>]) -> Result<Option<Self>, Error> {
        let Some(Coded { codes, values }) = coded(column, MOST_DISTINCT)? else { return Ok(None) };
        let width = values.len() + 1;
        let count = |(own, segmentation): (&Vec<u16>, &crate::plan::Segmentation)| {
            let rows = segmentation.segments().len();
            let mut cells = vec![0_u64; rows * width];
            for (segment, value) in own.iter().zip(&codes) {
                cells[usize::from(*segment) * width + usize::from(*value).min(width - 1)] += 1;
            }
            cells.chunks(width).map(<[u64]>::to_vec).collect()
        };
        Ok(Some(Self { cells: segments.iter().zip(&plan.segmentations).map(count).collect(), values }))
    }

    /// With the counts of other customers; none where there are too many values now.
    fn and(mut self, more: &Self) -> Option<Self> {
        let (before, null) = (self.values.len(), more.values.len());
        let mut places: HashMap<String, usize> = self.values.drain(..).zip(0..).collect();
        let mut place = |value: &String| match places.get(value) {
            Some(place) => *place,
            None => {
                let next = places.len();
                places.insert(value.clone(), next);
                next
            }
        };
        let at: Vec<usize> = more.values.iter().map(&mut place).collect();
        let len = places.len();
        if len > usize::from(MOST_DISTINCT) {
            return None;
        }
        for (row, more) in self.cells.iter_mut().flatten().zip(more.cells.iter().flatten()) {
            let nulls = row[before] + more[null];
            row.truncate(before);
            row.resize(len + 1, 0);
            row[len] = nulls;
            at.iter().zip(more).for_each(|(place, count)| row[*place] += count);
        }
        let mut values: Vec<(String, usize)> = places.into_iter().collect();
        values.sort_unstable_by_key(|(_, place)| *place);
        self.values = values.into_iter().map(|(value, _)| value).collect();
        Some(self)
    }
}

/// A column as it is shown.
struct Dimension<'a> {
    name: &'a str,
    /// From the most customers to the fewest, then the rest, then null; only those that somebody has.
    values: Vec<Option<String>>,
    /// Customers of each.
    totals: Vec<u64>,
    /// Values that may not be shown.
    hidden: Vec<bool>,
    /// Of each segmentation.
    cells: Vec<Cells>,
}

impl<'a> Dimension<'a> {
    fn of(name: &'a str, counted: Counted, least: Option<u64>) -> Self {
        let Counted { values: texts, cells } = counted;
        // All segmentations have all customers.
        let count = |at: usize| cells.first().map_or(0, |rows| rows.iter().map(|row| row[at]).sum::<u64>());
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by(|x, y| count(*y).cmp(&count(*x)).then(texts[*x].cmp(&texts[*y])));
        // A value that is called like the rest is counted with it, where there is a rest.
        let has_rest = order.len() > MOST_VALUES;
        let is_listed =
            |place: usize, number: usize| place < MOST_VALUES && !(has_rest && texts[number] == OTHER);
        let mut values: Vec<Option<String>> = Vec::new();
        let mut place_of = vec![None; texts.len()];
        for (_, number) in order.iter().enumerate().filter(|(place, number)| is_listed(*place, **number)) {
            place_of[*number] = Some(values.len());
            values.push(Some(texts[*number].clone()));
        }
        let rest = values.len();
        if has_rest {
            values.push(Some(OTHER.to_owned()));
        }
        let null = values.len();
        if count(texts.len()) > 0 {
            values.push(None);
        }
        let fold = |row: &Vec<u64>| {
            let mut folded = vec![0; values.len()];
            let places = place_of.iter().map(|place| place.unwrap_or(rest)).chain([null]);
            for (place, count) in places.zip(row).filter(|(_, count)| **count > 0) {
                folded[place] += count;
            }
            folded
        };
        let cells: Vec<Cells> = cells.iter().map(|rows| rows.iter().map(fold).collect()).collect();
        let total = |at: usize| cells.first().map_or(0, |rows| rows.iter().map(|row| row[at]).sum());
        let totals: Vec<u64> = (0..values.len()).map(total).collect();
        Self { name, values, hidden: hidden(&totals, least), totals, cells }
    }

    /// Segments that the summary hides are hidden here, too, and the rest with them if one of them is in it.
    fn hide_segments(&mut self, ids: &[&str], sizes: &[u64], least: Option<u64>) {
        for (id, _) in ids.iter().zip(hidden(sizes, least)).filter(|(_, hidden)| *hidden) {
            let listed = self.values.iter().position(|value| value.as_deref() == Some(*id));
            let rest = self.values.iter().position(|value| value.as_deref() == Some(OTHER));
            if let Some(at) = listed.or(rest.filter(|_| ids.len() > MOST_VALUES)) {
                self.hidden[at] = true;
            }
        }
    }
}

/// The table while it grows.
#[derive(Default)]
struct ProfileRows {
    texts: [Vec<Option<String>>; 4],
    customers: Vec<Option<i64>>,
    shares: [Vec<Option<f64>>; 3],
}

impl ProfileRows {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// One segmentation of two segments, and these values from `from` on: one customer each in the first, the null in the second.
    fn counted(from: usize, values: usize) -> Counted {
        let own: Vec<String> = (from..from + values).map(|value| value.to_string()).collect();
        let (mut first, mut second) = (vec![1; values], vec![0; values]);
        first.push(0);
        second.push(1);
        Counted { values: own, cells: vec![vec![first, second]] }
    }

    #[test]
    fn counts_add_up_by_value() {
        let both = counted(0, 3).and(&counted(2, 2));
        let both = both.map(|both| (both.values, both.cells));
        let values = ["0", "1", "2", "3"].map(str::to_owned).to_vec();
        assert_eq!(both, Some((values, vec![vec![vec![1, 1, 2, 1, 0], vec![0, 0, 0, 0, 2]]])));
    }

    #[test]
    fn too_many_values_of_two_slices_are_no_dimension() {
        assert!(counted(0, 600).and(&counted(400, 600)).is_some());
        assert!(counted(0, 600).and(&counted(401, 600)).is_none());
    }
}
