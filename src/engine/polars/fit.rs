//! Stage 2, fit: the population's columns → histograms → the model. The learning itself is [`crate::fit`]'s.

use polars::lazy::dsl::col;
use polars::prelude::{Column, DataFrame, DataType, IntoLazy};

use crate::decimal::{Decimal, render};
use crate::engine::Error;
use crate::fit::{
    self, BandCut, BandModel, ClvModel, Cut, FORMAT, Histogram, Kind, Model, Number, Origin, ScoreModel,
    double_key,
};
use crate::plan::{self, Best, Bins, Plan, ScoreKind, Ties, Type};

use super::Profile;
use super::lower::lower;

/// Learns the cuts of a population, whose CLV columns `clv` has given it.
pub fn run(plan: &Plan, profile: &Profile, clv: Option<ClvModel>) -> Result<Model, Error> {
    let mut scores = Vec::new();
    for score in &plan.scores {
        if let ScoreKind::Fitted { of, bins, best } = &score.kind {
            let keys = Keys::of(of, &profile.customers)?;
            scores.push(fit_score(&score.name, of, *bins, *best, &keys, plan, &profile.customers)?);
        }
    }
    let mut bands = Vec::new();
    for band in &plan.bands {
        bands.push(fit_band(band, &Keys::of(&band.of, &profile.customers)?)?);
    }
    let fitted = Origin {
        rules: plan.name.clone(),
        rules_sha256: plan.rules_sha256.clone(),
        as_of: plan.as_of.to_string(),
        customers: profile.customers.height() as u64,
    };
    Ok(Model { format: FORMAT, fitted, scores, bands, clv })
}

/// The keys of a column, null where the value is.
struct Keys {
    kind: Kind,
    keys: Vec<Option<i128>>,
}

impl Keys {
    fn of(expr: &plan::Expr, customers: &DataFrame) -> Result<Self, Error> {
        let lowered = lower(expr, &|column| col(column.to_string()))?.alias("value");
        let frame = customers.clone().lazy().select([lowered]).collect()?;
        let column = frame.column("value")?;
        Ok(Self { kind: kind_of(expr.ty), keys: keys(column)? })
    }

    fn histogram(&self) -> Histogram {
        Histogram::new(self.kind, self.keys.iter().flatten().copied().collect())
    }

    fn number(&self, key: i128) -> String {
        Number { key, kind: self.kind }.to_string()
    }
}

/// What keys of a type mean.
pub(super) fn kind_of(ty: Type) -> Kind {
    match ty {
        Type::Double => Kind::Double,
        Type::Decimal(scale) => Kind::Decimal(scale),
        _ => Kind::Int,
    }
}

fn keys(column: &Column) -> Result<Vec<Option<i128>>, Error> {
    Ok(match column.dtype() {
        DataType::Float64 => column.f64()?.iter().map(|value| value.map(double_key)).collect(),
        DataType::Decimal(..) => column.decimal()?.physical().iter().collect(),
        _ => column.cast(&DataType::Int64)?.i64()?.iter().map(|value| value.map(i128::from)).collect(),
    })
}

fn fit_score(
    name: &str,
    of: &plan::Expr,
    bins: Bins,
    best: Best,
    keys: &Keys,
    plan: &Plan,
    customers: &DataFrame,
) -> Result<ScoreModel, Error> {
    let histogram = keys.histogram();
    let shared = |cut: Option<i128>| cut.map(|key| Cut { value: keys.number(key), customer: None });
    let cuts = match bins {
        Bins::Quantiles(bins, Ties::Share) => {
            fit::quantile_cuts(&histogram, bins, best).into_iter().map(shared).collect()
        }
        Bins::Quantiles(bins, Ties::Split) => split_cuts(keys, bins, best, plan, customers)?,
        Bins::Mean => vec![shared(fit::mean_cut(&histogram, best))],
    };
    Ok(ScoreModel {
        name: name.to_owned(),
        of: of.to_string(),
        method: method(bins),
        best: best_word(best).to_owned(),
        customers: histogram.customers(),
        cuts,
    })
}

/// The method as the model names it.
pub(super) fn method(bins: Bins) -> String {
    match bins {
        Bins::Quantiles(bins, Ties::Share) => format!("quantiles {bins}"),
        Bins::Quantiles(bins, Ties::Split) => format!("quantiles {bins}, ties split"),
        Bins::Mean => "mean".to_owned(),
    }
}

/// The better end as the model names it.
pub(super) fn best_word(best: Best) -> &'static str {
    match best {
        Best::High => "high",
        Best::Low => "low",
    }
}

/// Equal-sized bins: customers are ranked from the worst by (value, id); the frame is sorted by id already.
fn split_cuts(
    keys: &Keys,
    bins: u16,
    best: Best,
    plan: &Plan,
    customers: &DataFrame,
) -> Result<Vec<Option<Cut>>, Error> {
    let scored = keys.keys.iter().enumerate().filter_map(|(row, key)| Some(((*key)?, row)));
    let mut ranked: Vec<(i128, usize)> =
        scored.map(|(key, row)| (if best == Best::Low { -key } else { key }, row)).collect();
    ranked.sort_unstable();
    let ids = customers.column(&plan.orders.customer.column)?.cast(&DataType::String)?;
    let ids = ids.str()?;
    let cut = |position: Option<u64>| {
        let (key, row) = *ranked.get(position? as usize)?;
        let key = if best == Best::Low { -key } else { key };
        Some(Cut { value: keys.number(key), customer: Some(ids.get(row)?.to_owned()) })
    };
    Ok(fit::split_positions(ranked.len() as u64, bins).into_iter().map(cut).collect())
}

fn fit_band(band: &plan::Band, keys: &Keys) -> Result<BandModel, Error> {
    let bounds: Vec<Decimal> = band.bounds.iter().map(|(_, bound)| *bound).collect();
    let overflow = || Error::Overflow { column: band.name.clone(), ty: "a sum of 38 digits".to_owned() };
    let (total, cuts) = fit::band_cuts(&keys.histogram(), &bounds).ok_or_else(overflow)?;
    let cut = |((label, bound), cut): (&(String, Decimal), Option<i128>)| BandCut {
        band: label.clone(),
        share: bound.to_string(),
        at_least: cut.map(|key| keys.number(key)),
    };
    let scale = match keys.kind {
        Kind::Decimal(scale) => scale,
        _ => 0,
    };
    Ok(BandModel {
        name: band.name.clone(),
        of: band.of.to_string(),
        total: render(total, scale),
        cuts: band.bounds.iter().zip(cuts).map(cut).collect(),
    })
}
