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

    /// The hash of each id; of null, anything.
    pub(super) fn hashes(&self) -> Vec<u64> {
        match self {
            Self::Text(ids) => ids.iter().map(|id| id.map_or(0, hash_text)).collect(),
            Self::Int(ids) => ids.iter().map(|id| id.map_or(0, hash_int)).collect(),
        }
    }
}

/// The ids seen so far, in the order of their first row.
pub(super) struct Keys {
    table: HashTable<u32>,
    hashes: Vec<u64>,
    ids: Stored,
}

enum Stored {
    /// All ids in one text, and where each ends.
    Text {
        bytes: Vec<u8>,
        ends: Vec<usize>,
    },
    Int(Vec<i64>),
}

impl Keys {
    pub(super) fn new(ty: Type) -> Self {
        let ids = match ty {
            Type::Int => Stored::Int(Vec::new()),
            _ => Stored::Text { bytes: Vec::new(), ends: Vec::new() },
        };
        Self { table: HashTable::new(), hashes: Vec::new(), ids }
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The group of each of these rows; new ids get new groups.
    pub(super) fn groups(&mut self, ids: &Ids, hashes: &[u64], rows: &[u32], groups: &mut Vec<u32>) {
        groups.clear();
        match (ids, &mut self.ids) {
            (Ids::Text(ids), Stored::Text { bytes, ends }) => {
                let Some(array) = ids.downcast_iter().next() else { return };
                for &row in rows {
                    let (id, hash) = (array.value(row as usize).as_bytes(), hashes[row as usize]);
                    let same = |&group: &u32| {
                        let group = group as usize;
                        self.hashes[group] == hash && text_at(bytes, ends, group) == id
                    };
                    let group = match self.table.find(hash, same) {
                        Some(group) => *group,
                        None => {
                            let group = self.hashes.len() as u32;
                            self.hashes.push(hash);
                            bytes.extend_from_slice(id);
                            ends.push(bytes.len());
                            self.table.insert_unique(hash, group, |&group| self.hashes[group as usize]);
                            group
                        }
                    };
                    groups.push(group);
                }
            }
            (Ids::Int(ids), Stored::Int(stored)) => {
                let Some(array) = ids.downcast_iter().next() else { return };
                for &row in rows {
                    let (id, hash) = (array.value(row as usize), hashes[row as usize]);
                    let group = match self.table.find(hash, |&group| stored[group as usize] == id) {
                        Some(group) => *group,
                        None => {
                            let group = self.hashes.len() as u32;
                            self.hashes.push(hash);
                            stored.push(id);
                            self.table.insert_unique(hash, group, |&group| self.hashes[group as usize]);
                            group
                        }
                    };
                    groups.push(group);
                }
            }
            _ => {}
        }
    }

    /// The ids as a column, in the order of the groups.
    pub(super) fn finish(self, name: &str) -> Column {
        match self.ids {
            Stored::Int(ids) => Int64Chunked::from_vec(name.into(), ids).into_column(),
            Stored::Text { bytes, ends } => {
                let text = |group| std::str::from_utf8(text_at(&bytes, &ends, group)).unwrap_or_default();
                StringChunked::from_iter_values(name.into(), (0..ends.len()).map(text)).into_column()
            }
        }
    }
}

fn text_at<'a>(bytes: &'a [u8], ends: &[usize], group: usize) -> &'a [u8] {
    let start = if group == 0 { 0 } else { ends[group - 1] };
    &bytes[start..ends[group]]
}
