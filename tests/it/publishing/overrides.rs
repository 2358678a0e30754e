//! Labels set by hand, by hand: four actions, a segmentation that reads another, the report, and what a rerun sees.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, StringArray};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;

use super::{FOLDER, RUN, names};
use crate::support::{Ran, Rows, Sandbox, table};

const RULES: &str = "
tiermill: 1
name: shop
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, time: at, amount: amount}
metrics:
  revenue: sum(amount)
segments:
  tier:
    rules:
      - {id: gold, when: revenue >= 100}
      - {id: silver, when: revenue >= 50}
      - {id: bronze, when: revenue >= 10}
    default: none
  vip:
    rules:
      - {id: 'yes', when: tier = 'gold' and tier_override is null}
      - {id: chosen, when: tier = 'gold'}
    default: 'no'
overrides: {path: labels/overrides.csv}
";

const HEADER: &str = "segmentation,customer,action,segment,reason,author,expires_on\n";
const LINES: &str = "tier,a,exclude,gold,moved away,ann,
tier,b,pin,gold,friend of the house,ann,2025-12-31
tier,c,floor,silver,complaint,bob,2025-01-31
tier,d,floor,bronze,nothing to do,bob,
tier,e,cap,bronze,fraud,bob,2025-01-30
tier,nobody,pin,gold,left,ann,
vip,d,exclude,yes,no gifts,ann,
";

fn shop(overrides: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let orders = table::words(
        "id:text at:date amount:decimal
         a 2025-01-01 100
         b 2025-01-01 5
         c 2025-01-01 20
         d 2025-01-01 120
         e 2025-01-01 70
         f 2025-01-01 200",
    );
    sandbox.orders("orders.parquet", &orders);
    sandbox.text("rules.yml", RULES);
    std::fs::create_dir(sandbox.path("labels")).unwrap();
    sandbox.text("labels/overrides.csv", &format!("{HEADER}{overrides}"));
    sandbox
}

fn lines(rows: &Rows) -> Vec<String> {
    rows.rows.iter().map(|row| row.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")).collect()
}

/// O5: labels of customers at the edge are set by hand, with reason, author and last day.
#[test]
fn o5_pin_floor_cap_and_exclude() {
    let sandbox = shop(LINES);
    let ran = sandbox.tiermill(&RUN).done();
    let parts = Rows::parts(&sandbox.path(FOLDER));
    let columns = ["id", "revenue", "tier", "tier_rule", "tier_override", "vip", "vip_rule", "vip_override"];
    assert_eq!(parts.columns, columns);
    // The rule's number stays that of the rule that matched; `vip` reads the label as it was set.
    let expected = [
        "a|100.00|silver|1|exclude|no|0|-",
        "b|5.00|gold|0|pin|chosen|2|-",
        "c|20.00|silver|3|floor|no|0|-",
        "d|120.00|gold|1|floor|chosen|2|exclude",
        "e|70.00|silver|2|-|no|0|-",
        "f|200.00|gold|1|-|yes|1|-",
    ];
    assert_eq!(lines(&parts), expected);
    let report = Rows::read(&sandbox.path(FOLDER).join("_run/overrides.parquet"));
    let expected = [
        "tier|a|exclude|gold|moved away|ann|-|-|applied|gold|silver",
        "tier|b|pin|gold|friend of the house|ann|2025-12-31|334|far_off|none|gold",
        "tier|c|floor|silver|complaint|bob|2025-01-31|0|applied|bronze|silver",
        "tier|d|floor|bronze|nothing to do|bob|-|-|no_op|gold|gold",
        "tier|e|cap|bronze|fraud|bob|2025-01-30|-1|expired|silver|silver",
        "tier|nobody|pin|gold|left|ann|-|-|unknown_customer|-|-",
        "vip|d|exclude|yes|no gifts|ann|-|-|no_op|chosen|chosen",
    ];
    assert_eq!(lines(&report), expected);
    let counts = serde_json::json!(
        {"applied": 2, "far_off": 1, "no_op": 2, "expired": 1, "unknown_customer": 1}
    );
    assert_eq!(ran.result()["overrides"], counts);
    let text = std::fs::read_to_string(sandbox.path(FOLDER).join("_run/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["overrides"], counts);
    let file = std::fs::read(sandbox.path("labels/overrides.csv")).unwrap();
    assert_eq!(manifest["inputs"][1]["footer_sha256"], super::sha256(&file));
    assert!(
        ran.stdout.contains("overrides: 2 applied, 1 far off, 2 without effect, 1 expired, 1 of unknown")
    );
    // Summary and terminal count labels as they are, not as the rules have them.
    let summary = Rows::read(&sandbox.path(FOLDER).join("_run/summary.parquet"));
    let customers: Vec<String> = summary.column("customers").iter().map(ToString::to_string).collect();
    assert_eq!(customers, ["3", "3", "0", "0", "1", "2", "3"]);
}

/// The same overrides as Parquet give the same parts.
#[test]
fn overrides_may_be_parquet() {
    let csv = shop(LINES);
    csv.tiermill(&RUN).done();
    let parquet = shop("");
    let rows: Vec<Vec<&str>> = LINES.lines().map(|line| line.split(',').collect()).collect();
    let names = HEADER.trim().split(',');
    let arrays: Vec<ArrayRef> = names
        .clone()
        .enumerate()
        .map(|(at, name)| -> ArrayRef {
            let cells = rows.iter().map(|row| Some(row[at]).filter(|cell| !cell.is_empty()));
            match name {
                "expires_on" => Arc::new(Date32Array::from_iter(cells.map(|cell| cell.map(table::days)))),
                _ => Arc::new(StringArray::from_iter(cells)),
            }
        })
        .collect();
    let field = |(name, array): (&str, &ArrayRef)| Field::new(name, array.data_type().clone(), true);
    let schema = Schema::new(names.zip(&arrays).map(field).collect::<Vec<_>>());
    parquet.orders("labels/overrides.parquet", &RecordBatch::try_new(Arc::new(schema), arrays).unwrap());
    parquet.text("rules.yml", &RULES.replace("overrides.csv", "overrides.parquet"));
    parquet.tiermill(&RUN).done();
    for read in [Rows::parts, |folder: &std::path::Path| Rows::read(&folder.join("_run/overrides.parquet"))] {
        assert_eq!(read(&parquet.path(FOLDER)), read(&csv.path(FOLDER)));
    }
}

fn skips(sandbox: &Sandbox) -> bool {
    let ran: Ran = sandbox.tiermill(&[&RUN[..], &["--skip-code", "99"]].concat());
    assert!(matches!(ran.code, Some(0 | 99)), "{ran:?}");
    ran.code == Some(99)
}

#[test]
fn a_changed_file_is_another_run() {
    let sandbox = shop(LINES);
    sandbox.tiermill(&RUN).done();
    assert!(skips(&sandbox));
    sandbox.text("labels/overrides.csv", HEADER);
    assert!(!skips(&sandbox));
    assert!(skips(&sandbox));
    let parts = Rows::parts(&sandbox.path(FOLDER));
    assert!(parts.column("tier_override").iter().all(|value| value.to_string() == "-"));
    assert!(names(&sandbox.path(FOLDER).join("_run")).contains(&"overrides.parquet".to_owned()));
}

#[test]
fn a_file_that_is_not_there() {
    let sandbox = shop(LINES);
    std::fs::remove_file(sandbox.path("labels/overrides.csv")).unwrap();
    let ran = sandbox.tiermill(&RUN);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("there are no overrides at `labels/overrides.csv`"), "{}", ran.stderr);
    // Rules can be checked before there is anything else, which is said at the path.
    let ran = sandbox.tiermill(&["check", "rules.yml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "rules.yml: 1 warning\n"));
    assert!(ran.stderr.contains("warning[input-missing]: there are no overrides at `labels/overrides.csv`"));
    let at = "overrides: {path: labels/overrides.csv}";
    let line = RULES.lines().position(|line| line == at).unwrap() + 1;
    assert!(ran.stderr.contains(&format!("rules.yml:{line}:19")), "{}", ran.stderr);
    assert_eq!(sandbox.tiermill(&["check", "rules.yml", "--deny-warnings"]).code, Some(2));
}

/// One line of many is wrong: the run stops, and says which.
#[test]
fn a_bad_line_stops_the_run() {
    let sandbox = shop(&LINES.replace("bob,2025-01-30", "bob,30.1.2025"));
    let ran = sandbox.tiermill(&RUN);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("labels/overrides.csv:6:29"), "{}", ran.stderr);
    assert!(ran.stderr.contains("`30.1.2025` is no date"), "{}", ran.stderr);
    let json = sandbox.tiermill(&["check", "rules.yml", "--format", "json"]);
    let complaints: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(complaints[0]["file"], "labels/overrides.csv");
    assert_eq!((&complaints[0]["line"], &complaints[0]["column"]), (&6.into(), &29.into()));
}

#[test]
fn ids_that_are_whole_numbers() {
    let sandbox = Sandbox::new();
    let orders = table::words(
        "id:int at:date amount:decimal
         7 2025-01-01 100
         10 2025-01-01 5",
    );
    sandbox.orders("orders.parquet", &orders);
    sandbox.text("rules.yml", &RULES.replace("labels/", ""));
    sandbox.text("overrides.csv", &format!("{HEADER}tier, 10 ,pin,gold,why,who,\n"));
    sandbox.tiermill(&RUN).done();
    let parts = Rows::parts(&sandbox.path(FOLDER));
    assert_eq!(lines(&parts), ["7|100.00|gold|1|-|yes|1|-", "10|5.00|gold|0|pin|chosen|2|-"]);
    let report = Rows::read(&sandbox.path(FOLDER).join("_run/overrides.parquet"));
    assert_eq!(lines(&report), ["tier|10|pin|gold|why|who|-|-|far_off|none|gold"]);
    sandbox.text("overrides.csv", &format!("{HEADER}tier,ten,pin,gold,why,who,\n"));
    let ran = sandbox.tiermill(&RUN);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("this is no customer"), "{}", ran.stderr);
}
