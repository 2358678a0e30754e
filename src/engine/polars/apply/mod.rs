//! Stage 3, apply: a pure function of (customer row, model) → scores, bands, labels. No window, no sort, no look at
//! any other row. A label set by hand belongs to the customer's row.

mod grouped;
pub(super) mod overrides;

use polars::lazy::dsl::{Expr, coalesce, col, lit, when};
use polars::prelude::{Column as PolarsColumn, DataFrame, DataType, IntoLazy, NULL, Scalar};

use crate::engine::Error;
use crate::fit::agreement;
use crate::fit::{Cut, Kind, Misfit, Model, Number, ScoreModel, key_double};
use crate::plan::{
    self, Band, Best, Column, OutputColumn, OutputSource, Plan, Rule, Score, ScoreKind, Segmentation, Type,
};

use super::expr::lookup::words;
use super::expr::lower::{decimal, lower};
use super::expr::types::{computed, published as published_type};
use super::fit::lifecycle;
use super::slices;

/// Labels every customer: the profile's columns with scores, bands, labels and rule numbers beside them. Rows do not
/// look at each other, so slices of them are labelled side by side.
pub fn label(plan: &Plan, model: &Model, customers: &DataFrame) -> Result<DataFrame, Error> {
    agreement::check(plan, model)?;
    slices::each(customers, |slice| {
        let mut labelled = label_slice(plan, model, slice)?;
        labelled.rechunk_mut();
        Ok(labelled)
    })
}

/// Labels customers with a model that is known to belong to the plan.
pub(super) fn label_slice(plan: &Plan, model: &Model, customers: DataFrame) -> Result<DataFrame, Error> {
    let mut frame = customers.lazy();
    let (weighted, direct): (Vec<_>, Vec<_>) =
        plan.scores.iter().partition(|score| matches!(score.kind, ScoreKind::Weighted(_)));
    let mut columns = Vec::new();
    for score in direct {
        columns.push(self::score(score, plan, model)?);
    }
    for band in &plan.bands {
        columns.push(self::band(band, model)?);
    }
    frame = frame.with_columns_seq(columns);
    frame = frame.with_columns_seq(weighted.into_iter().map(weighted_score).collect::<Vec<_>>());
    for &at in &plan.segmentation_order {
        let segmentation = &plan.segmentations[at];
        frame = frame.with_columns_seq([rule_number(segmentation, model, None)?]);
        frame = match &plan.overrides {
            None => frame.with_columns_seq([label_of(segmentation)]),
            Some(all) if all.live(&segmentation.name, plan.as_of).next().is_some() => {
                overrides::apply(frame, (plan, model), segmentation, all)?
            }
            Some(_) => frame.with_columns_seq([label_of(segmentation), overrides::none(segmentation)]),
        };
    }
    Ok(frame.collect()?)
}

/// Columns that are published, in order and in their published types.
pub fn published(columns: &[OutputColumn], labelled: &DataFrame) -> Result<DataFrame, Error> {
    let columns = columns.iter().map(|column| {
        let ty = published_type(column.ty);
        let name = column.name.as_str();
        let held = match &column.source {
            OutputSource::Column(held) => labelled.column(held)?.clone().with_name(name.into()),
            OutputSource::AsOf(date) => {
                let days = Scalar::from(date.to_epoch_days());
                return Ok(PolarsColumn::new_scalar(name.into(), days, labelled.height()).cast(&ty)?);
            }
        };
        held.strict_cast(&ty).map_err(|error| match column.ty {
            Type::Decimal(_) => Error::Overflow { column: column.name.clone(), ty: column.ty.sql() },
            _ => Error::Engine(error.to_string()),
        })
    });
    Ok(DataFrame::new(labelled.height(), columns.collect::<Result<Vec<_>, _>>()?)?)
}

fn value(of: &plan::Expr) -> Result<Expr, Error> {
    lower(of, &|column| col(column.to_string()))
}

fn number(number: Number) -> Expr {
    match number.kind {
        Kind::Int => lit(number.key as i64),
        Kind::Decimal(scale) => decimal(number.key, scale),
        Kind::Double => lit(key_double(number.key)),
    }
}

fn null(ty: Type) -> Expr {
    lit(NULL).cast(computed(ty))
}

/// At least as good as a cut.
fn reaches(value: Expr, cut: Expr, best: Best) -> Expr {
    match best {
        Best::High => value.gt_eq(cut),
        Best::Low => value.lt_eq(cut),
    }
}

/// `1 + cuts reached`; null for null.
fn binned(value: Expr, reached: impl Iterator<Item = Expr>) -> Expr {
    let bins = reached.fold(lit(1_i16), |sum, reached| sum + reached.cast(DataType::Int16));
    // Small literals have no type of their own until they meet one.
    when(value.is_not_null()).then(bins.cast(computed(Type::Score))).otherwise(null(Type::Score))
}

fn score(score: &Score, plan: &Plan, model: &Model) -> Result<Expr, Error> {
    let expr = match &score.kind {
        ScoreKind::Fitted { of, best, within, .. } => {
            let learned = model.scores.iter().find(|one| one.name == score.name);
            let cuts = learned.map_or(&[][..], |one: &ScoreModel| &one.cuts);
            let kind = Kind::of(of.ty);
            let group = within.as_ref().map(|within| value(&within.by)).transpose()?;
            let value = value(of)?;
            if let Some((group, groups)) = group.zip(learned.and_then(|one| one.within.as_ref())) {
                let customer = &plan.customer;
                let columns = [group, col(customer.column.as_str())];
                let score_column =
                    grouped::score(value, &columns, (cuts, groups), (kind, *best, plan.id_type()))?;
                return Ok(score_column.alias(score.name.as_str()));
            }
            let reached = cuts.iter().flatten().map(|cut| reached(&value, cut, kind, *best, plan));
            let reached = reached.collect::<Result<Vec<_>, _>>()?;
            binned(value.clone(), reached.into_iter())
        }
        ScoreKind::Breaks { of, best, breaks } => {
            let kind = Kind::of(of.ty);
            let value = value(of)?;
            let breaks = breaks.iter().filter_map(|one| Number::from_break(*one, kind, *best == Best::High));
            let reached = breaks.map(|one| reaches(value.clone(), number(one), *best));
            binned(value.clone(), reached)
        }
        ScoreKind::Weighted(_) => weighted_score(score),
    };
    Ok(expr.alias(score.name.as_str()))
}

fn reached(value: &Expr, cut: &Cut, kind: Kind, best: Best, plan: &Plan) -> Result<Expr, Error> {
    let unreadable = || Misfit::new(format!("the cut `{}` is not readable", cut.value));
    let at = number(Number::parse(&cut.value, kind).ok_or_else(unreadable)?);
    let Some(customer) = &cut.customer else { return Ok(reaches(value.clone(), at, best)) };
    let id = col(plan.customer.column.as_str());
    let from = match plan.id_type() {
        Type::Int => id.gt_eq(lit(customer.parse::<i64>().map_err(|_| unreadable())?)),
        _ => id.gt_eq(lit(customer.clone())),
    };
    let better = match best {
        Best::High => value.clone().gt(at.clone()),
        Best::Low => value.clone().lt(at.clone()),
    };
    Ok(better.or(value.clone().eq(at).and(from)))
}

fn weighted_score(score: &Score) -> Expr {
    let ScoreKind::Weighted(parts) = &score.kind else { return null(Type::Score) };
    let ty = computed(Type::Decimal(Score::WEIGHTED_SCALE));
    let part = |(name, weight): &(String, crate::decimal::Decimal)| {
        let weight = weight.rescale(Score::WEIGHTED_SCALE).unwrap_or(0);
        col(name.as_str()).cast(ty.clone()) * decimal(weight, Score::WEIGHTED_SCALE)
    };
    let zero = decimal(0, Score::WEIGHTED_SCALE);
    parts.iter().map(part).fold(zero, |sum, part| sum + part).alias(score.name.as_str())
}

/// The first band that the value reaches; the last takes the rest, nulls and all that is not positive included.
fn band(band: &Band, model: &Model) -> Result<Expr, Error> {
    let value = value(&band.of)?;
    let kind = Kind::of(band.of.ty);
    let learned = model.bands.iter().find(|one| one.name == band.name);
    let cuts = learned.map_or(&[][..], |one| &one.cuts);
    let last = band.labels().pop().unwrap_or_default();
    if let (Some(within), Some(groups)) = (&band.within, learned.and_then(|one| one.within.as_ref())) {
        let group = self::value(&within.by)?;
        return Ok(grouped::band(value, group, (cuts, groups), kind, last)?.alias(band.name.as_str()));
    }
    let mut labels = Vec::new();
    let mut reached = Vec::new();
    for cut in cuts {
        let Some(at_least) = &cut.at_least else { continue };
        let at = Number::parse(at_least, kind)
            .ok_or_else(|| Misfit::new(format!("the cut `{at_least}` of `{}` is not readable", band.name)))?;
        reached.push(value.clone().gt_eq(number(at)));
        labels.push(cut.band.clone());
    }
    labels.push(last.to_owned());
    let mut place = lit(reached.len() as i32);
    for (at, reached) in reached.into_iter().enumerate().rev() {
        place = when(reached).then(lit(at as i32)).otherwise(place);
    }
    Ok(words(place, labels).alias(band.name.as_str()))
}

/// Rules that are asked one inside the other. The planner looks at all that is inside of each, so that its time grows with
/// the square of these; blocks of them stand side by side.
const NESTED_RULES: usize = 48;

/// The number of the first rule that is true; only true is. Rules that give the label `without` are passed over.
pub(super) fn rule_number(
    segmentation: &Segmentation,
    model: &Model,
    without: Option<&str>,
) -> Result<Expr, Error> {
    let column = |column: &Column| lifecycle::column(column, model);
    let rules = segmentation.rules.iter().enumerate();
    let rules: Vec<_> =
        rules.filter(|(_, one)| without.is_none_or(|label| one.segment.id != label)).collect();
    let first_of = |rules: &[(usize, &Rule)], otherwise: Expr| -> Result<Expr, Error> {
        let mut rule = otherwise;
        for (at, one) in rules.iter().rev() {
            rule = when(lower(&one.when, &column)?).then(lit(*at as i16 + 1)).otherwise(rule);
        }
        Ok(rule.cast(computed(Type::Score)))
    };
    let rule = match &rules[..] {
        few if few.len() <= NESTED_RULES => first_of(few, lit(0_i16))?,
        many => {
            let blocks = many.chunks(NESTED_RULES).map(|block| first_of(block, lit(NULL)));
            let otherwise = std::iter::once(Ok(lit(0_i16).cast(computed(Type::Score))));
            coalesce(&blocks.chain(otherwise).collect::<Result<Vec<_>, Error>>()?)
        }
    };
    Ok(rule.alias(segmentation.rule_column().as_str()))
}

/// The label of a rule's number.
fn label_of(segmentation: &Segmentation) -> Expr {
    let segments = std::iter::once(&segmentation.default)
        .chain(segmentation.rules.iter().map(|rule| &rule.segment))
        .map(|segment| segment.id.clone());
    let label = words(col(segmentation.rule_column().as_str()), segments.collect());
    label.alias(segmentation.name.as_str())
}
