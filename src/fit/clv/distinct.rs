//! Rows → their distinct values, ascending, and which of them each row has. Histories repeat, so a table of the
//! distinct ones is small where a sort of all rows is not.

use hashbrown::HashTable;
use rayon::prelude::*;

/// The distinct values of some rows.
pub(super) struct Distinct<T> {
    /// Ascending.
    pub(super) values: Vec<T>,
    /// The position of each row's value.
    pub(super) of_row: Vec<u32>,
}

impl<T: Copy + Ord + Send + Sync> Distinct<T> {
    /// Groups rows, of which there are less than 2³²; `word` should differ where values do.
    pub(super) fn of(rows: &[T], word: impl Fn(&T) -> u64) -> Self {
        let mut table: HashTable<(T, u32)> = HashTable::new();
        let mut found: Vec<(T, u32)> = Vec::new();
        let mut of_row: Vec<u32> = Vec::with_capacity(rows.len());
        for value in rows {
            let hash = mixed(word(value));
            let at = match table.find(hash, |(known, _)| known == value) {
                Some((_, at)) => *at,
                None => {
                    let at = found.len() as u32;
                    found.push((*value, at));
                    table.insert_unique(hash, (*value, at), |(known, _)| mixed(word(known)));
                    at
                }
            };
            of_row.push(at);
        }
        found.par_sort_unstable();
        let mut place = vec![0_u32; found.len()];
        for (sorted, (_, at)) in found.iter().enumerate() {
            place[*at as usize] = sorted as u32;
        }
        of_row.par_iter_mut().for_each(|at| *at = place[*at as usize]);
        Self { values: found.into_iter().map(|(value, _)| value).collect(), of_row }
    }
}

/// SplitMix64's finalizer (Steele, Lea & Flood 2014).
fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}
