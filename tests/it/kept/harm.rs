//! What has happened to the cache behind its back: whatever it is, the run reads the inputs instead, says why, and publishes
//! the bytes of a cold run.

use std::path::{Path, PathBuf};

use crate::support::Ran;

use super::{Job, shop};

/// Places of a file to flip a bit at: all of a small one, and of a large one the ends and some between.
fn places(bytes: usize) -> Vec<usize> {
    let most = 40;
    match bytes {
        0..40 => (0..bytes).collect(),
        _ => (0..most).map(|at| at * (bytes - 1) / (most - 1)).collect(),
    }
}

fn job_with_entry() -> (Job, PathBuf) {
    let job = shop("");
    job.run("cold", &[]).done();
    assert_eq!(job.cached("out", &[]), "read");
    let [entry] = &job.entries()[..] else { panic!("{:?}", job.entries()) };
    let entry = entry.clone();
    (job, entry)
}

/// A run that finds the harm: it reads everything, publishes what a cold run does, and keeps a whole entry.
fn reads_all(job: &Job, what: &str) {
    assert_eq!(job.cached("out", &[]), "read", "{what}");
    job.assert_same("out", "cold");
}

fn files(entry: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(entry).unwrap().map(|file| file.unwrap().path()).collect()
}

#[test]
fn a_flipped_bit() {
    let (job, entry) = job_with_entry();
    for file in files(&entry) {
        let whole = std::fs::read(&file).unwrap();
        for (number, place) in places(whole.len()).into_iter().enumerate() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << (number % 8);
            std::fs::write(&file, &bytes).unwrap();
            reads_all(&job, &format!("byte {place} of {}", file.display()));
        }
    }
    assert_eq!(job.cached("out", &[]), "kept");
}

/// An entry under the key of another one is whole, and not the one that is looked for.
#[test]
fn an_entry_under_another_key() {
    let (job, entry) = job_with_entry();
    assert_eq!(job.cached("other", &["--set", "timezone=Asia/Shanghai"]), "read");
    let [other] = &job.entries().into_iter().filter(|one| *one != entry).collect::<Vec<_>>()[..] else {
        panic!("{:?}", job.entries())
    };
    std::fs::remove_dir_all(&entry).unwrap();
    std::fs::rename(other, &entry).unwrap();
    reads_all(&job, "another entry");
}

/// Nothing waits at a pipe, and nothing behind a link is read or removed.
#[test]
#[cfg(unix)]
fn what_is_no_file() {
    let (job, entry) = job_with_entry();
    for file in files(&entry) {
        let aside = job.sandbox.path("aside");
        std::fs::rename(&file, &aside).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
        assert!(made.success());
        reads_all(&job, &format!("a FIFO in place of {}", file.display()));
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        let ran = job.run("out", &["--cache", "cache"]).done();
        assert_eq!(ran.result()["profile"], "read");
        assert!(ran.stderr.contains("cannot be kept"), "{}", ran.stderr);
        job.assert_same("out", "cold");
        std::fs::remove_dir_all(&entry).unwrap();
        job.cached("out", &[]);
    }
    let elsewhere = job.sandbox.path("elsewhere");
    std::fs::rename(&entry, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &entry).unwrap();
    let ran = job.run("out", &["--cache", "cache"]).done();
    assert_eq!(ran.result()["profile"], "read");
    job.assert_same("out", "cold");
    job.sandbox.tiermill(&["cache", "clean", "cache"]).done();
    assert_eq!(files(&elsewhere).len(), 3);
}

/// `cache clean` removes what runs wrote, and nothing that somebody has put there.
#[test]
fn other_files_stay() {
    let (job, entry) = job_with_entry();
    std::fs::write(entry.join("note.txt"), "mine").unwrap();
    std::fs::create_dir(job.sandbox.path("cache/.draft-of-mine")).unwrap();
    std::fs::write(job.sandbox.path("cache/.draft-of-mine/note.txt"), "mine").unwrap();
    let Ran { stdout, .. } = job.sandbox.tiermill(&["cache", "clean", "cache"]).done();
    assert!(stdout.contains("2 folders stay"), "{stdout}");
    assert_eq!(files(&entry), [entry.join("note.txt")]);
    assert!(job.sandbox.path("cache/.draft-of-mine/note.txt").exists());
}
