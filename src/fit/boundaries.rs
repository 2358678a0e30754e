//! The boundaries of the metrics that decide labels: cuts of scores and bands, and numbers that rules compare a metric
//! with. A boundary is a key of the metric's values: those below are on one side, it and those above on the other.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::decimal::Decimal;
use crate::plan::{Best, Column, Comparison, Expr, ExprKind, Literal, Plan, ScoreKind, Type};

use super::{BandCut, Cut, Groups, Kind, Model, Number, double_key, key_double};

/// A boundary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Boundary {
    /// The first key of the upper side.
    pub(crate) cut: i128,
    /// What the rules or the model name, exactly; none for a double.
    exact: Option<Decimal>,
    /// The same as a double.
    pub(crate) value: f64,
}

/// The boundaries of one metric, as keys of one kind.
pub(crate) struct Boundaries {
    /// The metric's column.
    pub(crate) metric: String,
    /// The number of that column.
    pub(crate) number: usize,
    /// The metric as it is compared: the column, or rounded.
    pub(crate) of: Expr,
    /// What its keys mean.
    pub(crate) kind: Kind,
    /// Those that are the same for everybody.
    pub(crate) common: Vec<Boundary>,
    /// Those of scores and bands with cuts for each group.
    pub(crate) grouped: Vec<Grouped>,
}

/// Boundaries that depend on the customer's group.
pub(crate) struct Grouped {
    /// What makes the groups.
    pub(crate) by: Expr,
    /// For customers of a group without any of its own.
    pub(crate) population: Vec<Boundary>,
    /// By group.
    pub(crate) groups: HashMap<String, Vec<Boundary>>,
}

impl Boundary {
    fn exact(cut: i128, at: Decimal) -> Self {
        Self { cut, exact: Some(at), value: at.to_f64() }
    }

    /// The key on the other side that is nearest to the boundary.
    pub(crate) fn across(&self, key: i128) -> i128 {
        if key < self.cut { self.cut } else { self.cut - 1 }
    }

    /// The first and the last key that are near: not farther from the boundary than this part of it. None is near
    /// zero, and none where numbers are too large to tell.
    pub(crate) fn near(&self, kind: Kind, within: Decimal) -> Option<(i128, i128)> {
        match (kind, self.exact) {
            (Kind::Double, _) | (_, None) => {
                let reach = self.value.abs() * within.to_f64();
                let edges = (self.value - reach, self.value + reach);
                let is_near = reach > 0.0 && reach.is_finite();
                is_near.then(|| (double_key(edges.0), double_key(edges.1)))
            }
            (kind, Some(at)) => {
                let scale = scale(kind);
                let unit = 10_i128.checked_pow(u32::from(within.scale))?;
                // at × (unit ± within) / unit, at the scale of the keys, rounded to the inside.
                let reach = at.unscaled.abs().checked_mul(within.unscaled)?;
                let middle = at.unscaled.checked_mul(unit)?;
                let to_keys = 10_i128.checked_pow(u32::from(scale))?;
                let divisor = unit.checked_mul(10_i128.checked_pow(u32::from(at.scale))?)?;
                let low = middle.checked_sub(reach)?.checked_mul(to_keys)?;
                let high = middle.checked_add(reach)?.checked_mul(to_keys)?;
                (reach > 0).then(|| (-(-low).div_euclid(divisor), high.div_euclid(divisor)))
            }
        }
    }

    /// How far a key is from the boundary, as a part of it.
    pub(crate) fn distance(&self, key: i128, kind: Kind) -> f64 {
        let exactly = self.exact.filter(|_| kind != Kind::Double).and_then(|at| {
            let common = at.scale.max(scale(kind));
            let key = Decimal { unscaled: key, scale: scale(kind) }.rescale(common)?;
            let at = at.rescale(common)?;
            Some((key.checked_sub(at)?.abs() as f64) / at.abs() as f64)
        });
        exactly.unwrap_or_else(|| {
            let value = if kind == Kind::Double { key_double(key) } else { Number { key, kind }.to_f64() };
            (value - self.value).abs() / self.value.abs()
        })
    }
}

fn scale(kind: Kind) -> u8 {
    match kind {
        Kind::Decimal(scale) => scale,
        Kind::Int | Kind::Double => 0,
    }
}

/// A constant as boundaries, one for each way in which values lie on both sides of it.
fn of_constant(at: Decimal, kind: Kind, upper_from: bool, upper_above: bool) -> Vec<Boundary> {
    let mut found = Vec::new();
    if kind == Kind::Double {
        let value = at.to_f64();
        let key = double_key(value);
        let boundary = |cut| Boundary { cut, exact: None, value };
        found.extend(upper_from.then(|| boundary(key)));
        found.extend(upper_above.then(|| boundary(key + 1)));
        return found;
    }
    // The first key that is at least the constant, and the first above it.
    let from = Number::from_break(at, kind, true).map(|number| number.key);
    let above = Number::from_break(at, kind, false).map(|number| number.key + 1);
    found.extend(from.filter(|_| upper_from).map(|cut| Boundary::exact(cut, at)));
    found.extend(above.filter(|_| upper_above).map(|cut| Boundary::exact(cut, at)));
    found
}

/// A value of the model as boundaries; none where it is not readable, which apply reports.
fn of_cut(text: &str, kind: Kind, best: Best, split: bool) -> Vec<Boundary> {
    let Some(number) = Number::parse(text, kind) else { return Vec::new() };
    let (from, above) = (best == Best::High || split, best == Best::Low || split);
    let boundary = |cut| match kind {
        Kind::Double => Boundary { cut, exact: None, value: key_double(number.key) },
        _ => Boundary::exact(cut, Decimal { unscaled: number.key, scale: scale(kind) }),
    };
    from.then(|| boundary(number.key)).into_iter().chain(above.then(|| boundary(number.key + 1))).collect()
}

fn of_cuts(cuts: &[Option<Cut>], kind: Kind, best: Best) -> Vec<Boundary> {
    cuts.iter().flatten().flat_map(|cut| of_cut(&cut.value, kind, best, cut.customer.is_some())).collect()
}

fn of_band_cuts(cuts: &[BandCut], kind: Kind) -> Vec<Boundary> {
    cuts.iter()
        .filter_map(|cut| cut.at_least.as_ref())
        .flat_map(|at| of_cut(at, kind, Best::High, false))
        .collect()
}

/// While boundaries are collected, by metric and by how it is compared.
struct Collector<'a> {
    columns: &'a [&'a str],
    found: BTreeMap<(usize, String), Boundaries>,
}

impl Collector<'_> {
    /// The boundaries of what is measured; none where it is no metric.
    fn of(&mut self, measured: &Expr) -> Option<&mut Boundaries> {
        let column = match &measured.kind {
            ExprKind::Cast(inner) if inner.ty == Type::Double && matches!(measured.ty, Type::Decimal(_)) => {
                inner
            }
            _ => measured,
        };
        let ExprKind::Column(Column::Customer(metric)) = &column.kind else { return None };
        if !measured.ty.is_numeric() {
            return None;
        }
        let number = self.columns.iter().position(|column| column == metric)?;
        Some(self.found.entry((number, measured.to_string())).or_insert_with(|| Boundaries {
            metric: metric.clone(),
            number,
            of: measured.clone(),
            kind: Kind::of(measured.ty),
            common: Vec::new(),
            grouped: Vec::new(),
        }))
    }

    fn add(&mut self, measured: &Expr, boundaries: impl FnOnce(Kind) -> Vec<Boundary>) {
        if let Some(of) = self.of(measured) {
            let more = boundaries(of.kind);
            of.common.extend(more);
        }
    }

    fn add_grouped<C>(
        &mut self,
        (measured, by): (&Expr, &Expr),
        (population, groups): (&[C], &Groups<C>),
        boundaries: impl Fn(&[C], Kind) -> Vec<Boundary>,
    ) {
        if let Some(of) = self.of(measured) {
            let own = groups.groups.iter().filter_map(|group| {
                let cuts = group.cuts.as_ref()?;
                Some((group.value.clone(), boundaries(cuts, of.kind)))
            });
            let groups = own.collect();
            let population = boundaries(population, of.kind);
            of.grouped.push(Grouped { by: by.clone(), population, groups });
        }
    }
}

/// The boundaries of all metrics that may decide a label, by the number of the metric's column. `columns` are those of the
/// customer row.
pub(crate) fn of(plan: &Plan, model: &Model, columns: &[&str]) -> Vec<Boundaries> {
    let read = columns_read(plan);
    let mut all = Collector { columns, found: BTreeMap::new() };
    for score in plan.scores.iter().filter(|score| read.contains(score.name.as_str())) {
        match &score.kind {
            ScoreKind::Fitted { of, best, within, .. } => {
                let Some(learned) = model.scores.iter().find(|one| one.name == score.name) else { continue };
                match (within, &learned.within) {
                    (Some(within), Some(groups)) => {
                        let cuts = |cuts: &[Option<Cut>], kind| of_cuts(cuts, kind, *best);
                        all.add_grouped((of, &within.by), (&learned.cuts, groups), cuts);
                    }
                    _ => all.add(of, |kind| of_cuts(&learned.cuts, kind, *best)),
                }
            }
            ScoreKind::Breaks { of, best, breaks } => {
                let (from, above) = (*best == Best::High, *best == Best::Low);
                let cuts = |kind| breaks.iter().flat_map(move |at| of_constant(*at, kind, from, above));
                all.add(of, |kind| cuts(kind).collect());
            }
            ScoreKind::Weighted(_) => {}
        }
    }
    for band in plan.bands.iter().filter(|band| read.contains(band.name.as_str())) {
        let Some(learned) = model.bands.iter().find(|one| one.name == band.name) else { continue };
        match (&band.within, &learned.within) {
            (Some(within), Some(groups)) => {
                all.add_grouped((&band.of, &within.by), (&learned.cuts, groups), of_band_cuts);
            }
            _ => all.add(&band.of, |kind| of_band_cuts(&learned.cuts, kind)),
        }
    }
    for rule in plan.segmentations.iter().flat_map(|segmentation| &segmentation.rules) {
        rule.when.visit(&mut |expr| constants(expr, model, &mut all));
    }
    let mut found: Vec<Boundaries> = all.found.into_values().collect();
    for one in &mut found {
        sort(&mut one.common);
    }
    found
}

fn sort(boundaries: &mut Vec<Boundary>) {
    boundaries.sort_by(|x, y| x.cut.cmp(&y.cut).then(x.value.total_cmp(&y.value)));
    boundaries.dedup();
}

/// The columns that labels follow from, through scores, bands and other labels.
fn columns_read(plan: &Plan) -> HashSet<&str> {
    let mut read = HashSet::new();
    for rule in plan.segmentations.iter().flat_map(|segmentation| &segmentation.rules) {
        rule.when.columns(&mut |column| {
            if let Column::Customer(name) = column {
                read.insert(name.as_str());
            }
        });
    }
    for score in &plan.scores {
        if let ScoreKind::Weighted(parts) = &score.kind
            && read.contains(score.name.as_str())
        {
            read.extend(parts.iter().map(|(part, _)| part.as_str()));
        }
    }
    read
}

/// The boundaries that a comparison draws, if it is one of a metric with a number.
fn constants(expr: &Expr, model: &Model, all: &mut Collector<'_>) {
    match &expr.kind {
        ExprKind::Compare(x, op, y) => {
            let (measured, constant, turned) = match (number(x, model), number(y, model)) {
                (None, Some(at)) => (bare(x), at, false),
                (Some(at), None) => (bare(y), at, true),
                _ => return,
            };
            // `x < 5` and `x >= 5` have 5 on the upper side, `x > 5` and `x <= 5` on the lower.
            let (from, above) = match (op, turned) {
                (Comparison::Eq | Comparison::NotEq, _) => (true, true),
                (Comparison::Less | Comparison::GreaterEq, false)
                | (Comparison::Greater | Comparison::LessEq, true) => (true, false),
                _ => (false, true),
            };
            all.add(measured, |kind| of_constant(constant, kind, from, above));
        }
        ExprKind::In(x, literals) => {
            let numbers = literals.iter().filter_map(literal);
            let numbers: Vec<Decimal> = numbers.collect();
            all.add(bare(x), |kind| {
                numbers.iter().flat_map(|at| of_constant(*at, kind, true, true)).collect()
            });
        }
        _ => {}
    }
}

/// What is converted, without its widening.
fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(inner) if inner.ty != Type::Double => bare(inner),
        _ => expr,
    }
}

/// A number that stands in a rule, or that the model has learned for it.
fn number(expr: &Expr, model: &Model) -> Option<Decimal> {
    match &expr.kind {
        ExprKind::Literal(value) => literal(value),
        ExprKind::Cast(inner) => number(inner, model),
        ExprKind::Negate(inner) => number(inner, model).map(|at| Decimal { unscaled: -at.unscaled, ..at }),
        ExprKind::Column(Column::Learned { segmentation, variable }) => {
            let learned = model.lifecycles.iter().find(|one| one.segmentation == *segmentation)?;
            let days = learned.days.iter().find(|one| one.variable == *variable)?.days;
            Some(Decimal { unscaled: i128::from(days), scale: 0 })
        }
        _ => None,
    }
}

fn literal(literal: &Literal) -> Option<Decimal> {
    match literal {
        Literal::Int(value) => Some(Decimal { unscaled: i128::from(*value), scale: 0 }),
        Literal::Decimal(value) => Some(*value),
        Literal::Double(value) => Decimal::parse(&value.to_string()),
        _ => None,
    }
}
