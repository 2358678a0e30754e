//! Stage 2, fit: the population's columns → histograms → the model. The learning itself is [`crate::fit`]'s.

pub mod clv;
pub(super) mod groups;
pub mod holdout;
pub(super) mod lifecycle;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;

use polars::lazy::dsl::col;
use polars::prelude::{Column, DataFrame, DataType, IntoLazy};
use rayon::prelude::*;

use crate::decimal::{Decimal, render};
use crate::engine::polars::ids::CustomerIds;
use crate::engine::{Error, Profile};
use crate::fit::{
    self, BandCut, BandModel, ClvModel, Cut, FORMAT, Group, Groups, Histogram, Kind, Model, Number, Origin,
    ScoreModel, double_key,
};
use crate::plan::{self, Best, Bins, Bounds, Plan, ScoreKind, Ties, Top, Within};

use super::expr::lower::lower;
use groups::Members;

/// Learns the cuts of a population, whose CLV columns `clv` has given it.
pub fn run(plan: &Plan, profile: &Profile, clv: Option<ClvModel>) -> Result<Model, Error> {
    let customers = &profile.customers;
    let measured = MeasuredColumns::of(plan, customers)?;
    let mut scores = Vec::new();
    for score in &plan.scores {
        if let ScoreKind::Fitted { of, bins, best, within } = &score.kind {
            let ids = match bins {
                Bins::Quantiles(_, Ties::Split) => {
                    Some(CustomerIds::new(customers.column(&plan.customer.column)?, plan.id_type())?)
                }
                _ => None,
            };
            let learn = |part: &Part<'_>| score_cuts(part, *bins, *best, ids.as_ref());
            let keys = measured.get(of)?;
            let all = learn(&keys.all())?;
            scores.push(ScoreModel {
                name: score.name.clone(),
                of: of.to_string(),
                method: fit::method(*bins),
                best: fit::best_word(*best).to_owned(),
                customers: all.customers,
                cuts: all.cuts,
                within: grouped(within.as_ref(), keys, customers, learn)?,
            });
        }
    }
    let mut bands = Vec::new();
    for band in &plan.bands {
        let learn = |part: &Part<'_>| band_cuts(part, band);
        let keys = measured.get(&band.of)?;
        let all = learn(&keys.all())?;
        bands.push(BandModel {
            name: band.name.clone(),
            of: band.of.to_string(),
            customers: all.customers,
            total: all.total,
            cuts: all.cuts,
            within: grouped(band.within.as_ref(), keys, customers, learn)?,
        });
    }
    let fitted = Origin {
        rules: plan.name.clone(),
        rules_sha256: plan.rules_sha256.clone(),
        as_of: plan.as_of.to_string(),
        customers: customers.height() as u64,
    };
    let lifecycles = plan.segmentations.iter().filter_map(|one| Some((&one.name, one.lifecycle.as_ref()?)));
    let lifecycles = lifecycles.map(|(name, one)| lifecycle::learn(name, one, customers));
    let lifecycles = lifecycles.collect::<Result<_, _>>()?;
    Ok(Model { format: FORMAT, fitted, scores, bands, lifecycles, clv })
}

/// What scores and bands are of, each looked at once and beside the others.
struct MeasuredColumns(HashMap<String, Keys>);

impl MeasuredColumns {
    fn of(plan: &Plan, customers: &DataFrame) -> Result<Self, Error> {
        let of_score = |score: &plan::Score| match &score.kind {
            ScoreKind::Fitted { of, .. } => Some(of.clone()),
            _ => None,
        };
        let exprs =
            plan.scores.iter().filter_map(of_score).chain(plan.bands.iter().map(|band| band.of.clone()));
        let exprs: HashMap<String, plan::Expr> = exprs.map(|expr| (expr.to_string(), expr)).collect();
        let keys = |(name, expr)| Ok((name, Keys::of(&expr, customers)?));
        Ok(Self(exprs.into_par_iter().map(keys).collect::<Result<_, Error>>()?))
    }

    fn get(&self, expr: &plan::Expr) -> Result<&Keys, Error> {
        let missing = || Error::Engine(format!("`{expr}` was not looked at"));
        self.0.get(&expr.to_string()).ok_or_else(missing)
    }
}

/// The values of an expression, and their histogram over all customers.
struct Keys {
    kind: Kind,
    values: Column,
    /// One key a customer. Only groups and ties need them, so they are made when they are asked for.
    packed: OnceLock<Packed>,
    all: Histogram,
}

/// One key a customer.
enum Packed {
    /// Where all fit 64 bits; [`i64::MIN`] stands for null.
    Narrow(Vec<i64>),
    Wide(Vec<Option<i128>>),
}

impl Packed {
    fn of(column: &Column) -> Result<Self, Error> {
        let mut narrow = Vec::with_capacity(column.len());
        let mut fits = true;
        each_key(column, |key| match key.map(i64::try_from) {
            None => narrow.push(i64::MIN),
            Some(Ok(key)) if key != i64::MIN => narrow.push(key),
            Some(_) => fits = false,
        })?;
        if fits {
            return Ok(Self::Narrow(narrow));
        }
        drop(narrow);
        Ok(Self::Wide(keys(column)?))
    }

    fn get(&self, row: usize) -> Option<i128> {
        match self {
            Self::Narrow(keys) => (keys[row] != i64::MIN).then(|| i128::from(keys[row])),
            Self::Wide(keys) => keys[row],
        }
    }

    fn histogram(self, kind: Kind) -> Histogram {
        match self {
            Self::Narrow(mut keys) => {
                keys.retain(|key| *key != i64::MIN);
                Histogram::narrow(kind, keys)
            }
            Self::Wide(keys) => Histogram::new(kind, keys.into_iter().flatten().collect()),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Narrow(keys) => keys.len(),
            Self::Wide(keys) => keys.len(),
        }
    }
}

impl Keys {
    fn of(expr: &plan::Expr, customers: &DataFrame) -> Result<Self, Error> {
        let lowered = lower(expr, &|column| col(column.to_string()))?.alias("value");
        let frame = customers.clone().lazy().select([lowered]).collect()?;
        let kind = Kind::of(expr.ty);
        let values = frame.column("value")?.clone();
        let all = Packed::of(&values)?.histogram(kind);
        Ok(Self { kind, values, packed: OnceLock::new(), all })
    }

    fn packed(&self) -> Result<&Packed, Error> {
        if let Some(packed) = self.packed.get() {
            return Ok(packed);
        }
        let packed = Packed::of(&self.values)?;
        Ok(self.packed.get_or_init(|| packed))
    }

    /// All customers that have a value.
    fn all(&self) -> Part<'_> {
        Part { keys: self, rows: None, histogram: Cow::Borrowed(&self.all) }
    }

    /// The customers of these rows that have a value.
    fn part<'a>(&'a self, rows: &'a [u32]) -> Result<Part<'a>, Error> {
        let packed = self.packed()?;
        let keys = rows.iter().filter_map(|row| packed.get(*row as usize)).collect();
        Ok(Part { keys: self, rows: Some(rows), histogram: Cow::Owned(Histogram::new(self.kind, keys)) })
    }
}

/// The customers to learn one set of cuts from.
struct Part<'a> {
    keys: &'a Keys,
    rows: Option<&'a [u32]>,
    histogram: Cow<'a, Histogram>,
}

impl Part<'_> {
    /// Customers that have a value.
    fn customers(&self) -> u64 {
        self.histogram.customers()
    }

    /// The key and the row of each of them.
    fn keyed(&self) -> Result<Vec<(i128, u32)>, Error> {
        let packed = self.keys.packed()?;
        let keyed = |row: u32| Some((packed.get(row as usize)?, row));
        Ok(match self.rows {
            None => (0..packed.len() as u32).filter_map(keyed).collect(),
            Some(rows) => rows.iter().copied().filter_map(keyed).collect(),
        })
    }

    fn number(&self, key: i128) -> String {
        Number { key, kind: self.keys.kind }.to_string()
    }
}

/// What was learned of some customers.
struct Learned<C> {
    customers: u64,
    total: Option<String>,
    cuts: Vec<C>,
}

/// The same for each group, or the reason why a group has no cuts of its own.
fn grouped<C>(
    within: Option<&Within>,
    keys: &Keys,
    customers: &DataFrame,
    learn: impl Fn(&Part<'_>) -> Result<Learned<C>, Error>,
) -> Result<Option<Groups<C>>, Error> {
    let Some(within) = within else { return Ok(None) };
    let Members { values, rows } = groups::members(within, customers)?;
    let mut list = Vec::with_capacity(values.len());
    for (value, rows) in values.into_iter().zip(rows) {
        let Learned { customers, total, cuts } = learn(&keys.part(&rows)?)?;
        list.push(if customers < within.min_group {
            Group::too_small(value, customers, within.min_group)
        } else {
            Group { value, customers, total, cuts: Some(cuts), fallback: false, reason: None }
        });
    }
    Ok(Some(Groups {
        column: within.by.to_string(),
        ty: fit::type_word(within.by.ty).to_owned(),
        min_group: within.min_group,
        groups: list,
    }))
}

/// The order-preserving keys of a column's values.
pub(super) fn keys(column: &Column) -> Result<Vec<Option<i128>>, Error> {
    let mut keys = Vec::with_capacity(column.len());
    each_key(column, |key| keys.push(key))?;
    Ok(keys)
}

fn each_key(column: &Column, visit: impl FnMut(Option<i128>)) -> Result<(), Error> {
    match column.dtype() {
        DataType::Float64 => column.f64()?.iter().map(|value| value.map(double_key)).for_each(visit),
        DataType::Decimal(..) => column.decimal()?.physical().iter().for_each(visit),
        _ => column.cast(&DataType::Int64)?.i64()?.iter().map(|key| key.map(i128::from)).for_each(visit),
    }
    Ok(())
}

fn score_cuts(
    part: &Part<'_>,
    bins: Bins,
    best: Best,
    ids: Option<&CustomerIds>,
) -> Result<Learned<Option<Cut>>, Error> {
    let shared = |cut: Option<i128>| cut.map(|key| Cut { value: part.number(key), customer: None });
    let cuts = match (bins, ids) {
        (Bins::Quantiles(bins, Ties::Split), Some(ids)) => split_cuts(part, bins, best, ids)?,
        (Bins::Quantiles(bins, _), _) => {
            fit::quantile_cuts(&part.histogram, bins, best).into_iter().map(shared).collect()
        }
        (Bins::Mean, _) => vec![shared(fit::mean_cut(&part.histogram, best))],
    };
    Ok(Learned { customers: part.customers(), total: None, cuts })
}

/// Equal-sized bins: customers are ranked from the worst by (value, id).
fn split_cuts(part: &Part<'_>, bins: u16, best: Best, ids: &CustomerIds) -> Result<Vec<Option<Cut>>, Error> {
    let mut ranked = part.keyed()?;
    if best == Best::Low {
        ranked.iter_mut().for_each(|(key, _)| *key = -*key);
    }
    ranked.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| ids.compare(a.1 as usize, b.1 as usize)));
    let cut = |position: Option<u64>| {
        let (key, row) = *ranked.get(position? as usize)?;
        let key = if best == Best::Low { -key } else { key };
        Some(Cut { value: part.number(key), customer: Some(ids.text(row as usize)?) })
    };
    Ok(fit::split_positions(ranked.len() as u64, bins).into_iter().map(cut).collect())
}

fn band_cuts(part: &Part<'_>, band: &plan::Band) -> Result<Learned<BandCut>, Error> {
    let histogram = part.histogram.as_ref();
    let overflow = || Error::Overflow { column: band.name.clone(), ty: "a sum of 38 digits".to_owned() };
    let at_least = |cut: Option<i128>| cut.map(|key| part.number(key));
    match &band.bounds {
        Bounds::Cumulative(bounds) => {
            let shares: Vec<Decimal> = bounds.iter().map(|(_, bound)| *bound).collect();
            let (total, cuts) = fit::band_cuts(histogram, &shares).ok_or_else(overflow)?;
            let cut = |((label, bound), cut): (&(String, Decimal), Option<i128>)| BandCut {
                band: label.clone(),
                share: Some(bound.to_string()),
                top: None,
                at_least: at_least(cut),
            };
            let scale = match part.keys.kind {
                Kind::Decimal(scale) => scale,
                _ => 0,
            };
            Ok(Learned {
                customers: histogram.counts.iter().filter(|(key, _)| *key > 0).map(|(_, count)| count).sum(),
                total: Some(render(total, scale)),
                cuts: bounds.iter().zip(cuts).map(cut).collect(),
            })
        }
        Bounds::Top(bounds) => {
            let places: Vec<Top> = bounds.iter().map(|(_, place)| *place).collect();
            let cuts = fit::top_cuts(histogram, &places).ok_or_else(overflow)?;
            let cut = |((label, place), cut): (&(String, Top), Option<i128>)| BandCut {
                band: label.clone(),
                share: None,
                top: Some(place.to_string()),
                at_least: at_least(cut),
            };
            let cuts = bounds.iter().zip(cuts).map(cut).collect();
            Ok(Learned { customers: histogram.customers(), total: None, cuts })
        }
    }
}
