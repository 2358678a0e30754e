//! One record of fixed width for each customer: the id and the states of all aggregates that fit words, side by side,
//! so that a row of the input touches a cache line or two, whatever the number of aggregates.

use crate::plan::Type;

use super::words::Words;

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
        Records { width: self.blank.len(), words: Words::new(), blank: self.blank }
    }
}

/// The records of one shard, by group.
#[derive(Debug)]
pub(super) struct Records {
    words: Words<u64>,
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
    pub(super) fn call(&self, group: u32) {
        let start = group as usize * self.width;
        self.words.call(start);
        self.words.call(start + self.width - 1);
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
