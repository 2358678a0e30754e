//! How much memory the states of customers may take, out of a limit for the whole process.

use std::path::PathBuf;

const MIB: u64 = 1 << 20;

/// What the program, the row groups that are being read and the batches on their way to the shards take, about: that
/// depends on the files. So it is half of a limit, but at least and at most this.
const READING: [u64; 2] = [256 * MIB, 512 * MIB];
/// With less than this a shard would do nothing but spill.
const LEAST_OF_SHARD: u64 = 32 * MIB;

/// What a profile may take, and where the rest of it goes.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Bytes for the states of all shards together.
    pub states: u64,
    /// A folder for a file without a name.
    pub scratch: PathBuf,
}

impl Memory {
    /// Out of a limit for the whole process: what reading takes is set aside, and half of the rest is for the states;
    /// the other half is for the frame of finished customers.
    pub fn within(limit: u64, threads: usize, scratch: PathBuf) -> Self {
        let limit = limit.max(Self::least(threads));
        let [least, most] = READING;
        Self { states: (limit - (limit / 2).clamp(least, most)) / 2, scratch }
    }

    /// The least limit that so many threads can work in.
    pub fn least(threads: usize) -> u64 {
        READING[0] + LEAST_OF_SHARD * threads as u64
    }

    /// The part of each shard.
    pub(super) fn of_shard(&self, threads: usize) -> usize {
        usize::try_from(self.states).unwrap_or(usize::MAX) / threads.max(1)
    }
}
