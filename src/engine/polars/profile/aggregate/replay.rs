//! The way back of what was spilled: one partition after the other into a shard that is empty.

use std::sync::Arc;

use polars::io::SerReader;
use polars::io::parquet::read::ParquetReader;

use crate::engine::Error;
use crate::plan::Plan;

use super::batch::{Batch, InputReads};
use super::emit::Finished;
use super::memory::Memory;
use super::shard::Shard;
use super::spill::{Reservation, Spilled};

/// What came of customers who had been spilled.
pub(in crate::engine::polars::profile) struct Replayed<T> {
    pub(in crate::engine::polars::profile) frames: Vec<T>,
    /// Rows of each input that turned out to be strangers'.
    pub(in crate::engine::polars::profile) unknown: Vec<u64>,
    /// How many customers are not in the table of customers.
    pub(in crate::engine::polars::profile) unplaced: u64,
    /// Bytes that were written to scratch files, in all.
    pub(in crate::engine::polars::profile) bytes: u64,
}

/// Aggregates everything that was spilled, one partition after the other, shards side by side.
pub(in crate::engine::polars::profile) fn replay<T: Send>(
    plan: &Plan,
    reads: &[InputReads],
    memory: &Memory,
    spilled: Vec<Spilled>,
    finish: impl Fn(Finished) -> Result<Vec<T>, Error> + Sync,
) -> Result<Replayed<T>, Error> {
    let room = memory.of_shard(spilled.len());
    let mut all = Replayed { frames: Vec::new(), unknown: vec![0; reads.len()], unplaced: 0, bytes: 0 };
    let parts = std::thread::scope(|scope| {
        let work = |spilled: Spilled| {
            let finish = &finish;
            scope.spawn(move || {
                let mut replayed =
                    Replayed { frames: Vec::new(), unknown: vec![0; reads.len()], unplaced: 0, bytes: 0 };
                Replay { plan, reads, memory, room, finish }.all(spilled, &mut replayed)?;
                Ok(replayed)
            })
        };
        let workers: Vec<_> = spilled.into_iter().map(work).collect();
        let stopped = || Error::Engine("a worker of the profile panicked".to_owned());
        let join = |worker: std::thread::ScopedJoinHandle<'_, Result<Replayed<T>, Error>>| {
            worker.join().unwrap_or_else(|_| Err(stopped()))
        };
        workers.into_iter().map(join).collect::<Vec<_>>()
    });
    for part in parts {
        let part = part?;
        all.frames.extend(part.frames);
        all.unknown.iter_mut().zip(part.unknown).for_each(|(sum, rows)| *sum += rows);
        all.unplaced += part.unplaced;
        all.bytes += part.bytes;
    }
    Ok(all)
}

struct Replay<'a, F> {
    plan: &'a Plan,
    reads: &'a [InputReads],
    memory: &'a Memory,
    /// Bytes for one partition.
    room: usize,
    finish: &'a F,
}

impl<F> Replay<'_, F> {
    fn all<T>(&self, mut spilled: Spilled, replayed: &mut Replayed<T>) -> Result<(), Error>
    where
        F: Fn(Finished) -> Result<Vec<T>, Error>,
    {
        replayed.bytes += spilled.scratch.len();
        for segments in std::mem::take(&mut spilled.partitions) {
            if segments.is_empty() {
                continue;
            }
            let room = Reservation::at(self.memory, self.room, spilled.level + 1);
            let mut shard = Shard::new(self.plan, self.reads, self.plan.rows(), Some(room));
            for segment in segments {
                let bytes = spilled.scratch.read(segment.piece)?;
                let mut frame = ParquetReader::new(std::io::Cursor::new(bytes)).finish()?;
                frame.rechunk_mut();
                let batch = Arc::new(Batch::of_one(segment.input, frame, self.plan.customer.ty)?);
                shard.update(&batch, 0)?;
            }
            let (finished, deeper) = shard.finish()?;
            replayed.unknown.iter_mut().zip(&finished.unknown).for_each(|(sum, rows)| *sum += rows);
            replayed.unplaced += finished.unplaced();
            replayed.frames.extend((self.finish)(finished)?);
            if let Some(deeper) = deeper {
                self.all(deeper, replayed)?;
            }
        }
        Ok(())
    }
}
