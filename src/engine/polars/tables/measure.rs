//! Mean and median of a column over the customers of a segment, added up slice by slice. Sums are exact, of doubles too,
//! so that neither slices nor threads can change a digit. Who has no value, or none that is a number, has no say.

use polars::prelude::{Column, DataType};

use crate::engine::Error;
use crate::fit::{Expansion, double_key, key_double};

use super::amounts::Amounts;

/// The values of one column in one segment.
#[derive(Clone, Debug)]
pub(super) struct Measure {
    kind: Kind,
    /// Unscaled numbers, or the keys of doubles.
    values: Amounts,
    /// Of doubles.
    sum: Expansion,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Exact { scale: usize },
    Double,
}

/// One for each of `count` segments, of a column whose customers have these segments by number.
pub(super) fn measures(column: &Column, segments: &[u16], count: usize) -> Result<Vec<Measure>, Error> {
    let kind = match column.dtype() {
        DataType::Decimal(_, scale) => Kind::Exact { scale: *scale },
        DataType::Float64 => Kind::Double,
        _ => Kind::Exact { scale: 0 },
    };
    let empty = Measure { kind, values: Amounts::default(), sum: Expansion::default() };
    let mut all = vec![empty; count];
    let mut of = |row: usize, add: &dyn Fn(&mut Measure)| {
        let segment = segments.get(row).and_then(|segment| all.get_mut(usize::from(*segment)));
        segment.into_iter().for_each(add);
    };
    match kind {
        Kind::Double => column.f64()?.iter().enumerate().for_each(|(row, value)| {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                of(row, &|measure| measure.push_double(value));
            }
        }),
        Kind::Exact { .. } if matches!(column.dtype(), DataType::Decimal(..)) => {
            column.decimal()?.physical().iter().enumerate().for_each(|(row, value)| {
                if let Some(value) = value {
                    of(row, &|measure| measure.values.push(value));
                }
            });
        }
        Kind::Exact { .. } => {
            column.cast(&DataType::Int64)?.i64()?.iter().enumerate().for_each(|(row, value)| {
                if let Some(value) = value {
                    of(row, &|measure| measure.values.push(i128::from(value)));
                }
            });
        }
    }
    Ok(all)
}

impl Measure {
    fn push_double(&mut self, value: f64) {
        self.values.push(double_key(value));
        self.sum.add(value);
    }

    /// Adds those of the customers behind these.
    pub(super) fn add(&mut self, more: Self) {
        self.values.merge(more.values);
        self.sum.merge(&more.sum);
    }

    /// The mean and the median; none where nobody has a value.
    pub(super) fn mean_and_median(self) -> [Option<f64>; 2] {
        let Self { kind, values, sum } = self;
        let count = values.len();
        if count == 0 {
            return [None, None];
        }
        match kind {
            Kind::Double => {
                let mean = sum.approximate() / count as f64;
                [Some(mean).filter(|mean| mean.is_finite()), values.median_of(key_double)]
            }
            Kind::Exact { scale } => {
                let unit = 10_f64.powi(scale as i32);
                let mean = values.sum() as f64 / (count as f64 * unit);
                [Some(mean), values.median().map(|median| median / unit)]
            }
        }
    }
}
