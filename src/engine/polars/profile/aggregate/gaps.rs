//! The gaps between each customer's purchase days. A day is kept once, as a word of group and day; the words are sorted
//! when a shard is finished, and now and then before, so that many orders of one day take no room.

use polars::prelude::{BinaryChunkedBuilder, Column, IntoColumn};

use crate::engine::Error;
use crate::engine::polars::expr::gaps;

use super::accumulator::{Accumulator, Rows};
use super::values::{I32, ValueKind};

/// Fewer words are not worth a look for doubles.
const MANY: usize = 1 << 20;

/// The purchase days of all groups of a shard.
#[derive(Default)]
pub(super) struct Gaps {
    /// The group in the upper half, the day in the lower.
    days: Vec<u64>,
    /// How many words were left when doubles were last taken out.
    compacted: usize,
}

impl Gaps {
    fn compact(&mut self) {
        self.days.sort_unstable();
        self.days.dedup();
        self.compacted = self.days.len();
    }
}

impl Accumulator for Gaps {
    fn update(&mut self, rows: &Rows<'_>) -> Result<(), Error> {
        let days = &mut self.days;
        I32::each(Some(rows.day), rows.rows, |at, day| {
            // With the sign turned around, days sort as numbers without one.
            let day = day as u32 ^ 1 << 31;
            days.push(u64::from(rows.groups[at]) << 32 | u64::from(day));
        });
        if self.days.len() > 2 * self.compacted + MANY {
            self.compact();
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.days.capacity() * size_of::<u64>()
    }

    fn finish(mut self: Box<Self>, name: &str, len: usize) -> Result<Column, Error> {
        self.compact();
        let mut column = BinaryChunkedBuilder::new(name.into(), len);
        let mut days = self.days.as_slice();
        let (mut gaps, mut packed): (Vec<u32>, Vec<u8>) = (Vec::new(), Vec::new());
        for group in 0..len as u64 {
            let own = days.iter().take_while(|day| *day >> 32 == group).count();
            let (own, rest) = days.split_at(own);
            days = rest;
            gaps.clear();
            gaps.extend(own.windows(2).map(|pair| (pair[1] - pair[0]) as u32));
            gaps.sort_unstable();
            gaps::pack(&gaps, &mut packed);
            column.append_value(packed.as_slice());
        }
        Ok(column.finish().into_column())
    }
}
