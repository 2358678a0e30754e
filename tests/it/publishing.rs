//! What a run publishes, and how: the folder's content, hashes that hold, types every warehouse takes, one swap.

mod audiences;
mod changed;
mod edges;
mod failure;
mod layout;
mod locks;
mod output_names;
mod overrides;
mod parts;
mod pseudonyms;
mod readback;
mod segment_profile;
mod signal;
mod slices;

use std::fs::File;

use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value as Json;

use crate::support::folder::{files, names, sha256};
use crate::support::{Sandbox, table};

const AS_OF: &str = "2025-01-31";

/// One column of every type.
const RULES: &str = "
tiermill: 1
name: shop
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, time: at, amount: amount}
metrics:
  revenue: sum(amount)
  rows: count(*)
  days: days_since(max(time))
  first_day: min(day(time))
  last_time: max(time)
  channel: last(channel)
  average: revenue / rows
scores:
  m: {of: revenue, quantiles: 3}
  value: {weighted: {m: 0.5}}
bands: {abc: {of: revenue, cumulative: {A: 0.80, B: 1}}}
clv: {model: simple, horizon: 30d, margin: 1}
segments:
  tier:
    rules:
      - {id: best, when: abc = 'A', label: {zh: 最好, en: Best}, color: '#0b7a4b', strategy: Keep, expected_effect: More}
      - {id: fresh, when: days < 10, label: Fresh}
    default: rest
";

/// A few orders and the rules.
fn shop() -> Sandbox {
    let sandbox = Sandbox::new();
    let orders = table::words(
        "id:text at:naive amount:decimal channel:text
         a 2025-01-01T10:00:00 50.00 web
         b 2025-01-02T10:00:00 10.00 web
         c 2025-01-30T10:00:00 5.00 -
         c 2025-01-30T11:00:00 -1.00 app
         d 2025-01-05T10:00:00 0.01 web
         - 2025-01-05T10:00:00 0.01 web",
    );
    sandbox.orders("orders.parquet", &orders);
    sandbox.text("rules.yml", RULES);
    sandbox
}

const RUN: [&str; 6] = ["run", "rules.yml", "--as-of", AS_OF, "--out", "out"];
const FOLDER: &str = "out/as_of=2025-01-31";

#[test]
fn the_folder_and_its_hashes() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    // Nothing but days in the table, and nothing is left beside it.
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-01-31"]);
    assert_eq!(names(&sandbox.path("")), ["orders.parquet", "out", "rules.yml"]);
    let files = files(&sandbox.path(FOLDER));
    let expected = [
        "_SUCCESS",
        "_run/manifest.json",
        "_run/model.json",
        "_run/rejected.parquet",
        "_run/segment_profile.parquet",
        "_run/segments.parquet",
        "_run/summary.parquet",
        "part-00000.parquet",
    ];
    assert!(files.keys().eq(expected), "{:?}", files.keys());
    assert_eq!(files["_SUCCESS"], format!("{}\n", sha256(&files["_run/manifest.json"])).as_bytes());

    let manifest: Json = serde_json::from_slice(&files["_run/manifest.json"]).unwrap();
    let entries = ["parts", "tables"].map(|list| manifest[list].as_array().unwrap().clone()).concat();
    for entry in &entries {
        assert!(sandbox.path(FOLDER).join(entry["path"].as_str().unwrap()).is_file(), "{entry}");
    }
    // A part's name says its content; here it goes by its number.
    let key = |entry: &Json| {
        let path = entry["path"].as_str().unwrap().to_owned();
        path.replace(&format!("-{}", &entry["sha256"].as_str().unwrap()[..16]), "")
    };
    let mut listed: Vec<String> = entries.iter().map(key).collect();
    listed.sort_unstable();
    assert_eq!(listed, expected[2..], "all but the manifest and its hash are listed");
    for entry in &entries {
        let bytes = &files[&key(entry)];
        assert_eq!(entry["sha256"], sha256(bytes), "{entry}");
        assert_eq!(entry["bytes"], bytes.len(), "{entry}");
    }
    let rows: Vec<&Json> = entries.iter().map(|entry| &entry["rows"]).collect();
    // The part, the segments, their summary, one row without a customer, the profile, and the model, which is no table.
    let profile =
        crate::support::Rows::read(&sandbox.path(FOLDER).join("_run/segment_profile.parquet")).rows.len();
    assert_eq!(rows, [&Json::from(4), &3.into(), &3.into(), &1.into(), &profile.into(), &Json::Null]);
    assert_eq!(manifest["model"], serde_json::from_slice::<Json>(&files["_run/model.json"]).unwrap());
    assert_eq!(manifest["rules_sha256"], sha256(RULES.as_bytes()));
    assert_eq!(
        manifest["inputs"][0]["bytes"],
        std::fs::metadata(sandbox.path("orders.parquet")).unwrap().len()
    );
    assert_eq!(manifest["rows"]["rejected"], serde_json::json!({"null_customer": 1}));
}

/// The parts and the other tables, by their paths in the partition.
fn tables(sandbox: &Sandbox) -> Vec<String> {
    let beside = names(&sandbox.path(FOLDER).join("_run")).into_iter().map(|name| format!("_run/{name}"));
    let all = names(&sandbox.path(FOLDER)).into_iter().chain(beside);
    let tables: Vec<String> = all.filter(|name| name.ends_with(".parquet")).collect();
    assert_eq!(tables.len(), 5);
    tables
}

#[test]
fn footers_say_where_a_file_comes_from() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    for name in tables(&sandbox) {
        let file = File::open(sandbox.path(FOLDER).join(&name)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let pairs = reader.metadata().file_metadata().key_value_metadata().unwrap();
        let said = |key: &str| {
            let pair = pairs.iter().find(|pair| pair.key == key).unwrap_or_else(|| panic!("{key} in {name}"));
            pair.value.clone().unwrap()
        };
        let found = ["version", "engine", "rules", "as_of"].map(|key| said(&format!("tiermill.{key}")));
        assert_eq!(found, [env!("CARGO_PKG_VERSION"), "polars", "shop", AS_OF]);
        assert_eq!(said("tiermill.rules_sha256"), sha256(RULES.as_bytes()));
    }
}

#[test]
fn types_that_every_warehouse_takes() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    for name in tables(&sandbox) {
        let file = File::open(sandbox.path(FOLDER).join(&name)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        for leaf in reader.metadata().file_metadata().schema_descr().columns() {
            let (path, logical) = (leaf.path().string(), leaf.logical_type_ref());
            assert!(
                leaf.max_rep_level() == 0 && leaf.path().parts().len() == 1,
                "{path} of {name} is nested"
            );
            assert!(
                path.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
                "{path}"
            );
            let safe = match (leaf.physical_type(), logical) {
                (Physical::INT32 | Physical::INT64, Some(LogicalType::Integer(int))) => int.is_signed,
                (Physical::INT32 | Physical::INT64, None) => true,
                (_, Some(LogicalType::Decimal(decimal))) => {
                    decimal.precision <= 18 && decimal.scale <= decimal.precision
                }
                (Physical::INT64, Some(LogicalType::Timestamp(time))) => {
                    matches!(time.unit, TimeUnit::MICROS)
                }
                (Physical::INT32, Some(LogicalType::Date)) | (Physical::DOUBLE, None) => true,
                (Physical::BYTE_ARRAY, Some(LogicalType::String)) => true,
                _ => false,
            };
            assert!(safe, "{path} of {name} is {:?} {logical:?}", leaf.physical_type());
        }
    }
    let manifest: Json = serde_json::from_slice(&files(&sandbox.path(FOLDER))["_run/manifest.json"]).unwrap();
    let declared: Vec<String> =
        manifest["columns"].as_array().unwrap().iter().map(|c| format!("{} {}", c[0], c[1])).collect();
    let expected = [
        r#""id" "VARCHAR""#,
        r#""revenue" "DECIMAL(18, 2)""#,
        r#""rows" "BIGINT""#,
        r#""days" "INTEGER""#,
        r#""first_day" "DATE""#,
        r#""last_time" "TIMESTAMP""#,
        r#""channel" "VARCHAR""#,
        r#""average" "DOUBLE""#,
        r#""m" "SMALLINT""#,
        r#""value" "DECIMAL(18, 6)""#,
        r#""abc" "VARCHAR""#,
        r#""clv" "DOUBLE""#,
        r#""tier" "VARCHAR""#,
        r#""tier_rule" "SMALLINT""#,
    ];
    assert_eq!(declared, expected);
}

#[test]
fn the_segments_table() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    let segments = crate::support::Rows::read(&sandbox.path(FOLDER).join("_run/segments.parquet"));
    let columns =
        ["segmentation", "id", "label_zh", "label_en", "strategy", "expected_effect", "color", "rule"];
    assert_eq!(segments.columns, columns);
    let found: Vec<String> = segments
        .rows
        .iter()
        .map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|"))
        .collect();
    let expected = [
        "tier|best|最好|Best|Keep|More|#0b7a4b|abc = 'A'",
        "tier|fresh|Fresh|Fresh|-|-|-|days < 10",
        "tier|rest|-|-|-|-|-|everybody else",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_rerun_replaces_the_partition_in_one_step() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    let first = files(&sandbox.path(FOLDER));
    sandbox.tiermill(&[&RUN[..], &["--set", "bands.abc.cumulative.A=0.99"]].concat()).done();
    let second = files(&sandbox.path(FOLDER));
    assert!(first.keys().eq(second.keys()));
    assert_ne!(first["part-00000.parquet"], second["part-00000.parquet"]);
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-01-31"]);
    sandbox.tiermill(&RUN).done();
    assert!(files(&sandbox.path(FOLDER)) == first);

    // Whoever looks while it is replaced finds it complete: there is no moment without a partition.
    let done = std::sync::atomic::AtomicBool::new(false);
    let folder = sandbox.path(FOLDER);
    std::thread::scope(|scope| {
        let looks = scope.spawn(|| {
            let mut looks = 0_u32;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let success = std::fs::read_to_string(folder.join("_SUCCESS"));
                assert_eq!(success.expect("a complete partition").len(), 65);
                looks += 1;
            }
            looks
        });
        for _ in 0..10 {
            sandbox.publish("rules.yml", AS_OF).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(looks.join().unwrap() > 10);
    });
    // Another as-of date is another partition.
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-02-28", "--out", "out"]).done();
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-01-31", "as_of=2025-02-28"]);
}
