//! Customer ids → dense group numbers: one open-addressing table a shard, ids kept once.

use hashbrown::HashTable;
use polars::prelude::{Column, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked};
use xxhash_rust::xxh3::xxh3_64;

use crate::engine::Error;
use crate::plan::Type;

/// The stable hash of a text id: it decides a customer's shard and output part, on every machine alike.
pub(in crate::engine::polars) fn hash_text(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}

/// The stable hash of a whole-number id.
pub(in crate::engine::polars) fn hash_int(id: i64) -> u64 {
    xxh3_64(&id.to_le_bytes())
}

/// The group of an id that is not there.
pub(in crate::engine::polars) const NOBODY: u32 = u32::MAX;

/// The ids of one batch.
pub(super) enum Ids {
    Text(StringChunked),
    Int(Int64Chunked),
}

impl Ids {
    pub(super) fn new(column: &Column, ty: Type) -> Result<Self, Error> {
        Ok(match ty {
            Type::Int => Self::Int(column.i64()?.rechunk().into_owned()),
            _ => Self::Text(column.str()?.rechunk().into_owned()),
        })
    }

    /// Whether the id of a row is there.
    pub(super) fn is_there(&self, row: usize) -> bool {
        match self {
            Self::Text(ids) => ids.get(row).is_some(),
            Self::Int(ids) => ids.get(row).is_some(),
        }
    }

    /// The hash of each id; of null, anything.
    pub(super) fn hashes(&self) -> Vec<u64> {
        match self {
            Self::Text(ids) => ids.iter().map(|id| id.map_or(0, hash_text)).collect(),
            Self::Int(ids) => ids.iter().map(|id| id.map_or(0, hash_int)).collect(),
        }
    }
}

/// The ids seen so far: each has a dense group number. An id is one 128-bit word, so that most look-ups touch the
/// table and nothing else.
pub(super) struct Keys {
    table: HashTable<Slot>,
    text: bool,
    /// The bytes of texts that do not fit a word.
    long: Vec<u8>,
}

struct Slot {
    id: u128,
    hash: u64,
    group: u32,
}

/// The longest text that is its own word.
const INLINE: usize = 12;

impl Keys {
    pub(super) fn new(ty: Type) -> Self {
        Self { table: HashTable::new(), text: ty != Type::Int, long: Vec::new() }
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// The group of each of these rows; new ids get new groups.
    pub(super) fn groups(&mut self, ids: &Ids, hashes: &[u64], rows: &[u32], groups: &mut Vec<u32>) {
        groups.clear();
        match ids {
            Ids::Text(ids) => {
                let Some(array) = ids.downcast_iter().next() else { return };
                let views = array.views();
                for &row in rows {
                    let (view, hash) = (&views[row as usize], hashes[row as usize]);
                    groups.push(if view.length as usize <= INLINE {
                        self.group(view.as_u128(), hash)
                    } else {
                        self.long_group(array.value(row as usize).as_bytes(), hash)
                    });
                }
            }
            Ids::Int(ids) => {
                let Some(array) = ids.downcast_iter().next() else { return };
                let values = array.values().as_slice();
                for &row in rows {
                    groups.push(self.group(values[row as usize] as u64 as u128, hashes[row as usize]));
                }
            }
        }
    }

    /// The group of each of these rows, [`NOBODY`] for null and for ids that have none; no group is made.
    pub(super) fn find(&self, ids: &Ids, hashes: &[u64], rows: &[u32], groups: &mut Vec<u32>) {
        groups.clear();
        let place = |hash: u64, id: u128| self.table.find(hash, |slot| slot.id == id).map(|slot| slot.group);
        let of_row = |&row: &u32| {
            let (row, hash) = (row as usize, hashes[row as usize]);
            match ids {
                Ids::Int(ids) => place(hash, ids.get(row)? as u64 as u128),
                Ids::Text(texts) => {
                    let id = texts.get(row)?;
                    if id.len() > INLINE {
                        return self.find_long(id.as_bytes(), hash);
                    }
                    let view = texts.downcast_iter().next()?.views()[row];
                    place(hash, view.as_u128())
                }
            }
        };
        groups.extend(rows.iter().map(|row| of_row(row).unwrap_or(NOBODY)));
    }

    fn find_long(&self, id: &[u8], hash: u64) -> Option<u32> {
        let same = |slot: &Slot| slot.hash == hash && long_text(slot.id, &self.long) == Some(id);
        self.table.find(hash, same).map(|slot| slot.group)
    }

    fn group(&mut self, id: u128, hash: u64) -> u32 {
        match self.table.find(hash, |slot| slot.id == id) {
            Some(slot) => slot.group,
            None => self.insert(id, hash),
        }
    }

    fn insert(&mut self, id: u128, hash: u64) -> u32 {
        let group = self.table.len() as u32;
        self.table.insert_unique(hash, Slot { id, hash, group }, |slot| slot.hash);
        group
    }

    /// A longer text's word is its length and where its bytes are kept.
    fn long_group(&mut self, id: &[u8], hash: u64) -> u32 {
        if let Some(group) = self.find_long(id, hash) {
            return group;
        }
        let word = u128::from(id.len() as u32) | (self.long.len() as u128) << 32;
        self.long.extend_from_slice(id);
        self.insert(word, hash)
    }

    /// The groups in the order of their ids, each with a word that orders like its id; none where an id is too long
    /// for that.
    pub(super) fn sorted(&self) -> Option<Vec<(u128, u32)>> {
        if !self.long.is_empty() {
            return None;
        }
        let order = |slot: &Slot| {
            let key = match self.text {
                // The twelve bytes, the first the most significant, then the length: `a` is before `a\0`.
                true => {
                    let bytes = u128::from_be_bytes(slot.id.to_le_bytes()) << 32;
                    bytes | u128::from(slot.id as u32)
                }
                false => u128::from(slot.id as u64 ^ 1 << 63),
            };
            (key, slot.group)
        };
        let mut sorted: Vec<(u128, u32)> = self.table.iter().map(order).collect();
        sorted.sort_unstable();
        Some(sorted)
    }

    /// The ids as a column, in the order of the groups.
    pub(super) fn finish(self, name: &str) -> Column {
        let mut words = vec![0_u128; self.table.len()];
        for slot in &self.table {
            words[slot.group as usize] = slot.id;
        }
        if !self.text {
            let ids = words.into_iter().map(|word| word as u64 as i64).collect();
            return Int64Chunked::from_vec(name.into(), ids).into_column();
        }
        let bytes: Vec<[u8; 16]> = words.iter().map(|word| word.to_le_bytes()).collect();
        let texts = words.iter().zip(&bytes).map(|(word, bytes)| {
            let short = &bytes[4..4 + (*word as u32 as usize).min(INLINE)];
            std::str::from_utf8(long_text(*word, &self.long).unwrap_or(short)).unwrap_or_default()
        });
        StringChunked::from_iter_values(name.into(), texts).into_column()
    }
}

/// The bytes of a longer text's word; none if the word is a short text itself.
fn long_text(word: u128, long: &[u8]) -> Option<&[u8]> {
    let length = word as u32 as usize;
    if length <= INLINE {
        return None;
    }
    let start = (word >> 32) as usize;
    long.get(start..start + length)
}
