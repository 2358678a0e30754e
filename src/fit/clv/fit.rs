//! Maximum likelihood: several starts on a part of the population, the maxima they lead to on all of it, the best one
//! with its standard errors and what is to be said against it. Which function, which starts and how to climb are
//! other files' business.

use super::error::FitError;
use super::gamma_gamma::GammaGamma;
use super::jet::Jet;
use super::nbd;
use super::optimise::{Bounds, Optimum, maximise};
use super::order_model::{OrderModel, OrderModelKind};
use super::report::{FitReport, Param, StartReport};
use super::spend::Spend;
use super::start::{Plan, for_orders, for_spend};
use super::symmetric::eigen;
use super::triple::Triples;
use super::warning::Warning;

/// Starts are tried on about so many distinct terms.
const EXPLORE: usize = 20_000;
/// Two ends nearer than this in every log-parameter are the same maximum.
const SAME: f64 = 0.02;
/// A direction with a standard error above this, in log-parameters, is a ridge.
const RIDGE_ERROR: f64 = 10.0;
/// A second maximum this far behind in ln L is worth a word: within it a 95 % likelihood ratio (4 parameters) is blind.
const SECOND_MODE: f64 = 5.0;
/// Less in ln L than this is nothing: an end that is no maximum must be higher by more to stand in the way of one.
const AS_GOOD: f64 = 1e-4;
const FEW_REPEAT_CUSTOMERS: u64 = 50;
/// Two parameters for drop-out that gain less than this in ln L have found none: χ² of 2 degrees, 95 %, halved.
const NO_DROP_OUT: f64 = 3.0;
const CORRELATED: f64 = 0.3;

/// A fitted model and its account.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted<M> {
    /// The model at the estimates.
    pub model: M,
    /// How it came about.
    pub report: FitReport,
}

/// Fits a model of repeat orders. The same bits on any number of threads.
///
/// # Errors
/// Nobody bought on a second day; no start led to a maximum. A ridge or little data is a warning in the report.
pub fn fit(kind: OrderModelKind, triples: &Triples) -> Result<Fitted<OrderModel>, FitError> {
    if triples.repeat_customers() == 0 {
        return Err(FitError::NoRepeatCustomers { customers: triples.customers() });
    }
    let plan = for_orders(kind, triples);
    let bounds = plan.bounds;
    let on = |triples: &Triples, logs: &[f64; 4]| match kind.with_params(logs.map(f64::exp)) {
        Ok(model) => model.log_likelihood(triples),
        Err(_) => Jet { value: f64::NAN, ..Jet::ZERO },
    };
    let terms = triples.distinct().len();
    let thin = (terms > 2 * EXPLORE).then(|| triples.thinned(terms / EXPLORE));
    let population = Population { customers: triples.customers(), distinct: terms };
    let explored = thin.as_ref().map_or(terms, |thin| thin.distinct().len());
    let search = Search { name: kind.name(), names: kind.param_names(), plan, explored, population };
    let (logs, mut report) =
        search.run(|logs| on(thin.as_ref().unwrap_or(triples), logs), |logs| on(triples, logs))?;
    let model = kind.with_params(logs.map(f64::exp))?;
    if triples.repeat_customers() < FEW_REPEAT_CUSTOMERS {
        report.warnings.push(Warning::few_repeat_customers(triples.repeat_customers()));
    }
    let bounds =
        Bounds { lower: [bounds.lower[0], bounds.lower[1]], upper: [bounds.upper[0], bounds.upper[1]] };
    let without =
        maximise(|logs| nbd::log_likelihood(&logs.map(f64::exp), triples), &[logs[0], logs[1]], &bounds);
    let behind = report.log_likelihood - without.jet.value;
    if behind < NO_DROP_OUT {
        report.warnings.insert(0, Warning::no_drop_out(behind.max(0.0)));
    }
    Ok(Fitted { model, report })
}

/// Fits Gamma-Gamma to customers with repeats and a positive mean amount.
///
/// # Errors
/// No such customer; no start led to a maximum. `q` ≤ 1 is a warning here and an error where a value is asked for.
pub fn fit_gamma_gamma(spend: &Spend) -> Result<Fitted<GammaGamma>, FitError> {
    if spend.customers() == 0 {
        return Err(FitError::NoSpend);
    }
    let on = |spend: &Spend, logs: &[f64; 3]| {
        let [p, q, v] = logs.map(f64::exp);
        GammaGamma { p, q, v }.log_likelihood(spend)
    };
    let terms = spend.distinct().len();
    let thin = (terms > 2 * EXPLORE).then(|| spend.thinned(terms / EXPLORE));
    let population = Population { customers: spend.customers(), distinct: terms };
    let explored = thin.as_ref().map_or(terms, |thin| thin.distinct().len());
    let plan = for_spend(spend);
    let search = Search { name: "gamma_gamma", names: ["p", "q", "v"], plan, explored, population };
    let (logs, mut report) =
        search.run(|logs| on(thin.as_ref().unwrap_or(spend), logs), |logs| on(spend, logs))?;
    let [p, q, v] = logs.map(f64::exp);
    let model = GammaGamma::new(p, q, v)?;
    if spend.customers() < FEW_REPEAT_CUSTOMERS {
        report.warnings.push(Warning::few_repeat_customers(spend.customers()));
    }
    if q <= 1.0 {
        report.warnings.push(Warning::q_below_one(q));
    }
    let correlation = spend.correlation();
    report.correlation = Some(correlation);
    if correlation.abs() > CORRELATED {
        report.warnings.push(Warning::correlated_spend(correlation));
    }
    Ok(Fitted { model, report })
}

struct Population {
    customers: u64,
    distinct: usize,
}

/// What to climb, from where.
struct Search<const N: usize> {
    name: &'static str,
    names: [&'static str; N],
    plan: Plan<N>,
    /// Distinct terms in the part that is explored.
    explored: usize,
    population: Population,
}

impl<const N: usize> Search<N> {
    /// The best maximum, in log-parameters. `part` is the likelihood of a part of the population, `all` of all.
    fn run(
        &self,
        part: impl Fn(&[f64; N]) -> Jet<N>,
        all: impl Fn(&[f64; N]) -> Jet<N>,
    ) -> Result<([f64; N], FitReport), FitError> {
        let mut starts = Vec::new();
        let mut ends: Vec<Optimum<N>> = Vec::new();
        for from in &self.plan.starts {
            let end = maximise(&part, from, &self.plan.bounds);
            starts.push(StartReport {
                from: from.map(f64::exp).to_vec(),
                to: end.point.map(f64::exp).to_vec(),
                log_likelihood: end.jet.value,
                evaluations: end.evaluations,
                converged: end.converged,
            });
            add_distinct(&mut ends, end);
        }
        let mut evaluations = 0;
        if self.explored < self.population.distinct {
            let explored = std::mem::take(&mut ends);
            for end in &explored {
                let end = maximise(&all, &end.point, &self.plan.bounds);
                evaluations += end.evaluations;
                add_distinct(&mut ends, end);
            }
        }
        let customers = self.population.customers as f64;
        let highest = ends.iter().map(|end| end.jet.value).fold(f64::NEG_INFINITY, f64::max);
        let maxima = ends.iter().filter(|end| end.converged && end.jet.value >= highest - AS_GOOD);
        let Some(best) = maxima.max_by(|a, b| a.jet.value.total_cmp(&b.jet.value)) else {
            let gradient = ends.iter().map(|end| end.gradient / customers).fold(f64::INFINITY, f64::min);
            return Err(FitError::NoConvergence { model: self.name, starts: starts.len(), gradient });
        };
        let (covariance, ridge) = self.covariance(best);
        let mut warnings = Vec::new();
        if !ridge.is_empty() {
            warnings.push(Warning::ridge(&ridge));
        }
        for end in &ends {
            let behind = best.jet.value - end.jet.value;
            // On a ridge every point is as good as the next.
            if end.converged && behind > 1e-6 && behind < SECOND_MODE && ridge.is_empty() {
                warnings.push(Warning::second_mode(behind, &self.describe(&end.point)));
            }
        }
        let params = (0..N)
            .map(|i| Param {
                name: self.names[i].into(),
                value: best.point[i].exp(),
                standard_error: covariance.map(|covariance| covariance[i][i].sqrt()),
            })
            .collect();
        let report = FitReport {
            params,
            covariance: covariance.map(|covariance| covariance.iter().map(|row| row.to_vec()).collect()),
            log_likelihood: best.jet.value,
            customers: self.population.customers,
            distinct: self.population.distinct as u64,
            gradient: best.gradient / customers,
            evaluations,
            explored_distinct: self.explored as u64,
            starts,
            correlation: None,
            warnings,
        };
        Ok((best.point, report))
    }

    /// The inverse of the observed information in log-parameters, by the delta method in parameters; and the names of
    /// those that a flat direction moves, without a covariance then.
    fn covariance(&self, best: &Optimum<N>) -> (Option<[[f64; N]; N]>, Vec<&'static str>) {
        let information = eigen(&best.jet.hessian.map(|row| row.map(|h| -h)));
        let mut flat = best.at_bound;
        for (k, value) in information.values.iter().enumerate() {
            if *value < 1.0 / (RIDGE_ERROR * RIDGE_ERROR) {
                for (i, flat) in flat.iter_mut().enumerate() {
                    *flat |= information.vectors[i][k].abs() > 0.3;
                }
            }
        }
        let names: Vec<&'static str> = (0..N).filter(|i| flat[*i]).map(|i| self.names[i]).collect();
        if !names.is_empty() {
            return (None, names);
        }
        let theta = best.point.map(f64::exp);
        let mut covariance = [[0.0; N]; N];
        for i in 0..N {
            for j in 0..N {
                let sum: f64 = (0..N)
                    .map(|k| information.vectors[i][k] * information.vectors[j][k] / information.values[k])
                    .sum();
                covariance[i][j] = theta[i] * theta[j] * sum;
            }
        }
        (Some(covariance), names)
    }

    fn describe(&self, point: &[f64; N]) -> String {
        let parts: Vec<String> =
            self.names.iter().zip(point).map(|(name, log)| format!("`{name}` = {:.4}", log.exp())).collect();
        parts.join(", ")
    }
}

/// Keeps one end for each maximum: the better of two that are the same.
fn add_distinct<const N: usize>(ends: &mut Vec<Optimum<N>>, end: Optimum<N>) {
    let same = |other: &Optimum<N>| (0..N).all(|i| (other.point[i] - end.point[i]).abs() < SAME);
    match ends.iter_mut().find(|other| same(other)) {
        Some(other) => {
            if (end.converged, end.jet.value) > (other.converged, other.jet.value) {
                *other = end;
            }
        }
        None => ends.push(end),
    }
}
