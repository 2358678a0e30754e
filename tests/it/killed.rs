//! Runs that are killed where no signal handler helps: while rows are spilled, and while a profile is kept. What was
//! published before stays, and the next run works and leaves nothing behind.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::folder::{files, names, sha256};
use crate::support::table::{self, Cells};
use crate::support::{Ran, Sandbox};

const FOLDER: &str = "out/as_of=2025-06-30";
const RUN: [&str; 8] = ["run", "rules.yml", "--as-of", "2025-06-30", "--out", "out", "--threads", "1"];
const RULES: &str = "
tiermill: 1
name: many
inputs: {orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}}
metrics: {revenue: sum(amount), rows: count(*), recency: days_since(max(time)), gap: last_gap(time)}
scores: {m: {of: revenue, quantiles: 5}}
";

/// More customers than the least limit has room for.
fn many() -> Sandbox {
    let sandbox = Sandbox::new();
    let rows = 0..700_000_i64;
    let id = |row: i64| row.wrapping_mul(6_364_136_223_846_793_005).wrapping_shr(33) % 400_000;
    let start = i64::from(table::days("2024-12-01"));
    let columns = [
        (
            "id",
            Cells::Text(rows.clone().map(|row| Some(format!("customer-of-this-shop-{}", id(row)))).collect()),
        ),
        ("at", Cells::Date(rows.clone().map(|row| Some((start + row % 220) as i32)).collect())),
        ("amount", Cells::Decimal(rows.map(|row| Some(i128::from(row % 9_973))).collect(), 2)),
    ];
    sandbox.orders("orders.parquet", &table::batch(&columns));
    sandbox.text("rules.yml", RULES);
    std::fs::create_dir(sandbox.path("scratch")).unwrap();
    sandbox
}

/// Kills a run as soon as it is where it should be; one that ends before that is repeated.
fn killed(sandbox: &Sandbox, args: &[&str], is_there: impl Fn(&Child) -> bool) {
    let run = || {
        let mut child = sandbox.command(&[&RUN[..], args].concat()).spawn().unwrap();
        let start = Instant::now();
        while !is_there(&child) {
            assert!(start.elapsed() < Duration::from_secs(120), "the run never gets there");
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        child.kill().unwrap();
        Ran::new(&child.wait_with_output().unwrap()).code.is_none()
    };
    assert!((0..20).any(|_| run()), "one of twenty runs is still there when it is killed");
}

/// Whether a process has written to a scratch file, which has no name any more.
fn spills(child: &Child) -> bool {
    let open = std::fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
    open.map(|entry| entry.path()).any(|file| {
        let target = std::fs::read_link(&file).unwrap_or_default();
        target.to_string_lossy().contains(".tiermill-scratch-")
            && std::fs::metadata(&file).is_ok_and(|file| file.len() > 0)
    })
}

#[test]
fn a_run_that_is_killed_while_it_spills() {
    const LIMIT: [&str; 4] = ["--memory-limit", "303MB", "--scratch", "scratch"];
    let sandbox = many();
    // Nothing was published before: nothing is there now.
    killed(&sandbox, &LIMIT, spills);
    assert_eq!(names(&sandbox.path("out")), [""; 0]);
    let run = || sandbox.tiermill(&[&RUN[..], &LIMIT].concat()).done();
    assert!(run().result()["spilled_bytes"].as_u64() > Some(0));
    let before = files(&sandbox.path(FOLDER));
    // The earlier partition stays.
    killed(&sandbox, &LIMIT, spills);
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-06-30"]);
    assert!(files(&sandbox.path(FOLDER)) == before, "the earlier partition has changed");
    // A name that a kill leaves while the file has one is gone after the next run.
    sandbox.text("scratch/.tiermill-scratch-1-0", "rows");
    run();
    assert!(files(&sandbox.path(FOLDER)) == before);
    assert_eq!(names(&sandbox.path("scratch")), [""; 0]);
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-06-30"]);
}

#[test]
fn a_run_that_is_killed_while_its_profile_is_kept() {
    const CACHE: [&str; 2] = ["--cache", "cache"];
    let sandbox = many();
    sandbox.tiermill(&RUN).done();
    let before = files(&sandbox.path(FOLDER));
    // The first bytes of the table are there, and it has no entry that says what it holds.
    let is_writing = |_: &Child| {
        let drafts = names(&sandbox.path("cache"));
        let table = |draft: &String| sandbox.path("cache").join(draft).join("aggregates.parquet");
        drafts.iter().any(|draft| std::fs::metadata(table(draft)).is_ok_and(|file| file.len() > 0))
    };
    killed(&sandbox, &CACHE, is_writing);
    assert!(files(&sandbox.path(FOLDER)) == before, "the earlier partition has changed");
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-06-30"]);
    let left = names(&sandbox.path("cache"));
    assert!(left.len() == 1 && left[0].starts_with(".draft-"), "{left:?}");
    // What is half-written is no entry: the next run reads, and removes it.
    let run = || {
        let ran = sandbox.tiermill(&[&RUN[..], &CACHE].concat()).done();
        assert!(files(&sandbox.path(FOLDER)) == before);
        ran.result()["profile"].as_str().unwrap().to_owned()
    };
    assert_eq!(run(), "read");
    let kept = names(&sandbox.path("cache"));
    assert!(kept.len() == 1 && !kept[0].starts_with('.'), "{kept:?}");
    assert_eq!(run(), "kept");
    assert_eq!(names(&sandbox.path("cache")), kept);
}

/// Few customers, so that runs are short; two sets of rules, so that what is published changes.
fn few() -> Sandbox {
    let sandbox = Sandbox::new();
    let rows = 0..40_000_i64;
    let start = i64::from(table::days("2025-01-01"));
    let columns = [
        ("id", Cells::Int(rows.clone().map(|row| Some(row % 20_000)).collect())),
        ("at", Cells::Date(rows.clone().map(|row| Some((start + row % 170) as i32)).collect())),
        ("amount", Cells::Decimal(rows.map(|row| Some(i128::from(row * 7_919 % 9_973))).collect(), 2)),
    ];
    sandbox.orders("orders.parquet", &table::batch(&columns));
    sandbox.text("rules.yml", RULES);
    sandbox
}

/// What a reader finds that holds the partition open, and so sees one generation of it: none where there is no
/// partition, or it went away meanwhile.
fn generation(folder: &Path) -> Option<Vec<String>> {
    use std::os::fd::AsRawFd;
    let open = std::fs::File::open(folder).ok()?;
    let here = Path::new("/proc/self/fd").join(open.as_raw_fd().to_string());
    let success = std::fs::read_to_string(here.join("_SUCCESS")).ok()?;
    let manifest = std::fs::read(here.join("_run/manifest.json")).ok()?;
    let listed: Vec<String> = names_of(&here)?;
    let manifest_hash = sha256(&manifest);
    let said: serde_json::Value = serde_json::from_slice(&manifest).expect("a whole manifest");
    let mut parts = Vec::new();
    for part in said["parts"].as_array().expect("parts") {
        let name = part["path"].as_str().expect("a path").to_owned();
        let bytes = std::fs::read(here.join(&name)).ok()?;
        assert_eq!(part["sha256"], sha256(&bytes), "a torn part");
        parts.push(name);
    }
    assert_eq!(success.trim_end(), manifest_hash, "`_SUCCESS` of another run");
    let mut expected = vec!["_SUCCESS".to_owned(), "_run".to_owned()];
    expected.extend(parts.iter().cloned());
    // While the generation is taken away names may be missing, and none is ever too many.
    assert!(listed.iter().all(|name| expected.contains(name)), "{listed:?}");
    Some(parts)
}

fn names_of(folder: &Path) -> Option<Vec<String>> {
    let entries = std::fs::read_dir(folder).ok()?;
    Some(entries.flatten().map(|entry| entry.file_name().into_string().unwrap()).collect())
}

/// Runs are killed wherever they are, with a reader looking all the while: never half a partition, never two, and the next
/// run leaves nothing of the dead ones. `TIERMILL_KILLS` says how many.
#[test]
fn at_random_moments() {
    let kills: u32 = std::env::var("TIERMILL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let mut random = ChaCha8Rng::seed_from_u64(u64::from(kills));
    let sandbox = few();
    let edited = ["--set", "scores.m.quantiles=4"];
    // The days in turn: of two the partition is there, the third is killed before it ever is.
    let run = |day: &str, edit: bool| {
        let run = ["run", "rules.yml", "--as-of", day, "--out", "out", "--threads", "1"];
        sandbox.command(&[&run[..], if edit { &edited } else { &[] }].concat())
    };
    let days = ["2025-06-30", "2025-05-31"];
    let start = Instant::now();
    for day in days {
        Ran::new(&run(day, false).output().unwrap()).done();
    }
    let whole = start.elapsed() / 2;
    let done = AtomicBool::new(false);
    let (mut killed, mut staged) = (0, 0);
    let looks = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut looks = 0_u64;
            while !done.load(Ordering::Relaxed) {
                let table = names(&sandbox.path("out"));
                assert!(table.iter().all(|name| name.starts_with("as_of=2025-0")), "{table:?}");
                assert!(table.len() >= days.len(), "a partition is gone: {table:?}");
                for day in &table {
                    looks += u64::from(generation(&sandbox.path("out").join(day)).is_some());
                }
            }
            looks
        });
        let ends = std::panic::AssertUnwindSafe(|| {
            for kill in 0..kills {
                let day = ["2025-06-30", "2025-05-31", "2025-04-30"][kill as usize % 3];
                let mut child = run(day, kill % 2 == 0).spawn().unwrap();
                std::thread::sleep(whole.mul_f64(random.random_range(0.0..1.1)));
                child.kill().unwrap();
                killed += u32::from(Ran::new(&child.wait_with_output().unwrap()).code.is_none());
                let left = names(&sandbox.path(".out.tiermill"));
                staged += u32::from(left.iter().any(|name| name.ends_with(".staging")));
            }
        });
        let ended = std::panic::catch_unwind(ends);
        done.store(true, Ordering::Relaxed);
        ended.unwrap();
        reader.join().unwrap()
    });
    println!(
        "{killed} of {kills} runs were killed, {staged} of them with a staging folder; {looks} whole looks"
    );
    assert!(killed > kills / 2 && looks > u64::from(kills), "{killed} killed, {looks} looks");
    // A run of one day clears away what those of others left.
    Ran::new(&run(days[1], false).output().unwrap()).done();
    assert_eq!(names(&sandbox.path("")), ["orders.parquet", "out", "rules.yml"]);
    for day in names(&sandbox.path("out")) {
        assert!(generation(&sandbox.path("out").join(day)).is_some());
    }
}
