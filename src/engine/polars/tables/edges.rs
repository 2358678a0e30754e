//! Customers close to a boundary that decides their label: the work list for overrides. Boundaries are found by
//! `crate::fit::boundaries`; here each customer that is near one is labelled again with the metric moved just across it,
//! everything that follows from it and nothing else, and listed if the label is another. A pure function of (row,
//! model), so any part of the customers may be asked about by itself.

use std::collections::BTreeMap;

use polars::lazy::dsl::col;
use polars::prelude::{
    Column, DataFrame, DataType, Float64Chunked, IdxCa, IdxSize, Int64Chunked, Int128Chunked, IntoColumn,
    IntoLazy, NewChunkedArray, StringChunked,
};

use crate::decimal::Decimal;
use crate::engine::Error;
use crate::fit::{Kind, Model, Number, key_double};
use crate::plan::Plan;

use crate::engine::polars::apply;
use crate::engine::polars::expr::lower::lower;
use crate::engine::polars::fit::groups::texts;
use crate::engine::polars::fit::keys;
use crate::fit::boundaries::{self, Boundaries, Boundary};

/// Customers that are labelled again at a time.
const BATCH: usize = 1 << 19;

/// A customer whose label changes across a boundary.
struct Edge {
    label: String,
    value: f64,
    boundary: f64,
    distance: f64,
    other: String,
    /// How far the key is from that on the other side: of boundaries at one distance the nearer one counts.
    step: i128,
}

/// Where an edge belongs: segmentation, row, metric, and whether the boundary is above the value.
type EdgeKey = (usize, IdxSize, usize, bool);

/// `edges.parquet`: segmentation, customer, label, metric, its value, the boundary, the distance as a part of it and
/// the label on the other side; of each metric the nearest boundary above and below that decides the label.
pub fn edges(plan: &Plan, model: &Model, within: Decimal, customers: &DataFrame) -> Result<DataFrame, Error> {
    let mut found: BTreeMap<EdgeKey, Edge> = BTreeMap::new();
    let columns: Vec<&str> = customers.columns().iter().map(|column| column.name().as_str()).collect();
    for boundaries in boundaries::of(plan, model, &columns) {
        let candidates = Candidates::of(&boundaries, within, customers)?;
        for batch in candidates.list.chunks(BATCH) {
            ask(plan, model, &boundaries, batch, customers, &mut found)?;
        }
    }
    // Both sides of one boundary, as with `= 5` and the value 5, are one line: that of the boundary above.
    let twice = |place: &EdgeKey, edge: &Edge| {
        let above = found.get(&(place.0, place.1, place.2, true));
        !place.3 && above.is_some_and(|above| above.boundary == edge.boundary)
    };
    let mut kept: Vec<(&EdgeKey, &Edge)> = found.iter().filter(|(place, edge)| !twice(place, edge)).collect();
    kept.sort_by(|(x, one), (y, other)| {
        let at = |place: &EdgeKey| (place.0, place.1, place.2);
        at(x).cmp(&at(y)).then(one.boundary.total_cmp(&other.boundary))
    });
    table(plan, customers, &kept)
}

/// A customer near a boundary.
struct Candidate {
    row: IdxSize,
    key: i128,
    boundary: Boundary,
}

struct Candidates {
    list: Vec<Candidate>,
}

impl Candidates {
    fn of(boundaries: &Boundaries, within: Decimal, customers: &DataFrame) -> Result<Self, Error> {
        let mut wanted = vec![lower(&boundaries.of, &|column| col(column.to_string()))?.alias("value")];
        for (at, grouped) in boundaries.grouped.iter().enumerate() {
            let by = lower(&grouped.by, &|column| col(column.to_string()))?;
            wanted.push(by.alias(format!("group {at}")));
        }
        let frame = customers.clone().lazy().select(wanted).collect()?;
        let keys = keys(frame.column("value")?)?;
        let groups = (0..boundaries.grouped.len()).map(|at| texts(frame.column(&format!("group {at}"))?));
        let groups = groups.collect::<Result<Vec<_>, Error>>()?;
        let near = |all: &[Boundary]| {
            let near = all.iter().filter_map(|one| Some((one.near(boundaries.kind, within)?, *one)));
            near.collect::<Vec<_>>()
        };
        let common = near(&boundaries.common);
        let own: Vec<_> = boundaries
            .grouped
            .iter()
            .map(|grouped| {
                let groups = grouped.groups.iter().map(|(group, all)| (group.as_str(), near(all)));
                (groups.collect::<std::collections::HashMap<_, _>>(), near(&grouped.population))
            })
            .collect();
        let mut list = Vec::new();
        for (row, key) in keys.into_iter().enumerate() {
            let Some(key) = key else { continue };
            let mut ask = |all: &[((i128, i128), Boundary)]| {
                for ((low, high), boundary) in all {
                    if (*low..=*high).contains(&key) {
                        list.push(Candidate { row: row as IdxSize, key, boundary: *boundary });
                    }
                }
            };
            ask(&common);
            for ((groups, population), texts) in own.iter().zip(&groups) {
                ask(texts.get(row).and_then(|group| groups.get(group)).unwrap_or(population));
            }
        }
        Ok(Self { list })
    }
}

/// Labels candidates as they are, and with the metric moved just across the boundary.
fn ask(
    plan: &Plan,
    model: &Model,
    boundaries: &Boundaries,
    batch: &[Candidate],
    customers: &DataFrame,
    found: &mut BTreeMap<EdgeKey, Edge>,
) -> Result<(), Error> {
    let rows = IdxCa::from_vec("".into(), batch.iter().map(|one| one.row).collect());
    let mut moved = customers.take(&rows)?;
    let labelled = apply::label(plan, model, &moved)?;
    let held = moved.column(&boundaries.metric)?;
    let value = held.cast(&DataType::Float64)?;
    let across = |one: &Candidate| one.boundary.across(one.key);
    let values = column(boundaries.kind, batch.iter().map(across).collect(), held)?;
    moved.replace(&boundaries.metric, values)?;
    let moved = apply::label(plan, model, &moved)?;
    for (number, segmentation) in plan.segmentations.iter().enumerate() {
        let labels = labelled.column(&segmentation.name)?.str()?;
        let others = moved.column(&segmentation.name)?.str()?;
        for (at, (one, (label, other))) in batch.iter().zip(labels.iter().zip(others.iter())).enumerate() {
            let Some((label, other)) = label.zip(other).filter(|(label, other)| label != other) else {
                continue;
            };
            let value = value.f64()?.get(at).unwrap_or(f64::NAN);
            let edge = Edge {
                label: label.to_owned(),
                value,
                boundary: one.boundary.value,
                distance: one.boundary.distance(one.key, boundaries.kind),
                other: other.to_owned(),
                step: (across(one) - one.key).abs(),
            };
            let place = (number, one.row, boundaries.number, one.key < one.boundary.cut);
            let nearer = |known: &Edge| {
                edge.distance.total_cmp(&known.distance).then(edge.step.cmp(&known.step)).is_lt()
            };
            if found.get(&place).is_none_or(nearer) {
                found.insert(place, edge);
            }
        }
    }
    Ok(())
}

/// Keys as a column like the one that holds the metric.
fn column(kind: Kind, keys: Vec<i128>, like: &Column) -> Result<Column, Error> {
    let name = like.name().clone();
    let column = match (kind, like.dtype()) {
        (Kind::Double, _) => {
            Float64Chunked::from_vec(name, keys.into_iter().map(key_double).collect()).into_column()
        }
        (Kind::Decimal(_), DataType::Float64) => {
            let double = |key| Number { key, kind }.to_f64();
            Float64Chunked::from_vec(name, keys.into_iter().map(double).collect()).into_column()
        }
        (Kind::Decimal(_), DataType::Decimal(precision, scale)) => {
            Int128Chunked::from_vec(name, keys).into_decimal_unchecked(*precision, *scale).into_column()
        }
        _ => Int64Chunked::from_vec(name, keys.into_iter().map(|key| key as i64).collect()).into_column(),
    };
    Ok(column.cast(like.dtype())?)
}

fn table(plan: &Plan, customers: &DataFrame, edges: &[(&EdgeKey, &Edge)]) -> Result<DataFrame, Error> {
    let rows = IdxCa::from_vec("".into(), edges.iter().map(|(place, _)| place.1).collect());
    let names: Vec<&str> = customers.columns().iter().map(|column| column.name().as_str()).collect();
    let text = |name: &str, texts: Vec<Option<&str>>| {
        StringChunked::from_iter_options(name.into(), texts.into_iter()).into_column()
    };
    let all = || edges.iter();
    let double = |name: &str, value: fn(&Edge) -> f64| {
        let values = all().map(|(_, edge)| value(edge)).collect();
        Float64Chunked::from_vec(name.into(), values).into_column()
    };
    let segmentation = |place: &EdgeKey| plan.segmentations[place.0].name.as_str();
    let customer = customers.column(&plan.customer.column)?.take(&rows)?.with_name("customer".into());
    let columns = vec![
        text("segmentation", all().map(|(place, _)| Some(segmentation(place))).collect()),
        customer,
        text("label", all().map(|(_, edge)| Some(edge.label.as_str())).collect()),
        text("metric", all().map(|(place, _)| names.get(place.2).copied()).collect()),
        double("value", |edge| edge.value),
        double("boundary", |edge| edge.boundary),
        double("distance", |edge| edge.distance),
        text("other_label", all().map(|(_, edge)| Some(edge.other.as_str())).collect()),
    ];
    Ok(DataFrame::new(edges.len(), columns)?)
}
