//! What the models of repeat orders see of a population: its distinct (repeats, recency, age), how many customers
//! share each, and which one a customer has. Checks the input; counts nothing itself and knows no dates.

use super::distinct::Distinct;
use super::error::InputError;

/// One distinct history, in whole days, so that equality is exact. Ordered by repeats, then age, then recency:
/// histories with the same prediction-if-alive are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Triple {
    /// `x`: days with a purchase, without the first.
    pub repeats: u32,
    /// `T`: days from the first purchase to the as-of date.
    pub age_days: u32,
    /// `t_x`: days from the first purchase to the last.
    pub recency_days: u32,
}

/// The distinct triples of a population, ascending, with weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Triples {
    distinct: Vec<Triple>,
    weights: Vec<u64>,
    of_customer: Vec<u32>,
    repeats: Vec<(u32, u64)>,
    unit_days: f64,
}

impl Triples {
    /// Groups customers. The three slices have one element a customer: purchase days without the first, days from
    /// first to last purchase, days from first purchase to as-of. `unit_days` is the models' time unit (7 for weeks).
    ///
    /// # Errors
    /// Slices of different length, no customer at all, 0 ≤ recency ≤ age broken, repeats without a recency or a
    /// recency without repeats, a time unit that is not a positive number, more than 2³² − 1 customers. The first
    /// offending customer is named.
    pub fn group(
        repeats: &[u32],
        recency_days: &[i32],
        age_days: &[i32],
        unit_days: f64,
    ) -> Result<Self, InputError> {
        Self::build(repeats, recency_days, age_days, None, unit_days)
    }

    /// The same for rows that stand for `weights[i]` customers each, so that a caller may group first.
    ///
    /// # Errors
    /// As [`Triples::group`].
    pub fn weighted(
        repeats: &[u32],
        recency_days: &[i32],
        age_days: &[i32],
        weights: &[u64],
        unit_days: f64,
    ) -> Result<Self, InputError> {
        Self::build(repeats, recency_days, age_days, Some(weights), unit_days)
    }

    fn build(
        repeats: &[u32],
        recency_days: &[i32],
        age_days: &[i32],
        weights: Option<&[u64]>,
        unit_days: f64,
    ) -> Result<Self, InputError> {
        let rows = repeats.len();
        if recency_days.len() != rows
            || age_days.len() != rows
            || weights.is_some_and(|weights| weights.len() != rows)
        {
            return Err(InputError::Lengths);
        }
        if rows == 0 {
            return Err(InputError::NoCustomers);
        }
        if !(unit_days.is_finite() && unit_days > 0.0) {
            return Err(InputError::TimeUnit(unit_days));
        }
        if u32::try_from(rows).is_err() {
            return Err(InputError::TooManyCustomers(rows));
        }
        let mut all = Vec::with_capacity(rows);
        for (row, ((&repeats, &recency), &age)) in repeats.iter().zip(recency_days).zip(age_days).enumerate()
        {
            let (Ok(recency_days), Ok(age_days)) = (u32::try_from(recency), u32::try_from(age)) else {
                return Err(InputError::Times { row, recency, age });
            };
            if recency_days > age_days {
                return Err(InputError::Times { row, recency, age });
            }
            if (repeats == 0) != (recency_days == 0) {
                return Err(InputError::Repeats { row, repeats, recency });
            }
            all.push(Triple { repeats, age_days, recency_days });
        }
        let Distinct { values, of_row } = Distinct::of(&all, |triple| {
            u64::from(triple.repeats) << 42
                ^ u64::from(triple.age_days) << 21
                ^ u64::from(triple.recency_days)
        });
        let mut counts = vec![0_u64; values.len()];
        for (row, at) in of_row.iter().enumerate() {
            counts[*at as usize] += weights.map_or(1, |weights| weights[row]);
        }
        let mut triples = Self {
            distinct: Vec::with_capacity(values.len()),
            weights: Vec::with_capacity(values.len()),
            of_customer: of_row,
            repeats: Vec::new(),
            unit_days,
        };
        for (triple, count) in values.into_iter().zip(counts) {
            triples.push(triple, count);
        }
        Ok(triples)
    }

    /// Adds customers with a triple that is not before the last one.
    fn push(&mut self, triple: Triple, weight: u64) {
        match (self.distinct.last(), self.weights.last_mut()) {
            (Some(last), Some(count)) if *last == triple => *count += weight,
            _ => {
                self.distinct.push(triple);
                self.weights.push(weight);
            }
        }
        match self.repeats.last_mut() {
            Some((repeats, count)) if *repeats == triple.repeats => *count += weight,
            _ => self.repeats.push((triple.repeats, weight)),
        }
    }

    /// Every `step`-th distinct triple: a small population much like this one, to search in before the real fit.
    pub(super) fn thinned(&self, step: usize) -> Self {
        let mut thin = Self {
            distinct: Vec::new(),
            weights: Vec::new(),
            of_customer: Vec::new(),
            repeats: Vec::new(),
            unit_days: self.unit_days,
        };
        for (triple, weight) in self.distinct.iter().zip(&self.weights).step_by(step.max(1)) {
            thin.push(*triple, *weight);
        }
        thin
    }

    /// The distinct triples, ascending.
    #[must_use]
    pub fn distinct(&self) -> &[Triple] {
        &self.distinct
    }

    /// How many customers have each distinct triple.
    #[must_use]
    pub fn weights(&self) -> &[u64] {
        &self.weights
    }

    /// For each row of the input, the position of its triple in [`Triples::distinct`].
    #[must_use]
    pub fn of_customer(&self) -> &[u32] {
        &self.of_customer
    }

    /// The distinct numbers of repeats, ascending, and how many customers have each.
    #[must_use]
    pub fn repeats(&self) -> &[(u32, u64)] {
        &self.repeats
    }

    /// The time unit of the models, in days.
    #[must_use]
    pub fn unit_days(&self) -> f64 {
        self.unit_days
    }

    /// How many customers there are.
    #[must_use]
    pub fn customers(&self) -> u64 {
        self.weights.iter().sum()
    }

    /// How many customers bought on more than one day.
    #[must_use]
    pub fn repeat_customers(&self) -> u64 {
        self.repeats.iter().filter(|(repeats, _)| *repeats > 0).map(|(_, count)| count).sum()
    }

    /// (x, t_x, T) of a triple, in time units.
    #[must_use]
    pub fn in_units(&self, triple: &Triple) -> (f64, f64, f64) {
        (
            f64::from(triple.repeats),
            f64::from(triple.recency_days) / self.unit_days,
            f64::from(triple.age_days) / self.unit_days,
        )
    }
}
