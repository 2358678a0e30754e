//! Customer ids as batches bring them.

use std::cmp::Ordering;

use polars::prelude::{Column, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked};

use crate::engine::Error;
use crate::engine::polars::profile::parts::{self, hash_int, hash_text};
use crate::plan::{self, Type};

/// The longest text that is kept in the record itself.
pub(super) const INLINE: usize = 12;

/// An id as it is looked for.
#[derive(Clone, Copy)]
pub(super) enum Id<'a> {
    /// A whole number.
    Int(u64),
    /// A text's first four bytes and the next eight, then zeros. It does not end in one itself, so its length shows.
    Short(u32, u64),
    /// Any other text: a longer one, as a rule.
    Long(&'a [u8]),
}

/// The ids of one batch.
pub(super) enum CustomerIds {
    Text(StringChunked),
    Int(Int64Chunked),
}

impl CustomerIds {
    pub(super) fn new(column: &Column, ty: Type) -> Result<Self, Error> {
        Ok(match ty {
            Type::Int => Self::Int(column.i64()?.rechunk().into_owned()),
            _ => Self::Text(column.str()?.rechunk().into_owned()),
        })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(ids) => ids.len(),
            Self::Int(ids) => ids.len(),
        }
    }

    /// Whether the id of a row is there.
    pub(super) fn is_there(&self, row: usize) -> bool {
        match self {
            Self::Text(ids) => ids.get(row).is_some(),
            Self::Int(ids) => ids.get(row).is_some(),
        }
    }

    /// A number that orders like the id, as far as its leading twelve bytes go; of null, anything.
    pub(super) fn head(&self, row: usize) -> u128 {
        match self {
            Self::Text(ids) => {
                let text = ids.get(row).unwrap_or_default().as_bytes();
                let len = text.len().min(INLINE);
                let mut bytes = [0; 16];
                bytes[4..4 + len].copy_from_slice(&text[..len]);
                u128::from_be_bytes(bytes)
            }
            Self::Int(ids) => u128::from(ids.get(row).unwrap_or(0) as u64 ^ 1 << 63),
        }
    }

    /// The id of a row as text; none for null.
    pub(super) fn text(&self, row: usize) -> Option<String> {
        match self {
            Self::Text(ids) => ids.get(row).map(str::to_owned),
            Self::Int(ids) => ids.get(row).map(|id| id.to_string()),
        }
    }

    /// How the ids of two rows order.
    pub(super) fn compare(&self, a: usize, b: usize) -> Ordering {
        match self {
            Self::Text(ids) => ids.get(a).cmp(&ids.get(b)),
            Self::Int(ids) => ids.get(a).cmp(&ids.get(b)),
        }
    }

    /// How the id of a row orders beside that of a row of others of the same type.
    pub(super) fn compare_to(&self, row: usize, others: &Self, other: usize) -> Ordering {
        match (self, others) {
            (Self::Text(ids), Self::Text(others)) => ids.get(row).cmp(&others.get(other)),
            (Self::Int(ids), Self::Int(others)) => ids.get(row).cmp(&others.get(other)),
            // Never: all ids of a plan have one type.
            (Self::Text(_), _) => Ordering::Greater,
            (Self::Int(_), _) => Ordering::Less,
        }
    }

    /// The part in which the customer of a row is published, of so many.
    pub(super) fn part(&self, row: usize, parts: usize) -> usize {
        if parts == 1 {
            return 0;
        }
        let hash = match self {
            Self::Text(ids) => ids.get(row).map_or(0, hash_text),
            Self::Int(ids) => ids.get(row).map_or(0, hash_int),
        };
        parts::part_of(hash, parts)
    }

    /// Calls `visit(position, id)` for each of these rows; of null the id is anything.
    pub(super) fn each<'a>(&'a self, rows: &[u32], mut visit: impl FnMut(usize, Id<'a>)) {
        match self {
            Self::Text(ids) => {
                let Some(array) = ids.downcast_iter().next() else { return };
                let views = array.views();
                for (at, row) in rows.iter().enumerate() {
                    let word = views[*row as usize].as_u128();
                    let (head, tail) = (word as u64, (word >> 64) as u64);
                    let length = head as u32;
                    // A view is the length and then the bytes. The last byte of no bytes is the length's, a zero.
                    let last = match length {
                        0..=4 => head >> (8 * length + 24),
                        _ => tail >> (8 * length.min(INLINE as u32) - 40),
                    };
                    visit(
                        at,
                        match length as usize <= INLINE && last as u8 != 0 {
                            true => Id::Short((head >> 32) as u32, tail),
                            false => Id::Long(array.value(*row as usize).as_bytes()),
                        },
                    );
                }
            }
            Self::Int(ids) => {
                let Some(array) = ids.downcast_iter().next() else { return };
                let values = array.values().as_slice();
                rows.iter()
                    .enumerate()
                    .for_each(|(at, row)| visit(at, Id::Int(values[*row as usize] as u64)));
            }
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

/// Ids as a column `customer` of their type.
pub(super) fn column<'a>(ty: Type, ids: impl Iterator<Item = &'a plan::Id>) -> Column {
    let name = "customer".into();
    match ty {
        Type::Int => {
            let int = |id: &plan::Id| match id {
                plan::Id::Int(id) => Some(*id),
                plan::Id::Text(_) => None,
            };
            Int64Chunked::from_iter_options(name, ids.map(int)).into_column()
        }
        _ => StringChunked::from_iter_values(name, ids.map(ToString::to_string)).into_column(),
    }
}
