//! What a run may take: threads, memory, scratch space, and where profiles are kept.

use std::path::{Path, PathBuf};

use crate::engine::Cache;
use crate::engine::polars::profile::Memory;

use super::{Exit, Failure};

/// What somebody asked for; what is none follows from the machine.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Worker threads.
    pub threads: Option<usize>,
    /// Bytes that the run is to take at most.
    pub memory_limit: Option<u64>,
    /// The folder of scratch files.
    pub scratch: Option<PathBuf>,
    /// The folder of kept profiles.
    pub cache: Option<PathBuf>,
}

/// What a run takes.
#[derive(Clone, Debug)]
pub struct Resources {
    /// Worker threads.
    pub threads: usize,
    /// Bounds of the profile's memory; none without a limit.
    pub memory: Option<Memory>,
    /// Where profiles are kept; none where they are not.
    pub cache: Option<Cache>,
    /// The folder of scratch files.
    pub scratch: PathBuf,
}

impl Asked {
    /// How many threads work.
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(available_threads)
    }

    /// What a run takes; scratch files go to the staging area, unless told otherwise.
    pub(super) fn resources(&self, area: &Path) -> Result<Resources, Failure> {
        let threads = self.threads();
        let least = Memory::least(threads);
        if let Some(asked) = self.memory_limit
            && asked < least
        {
            let message = format!(
                "--memory-limit is {asked} bytes; the least on {threads} threads is {}MB",
                least.div_ceil(1_000_000)
            );
            return Err(Failure { exit: Exit::Rules, message });
        }
        let scratch = self.scratch.clone().unwrap_or_else(|| area.to_path_buf());
        // 80 % of what the control group may have, where nobody asked.
        let limit = self.memory_limit.or_else(|| Some(of_control_group(Path::new("/"))? / 5 * 4));
        Ok(Resources {
            threads,
            memory: limit.map(|limit| Memory::within(limit, threads, scratch.clone())),
            cache: self.cache.as_deref().map(Cache::at),
            scratch,
        })
    }
}

impl Resources {
    /// So many threads, no limit and no cache; scratch files go to the folder of temporary ones.
    pub fn threads(threads: usize) -> Self {
        Self { threads, memory: None, cache: None, scratch: std::env::temp_dir() }
    }
}

/// How many threads this process may use: the limit of its control group, or the machine's processors.
pub fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The lowest limit of the control groups that this process is in, version 2 or 1; `root` is `/`.
fn of_control_group(root: &Path) -> Option<u64> {
    let groups = std::fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mut lowest: Option<u64> = None;
    for line in groups.lines() {
        // `0::/path` is version 2, `9:memory:/path` version 1.
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let (folder, file) = match controllers {
            "" => (root.join("sys/fs/cgroup"), "memory.max"),
            other if other.split(',').any(|one| one == "memory") => {
                (root.join("sys/fs/cgroup/memory"), "memory.limit_in_bytes")
            }
            _ => continue,
        };
        // A group is bound by those above it. In a container the path may be the host's: then only the top is there.
        for group in Path::new(path.trim_start_matches('/')).ancestors() {
            let limit = std::fs::read_to_string(folder.join(group).join(file));
            let limit = limit.ok().and_then(|text| text.trim().parse::<u64>().ok());
            // Version 1 says "no limit" by a number near 2^63; version 2 by `max`.
            let limit = limit.filter(|bytes| *bytes < 1 << 60);
            lowest = match (lowest, limit) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }
    lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_limit_of_the_control_groups_counts() {
        let root = std::env::temp_dir().join(format!("tiermill-cgroup-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap_or(&root)).ok();
            std::fs::write(path, text).ok();
        };
        assert_eq!(of_control_group(&root), None);
        write("proc/self/cgroup", "0::/jobs/night\n");
        assert_eq!(of_control_group(&root), None);
        write("sys/fs/cgroup/jobs/night/memory.max", "max\n");
        assert_eq!(of_control_group(&root), None);
        write("sys/fs/cgroup/jobs/memory.max", "3000000000\n");
        assert_eq!(of_control_group(&root), Some(3_000_000_000));
        write("sys/fs/cgroup/jobs/night/memory.max", "2000000000\n");
        assert_eq!(of_control_group(&root), Some(2_000_000_000));
        write("proc/self/cgroup", "12:cpu,cpuacct:/a\n9:memory:/a/b\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(of_control_group(&root), None);
        write("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "1000000000\n");
        assert_eq!(of_control_group(&root), Some(1_000_000_000));
        std::fs::remove_dir_all(&root).ok();
    }
}
