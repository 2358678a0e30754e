//! `--cache`: a kept profile gives the bytes of a cold run without a look at the orders, and nothing else does it for.

mod days;
mod harm;
mod plans;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value as Json;

use crate::support::sandbox::project;
use crate::support::{Ran, Sandbox, table};

/// A job in a sandbox: its date, and the inputs that lose their rows.
struct Job {
    sandbox: Sandbox,
    as_of: &'static str,
    inputs: &'static [&'static str],
}

impl Job {
    fn run(&self, out: &str, more: &[&str]) -> Ran {
        let run = ["run", "rules.yml", "--as-of", self.as_of, "--threads", "2", "--out", out];
        let mut command = self.sandbox.command(&[&run[..], more].concat());
        Ran::new(&command.env("TIERMILL_TEST_KEY", "a key of many more bytes than sixteen").output().unwrap())
    }

    /// A run with the cache, and where its profile came from.
    fn cached(&self, out: &str, more: &[&str]) -> String {
        let ran = self.run(out, &[&["--cache", "cache"], more].concat()).done();
        let way = ran.result()["profile"].as_str().unwrap().to_owned();
        let line = ran.stderr.lines().find(|line| line.starts_with("profile")).unwrap();
        let said = if way == "kept" { "kept profile" } else { "reads everything: " };
        assert!(line.contains(said), "{line}");
        way
    }

    /// All files of a run, byte by byte.
    fn files(&self, out: &str) -> BTreeMap<String, Vec<u8>> {
        crate::support::folder::files(&self.sandbox.path(out).join(format!("as_of={}", self.as_of)))
    }

    #[track_caller]
    fn assert_same(&self, found: &str, expected: &str) {
        let (found, expected) = (self.files(found), self.files(expected));
        assert!(found.keys().eq(expected.keys()), "{:?}", found.keys());
        for (name, bytes) in &expected {
            assert!(found[name] == *bytes, "{name} differs");
        }
    }

    /// Overwrites the rows of all inputs and leaves their footers.
    fn lose_rows(&self) {
        for input in self.inputs {
            let path = self.sandbox.path(input);
            let mut bytes = std::fs::read(&path).unwrap();
            let end = bytes.len() - 8;
            let footer = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap()) as usize;
            bytes[4..end - footer].fill(0xff);
            std::fs::write(&path, bytes).unwrap();
        }
    }

    fn entries(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.sandbox.path("cache")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// A cold run, one that keeps its profile, one that finds it: the same files. Then the rows are lost, and an edited
    /// rules file still gives what it gave before.
    fn check(&self, edits: &[&str]) {
        let sets: Vec<&str> = edits.iter().flat_map(|edit| ["--set", edit]).collect();
        assert_eq!(self.run("cold", &[]).done().result()["profile"], "read");
        self.run("cold-edited", &sets).done();
        assert_eq!(self.cached("first", &[]), "read");
        assert_eq!(self.cached("second", &[]), "kept");
        self.assert_same("first", "cold");
        self.assert_same("second", "cold");
        self.lose_rows();
        assert_ne!(self.run("blind", &[]).code, Some(0), "the rows are still there");
        assert_eq!(self.cached("third", &[]), "kept");
        self.assert_same("third", "cold");
        assert_eq!(self.cached("edited", &sets), "kept");
        self.assert_same("edited", "cold-edited");
        assert!(self.files("edited") != self.files("third"));
    }
}

fn cdnow(rules: &str) -> Job {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("orders")).unwrap();
    std::fs::copy(project().join("data/cdnow/orders.parquet"), sandbox.path("orders/all.parquet")).unwrap();
    sandbox.text("rules.yml", rules);
    Job { sandbox, as_of: "1998-06-30", inputs: &["orders/all.parquet"] }
}

#[test]
fn every_kind_of_aggregate() {
    let job = cdnow(crate::determinism::RULES);
    job.sandbox.text("overrides.csv", crate::determinism::OVERRIDES);
    job.check(&["scores.usual.quantiles=4", "metrics.avg_order=revenue / purchase_days", "clv.horizon=30d"]);
}

const CLV: &str = "tiermill: 1
name: clv
inputs:
  orders:
    path: orders/*.parquet
    columns: {customer: customer_id, time: ordered_at, amount: amount}
metrics: {revenue: sum(amount)}
scores: {v: {of: clv, quantiles: 10}}
clv: {model: bg_nbd, spend: gamma_gamma, horizon: 364d, time_unit: 7d, margin: 0.3, holdout: 180d}
segments: {churn: {rules: [{id: gone, when: p_alive < 0.5}], default: here}}
";

/// The time before the holdout is a profile of its own.
#[test]
fn a_model_with_a_holdout() {
    let job = cdnow(CLV);
    job.check(&["clv.model=mbg_nbd", "clv.horizon=100d"]);
    assert_eq!(job.entries().len(), 2);
}

const SHOP: &str = "tiermill: 1
name: shop
inputs:
  orders: {path: orders.parquet, where: kind <> 'test', columns: {customer: id, time: at, amount: amount}}
  customers: {path: customers.parquet, columns: {customer: cid}, attributes: [region, since, agreed]}
  visits: {path: visits.parquet, columns: {customer: id, time: at}}
metrics:
  n: count(*)
  revenue: sum(amount)
  kinds: count(distinct kind)
  last_kind: last(kind)
  visits: {from: visits, expr: count(*)}
  seen: {from: visits, expr: max(time)}
segments: {tier: {rules: [{id: best, when: revenue > 8}], default: rest}}
";

/// Rows of each fate, in each input.
fn shop(more: &str) -> Job {
    let sandbox = Sandbox::new();
    let orders = "id:text at:naive amount:float kind:text
        a 2025-01-01T10:00:00 10.25 web
        a 2025-01-02T10:00:00 1.5 -
        b - 5 web
        - 2025-01-02 5 web
        stranger 2025-01-03 7 web
        gone 2025-01-03 7 web
        b 2025-01-04 2 test
        b 2025-01-05 -3.75 store
        c 2025-02-05 3 store
        no 2025-01-05 3 store";
    sandbox.orders("orders.parquet", &table::words(orders));
    let customers = "cid:text region:text since:date agreed:bool
        a north 2020-01-01 true
        b - - true
        c south 2021-01-01 true
        twice south 2021-01-01 true
        twice east 2021-01-01 true
        - east 2021-01-01 true
        no east 2021-01-01 false
        gone south 2021-01-01 true";
    sandbox.orders("customers.parquet", &table::words(customers));
    sandbox.orders(
        "visits.parquet",
        &table::words("id:text at:date\n a 2025-01-07\n gone 2025-01-07\n b -\n x 2025-01-09"),
    );
    sandbox.text("list.csv", "id\ngone\n");
    sandbox.text("rules.yml", &format!("{SHOP}{more}"));
    Job { sandbox, as_of: "2025-01-31", inputs: &["orders.parquet", "customers.parquet", "visits.parquet"] }
}

const TIER: &str = "segments.tier.default=others";

#[test]
fn customers_events_and_rejected_rows() {
    let job = shop("");
    job.check(&[TIER, "metrics.n=count(*) + 1"]);
    let manifest: Json = serde_json::from_slice(&job.files("edited")["_run/manifest.json"]).unwrap();
    assert_eq!(manifest["rows"]["rejected"]["null_time"], 1, "{manifest}");
    let rejected = job.sandbox.path("edited/as_of=2025-01-31/_run/rejected.parquet");
    // Two orders without customer or time, one of a stranger, one visit, two customers.
    assert_eq!(crate::support::Rows::read(&rejected).rows.len(), 6);
}

#[test]
fn suppressed_customers_and_consent() {
    shop("privacy: {suppress: {path: list.csv, column: id}, consent: agreed}\n").check(&[TIER]);
}

/// A profile is kept under ids, and only those who may see the inputs may see it.
#[test]
fn pseudonyms() {
    let job = shop("privacy: {pseudonymize: {key_env: TIERMILL_TEST_KEY}}\n");
    job.check(&[TIER]);
    let rejected = &job.files("third")["_run/rejected.parquet"];
    assert!(!rejected.windows(8).any(|window| window == b"stranger"));
    #[cfg(unix)]
    for folder in job.entries().iter().chain([&job.sandbox.path("cache")]) {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700, "{}", folder.display());
    }
}

/// Whatever the aggregates follow from makes another profile; what comes after them does not.
#[test]
fn what_makes_another_profile() {
    let job = shop("privacy: {suppress: {path: list.csv, column: id}}\n");
    assert_eq!(job.cached("out", &[]), "read");
    let same = ["name=other", TIER, "metrics.n=count(*) * 2", "segments.tier.rules=[{id: one, when: n = 1}]"];
    for edit in same {
        assert_eq!(job.cached("out", &["--set", edit]), "kept", "{edit}");
    }
    let other = [
        "inputs.orders.where=kind <> 'web'",
        "metrics.n=count(distinct kind)",
        "metrics.n={expr: count(*), window: 30d}",
        "inputs.customers.attributes=[region]",
        "inputs.customers.unknown=join",
        "timezone=Asia/Shanghai",
    ];
    for edit in other {
        assert_eq!(job.cached("out", &["--set", edit]), "read", "{edit}");
    }
    let mut run = job.sandbox.command(&["run", "rules.yml", "--as-of", "2025-01-30", "--out", "out"]);
    let ran = Ran::new(&run.args(["--cache", "cache"]).output().unwrap()).done();
    assert_eq!(ran.result()["profile"], "read");
    // Another list of the same length, and one more row of orders.
    job.sandbox.text("list.csv", "id\nnone\n");
    assert_eq!(job.cached("out", &[]), "read");
    job.sandbox.orders(
        "orders.parquet",
        &table::words("id:text at:naive amount:float kind:text\n a 2025-01-01T10:00:00 10.25 web"),
    );
    assert_eq!(job.cached("out", &[]), "read");
}

/// An entry that is not whole counts for nothing, and is written again.
#[test]
fn broken_entries() {
    let job = shop("");
    job.run("cold", &[]).done();
    job.cached("out", &[]);
    let [entry] = &job.entries()[..] else { panic!("{:?}", job.entries()) };
    let file = |name: &str| entry.join(name);
    let cut = |name: &str, bytes: usize| {
        let whole = std::fs::read(file(name)).unwrap();
        std::fs::write(file(name), &whole[..bytes]).unwrap();
    };
    let harms: [&dyn Fn(); 6] = [
        &|| cut("aggregates.parquet", 100),
        &|| cut("rejected.parquet", 0),
        &|| cut("entry.json", 60),
        &|| std::fs::remove_file(file("entry.json")).unwrap(),
        &|| std::fs::remove_file(file("aggregates.parquet")).unwrap(),
        // The right size, and no footer.
        &|| {
            let size = std::fs::read(file("aggregates.parquet")).unwrap().len();
            std::fs::write(file("aggregates.parquet"), vec![0; size]).unwrap();
        },
    ];
    for harm in harms {
        harm();
        assert_eq!(job.cached("out", &[]), "read");
        job.assert_same("out", "cold");
        assert_eq!(job.cached("out", &[]), "kept");
    }
    // A folder that cannot be written costs the cache, not the run.
    job.sandbox.text("file", "");
    let ran = job.run("out", &["--cache", "file/below"]).done();
    assert!(ran.stderr.contains("cannot be kept"), "{}", ran.stderr);
    job.assert_same("out", "cold");
}

#[test]
fn cache_ls_and_clean() {
    let job = shop("");
    let tiermill = |args: &[&str]| job.sandbox.tiermill(args).done().stdout;
    let json = |text: String| serde_json::from_str::<Json>(&text).unwrap();
    assert_eq!(tiermill(&["cache", "ls", "cache"]), "");
    assert_eq!(tiermill(&["cache", "ls", "cache", "--format", "json"]), "[]\n");
    for edit in ["name=one", "timezone=Asia/Shanghai", "timezone=Europe/Berlin"] {
        job.cached("out", &["--set", edit]);
    }
    // Used last, so it stays longest.
    assert_eq!(job.cached("out", &["--set", "name=again"]), "kept");
    let listed = tiermill(&["cache", "ls", "cache"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    assert!(listed.lines().next().unwrap().ends_with("one as of 2025-01-31, 6 customers"), "{listed}");
    let all = json(tiermill(&["cache", "ls", "cache", "--format", "json"]));
    assert_eq!((&all[0]["rules"], &all[0]["customers"]), (&"one".into(), &6.into()));
    assert!(
        all.as_array()
            .unwrap()
            .iter()
            .all(|entry| entry["is_whole"] == true && entry["bytes"].as_u64() > Some(0))
    );

    let draft = job.sandbox.path("cache/.draft-00-1");
    std::fs::create_dir(&draft).unwrap();
    job.sandbox.text("cache/mine.txt", "not the cache's");
    let cleaned = json(tiermill(&["cache", "clean", "cache", "--keep", "1", "--format", "json"]));
    let counts = ["removed", "kept", "leftovers"].map(|count| cleaned[count].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 1]);
    assert!(!draft.exists() && job.sandbox.path("cache/mine.txt").exists());
    let left = json(tiermill(&["cache", "ls", "cache", "--format", "json"]));
    assert_eq!((left.as_array().unwrap().len(), &left[0]["key"]), (1, &all[0]["key"]));
    assert!(tiermill(&["cache", "clean", "cache"]).starts_with("1 removed"));
    assert_eq!(tiermill(&["cache", "ls", "cache"]), "");
}
