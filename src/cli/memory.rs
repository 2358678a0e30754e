//! `--memory-limit` and `--scratch`: sizes as they are typed, and the limit of the control group.

use std::path::{Path, PathBuf};

use crate::engine::polars::profile::Memory;

use super::args::RunArgs;
use super::exit::Exit;
use super::load::Failure;
use super::threads;

const UNITS: [(&str, u64); 9] = [
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// Reads a size, as in `2GB` or `1.5 GiB`.
pub(super) fn read_size(text: &str) -> Result<u64, String> {
    let wrong = || "write a number and a unit, as in `2GB`, `512MB` or `1.5GiB`".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let size = number * *bytes as f64;
    if (1.0..1e18).contains(&size) { Ok(size as u64) } else { Err(wrong()) }
}

/// Reads the name of a folder that is there.
pub(super) fn read_folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() { Ok(path) } else { Err("there is no such folder".to_owned()) }
}

/// The limit of a run: what was typed, or 80 % of what the control group may have.
pub(super) fn limit(args: &RunArgs) -> Option<u64> {
    args.memory_limit.or_else(|| Some(of_control_group(Path::new("/"))? / 5 * 4))
}

/// How many threads work.
pub(super) fn workers(args: &RunArgs) -> usize {
    args.threads.map_or_else(threads::available, usize::from)
}

/// What the profile may take; scratch files go beside the staging folder, unless told otherwise.
pub(super) fn of_profile(args: &RunArgs, target: &Path) -> Result<Option<Memory>, Failure> {
    let workers = workers(args);
    let least = Memory::least(workers);
    if let Some(asked) = args.memory_limit
        && asked < least
    {
        let message = format!(
            "--memory-limit is {asked} bytes; the least on {workers} threads is {}MB",
            least.div_ceil(1_000_000)
        );
        return Err(Failure { exit: Exit::Rules, message });
    }
    let scratch = args.scratch.clone().unwrap_or_else(|| target.to_path_buf());
    Ok(limit(args).map(|limit| Memory::within(limit, workers, scratch)))
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
    fn sizes() {
        assert_eq!(read_size("2GB"), Ok(2_000_000_000));
        assert_eq!(read_size("1.5 gib"), Ok(3 << 29));
        assert_eq!(read_size("512MB"), Ok(512_000_000));
        assert_eq!(read_size("1073741824B"), Ok(1 << 30));
        for wrong in ["", "2", "GB", "-1GB", "2 apples", "1.2.3GB", "0GB", "1e3MB", "99999999999TB"] {
            assert!(read_size(wrong).is_err(), "{wrong}");
        }
    }

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
