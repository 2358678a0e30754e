//! Input files that are broken in many ways, and files that change while they are read: a right answer, or an end that names
//! the file; never a bug, a panic, a hang or a signal.
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::folder::names;
use crate::support::table::{self, Cells};
use crate::support::{Ran, Sandbox};

const RUN: [&str; 8] = ["run", "rules.yml", "--as-of", "2025-06-30", "--out", "out", "--threads", "2"];
const RULES: &str = "
tiermill: 1
name: mutants
inputs: {orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}}
metrics: {revenue: sum(amount), rows: count(*), kinds: count(distinct kind)}
scores: {m: {of: revenue, quantiles: 5}}
";

/// Longer than any run on a few hundred rows takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every codec in turn, pages of both versions, with dictionaries and without, ids and amounts of several types.
fn sound(seed: u64, path: &Path) {
    let rows = 0..240_i64;
    let start = table::days("2025-01-01");
    let id = match seed % 2 {
        0 => Cells::Int(rows.clone().map(|row| Some(row % 60)).collect()),
        _ => Cells::Text(rows.clone().map(|row| Some(format!("c{}", row % 60))).collect()),
    };
    let at = match seed / 2 % 2 {
        0 => Cells::Date(rows.clone().map(|row| Some(start + (row % 150) as i32)).collect()),
        _ => Cells::Utc(
            rows.clone().map(|row| Some((i64::from(start) + row % 150) * 86_400_000_000)).collect(),
        ),
    };
    let amount = match seed / 4 % 2 {
        0 => Cells::Decimal(rows.clone().map(|row| Some(i128::from(row * 37 % 9_973))).collect(), 2),
        _ => Cells::Float(rows.clone().map(|row| Some((row * 37 % 9_973) as f64 / 4.0)).collect()),
    };
    let kind = Cells::Text(rows.map(|row| (row % 7 != 0).then(|| format!("kind {}", row % 5))).collect());
    let batch = table::batch(&[("id", id), ("at", at), ("amount", amount), ("kind", kind)]);
    let codec = match seed % 6 {
        0 => Compression::UNCOMPRESSED,
        1 => Compression::SNAPPY,
        2 => Compression::GZIP(GzipLevel::default()),
        3 => Compression::BROTLI(BrotliLevel::default()),
        4 => Compression::LZ4_RAW,
        _ => Compression::ZSTD(ZstdLevel::default()),
    };
    let version =
        if (seed / 8).is_multiple_of(2) { WriterVersion::PARQUET_1_0 } else { WriterVersion::PARQUET_2_0 };
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_writer_version(version)
        .set_dictionary_enabled((seed / 16).is_multiple_of(2))
        .set_max_row_group_row_count(Some(100))
        .set_data_page_row_count_limit(40)
        .set_write_batch_size(20)
        .build();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

const KINDS: [&str; 8] = [
    "bit of a page",
    "bit of the footer",
    "byte of the footer",
    "length of the footer",
    "cut short",
    "run of zeros",
    "pages swapped",
    "run of 0xff in the footer",
];

fn mutate(kind: &str, bytes: &mut Vec<u8>, random: &mut ChaCha8Rng) {
    let end = bytes.len();
    let length = u32::from_le_bytes(bytes[end - 8..end - 4].try_into().unwrap()) as usize;
    let footer = end - 8 - length;
    match kind {
        "bit of a page" => bytes[random.random_range(4..footer)] ^= 1 << random.random_range(0..8),
        "bit of the footer" => bytes[random.random_range(footer..end - 8)] ^= 1 << random.random_range(0..8),
        "byte of the footer" => bytes[random.random_range(footer..end - 8)] = random.random(),
        "length of the footer" => {
            let other: u32 =
                if random.random() { random.random() } else { random.random_range(0..2 * length as u32) };
            bytes[end - 8..end - 4].copy_from_slice(&other.to_le_bytes());
        }
        "cut short" => bytes.truncate(random.random_range(0..end)),
        "run of zeros" => {
            let start = random.random_range(4..end - 20);
            bytes[start..start + random.random_range(1..16)].fill(0);
        }
        "pages swapped" => {
            let size = random.random_range(1..(footer - 4) / 3);
            let one = random.random_range(4..footer - 2 * size);
            let other = random.random_range(one + size..=footer - size);
            (0..size).for_each(|at| bytes.swap(one + at, other + at));
        }
        _ => {
            let start = random.random_range(footer..end - 16);
            bytes[start..start + random.random_range(1..9)].fill(0xff);
        }
    }
}

/// Runs with an end in sight: none where it had to be killed.
fn ends(sandbox: &Sandbox) -> Option<Ran> {
    let mut command = sandbox.command(&RUN);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Some(Ran::new(&child.wait_with_output().unwrap()))
}

/// `TIERMILL_MUTANTS` says how many, `TIERMILL_SEED` which.
#[test]
fn no_mutant_is_a_bug() {
    let number = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let (mutants, seed) = (number("TIERMILL_MUTANTS").unwrap_or(240), number("TIERMILL_SEED").unwrap_or(1));
    let sandbox = Sandbox::new();
    sandbox.text("rules.yml", RULES);
    let orders = sandbox.path("orders.parquet");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut counts: BTreeMap<(&str, String), u32> = BTreeMap::new();
    let mut faults = Vec::new();
    for mutant in 0..mutants {
        let kind = KINDS[mutant as usize % KINDS.len()];
        sound(random.random_range(0..96), &orders);
        let mut bytes = std::fs::read(&orders).unwrap();
        mutate(kind, &mut bytes, &mut random);
        std::fs::write(&orders, &bytes).unwrap();
        let ran = ends(&sandbox);
        let end = ran.as_ref().map_or("hang".to_owned(), |ran| format!("{:?}", ran.code));
        *counts.entry((kind, end.clone())).or_default() += 1;
        let is_well = ran.as_ref().is_some_and(|ran| {
            matches!(ran.code, Some(0 | 2 | 3 | 4))
                && !ran.stderr.contains("panicked")
                && (ran.code != Some(4) || ran.stderr.contains("orders.parquet"))
        });
        if !is_well {
            if let Some(folder) = std::env::var_os("TIERMILL_KEEP") {
                std::fs::write(Path::new(&folder).join(format!("{mutant}.parquet")), &bytes).unwrap();
            }
            faults.push(format!("{mutant}: {kind}: {end}: {}", ran.map_or(String::new(), |ran| ran.stderr)));
        }
    }
    for ((kind, end), count) in &counts {
        println!("{kind:<26} {end:<10} {count}");
    }
    assert!(faults.is_empty(), "{} of {mutants}:\n{}", faults.len(), faults.join("\n"));
}

/// Enough rows that reading them takes a while.
fn many(sandbox: &Sandbox) {
    let rows = 0..1_500_000_i64;
    let start = table::days("2025-01-01");
    let columns = [
        ("id", Cells::Int(rows.clone().map(|row| Some(row * 7_919 % 1_000_003)).collect())),
        ("at", Cells::Date(rows.clone().map(|row| Some(start + (row % 150) as i32)).collect())),
        ("amount", Cells::Decimal(rows.clone().map(|row| Some(i128::from(row % 9_973))).collect(), 2)),
        ("kind", Cells::Text(rows.map(|row| Some(format!("kind {}", row % 5_003))).collect())),
    ];
    sandbox.orders("orders.parquet", &table::batch(&columns));
    sandbox.text("rules.yml", RULES);
}

/// Changes the orders at many moments of a run. Whatever the moment, the run is of one state of the file or ends with 5
/// (or 4, where it begins with what is there by then), its result said, and nothing is left.
fn changed_at_many_moments(change: impl Fn(&Path)) {
    let sandbox = Sandbox::new();
    many(&sandbox);
    let orders = sandbox.path("orders.parquet");
    let bytes = std::fs::read(&orders).unwrap();
    let start = Instant::now();
    sandbox.tiermill(&RUN).done();
    let whole = start.elapsed();
    let mut noticed = 0;
    for moment in 0..12 {
        std::fs::remove_file(&orders).ok();
        std::fs::write(&orders, &bytes).unwrap();
        std::fs::remove_dir_all(sandbox.path("out")).ok();
        let mut command = sandbox.command(&RUN);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(0.04 * f64::from(moment)));
        change(&orders);
        let ran = Ran::new(&child.wait_with_output().unwrap());
        let code = ran.code;
        assert!(matches!(code, Some(0 | 4 | 5)), "{code:?}: {}", ran.stderr);
        assert_eq!(ran.result()["code"], code.unwrap(), "{}", ran.stderr);
        if code != Some(0) {
            assert!(ran.stderr.contains("orders.parquet"), "{}", ran.stderr);
            assert_eq!(names(&sandbox.path("out")), [""; 0]);
        }
        noticed += u32::from(code == Some(5));
    }
    assert!(noticed > 0, "no change was noticed");
}

#[test]
fn a_file_that_is_cut_short_while_it_is_read() {
    changed_at_many_moments(|orders| {
        let file = File::options().write(true).open(orders).unwrap();
        file.set_len(file.metadata().unwrap().len() / 3).unwrap();
    });
}

#[test]
fn a_file_that_is_replaced_while_it_is_read() {
    changed_at_many_moments(|orders| {
        let next = orders.with_extension("next");
        sound(1, &next);
        std::fs::rename(next, orders).unwrap();
    });
}
