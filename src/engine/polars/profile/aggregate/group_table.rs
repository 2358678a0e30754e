//! The group table: customer ids → dense group numbers, by open addressing with linear probing, one table a shard. An id
//! stands once, at the head of its customer's record ([`super::records`]), so that finding it brings the record's states along.
//!
//! A slot is one word of 32 bits. In a table of `2^bits` slots (here `bits` = 10), the lower half of an id's 64-bit hash
//! says all that is needed of it (the upper half has picked the shard):
//!
//! ```text
//!                31                   22 21                                        0
//! hash, lower  ┌────────────────────────┬────────────────────────────────────────────┐
//! half         │ home slot: `bits` bits │ tag: the other 32 − `bits` bits            │
//!              └────────────────────────┴────────────────────────────────────────────┘
//!                31                                        10 9                    0
//! slot         ┌────────────────────────────────────────────┬────────────────────────┐
//!              │ tag                                        │ group + 1; 0 is free   │
//!              └────────────────────────────────────────────┴────────────────────────┘
//! ```
//!
//! At most half of the slots are taken, so `group + 1` always fits its `bits` bits. For example: the id `C7` whose hash ends
//! in `0x0ac00005` belongs at home slot `0x0ac00005 >> 22` = 43. Its tag is what is left of these 32 bits, `0x00000005` shifted
//! up by 10: `0x00001400`. If it is the third customer (group 2), slot 43 holds `0x00001400 | 3`. Looking for `C7` again, slot 43
//! has the tag; group 2 is then a *candidate*, whose record is fetched and compared with the id: a tag may be another id's.
//! If slot 43 was another's, the search goes on at 44, 45, … up to the first free slot.
//!
//! Rows are taken in chunks of [`CHUNK`]. Where a slot or a record is not in the processor's cache, waiting for it costs more
//! than everything else, so both are prefetched: slots two chunks ahead ([`GroupTable::prefetch`]), records one chunk ahead
//! ([`GroupTable::candidates`]).

use std::cmp::Ordering;
use std::ops::Range;

use crate::plan::Type;

use super::records::{Layout, Records};
use super::word_array::WordArray;
use crate::engine::polars::ids::CustomerIds;
use crate::engine::polars::ids::{INLINE, Id};
use crate::engine::polars::profile::parts::{hash_bytes, hash_int};

/// The ids seen so far: each has a dense group number and a record.
///
/// A slot of the table is 32 bits: as many of them as say which slot hold the group plus one, the rest a part of the
/// id's hash; zero is free. An id is placed by the leading bits of the lower half of its hash, and the part that its
/// slot holds are the others. So as much of the table as can be stays in the processor's caches.
pub(in crate::engine::polars::profile) struct GroupTable {
    slots: WordArray<u32>,
    /// The table has two to the power of this many slots.
    bits: u32,
    len: u32,
    text: bool,
    /// The texts that are no [`Id::Short`]: the length of each, and its bytes.
    long: Vec<u8>,
    pub(super) records: Records,
}

/// Rows that are looked up together, while those before them are taken in.
pub(super) const CHUNK: usize = 128;
/// The groups that rows of a chunk may have.
pub(super) type Candidates = [u32; CHUNK];
const FIRST_BITS: u32 = 10;
/// Stands for the group of an id that has none.
pub(in crate::engine::polars) const NOBODY: u32 = u32::MAX;
/// Stands for the first byte of a text whose bytes are elsewhere: UTF-8 has no such byte.
const ELSEWHERE: u32 = 0xff;

impl GroupTable {
    /// Ids alone.
    pub(in crate::engine::polars::profile) fn new(ty: Type) -> Self {
        Self::with(ty, Layout::of_id(ty))
    }

    /// `layout` starts with the id.
    pub(super) fn with(ty: Type, layout: Layout) -> Self {
        Self {
            slots: WordArray::zeroed(1 << FIRST_BITS),
            bits: FIRST_BITS,
            len: 0,
            text: ty != Type::Int,
            long: Vec::new(),
            records: layout.records(),
        }
    }

    /// How many ids there are.
    pub(in crate::engine::polars::profile) fn len(&self) -> usize {
        self.len as usize
    }

    /// The group of each of these rows; new ids get new groups.
    pub(in crate::engine::polars::profile) fn groups(
        &mut self,
        ids: &CustomerIds,
        hashes: &[u64],
        rows: &[u32],
        groups: &mut Vec<u32>,
    ) {
        groups.clear();
        for rows in rows.chunks(CHUNK) {
            let candidates = self.candidates(hashes, rows);
            self.chunk_groups(ids, hashes, rows, &candidates, groups);
        }
    }

    /// The group of each of these rows, [`NOBODY`] for null and for ids that have none; no group is made.
    pub(in crate::engine::polars::profile) fn find(
        &self,
        ids: &CustomerIds,
        hashes: &[u64],
        rows: &[u32],
        groups: &mut Vec<u32>,
    ) {
        groups.clear();
        for rows in rows.chunks(CHUNK) {
            let candidates = self.candidates(hashes, rows);
            self.chunk_find(ids, hashes, rows, &candidates, groups);
        }
        let unknown = rows.iter().zip(groups).filter(|(row, _)| !ids.is_there(**row as usize));
        unknown.for_each(|(_, group)| *group = NOBODY);
    }

    /// Appends the group of each of these rows, at most [`CHUNK`]; new ids get new groups. `candidates` are theirs, or were
    /// before other ids came.
    pub(super) fn chunk_groups(
        &mut self,
        ids: &CustomerIds,
        hashes: &[u64],
        rows: &[u32],
        candidates: &Candidates,
        groups: &mut Vec<u32>,
    ) {
        self.make_room(rows.len());
        ids.each(rows, |at, id| groups.push(self.group(id, hashes[rows[at] as usize], candidates[at])));
    }

    /// Appends the group of each of these rows, at most [`CHUNK`]; [`NOBODY`] for ids that have none: no group is made.
    pub(super) fn chunk_find(
        &self,
        ids: &CustomerIds,
        hashes: &[u64],
        rows: &[u32],
        candidates: &Candidates,
        groups: &mut Vec<u32>,
    ) {
        ids.each(rows, |at, id| {
            groups.push(self.place(id, hashes[rows[at] as usize], candidates[at]).unwrap_or(NOBODY));
        });
    }

    /// Has the slots of rows on their way to the cache.
    pub(super) fn prefetch(&self, hashes: &[u64], rows: &[u32]) {
        rows.iter().for_each(|row| self.slots.prefetch(self.home(hashes[*row as usize])));
    }

    /// The first group with the hash of each row, at most [`CHUNK`]; [`NOBODY`] where there is none yet. Their records
    /// are on their way to the cache then.
    pub(super) fn candidates(&self, hashes: &[u64], rows: &[u32]) -> Candidates {
        let mask = self.slots.len() - 1;
        let mut candidates = [NOBODY; CHUNK];
        for (row, candidates) in rows.iter().zip(&mut candidates) {
            let hash = hashes[*row as usize];
            let mut at = self.home(hash);
            let mut slot = self.slots[at];
            while slot != 0 && !self.has_tag(slot, hash) {
                at = (at + 1) & mask;
                slot = self.slots[at];
            }
            *candidates = self.group_in(slot);
            self.records.prefetch(*candidates);
        }
        candidates
    }

    fn home(&self, hash: u64) -> usize {
        (hash as u32 >> (u32::BITS - self.bits)) as usize
    }

    /// The part of a hash that its slot holds.
    fn tag(&self, hash: u64) -> u32 {
        (hash << self.bits) as u32
    }

    fn has_tag(&self, slot: u32, hash: u64) -> bool {
        u64::from(slot ^ self.tag(hash)) >> self.bits == 0
    }

    /// The group in a slot; [`NOBODY`] in a free one.
    fn group_in(&self, slot: u32) -> u32 {
        (slot & ((1_u64 << self.bits) - 1) as u32).wrapping_sub(1)
    }

    /// The group, or the free slot for it.
    fn place(&self, id: Id<'_>, hash: u64, candidates: u32) -> Result<u32, usize> {
        let is_of = |group: u32| self.is(id, hash, self.records.get(group));
        if candidates != NOBODY && is_of(candidates) {
            return Ok(candidates);
        }
        let mask = self.slots.len() - 1;
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err(at);
            }
            let group = self.group_in(slot);
            if self.has_tag(slot, hash) && is_of(group) {
                return Ok(group);
            }
            at = (at + 1) & mask;
        }
    }

    /// Whether a record is that of an id.
    fn is(&self, id: Id<'_>, hash: u64, record: &[u64]) -> bool {
        match id {
            Id::Int(id) => record[0] == id,
            Id::Short(head, tail) => (record[0] >> 32) as u32 == head && record[1] == tail,
            Id::Long(id) => {
                (record[0] >> 32) as u32 == long_head(hash) && long_text(record, &self.long) == Some(id)
            }
        }
    }

    /// The group, which may be new.
    fn group(&mut self, id: Id<'_>, hash: u64, candidates: u32) -> u32 {
        let at = match self.place(id, hash, candidates) {
            Ok(group) => return group,
            Err(at) => at,
        };
        self.len += 1;
        self.slots[at] = self.tag(hash) | self.len;
        match id {
            Id::Int(id) => self.records.push(&[id]),
            Id::Short(head, tail) => self.records.push(&[u64::from(head) << 32, tail]),
            Id::Long(id) => {
                self.records.push(&[u64::from(long_head(hash)) << 32, self.long.len() as u64]);
                self.long.extend_from_slice(&id.len().to_le_bytes());
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
        slots * size_of::<u32>() + self.long.len() + self.records.bytes_after(more)
    }

    /// At most half of the slots are taken, even if all of so many rows are new.
    fn make_room(&mut self, rows: usize) {
        let mut bits = self.bits;
        while (self.len() + rows) * 2 > 1 << bits {
            bits += 1;
        }
        if bits > self.bits {
            // The old table goes first: all that it says is in the records, too.
            self.close();
            self.bits = bits;
            self.slots = WordArray::zeroed(1 << bits);
            for first in (0..self.len).step_by(CHUNK) {
                self.put_back(first..self.len.min(first + CHUNK as u32));
            }
        }
    }

    /// Gives groups, at most [`CHUNK`], a slot in a new table.
    fn put_back(&mut self, groups: Range<u32>) {
        let mut hashes = [0; CHUNK];
        hashes.iter_mut().zip(groups.clone()).for_each(|(hash, group)| *hash = self.hash(group));
        hashes[..groups.len()].iter().for_each(|hash| self.slots.prefetch(self.home(*hash)));
        let mask = self.slots.len() - 1;
        for (hash, group) in hashes.iter().zip(groups) {
            let mut at = self.home(*hash);
            while self.slots[at] != 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = self.tag(*hash) | (group + 1);
        }
    }

    /// Frees the table; no more rows may come.
    pub(super) fn close(&mut self) {
        self.slots = WordArray::new();
    }

    /// A word that orders like the id, as far as its leading 96 bits go, with the group below it.
    pub(super) fn sort_key(&self, group: u32) -> u128 {
        let record = self.records.get(group);
        let order = if !self.text {
            u128::from(record[0] ^ 1 << 63)
        } else if let Some(text) = long_text(record, &self.long) {
            let mut bytes = [0; 16];
            let length = text.len().min(INLINE);
            bytes[4..4 + length].copy_from_slice(&text[..length]);
            u128::from_be_bytes(bytes)
        } else {
            (short_text(record) << 32).swap_bytes()
        };
        order << 32 | u128::from(group)
    }

    /// Whether [`Self::sort_key`] does not say everything.
    pub(super) fn is_ambiguous(&self) -> bool {
        !self.long.is_empty()
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
            None => Text::Short(short_text(record).to_le_bytes()),
        }
    }
}

/// The bytes of an id.
pub(super) enum Text<'a> {
    /// Without the zeros that follow.
    Short([u8; 16]),
    Long(&'a [u8]),
}

impl std::ops::Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Short(bytes) => {
                let zeros = u128::from_le_bytes(*bytes).leading_zeros() as usize / 8;
                &bytes[..bytes.len() - zeros]
            }
            Self::Long(bytes) => bytes,
        }
    }
}

/// How two groups' ids order, of the same shard or of two.
pub(super) fn compare(a: (&GroupTable, u128), b: (&GroupTable, u128)) -> Ordering {
    let by_head = (a.1 >> 32).cmp(&(b.1 >> 32));
    if by_head != Ordering::Equal || !(a.0.is_ambiguous() || b.0.is_ambiguous()) {
        return by_head;
    }
    a.0.text(a.1 as u32).cmp(&b.0.text(b.1 as u32))
}

/// What stands in place of the first four bytes of a text that is elsewhere: a mark, and a part of its hash.
fn long_head(hash: u64) -> u32 {
    (hash >> 32) as u32 | ELSEWHERE
}

/// The bytes of a short text, the first the lowest.
fn short_text(record: &[u64]) -> u128 {
    u128::from(record[0] >> 32) | u128::from(record[1]) << 32
}

/// The bytes of a text that is elsewhere; none if the record holds it itself.
fn long_text<'a>(record: &[u64], long: &'a [u8]) -> Option<&'a [u8]> {
    if (record[0] >> 32) as u32 & ELSEWHERE != ELSEWHERE {
        return None;
    }
    let (length, text) = long.get(record[1] as usize..)?.split_first_chunk()?;
    text.get(..usize::from_le_bytes(*length))
}

#[cfg(test)]
mod tests {
    use polars::prelude::{IntoColumn, NewChunkedArray, StringChunked};

    use super::*;

    /// Texts that the record holds, at both of its ends, and texts that are elsewhere; then enough for a larger table.
    fn texts() -> Vec<String> {
        let awkward =
            ["", "\0", "a", "a\0", "a\0b", "abcd", "abcde", "123456789012", "12345678901\0", "1234567890123"];
        let more =
            (0..20_000).map(|id| if id % 5 == 0 { format!("a longer text {id}") } else { format!("C{id}") });
        awkward.into_iter().chain(["\u{ff}", "\u{10ffff}"]).map(str::to_owned).chain(more).collect()
    }

    #[test]
    fn each_text_has_one_group() -> Result<(), crate::engine::Error> {
        let texts = texts();
        let column =
            StringChunked::from_iter_values("id".into(), texts.iter().map(String::as_str)).into_column();
        let ids = CustomerIds::new(&column, Type::Text)?;
        let (hashes, rows): (_, Vec<u32>) = (ids.hashes(), (0..texts.len() as u32).collect());
        let mut keys = GroupTable::new(Type::Text);
        let mut groups = Vec::new();
        keys.groups(&ids, &hashes, &rows[..100], &mut groups);
        keys.groups(&ids, &hashes, &rows, &mut groups);
        assert_eq!(groups, rows);
        keys.find(&ids, &hashes, &rows, &mut groups);
        assert_eq!(groups, rows);
        assert!(rows.iter().all(|row| *keys.text(*row) == *texts[*row as usize].as_bytes()));
        assert!(rows.iter().all(|row| keys.hash(*row) == hashes[*row as usize]));

        let mut sorted: Vec<u128> = rows.iter().map(|row| keys.sort_key(*row)).collect();
        sorted.sort_unstable_by(|a, b| compare((&keys, *a), (&keys, *b)));
        let mut expected: Vec<&str> = texts.iter().map(String::as_str).collect();
        expected.sort_unstable();
        assert!(sorted.iter().zip(expected).all(|(key, text)| *keys.text(*key as u32) == *text.as_bytes()));
        Ok(())
    }

    #[test]
    fn a_slot_holds_any_group_beside_what_is_left_of_the_hash() {
        let mut keys = GroupTable::new(Type::Int);
        for bits in [FIRST_BITS, 16, 31, 32] {
            keys.bits = bits;
            let (hash, other) = (0x0123_4567_89ab_cdef_u64, 0x0123_4567_89ab_cdee_u64);
            let group = (1_u64 << (bits - 1)) as u32 - 1;
            let slot = keys.tag(hash) | (group + 1);
            assert_eq!((keys.group_in(slot), keys.has_tag(slot, hash)), (group, true));
            assert_eq!(keys.has_tag(slot, other), bits == 32, "{bits} bits");
            assert_eq!(keys.group_in(0), NOBODY);
        }
    }
}
