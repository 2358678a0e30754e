//! Whether a model belongs to a plan: it has what the plan's scores, bands and lifecycles learn, learned in the same way.

use thiserror::Error;

use crate::plan::{Band, Best, Bins, Bounds, Plan, ScoreKind, Segmentation, Ties, Type, Within};

use super::{BandCut, FORMAT, Groups, Model};

/// A model that does not belong to the plan it is applied to.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Misfit(String);

impl Misfit {
    /// In what they differ: a fragment about the model.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// A model belongs to a plan if it has the cuts of its scores and bands, learned in the same way.
pub(crate) fn check(plan: &Plan, model: &Model) -> Result<(), Misfit> {
    if model.format != FORMAT {
        return Err(Misfit::new(format!("its format is {}, this program reads {FORMAT}", model.format)));
    }
    for score in &plan.scores {
        let ScoreKind::Fitted { of, bins, best, within } = &score.kind else { continue };
        let wanted = (of.to_string(), method(*bins), best_word(*best));
        match model.scores.iter().find(|one| one.name == score.name) {
            None => return Err(Misfit::new(format!("it has no cuts for the score `{}`", score.name))),
            Some(one)
                if (one.of.as_str(), one.method.as_str(), one.best.as_str())
                    != (wanted.0.as_str(), wanted.1.as_str(), wanted.2) =>
            {
                let is = format!("{} of {}, best {}", one.method, one.of, one.best);
                let (of, method, best) = wanted;
                return Err(Misfit::new(format!(
                    "its score `{}` is {is}; the rules say {method} of {of}, best {best}",
                    score.name
                )));
            }
            Some(one) => check_groups(&score.name, within.as_ref(), one.within.as_ref())?,
        }
    }
    for segmentation in &plan.segmentations {
        check_lifecycle(segmentation, model)?;
    }
    for band in &plan.bands {
        let wanted = bounds(band);
        let has = |cut: &BandCut| (cut.band.clone(), cut.share.clone(), cut.top.clone());
        match model.bands.iter().find(|one| one.name == band.name) {
            None => return Err(Misfit::new(format!("it has no cuts for the band `{}`", band.name))),
            Some(one)
                if one.of != band.of.to_string() || !wanted.into_iter().eq(one.cuts.iter().map(has)) =>
            {
                let message = format!("its band `{}` has other bounds, or is of another metric", band.name);
                return Err(Misfit::new(message));
            }
            Some(one) => check_groups(&band.name, band.within.as_ref(), one.within.as_ref())?,
        }
    }
    Ok(())
}

/// Every band but the last as the model names it: with its share, or its place from the top.
fn bounds(band: &Band) -> Vec<(String, Option<String>, Option<String>)> {
    let mut bounds: Vec<_> = match &band.bounds {
        Bounds::Cumulative(bounds) => {
            bounds.iter().map(|(label, share)| (label.clone(), Some(share.to_string()), None)).collect()
        }
        Bounds::Top(bounds) => {
            bounds.iter().map(|(label, place)| (label.clone(), None, Some(place.to_string()))).collect()
        }
    };
    bounds.pop();
    bounds
}

/// The groups of the rules are those of the model.
fn check_groups<C>(name: &str, rules: Option<&Within>, model: Option<&Groups<C>>) -> Result<(), Misfit> {
    let wanted = rules.map(|within| (within.by.to_string(), type_word(within.by.ty), within.min_group));
    let has = model.map(|groups| (groups.column.clone(), groups.ty.as_str(), groups.min_group));
    if wanted == has {
        return Ok(());
    }
    let say = |groups: Option<(String, &str, u64)>| match groups {
        None => "one set of cuts for everybody".to_owned(),
        Some((column, ty, least)) => format!("cuts within {column} ({ty}), groups of {least} or more"),
    };
    Err(Misfit::new(format!("its `{name}` has {}; the rules say {}", say(has), say(wanted))))
}

/// A model belongs to a segmentation if it has learned its numbers in the same way.
fn check_lifecycle(segmentation: &Segmentation, model: &Model) -> Result<(), Misfit> {
    let Some(lifecycle) = &segmentation.lifecycle else { return Ok(()) };
    let name = &segmentation.name;
    let Some(learned) = model.lifecycles.iter().find(|one| one.segmentation == *name) else {
        return Err(Misfit::new(format!("it has learned no numbers of days for `{name}`")));
    };
    let wanted = lifecycle.days.iter().map(|one| (one.variable.as_str(), one.quantile.to_string()));
    let has = learned.days.iter().map(|one| (one.variable.as_str(), one.quantile.clone()));
    let same = learned.fitted == lifecycle.by.name() && learned.min_gaps == lifecycle.by.min_gaps();
    if same && wanted.eq(has) {
        return Ok(());
    }
    Err(Misfit::new(format!(
        "its numbers of days for `{name}` were learned otherwise: {lifecycle} is asked for"
    )))
}

/// The method as the model names it.
pub(crate) fn method(bins: Bins) -> String {
    match bins {
        Bins::Quantiles(bins, Ties::Share) => format!("quantiles {bins}"),
        Bins::Quantiles(bins, Ties::Split) => format!("quantiles {bins}, ties split"),
        Bins::Mean => "mean".to_owned(),
    }
}

/// The better end as the model names it.
pub(crate) fn best_word(best: Best) -> &'static str {
    match best {
        Best::High => "high",
        Best::Low => "low",
    }
}

/// The type of a group's values as the model names it.
pub(crate) fn type_word(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "boolean",
        Type::Date => "date",
        ty if ty.is_integer() => "integer",
        _ => "text",
    }
}
