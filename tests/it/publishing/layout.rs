//! What lies where: parts that stay or get another name, the staging area, partitions of earlier versions.

use std::path::Path;
use std::time::{Duration, SystemTime};

use super::{AS_OF, FOLDER, RUN, names, shop};
use crate::support::folder::files;
use crate::support::{Rows, Sandbox};

/// The only part: its name, and which file it is.
fn part(sandbox: &Sandbox) -> (String, (u64, SystemTime)) {
    let parts = names(&sandbox.path(FOLDER)).into_iter().filter(|name| name.starts_with("part-"));
    let parts: Vec<String> = parts.collect();
    let [name] = &parts[..] else { panic!("{parts:?}") };
    let found = sandbox.path(FOLDER).join(name).metadata().unwrap();
    #[cfg(unix)]
    let file = std::os::unix::fs::MetadataExt::ino(&found);
    #[cfg(not(unix))]
    let file = 0;
    (name.clone(), (file, found.modified().unwrap()))
}

fn run(sandbox: &Sandbox, more: &[&str]) {
    sandbox.tiermill(&[&RUN[..], more].concat()).done();
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-01-31"]);
}

#[test]
fn a_rerun_leaves_the_same_parts_alone() {
    let sandbox = shop();
    run(&sandbox, &[]);
    let first = part(&sandbox);
    run(&sandbox, &[]);
    assert_eq!(part(&sandbox), first);
    // Other labels, other words about the same rows: the part is what counts.
    run(&sandbox, &["--set", "segments.tier.rules=[{id: best, when: abc = 'A'}]"]);
    let second = part(&sandbox);
    assert_ne!(second.0, first.0, "other content has another name");
    // A part of that name that holds something else is written again.
    std::fs::write(sandbox.path(FOLDER).join(&second.0), "broken").unwrap();
    run(&sandbox, &["--set", "segments.tier.rules=[{id: best, when: abc = 'A'}]"]);
    files(&sandbox.path(FOLDER));
    run(&sandbox, &[]);
    assert_eq!(part(&sandbox).0, first.0);
}

/// Makes the partition what an earlier version would have published: everything side by side.
fn flatten(folder: &Path) {
    for name in names(&folder.join("_run")) {
        std::fs::rename(folder.join("_run").join(&name), folder.join(&name)).unwrap();
    }
    std::fs::remove_dir(folder.join("_run")).unwrap();
    let part = names(folder).into_iter().find(|name| name.starts_with("part-")).unwrap();
    std::fs::rename(folder.join(part), folder.join("part-00000.parquet")).unwrap();
}

#[test]
fn a_partition_of_an_earlier_version_is_replaced() {
    let sandbox = shop();
    run(&sandbox, &[]);
    let expected = files(&sandbox.path(FOLDER));
    flatten(&sandbox.path(FOLDER));
    // It is read as the earlier day of another one,
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-02-28", "--out", "out"]).done();
    let summary = Rows::read(&sandbox.path("out/as_of=2025-02-28/_run/summary.parquet"));
    let previous: Vec<String> =
        summary.column("previous_customers").into_iter().map(ToString::to_string).collect();
    assert_eq!(previous, ["2", "1", "1"]);
    // and is not this very run, though it says so.
    sandbox.tiermill(&[&RUN[..], &["--skip-code", "99"]].concat()).done();
    assert!(files(&sandbox.path(FOLDER)) == expected);
}

#[test]
fn what_dead_runs_left_goes_with_the_next_run_of_any_day() {
    let sandbox = shop();
    run(&sandbox, &[]);
    let expected = files(&sandbox.path(FOLDER));
    let leave = |name: &str| {
        std::fs::create_dir_all(sandbox.path(name)).unwrap();
        sandbox.text(&format!("{name}/part-00000.parquet"), "half");
    };
    // Of another day and of this one, of earlier versions inside the table, of a cleaner that was killed.
    leave(".out.tiermill/as_of=2024-12-31.staging");
    sandbox.text(".out.tiermill/as_of=2024-12-31.lock", "");
    leave(".out.tiermill/as_of=2025-01-31.staging");
    leave(".out.tiermill/as_of=2024-11-30.staging");
    leave(".out.tiermill/trash-1-0");
    sandbox.text(".out.tiermill/.tiermill-scratch-1-0", "rows");
    leave("out/.staging-as_of=2024-12-31");
    sandbox.text("out/.tiermill.lock", "");
    // Partitions that stepped aside and were not replaced, of this version and of an earlier one; one that was.
    std::fs::rename(sandbox.path(FOLDER), sandbox.path(".out.tiermill/as_of=2025-01-31.replaced")).unwrap();
    leave("out/.staging-as_of=2024-10-31.old");
    leave("out/as_of=2024-09-30");
    leave(".out.tiermill/as_of=2024-09-30.replaced");
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-02-28", "--out", "out"]).done();
    let days = ["as_of=2024-09-30", "as_of=2024-10-31", "as_of=2025-01-31", "as_of=2025-02-28"];
    assert_eq!(names(&sandbox.path("out")), days);
    assert_eq!(names(&sandbox.path("")), ["orders.parquet", "out", "rules.yml"]);
    assert!(files(&sandbox.path(FOLDER)) == expected, "what stepped aside has stepped back");
}

#[test]
fn what_runs_at_work_have_is_left_alone() {
    let sandbox = shop();
    let held = crate::support::sandbox::lock(&sandbox.path("out"), "2024-12-31").unwrap();
    std::fs::create_dir(sandbox.path(".out.tiermill/as_of=2024-12-31.staging")).unwrap();
    run(&sandbox, &[]);
    let work = ["as_of=2024-12-31.lock", "as_of=2024-12-31.staging"];
    assert_eq!(names(&sandbox.path(".out.tiermill")), work);
    drop(held);
    assert_eq!(names(&sandbox.path(".out.tiermill")), work[1..]);
    run(&sandbox, &[]);
    assert_eq!(names(&sandbox.path("")), ["orders.parquet", "out", "rules.yml"]);
}

#[test]
fn the_staging_area_may_be_elsewhere() {
    let sandbox = shop();
    std::fs::create_dir(sandbox.path("elsewhere")).unwrap();
    let elsewhere = ["--staging", "elsewhere"];
    run(&sandbox, &elsewhere);
    assert_eq!(names(&sandbox.path("elsewhere")), [""; 0]);
    // There a lock counts, and beside the table none does.
    let ran = sandbox.tiermill(&[&RUN[..], &["--staging", "nowhere"]].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        let device = |path: &Path| path.metadata().unwrap().dev();
        // Shared memory is another file system nearly everywhere.
        let other = Path::new("/dev/shm");
        if other.is_dir() && device(other) != device(&sandbox.path("out")) {
            let before = files(&sandbox.path(FOLDER));
            let ran = sandbox.tiermill(&[&RUN[..], &["--staging", "/dev/shm"]].concat());
            assert_eq!(ran.code, Some(5), "{}", ran.stderr);
            assert!(ran.stderr.contains("is not on the file system of"), "{}", ran.stderr);
            assert!(ran.stderr.contains("name a folder on the table's file system"), "{}", ran.stderr);
            assert!(files(&sandbox.path(FOLDER)) == before);
            assert!(!names(other).iter().any(|name| name.starts_with("out-")));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_table_behind_a_link() {
    let sandbox = shop();
    std::fs::create_dir_all(sandbox.path("disk/table")).unwrap();
    std::os::unix::fs::symlink("disk/table", sandbox.path("out")).unwrap();
    let lock = crate::support::sandbox::lock(&sandbox.path("out"), AS_OF).unwrap();
    // Beside what the link leads to.
    assert_eq!(names(&sandbox.path("disk")), [".table.tiermill", "table"]);
    drop(lock);
    run(&sandbox, &[]);
    assert_eq!(names(&sandbox.path("disk")), ["table"]);
    assert_eq!(names(&sandbox.path("disk/table")), ["as_of=2025-01-31"]);
}

#[test]
fn what_is_replaced_may_be_kept_for_a_while() {
    let sandbox = shop();
    run(&sandbox, &[]);
    let first = part(&sandbox).0;
    let other = ["--set", "bands.abc.cumulative.A=0.99"];
    let kept = || {
        let kept = names(&sandbox.path(".out.tiermill"));
        assert!(kept.iter().all(|name| name.starts_with("as_of=2025-01-31.kept-")), "{kept:?}");
        kept
    };
    run(&sandbox, &[&other[..], &["--keep-replaced", "3600"]].concat());
    assert_eq!(kept().len(), 1);
    let folder = sandbox.path(".out.tiermill").join(&kept()[0]);
    assert!(names(&folder).contains(&first), "the partition that was replaced");
    run(&sandbox, &["--keep-replaced", "3600"]);
    assert_eq!(kept().len(), 2);
    // An hour later it goes.
    let hour_ago = SystemTime::now() - Duration::from_secs(3_601);
    std::fs::File::open(&folder).unwrap().set_modified(hour_ago).unwrap();
    run(&sandbox, &["--keep-replaced", "3600"]);
    assert_eq!(kept().len(), 2, "the one of an hour ago is gone, and one more was replaced");
    assert!(!folder.exists());
    run(&sandbox, &[]);
    assert_eq!(names(&sandbox.path("")), ["orders.parquet", "out", "rules.yml"]);
}
