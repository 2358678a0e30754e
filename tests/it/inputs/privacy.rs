//! `privacy`: opt-outs and consent are applied before anything is computed, and the manifest proves it.

use serde_json::json;

use super::{AS_OF, Shop};

const ORDERS: &str = "id:text at:date amount:int
    a 2025-01-01 10
    gone 2025-01-02 7
    gone - 7
    b 2025-01-11 5
    gone 2025-02-11 5
    quiet - 5
    no 2025-01-12 6
    b - 6
    stranger 2025-01-12 6";

const CUSTOMERS: &str = "cid:text region:text agreed:bool
    a north true
    b south true
    gone west true
    quiet west -
    no east false
    twice north true
    twice north false
    lead north true";

const VISITS: &str = "id:text at:date
    gone 2025-01-02
    gone 2025-01-03
    a 2025-01-04
    no 2025-01-04
    stranger 2025-01-04
    gone -";

fn shop(privacy: &str) -> Shop {
    let rules = format!(
        "inputs:
  orders: {{path: orders.parquet, columns: {{customer: id, time: at, amount: amount}}}}
  customers: {{path: customers.parquet, columns: {{customer: cid}}, attributes: [region]}}
  visits: {{path: visits.parquet, columns: {{customer: id, time: at}}}}
metrics:
  n: count(*)
  revenue: sum(amount)
  visits: {{from: visits, expr: count(*)}}
{privacy}"
    );
    Shop::new(&[("orders", ORDERS), ("customers", CUSTOMERS), ("visits", VISITS)], &rules)
}

const SUPPRESS: &str = "privacy: {suppress: {path: out.parquet, column: id}}\n";

#[test]
fn p1_suppressed_customers_leave_no_trace() {
    let shop = shop(SUPPRESS);
    let list = "id:text why:text\n gone erased\n gone again\n - nobody\n elsewhere moved";
    shop.sandbox.orders("out.parquet", &crate::support::table::words(list));
    let run = shop.check(
        "id region n revenue visits
         a north 1 10.00 1
         b south 1 5.00 0
         lead north 0 0.00 0
         no east 1 6.00 1
         quiet west 0 0.00 0
         twice north 0 0.00 0",
    );
    // Not one row of theirs is set aside, not even one without a time.
    assert!(run.rejected.iter().all(|line| !line.contains("gone")), "{:?}", run.rejected);
    assert_eq!(run.rejected.len(), 3, "{:?}", run.rejected);
    assert_eq!(run.manifest["rows"]["suppressed"], 3);
    let proof = &run.manifest["suppressed"];
    assert_eq!((&proof["ids"], &proof["column"]), (&json!(2), &json!("id")));
    assert_eq!(
        proof["inputs"],
        json!([
            {"input": "orders", "path": "orders.parquet", "customers": 1, "rows": 3},
            {"input": "visits", "path": "visits.parquet", "customers": 1, "rows": 3},
            {"input": "customers", "path": "customers.parquet", "customers": 1, "rows": 1},
        ])
    );
    let file = shop.sandbox.path("out.parquet");
    assert_eq!(proof["files"][0]["sha256"], tiermill::publish::sha256_of(&file).unwrap());
    // Nowhere in the folder do the id or the list's other column stand.
    for (name, bytes) in crate::support::folder::files(&shop.sandbox.path("out/as_of=2025-01-31")) {
        let holds = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
        assert!(!holds(b"gone") && !holds(b"erased"), "{name}");
    }
}

/// An override of somebody who asked to be forgotten is no reason to name them.
#[test]
fn p1_overrides_of_suppressed_customers() {
    for key in ["", "pseudonymize: {key_env: TIERMILL_TEST_KEY}, "] {
        let more = "segments: {tier: {rules: [{id: best, when: n > 5}], default: rest}}
overrides: {path: overrides.csv}
";
        let list = SUPPRESS.replace("{suppress", &format!("{{{key}suppress"));
        let shop = shop(&format!("{list}{more}"));
        shop.sandbox.orders("out.parquet", &crate::support::table::words("id:text\n gone\n forgotten"));
        let header = "segmentation,customer,action,segment,reason,author,expires_on\n";
        let lines = "tier,gone,pin,best,an old friend,ann,\ntier,forgotten,pin,best,an old friend,ann,\ntier,a,pin,best,loyal,ann,\n";
        shop.sandbox.text("overrides.csv", &format!("{header}{lines}"));
        let mut run = shop.sandbox.command(&["run", "rules.yml", "--as-of", AS_OF, "--out", "out"]);
        let run = run.env("TIERMILL_TEST_KEY", "a key of many more bytes than sixteen");
        let ran = crate::support::Ran::new(&run.output().unwrap()).done();
        assert_eq!(ran.result()["overrides"]["far_off"], json!(0));
        assert_eq!(ran.result()["overrides"]["applied"], json!(1), "{ran:?}");
        assert_eq!(ran.result()["overrides"]["unknown_customer"], json!(0), "{ran:?}");
        let folder = shop.sandbox.path("out/as_of=2025-01-31");
        let report = crate::support::Rows::read(&folder.join("_run/overrides.parquet"));
        assert_eq!(report.rows.len(), 1, "{report:?}");
        for (name, bytes) in crate::support::folder::files(&folder) {
            let holds = |word: &[u8]| bytes.windows(word.len()).any(|window| window == word);
            assert!(!holds(b"gone") && !holds(b"forgotten") && !holds(b"old friend"), "{name}");
        }
    }
}

/// Every command that looks at customers goes the way of a run, and its steps that protect people come with it: what it says,
/// also in JSON, names nobody who is suppressed, and under pseudonyms nobody at all.
#[test]
fn no_command_names_a_suppressed_customer() {
    let more = "segments: {tier: {rules: [{id: best, when: n > 5}], default: rest}}
overrides: {path: overrides.csv}
tests:
  - name: one
    as_of: 2025-01-31
    orders:
      - {customer: someone, time: 2025-01-01, amount: 1}
    customers:
      - {customer: someone, region: north}
    expect:
      someone: {n: 1}
";
    let list = SUPPRESS.replace("{suppress", "{pseudonymize: {key_env: TIERMILL_TEST_KEY}, suppress");
    let shop = shop(&format!("{list}{more}"));
    shop.sandbox.orders("out.parquet", &crate::support::table::words("id:text\n gone"));
    let header = "segmentation,customer,action,segment,reason,author,expires_on\n";
    shop.sandbox.text(
        "overrides.csv",
        &format!("{header}tier,gone,pin,best,an old friend,ann,\ntier,a,pin,best,loyal,ann,\n"),
    );
    let commands: [&[&str]; 8] = [
        &["check", "rules.yml"],
        &["check", "rules.yml", "--format", "json"],
        &["plan", "rules.yml", "--as-of", AS_OF],
        &["plan", "rules.yml", "--as-of", AS_OF, "--format", "json"],
        &["test", "rules.yml"],
        &["run", "rules.yml", "--as-of", AS_OF, "--out", "out", "--cache", "cache", "-v"],
        &["run", "rules.yml", "--as-of", AS_OF, "--out", "again", "--cache", "cache", "--log-format", "json"],
        &["cache", "ls", "cache", "--format", "json"],
    ];
    for args in commands {
        let mut command = shop.sandbox.command(args);
        let command = command.env("TIERMILL_TEST_KEY", "a key of many more bytes than sixteen");
        let ran = crate::support::Ran::new(&command.output().unwrap()).done();
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!said.contains("gone") && !said.contains("old friend"), "{args:?}: {said}");
    }
    for folder in ["out", "again"] {
        for (name, bytes) in
            crate::support::folder::files(&shop.sandbox.path(folder).join("as_of=2025-01-31"))
        {
            assert!(!bytes.windows(4).any(|window| window == b"gone"), "{name}");
        }
    }
}

/// A CSV with a header: quotes, blanks, a byte-order mark, empty lines.
#[test]
fn p1_a_list_in_csv() {
    let shop = shop("privacy: {suppress: {path: lists/*.csv, column: Customer}}\n");
    std::fs::create_dir(shop.sandbox.path("lists")).unwrap();
    shop.sandbox.text("lists/a.csv", "\u{feff}Customer,date\n gone ,2025-01-01\n\n\"no\",\n,2025-01-01\n");
    shop.sandbox.text("lists/b.CSV", "date,Customer\n1,gone\n");
    shop.sandbox.text("lists/c.csv", "Customer\r\nquiet\r\n");
    let run = shop.check("id n\n a 1\n b 1\n lead 0\n twice 0");
    assert_eq!(run.manifest["suppressed"]["ids"], 3);
}

/// Ids are whole numbers where those of the orders are; one that is none stops the run, for it could be anybody's.
#[test]
fn p1_a_list_of_whole_numbers() {
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at}}
metrics: {n: count(*)}
privacy: {suppress: {path: out.csv, column: id}}
";
    let shop = Shop::new(
        &[("orders", "id:int at:date\n 1 2025-01-01\n 2 2025-01-01\n 0 2025-01-01\n - 2025-01-01")],
        rules,
    );
    shop.sandbox.text("out.csv", "id\n 0002\n");
    let run = shop.check("id n\n 0 1\n 1 1");
    assert_eq!(run.manifest["rows"]["suppressed"], 1);
    // With one input of orders the counts stand in one place.
    assert_eq!(run.manifest["rows_by_input"], json!(null));
    shop.sandbox.text("out.csv", "id\n1\ntwo\n");
    let ran = shop.sandbox.tiermill(&["run", "rules.yml", "--as-of", AS_OF]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("out.csv`, line 3: not a whole number"), "{ran:?}");
    assert!(!ran.stderr.contains("two") && !ran.stdout.contains("two"), "an id has no place in a log");
}

/// A list that is not there is never taken for an empty one; an empty one is.
#[test]
fn p1_a_list_that_is_not_there() {
    let shop = shop(SUPPRESS);
    let run = || {
        shop.sandbox.tiermill(&["run", "rules.yml", "--as-of", AS_OF, "--out", "out", "--skip-code", "99"])
    };
    let ran = run();
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(!shop.sandbox.path("out").exists());
    let empty = crate::support::table::words("id:text");
    shop.sandbox.orders("out.parquet", &empty);
    run().done();
    assert_eq!(run().code, Some(99), "nothing has changed");
    // Another list is another run.
    shop.sandbox.orders("out.parquet", &crate::support::table::words("id:text\n gone"));
    run().done();
    assert_eq!(run().code, Some(99));
    shop.sandbox.text("out.csv", "");
    shop.sandbox.text(
        "rules.yml",
        &std::fs::read_to_string(shop.sandbox.path("rules.yml")).unwrap().replace("out.parquet", "out.csv"),
    );
    let ran = run();
    assert!(ran.code == Some(4) && ran.stderr.contains("it has no header"), "{ran:?}");
}

/// Only where every row of the table says yes; who is not in the table has not said so.
#[test]
fn p3_only_customers_with_consent() {
    let run = shop("privacy: {consent: agreed}\n").check(
        "id region n revenue visits
         a north 1 10.00 1
         b south 1 5.00 0
         gone west 1 7.00 2
         lead north 0 0.00 0",
    );
    // `quiet`, `no`, `twice` and the stranger have not; a row of theirs without a time is not set aside.
    assert_eq!(
        run.rejected,
        [
            "orders.parquet 3 null_time gone",
            "orders.parquet 8 null_time b",
            "visits.parquet 6 null_time gone"
        ]
    );
    let no_consent = |input: &str| run.rows_of(input)["no_consent"].as_u64().unwrap();
    assert_eq!((no_consent("orders"), no_consent("visits"), no_consent("customers")), (3, 2, 4));
    assert_eq!(run.rows.columns[..2], ["id", "region"], "consent is no attribute unless it is listed");
}

#[test]
fn p3_consent_and_suppression_together() {
    let shop = shop("privacy: {consent: agreed, suppress: {path: out.csv, column: id}}\n");
    shop.sandbox.text("out.csv", "id\ngone\nno\n");
    let run = shop.check("id n\n a 1\n b 1\n lead 0");
    let counts = |key: &str| run.manifest["rows"][key].as_u64().unwrap();
    assert_eq!((counts("suppressed"), counts("no_consent")), (4, 2));
    assert_eq!(run.rejected, ["orders.parquet 8 null_time b"]);
}
