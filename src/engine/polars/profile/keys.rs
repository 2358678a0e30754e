//! Customer ids → dense group numbers: one open-addressing table a shard. An id stands once, at the head of its
//! customer's record, so that finding it brings the record's states along.

use std::cmp::Ordering;
use std::hint::black_box;

use crate::plan::Type;

use super::ids::{INLINE, Id, Ids, hash_bytes, hash_int};
use super::records::{Layout, Records};
use super::words::Words;

/// The ids seen so far: each has a dense group number and a record.
///
/// A slot of the table is 64 bits: the lower half of the id's hash, by whose leading bits it is placed, and the group
/// plus one; zero is free. So the table is small beside the records, and grows by one pass in order.
pub(super) struct Keys {
    slots: Words,
    /// The table has two to the power of this many slots.
    bits: u32,
    len: u32,
    text: bool,
    /// The bytes of texts that do not fit [`INLINE`].
    long: Vec<u8>,
    /// Some id does not order by its first twelve bytes alone.
    ambiguous: bool,
    pub(super) records: Records,
}

/// Rows that are looked up together, so that their cache misses overlap.
pub(super) const CHUNK: usize = 128;
const FIRST_BITS: u32 = 10;
/// Stands for the group of an id that has none.
pub(in crate::engine::polars) const NOBODY: u32 = u32::MAX;

/// Words of an id at the head of a record: a text's length and first twelve bytes (or length, hash and where its
/// bytes are); or a whole number.
pub(super) fn id_words(ty: Type) -> usize {
    if ty == Type::Int { 1 } else { 2 }
}

impl Keys {
    /// Ids alone.
    pub(super) fn new(ty: Type) -> Self {
        Self::with(ty, Layout::new(id_words(ty)))
    }

    /// `layout` starts with the words of the id.
    pub(super) fn with(ty: Type, layout: Layout) -> Self {
        Self {
            slots: Words::zeroed(1 << FIRST_BITS),
            bits: FIRST_BITS,
            len: 0,
            text: ty != Type::Int,
            long: Vec::new(),
            ambiguous: false,
            records: layout.records(),
        }
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// The group of each of these rows; new ids get new groups.
    pub(super) fn groups(&mut self, ids: &Ids, hashes: &[u64], rows: &[u32], groups: &mut Vec<u32>) {
        groups.clear();
        rows.chunks(CHUNK).for_each(|rows| self.chunk_groups(ids, hashes, rows, groups));
    }

    /// The group of each of these rows, [`NOBODY`] for null and for ids that have none; no group is made.
    pub(super) fn find(&self, ids: &Ids, hashes: &[u64], rows: &[u32], groups: &mut Vec<u32>) {
        groups.clear();
        rows.chunks(CHUNK).for_each(|rows| self.chunk_find(ids, hashes, rows, groups));
        let unknown = rows.iter().zip(groups).filter(|(row, _)| !ids.is_there(**row as usize));
        unknown.for_each(|(_, group)| *group = NOBODY);
    }

    /// Appends the group of each of these rows, at most [`CHUNK`]; new ids get new groups.
    pub(super) fn chunk_groups(&mut self, ids: &Ids, hashes: &[u64], rows: &[u32], groups: &mut Vec<u32>) {
        self.make_room(rows.len());
        let likely = self.likely(hashes, rows);
        ids.each(rows, |at, id| groups.push(self.group(id, hashes[rows[at] as usize], likely[at])));
    }

    /// Appends the group of each of these rows, at most [`CHUNK`]; [`NOBODY`] for ids that have none: no group is made.
    pub(super) fn chunk_find(&self, ids: &Ids, hashes: &[u64], rows: &[u32], groups: &mut Vec<u32>) {
        let likely = self.likely(hashes, rows);
        ids.each(rows, |at, id| {
            groups.push(self.place(id, hashes[rows[at] as usize], likely[at]).unwrap_or(NOBODY));
        });
    }

    /// The first group with the hash of each row; [`NOBODY`] where there is none yet. Slots are read for all rows, and
    /// then records, in loops of loads that do not wait for each other: what follows finds everything in the cache.
    fn likely(&self, hashes: &[u64], rows: &[u32]) -> [u32; CHUNK] {
        let mut slots = [0_u64; CHUNK];
        for (slot, row) in slots.iter_mut().zip(rows) {
            *slot = self.slots[self.home(hashes[*row as usize])];
        }
        let mask = self.slots.len() - 1;
        let mut likely = [NOBODY; CHUNK];
        for ((slot, row), likely) in slots.iter().zip(rows).zip(&mut likely) {
            let hash = hashes[*row as usize];
            let (mut slot, mut at) = (*slot, self.home(hash));
            while slot != 0 && (slot >> 32) as u32 != hash as u32 {
                at = (at + 1) & mask;
                slot = self.slots[at];
            }
            *likely = (slot as u32).wrapping_sub(1);
        }
        black_box(likely[..rows.len()].iter().fold(0, |all, group| all ^ self.records.touch(*group)));
        likely
    }

    fn home(&self, hash: u64) -> usize {
        (hash as u32 >> (u32::BITS - self.bits)) as usize
    }

    /// The group, or the free slot for it.
    fn place(&self, id: Id<'_>, hash: u64, likely: u32) -> Result<u32, usize> {
        let is_of = |group: u32| self.is(id, hash, self.records.get(group));
        if likely != NOBODY && is_of(likely) {
            return Ok(likely);
        }
        let mask = self.slots.len() - 1;
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err(at);
            }
            let group = slot as u32 - 1;
            if (slot >> 32) as u32 == hash as u32 && is_of(group) {
                return Ok(group);
            }
            at = (at + 1) & mask;
        }
    }

    /// Whether a record is that of an id.
    fn is(&self, id: Id<'_>, hash: u64, record: &[u64]) -> bool {
        match id {
            Id::Int(id) => record[0] == id,
            Id::Short(id) => record[0] == id[0] && record[1] == id[1],
            Id::Long(id) => record[0] == long_head(id, hash) && long_text(record, &self.long) == Some(id),
        }
    }

    /// The group, which may be new.
    fn group(&mut self, id: Id<'_>, hash: u64, likely: u32) -> u32 {
        let at = match self.place(id, hash, likely) {
            Ok(group) => return group,
            Err(at) => at,
        };
        self.len += 1;
        self.slots[at] = hash << 32 | u64::from(self.len);
        match id {
            Id::Int(id) => self.records.push(&[id]),
            Id::Short(id) => {
                self.ambiguous |= ends_in_nul(&id);
                self.records.push(&id);
            }
            Id::Long(id) => {
                self.ambiguous = true;
                self.records.push(&[long_head(id, hash), self.long.len() as u64]);
                self.long.extend_from_slice(id);
            }
        }
        self.len - 1
    }

    /// Bytes in use after so many more ids, at most.
    pub(super) fn bytes_after(&self, more: usize) -> usize {
        let mut slots = self.slots.len();
        while (self.len() + more) * 2 > slots {
            slots *= 2;
        }
        slots * size_of::<u64>() + self.long.len() + self.records.bytes_after(more)
    }

    /// At most half of the slots are taken, even if all of so many rows are new.
    fn make_room(&mut self, rows: usize) {
        while (self.len as usize + rows) * 2 > self.slots.len() {
            let old = std::mem::replace(&mut self.slots, Words::zeroed(2 << self.bits));
            self.bits += 1;
            let mask = self.slots.len() - 1;
            for slot in old.iter().copied().filter(|slot| *slot != 0) {
                let mut at = self.home(slot >> 32);
                while self.slots[at] != 0 {
                    at = (at + 1) & mask;
                }
                self.slots[at] = slot;
            }
        }
    }

    /// Frees the table; no more rows may come.
    pub(super) fn close(&mut self) {
        self.slots = Words::new();
    }

    /// A word that orders like the id, as far as its leading 96 bits go, with the group below it.
    pub(super) fn sort_key(&self, group: u32) -> u128 {
        let record = self.records.get(group);
        let order = if !self.text {
            u128::from(record[0] ^ 1 << 63)
        } else if let Some(text) = long_text(record, &self.long) {
            let mut bytes = [0; 16];
            bytes[4..].copy_from_slice(&text[..INLINE]);
            u128::from_be_bytes(bytes)
        } else {
            let word = u128::from(record[0]) | u128::from(record[1]) << 64;
            u128::from_be_bytes(word.to_le_bytes()) & (u128::MAX >> 32)
        };
        order << 32 | u128::from(group)
    }

    /// Whether [`Self::sort_key`] does not say everything.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// The stable hash of a group's id.
    pub(super) fn hash(&self, group: u32) -> u64 {
        if self.text { hash_bytes(&self.text(group)) } else { hash_int(self.int(group)) }
    }

    /// The id as a whole number.
    pub(super) fn int(&self, group: u32) -> i64 {
        self.records.get(group)[0] as i64
    }

    /// The id as text.
    pub(super) fn text(&self, group: u32) -> Text<'_> {
        let record = self.records.get(group);
        match long_text(record, &self.long) {
            Some(text) => Text::Long(text),
            None => Text::Short(short_bytes(record), record[0] as u32 as usize),
        }
    }
}

/// The bytes of an id.
pub(super) enum Text<'a> {
    Short([u8; 16], usize),
    Long(&'a [u8]),
}

impl std::ops::Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short(bytes, len) => &bytes[4..4 + (*len).min(INLINE)],
            Self::Long(bytes) => bytes,
        }
    }
}

/// How two groups' ids order, of the same shard or of two.
pub(super) fn compare(a: (&Keys, u128), b: (&Keys, u128)) -> Ordering {
    let by_head = (a.1 >> 32).cmp(&(b.1 >> 32));
    if by_head != Ordering::Equal || !(a.0.ambiguous || b.0.ambiguous) {
        return by_head;
    }
    a.0.text(a.1 as u32).cmp(&b.0.text(b.1 as u32))
}

/// What stands for a longer text beside where its bytes are: its length, with half of its hash.
fn long_head(id: &[u8], hash: u64) -> u64 {
    id.len() as u64 & u64::from(u32::MAX) | hash & !u64::from(u32::MAX)
}

fn short_bytes(record: &[u64]) -> [u8; 16] {
    (u128::from(record[0]) | u128::from(record[1]) << 64).to_le_bytes()
}

/// Whether a short text ends in a zero byte, which looks like one that ends there.
fn ends_in_nul(id: &[u64]) -> bool {
    let len = id[0] as u32 as usize;
    len > 0 && short_bytes(id)[3 + len.min(INLINE)] == 0
}

/// The bytes of a longer text; none if the record holds a short one itself.
fn long_text<'a>(record: &[u64], long: &'a [u8]) -> Option<&'a [u8]> {
    let length = record[0] as u32 as usize;
    if length <= INLINE {
        return None;
    }
    let start = record[1] as usize;
    long.get(start..start + length)
}
