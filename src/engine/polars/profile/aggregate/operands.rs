//! What the aggregates need of a batch: their operands and masks, each looked up once, and the rows that pass.

use std::collections::HashMap;

use polars::prelude::BooleanChunked;

use crate::engine::Error;
use crate::engine::polars::profile::columns::{DAY, INSTANT};
use crate::engine::polars::profile::scan::Batches;

use super::accumulator::Rows;
use super::batch::Batch;
use super::values::Values;

/// What the aggregates need of a batch.
pub(super) struct Operands {
    pub(super) values: Vec<Values>,
    pub(super) masks: Vec<BooleanChunked>,
    pub(super) day: Values,
    pub(super) instant: Option<Values>,
    /// For each aggregate of this input: its mask and its operands.
    pub(super) of: Vec<Option<(Option<usize>, Vec<usize>)>>,
}

impl Operands {
    pub(super) fn of(batch: &Batch, batches: &Batches) -> Result<Self, Error> {
        let value = |name: &str| Values::new(batch.frame.column(name)?);
        let mut names: HashMap<&str, usize> = HashMap::new();
        let (mut values, mut masks) = (Vec::new(), Vec::new());
        let mut of = Vec::with_capacity(batches.inputs.len());
        for inputs in &batches.inputs {
            let Some(inputs) = inputs else {
                of.push(None);
                continue;
            };
            let mask = match inputs.mask.as_deref() {
                None => None,
                Some(name) => Some(match names.get(name) {
                    Some(at) => *at,
                    None => {
                        masks.push(batch.frame.column(name)?.bool()?.rechunk().into_owned());
                        names.insert(name, masks.len() - 1);
                        masks.len() - 1
                    }
                }),
            };
            of.push(Some((mask, Vec::new())));
        }
        names.clear();
        for (inputs, (_, operands)) in batches.inputs.iter().flatten().zip(of.iter_mut().flatten()) {
            for name in &inputs.operands {
                operands.push(match names.get(name.as_str()) {
                    Some(at) => *at,
                    None => {
                        values.push(value(name)?);
                        names.insert(name, values.len() - 1);
                        values.len() - 1
                    }
                });
            }
        }
        let instant = if batches.needs_instant { Some(value(INSTANT)?) } else { None };
        Ok(Self { values, masks, day: value(DAY)?, instant, of })
    }

    pub(super) fn rows<'a>(
        &'a self,
        rows: &'a [u32],
        groups: &'a [u32],
        len: usize,
        operands: &'a [usize],
    ) -> Rows<'a> {
        let operand = |at: usize| operands.get(at).map(|at| &self.values[*at]);
        Rows {
            rows,
            groups,
            len,
            operands: [operand(0), operand(1)],
            day: &self.day,
            instant: self.instant.as_ref(),
        }
    }
}

/// Rows of a batch, and the group of each.
#[derive(Clone, Default)]
pub(super) struct Passed {
    pub(super) rows: Vec<u32>,
    pub(super) groups: Vec<u32>,
}

impl Passed {
    pub(super) fn from(&self, start: usize) -> (&[u32], &[u32]) {
        (&self.rows[start..], &self.groups[start..])
    }

    /// Adds the rows for which a mask is true.
    pub(super) fn add(&mut self, mask: &BooleanChunked, rows: &[u32], groups: &[u32]) {
        let Some(array) = mask.downcast_iter().next() else { return };
        let is_true =
            |row: usize| array.value(row) && array.validity().is_none_or(|valid| valid.get_bit(row));
        for (row, group) in rows.iter().zip(groups).filter(|(row, _)| is_true(**row as usize)) {
            self.rows.push(*row);
            self.groups.push(*group);
        }
    }
}
