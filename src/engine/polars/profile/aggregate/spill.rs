//! What does not fit: rows of customers whom a shard has no room for, in partitions of the hash space on disk, and
//! their way back into shards that are empty.
//!
//! A shard that is full admits nobody any more. The customers it has are complete in the end; all rows of the others
//! are spilled, in the order in which they came, so that replaying a partition is like reading inputs that have only
//! its customers. A partition that does not fit, either, is divided again by other bits of the hash.

use polars::io::parquet::write::{ParquetCompression, ParquetWriter, StatisticsOptions};
use polars::prelude::{Column, DataFrame, IdxCa, IntoColumn};

use crate::engine::Error;
use crate::engine::polars::profile::columns::{CUSTOMER, REASON};
use crate::engine::polars::slices::stack;

use super::batch::Batch;
use super::memory::Memory;
use super::scratch::{Piece, Scratch};
use super::states::AggregateState;
use crate::engine::polars::profile::columns::PLACE;

/// Into how many partitions a shard spills.
const PARTITIONS: usize = 32;
/// Deeper than this nothing is divided: ids that are still together have the same hash.
const DEEPEST: u32 = 8;
/// One of so many parts of a shard's room is for rows that wait to be written.
const WAITING: usize = 8;

/// The room of one shard, and the rows it had none for.
pub(in crate::engine::polars::profile) struct Reservation<'a> {
    memory: &'a Memory,
    /// Bytes for keys, records and states.
    states: usize,
    /// Rows are written when so many bytes of them wait.
    waiting: usize,
    /// How often these customers have been divided.
    level: u32,
    input: Option<usize>,
    frames: Vec<DataFrame>,
    hashes: Vec<u64>,
    bytes: usize,
    spilled: Option<Spilled>,
}

/// What a shard has spilled.
pub(in crate::engine::polars::profile) struct Spilled {
    pub(super) scratch: Scratch,
    pub(super) partitions: Vec<Vec<Segment>>,
    pub(super) level: u32,
}

/// Rows of one partition and one input; none of the table of customers.
pub(super) struct Segment {
    pub(super) input: Option<usize>,
    pub(super) piece: Piece,
}

impl<'a> Reservation<'a> {
    /// The room of one of so many shards.
    pub(in crate::engine::polars::profile) fn new(memory: &'a Memory, threads: usize) -> Self {
        Self::at(memory, memory.of_shard(threads), 0)
    }

    pub(super) fn at(memory: &'a Memory, bytes: usize, level: u32) -> Self {
        let waiting = bytes / WAITING;
        Self {
            memory,
            states: if level < DEEPEST { bytes - waiting } else { usize::MAX },
            waiting,
            level,
            input: None,
            frames: Vec::new(),
            hashes: Vec::new(),
            bytes: 0,
            spilled: None,
        }
    }

    /// Bytes for keys, records and states. States outside the records grow with each row, also of customers who are
    /// in already: they may come to twice what they are when the room is full.
    pub(super) fn states(&self, states: &[AggregateState]) -> usize {
        let grows = states.iter().any(|state| matches!(state, AggregateState::Own(_)));
        if grows && self.states != usize::MAX { self.states / 2 } else { self.states }
    }

    /// Takes rows of a batch whose customers have no room.
    pub(super) fn spill(&mut self, batch: &Batch, rows: &[u32]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        if self.input != batch.input {
            self.flush()?;
            self.input = batch.input;
        }
        let picked = IdxCa::from_vec(PLACE.into(), rows.to_vec());
        let frame = match batch.input {
            // Its reason is that it counts.
            Some(_) => drop_column(&batch.frame, REASON)?.take(&picked)?,
            None => {
                let ids: Column = batch.frame.column(CUSTOMER)?.take(&picked)?;
                let places = rows.iter().map(|row| batch.place(*row)).collect::<Vec<u32>>();
                let places = IdxCa::from_vec(PLACE.into(), places).into_column();
                DataFrame::new(rows.len(), vec![ids, places])?
            }
        };
        self.bytes += frame.estimated_size() + 8 * rows.len();
        self.frames.push(frame);
        self.hashes.extend(rows.iter().map(|row| batch.hashes[*row as usize]));
        if self.bytes > self.waiting { self.flush() } else { Ok(()) }
    }

    /// Writes the rows that wait, one piece a partition.
    fn flush(&mut self) -> Result<(), Error> {
        let frames = std::mem::take(&mut self.frames);
        let hashes = std::mem::take(&mut self.hashes);
        self.bytes = 0;
        if frames.is_empty() {
            return Ok(());
        }
        let mut all = stack(frames)?;
        all.rechunk_mut();
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); PARTITIONS];
        for (row, hash) in hashes.iter().enumerate() {
            rows[partition(*hash, self.level)].push(row as u32);
        }
        let spilled = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert(Spilled {
                scratch: Scratch::create(&self.memory.scratch)?,
                partitions: std::iter::repeat_with(Vec::new).take(PARTITIONS).collect(),
                level: self.level,
            }),
        };
        for (rows, segments) in rows.into_iter().zip(&mut spilled.partitions) {
            if rows.is_empty() {
                continue;
            }
            let mut frame = all.take(&IdxCa::from_vec("".into(), rows))?;
            let mut bytes = Vec::new();
            ParquetWriter::new(&mut bytes)
                .with_compression(ParquetCompression::Uncompressed)
                .with_statistics(StatisticsOptions::empty())
                .set_parallel(false)
                .finish(&mut frame)?;
            segments.push(Segment { input: self.input, piece: spilled.scratch.append(&bytes)? });
        }
        Ok(())
    }

    /// What was spilled; no more rows will come.
    pub(super) fn close(mut self) -> Result<Option<Spilled>, Error> {
        self.flush()?;
        Ok(self.spilled)
    }
}

fn drop_column(frame: &DataFrame, name: &str) -> Result<DataFrame, Error> {
    // A frame that was replayed once has lost it already.
    Ok(if frame.column(name).is_ok() { frame.drop(name)? } else { frame.clone() })
}

/// The partition of a customer. Shards are picked by the leading bits of the hash; each level mixes it anew.
fn partition(hash: u64, level: u32) -> usize {
    let mut mixed = hash.wrapping_add(u64::from(level + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ mixed >> 31) as usize % PARTITIONS
}
