//! What aggregates that do not fit the record have in common: the rows they see, and exact sums by slot.

use polars::prelude::Column;

use crate::engine::Error;
use crate::plan::Type;

use super::values::{I64, I128, ValueKind, Values};

/// What an accumulator sees of a batch: the rows of its shard that pass its mask.
pub(super) struct Rows<'a> {
    /// Row numbers in the batch.
    pub(super) rows: &'a [u32],
    /// The group of each.
    pub(super) groups: &'a [u32],
    /// How many groups there are by now.
    pub(super) len: usize,
    /// Operands in the order of [`Function::operands`].
    pub(super) operands: [Option<&'a Values>; 2],
    /// Local dates, in days.
    pub(super) day: &'a Values,
    /// Instants, in microseconds; only where some accumulator needs them.
    pub(super) instant: Option<&'a Values>,
}

/// The state of one aggregate for all groups of a shard.
pub(super) trait Accumulator: Send {
    /// Takes rows in.
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error>;
    /// What it takes, about.
    fn bytes(&self) -> usize;
    /// One value a group.
    fn finish(self: Box<Self>, name: &str, len: usize) -> Result<Column, Error>;
}

/// Exact sums in 128 bits, by slot: of whole numbers, of decimals, or of rows.
pub(super) struct Totals {
    /// None: rows are counted.
    of: Option<Type>,
    sums: Vec<i128>,
    overflow: bool,
}

impl Totals {
    pub(super) fn new(of: Option<Type>) -> Self {
        Self { of, sums: Vec::new(), overflow: false }
    }

    /// Adds each row's value of an operand to the slot that `slot(position)` names.
    pub(super) fn add(&mut self, rows: &Rows<'_>, operand: usize, len: usize, slot: impl Fn(usize) -> usize) {
        self.sums.resize(len, 0);
        let Self { of, sums, overflow } = self;
        let mut add = |at: usize, value: i128| match sums[slot(at)].checked_add(value) {
            Some(sum) => sums[slot(at)] = sum,
            None => *overflow = true,
        };
        let values = rows.operands.get(operand).copied().flatten();
        match of {
            None => (0..rows.rows.len()).for_each(|at| add(at, 1)),
            Some(Type::Decimal(_)) => I128::each(values, rows.rows, add),
            Some(_) => I64::each(values, rows.rows, |at, value| add(at, i128::from(value))),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.sums.capacity() * size_of::<i128>()
    }

    pub(super) fn finish(self, name: &str, ty: Type, len: usize) -> Result<Vec<i128>, Error> {
        let mut sums = self.sums;
        sums.resize(len, 0);
        if self.overflow {
            return Err(Error::Overflow { column: name.to_owned(), ty: ty.sql() });
        }
        Ok(sums)
    }
}
