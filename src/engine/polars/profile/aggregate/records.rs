//! One record of fixed width for each customer: the id and the states of all aggregates that fit words, side by side,
//! so that a row of the input touches a cache line or two, whatever the number of aggregates.
//!
//! A record is an array of 64-bit words. It begins with the id; then every aggregate has a word, or half of one, in the order
//! of the plan. A 32-bit state takes the half that an earlier one has left free. With a text id, `count(*)`, `min(time)` and
//! `max(time)` as days, and `sum(amount)`:
//!
//! ```text
//!          63                            32 31                              0
//! word 0 ┌─────────────────────────────────┬─────────────────────────────────┐
//!        │ id: bytes 0–3                   │ count(*)                        │
//! word 1 ├─────────────────────────────────┴─────────────────────────────────┤
//!        │ id: bytes 4–11                                                    │
//! word 2 ├─────────────────────────────────┬─────────────────────────────────┤
//!        │ max(time), in days              │ min(time), in days              │
//! word 3 ├─────────────────────────────────┴─────────────────────────────────┤
//!        │ sum(amount), in cents                                             │
//!        └───────────────────────────────────────────────────────────────────┘
//! ```
//!
//! So the customer `C00042` with three orders of 12.50 in all, the first on day 20,000 and the last on day 20,100, is the four
//! words (little end first in memory, the first byte of a text the lowest):
//! `0x30303043_00000003` (`C000`, 3), `0x00000000_00003234` (`42`), `0x00004e84_00004e20` (20,100 and 20,000), `0x4e2` (1,250).
//! A text of more than 12 bytes, or one that ends in a zero byte, stands elsewhere: bytes 0–3 are then a part of its hash with
//! the lowest byte `0xff`, which no UTF-8 text has, and bytes 4–11 its place.

use crate::plan::Type;

use super::word_array::WordArray;

/// Where a 32-bit state is: half of a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    word: usize,
    shift: u32,
}

impl Half {
    pub(super) fn get(self, record: &[u64]) -> i32 {
        (record[self.word] >> self.shift) as u32 as i32
    }

    pub(super) fn set(self, record: &mut [u64], value: i32) {
        let mask = u64::from(u32::MAX) << self.shift;
        let word = &mut record[self.word];
        *word = *word & !mask | u64::from(value as u32) << self.shift;
    }
}

/// Hands out places in the record, and keeps what is in them before the first row.
#[derive(Debug)]
pub(super) struct Layout {
    blank: Vec<u64>,
    /// Half of a word that is free.
    free: Option<Half>,
}

impl Layout {
    /// A record starts with the id: a whole number is a word, a text one and a half.
    pub(super) fn of_id(ty: Type) -> Self {
        match ty {
            Type::Int => Self { blank: vec![0], free: None },
            _ => Self { blank: vec![0; 2], free: Some(Half { word: 0, shift: 0 }) },
        }
    }

    /// A whole word.
    pub(super) fn word(&mut self, blank: i64) -> usize {
        self.blank.push(blank as u64);
        self.blank.len() - 1
    }

    /// Half a word.
    pub(super) fn half(&mut self, blank: i32) -> Half {
        let half = match self.free.take() {
            Some(half) => half,
            None => {
                let word = self.word(0);
                self.free = Some(Half { word, shift: 32 });
                Half { word, shift: 0 }
            }
        };
        half.set(&mut self.blank, blank);
        half
    }

    pub(super) fn records(self) -> Records {
        Records { width: self.blank.len(), words: WordArray::new(), blank: self.blank }
    }
}

/// The records of one shard, by group.
#[derive(Debug)]
pub(super) struct Records {
    words: WordArray<u64>,
    width: usize,
    blank: Vec<u64>,
}

impl Records {
    /// A record for a new group. Of a text's first word the id is the upper half.
    pub(super) fn push(&mut self, id: &[u64]) {
        let start = self.words.len();
        self.words.extend(&self.blank);
        self.words[start..].iter_mut().zip(id).for_each(|(word, id)| *word |= id);
    }

    /// Bytes of all records, and of so many more.
    pub(super) fn bytes_after(&self, more: usize) -> usize {
        (self.words.len() + more * self.width) * size_of::<u64>()
    }

    /// Sets room aside for so many records, but not for more than so many bytes: what is not used takes no memory, and
    /// growing would for a while take it twice.
    pub(super) fn reserve(&mut self, records: usize, bytes: usize) {
        self.words.reserve(records.saturating_mul(self.width).min(bytes / size_of::<u64>()));
    }

    pub(super) fn get(&self, group: u32) -> &[u64] {
        let start = group as usize * self.width;
        &self.words[start..start + self.width]
    }

    /// All of them, for a loop that writes to many.
    pub(super) fn all(&mut self) -> All<'_> {
        All { width: self.width, words: &mut self.words }
    }

    /// Has a record on its way to the cache, if there is one: its first and its last word, which may be in two lines.
    pub(super) fn prefetch(&self, group: u32) {
        let start = group as usize * self.width;
        self.words.prefetch(start);
        self.words.prefetch(start + self.width - 1);
    }
}

/// The records while rows are taken in.
pub(super) struct All<'a> {
    words: &'a mut [u64],
    width: usize,
}

impl All<'_> {
    pub(super) fn get_mut(&mut self, group: u32) -> &mut [u64] {
        let start = group as usize * self.width;
        &mut self.words[start..start + self.width]
    }
}
