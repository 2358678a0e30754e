//! Segments by the other dimensions of their customers, and what is hidden of small groups.

use std::collections::BTreeMap;

use super::{FOLDER, RUN};
use crate::support::{Rows, Sandbox, Value, table};

const RULES: &str = "
tiermill: 1
name: shop
inputs:
  orders:
    path: orders.parquet
    columns: {customer: id, time: at, amount: amount}
metrics:
  revenue: sum(amount)
  favourite: top(category, sum(amount))
  is_big: revenue > 100
scores: {m: {of: revenue, breaks: [50]}}
bands: {abc: {of: revenue, cumulative: {A: 0.80, B: 1}}}
segments:
  tier:
    rules: [{id: high, when: revenue >= 100}, {id: never, when: revenue < 0}]
    default: low
  taste:
    rules: [{id: tea, when: favourite = 'tea'}]
    default: else
";

/// Four customers who spend a lot, three of them on tea; six who do not, one of them on tea, one on nothing known.
fn shop(more: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let orders = table::words(
        "id:text at:date amount:decimal category:text
         a 2025-01-01 100 tea
         b 2025-01-01 200 tea
         c 2025-01-01 300 tea
         d 2025-01-01 400 rice
         e 2025-01-01 10 tea
         f 2025-01-01 20 rice
         g 2025-01-01 30 rice
         h 2025-01-01 40 oil
         i 2025-01-01 50 oil
         j 2025-01-01 60 -",
    );
    sandbox.orders("orders.parquet", &orders);
    sandbox.text("rules.yml", &format!("{RULES}{more}"));
    sandbox.tiermill(&RUN).done();
    sandbox
}

fn read(sandbox: &Sandbox, file: &str) -> Rows {
    Rows::read(&sandbox.path(FOLDER).join("_run").join(file))
}

/// D23, R5: every segment by the other dimensions, with its top categories, and the lift over the base.
#[test]
fn d23_r5_segments_by_other_dimensions() {
    let profile = read(&shop(""), "segment_profile.parquet");
    let columns = [
        "segmentation",
        "segment",
        "dimension",
        "value",
        "customers",
        "share_in_segment",
        "share_in_base",
        "lift",
    ];
    assert_eq!(profile.columns, columns);
    let line = |row: &Vec<Value>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = profile.rows.iter().map(line).collect();
    let found = |start: &str| {
        lines.iter().filter(|line| line.starts_with(start)).map(String::as_str).collect::<Vec<_>>()
    };
    let expected = [
        "tier high favourite tea 3 0.75 0.4 1.875",
        "tier high favourite rice 1 0.25 0.3 0.8333333333333334",
        "tier high favourite oil 0 0 0.2 0",
        "tier high favourite - 0 0 0.1 0",
    ];
    assert_eq!(found("tier high favourite"), expected);
    // Nobody is in it: no share and no lift.
    assert_eq!(
        found("tier never taste"),
        ["tier never taste else 0 - 0.6 -", "tier never taste tea 0 - 0.4 -"]
    );
    assert_eq!(
        found("taste tea tier"),
        ["taste tea tier low 1 0.25 0.6 0.4166666666666667", "taste tea tier high 3 0.75 0.4 1.875"]
    );
    let dimensions: Vec<&str> = lines
        .iter()
        .filter(|line| line.starts_with("tier high"))
        .map(|line| line.split(' ').nth(2).unwrap())
        .collect();
    let mut distinct = dimensions.clone();
    distinct.dedup();
    assert_eq!(
        distinct,
        ["favourite", "is_big", "m", "abc", "taste"],
        "in the order of the output, itself left out"
    );
}

/// Of many values the ten of the most customers are listed; of very many none.
#[test]
fn the_rest_is_other() {
    let sandbox = Sandbox::new();
    let mut rows = String::new();
    for customer in 0..1_101 {
        // `few` has 12 values, the later the rarer; `many` one for each customer.
        let few = (0..12).find(|value| customer % 12 <= *value).unwrap();
        rows += &format!("\nc{customer} 2025-01-01 v{few:02} m{customer}");
    }
    sandbox.orders("orders.parquet", &table::words(&format!("id:text at:date few:text many:text{rows}")));
    let rules = "tiermill: 1\nname: shop\ninputs: {orders: {path: orders.parquet, columns: {customer: id, time: at}}}\n\
        metrics: {few: max(few), many: max(many)}\nsegments: {all: {rules: [{id: some, when: few < 'v03'}], default: rest}}\n";
    sandbox.text("rules.yml", rules);
    sandbox.tiermill(&RUN).done();
    let profile = read(&sandbox, "segment_profile.parquet");
    let mut customers: BTreeMap<String, i64> = BTreeMap::new();
    for row in &profile.rows {
        assert_eq!(row[2].to_string(), "few");
        let Value::Int(count) = row[4] else { panic!("a count") };
        *customers.entry(row[3].to_string()).or_default() += count;
    }
    assert_eq!(customers.len(), 11);
    assert_eq!(customers.values().sum::<i64>(), 1_101);
    // 91 of each remainder, 92 of the first nine: the two with the fewest customers, and of equals the last.
    assert_eq!(customers["other"], 182);
}

/// P4: no figure of a group of fewer customers, and none that gives it away.
#[test]
fn p4_small_groups_are_not_shown() {
    let sandbox = shop("\nprivacy: {report_min_group: 4}\n");
    let summary = read(&sandbox, "summary.parquet");
    let line = |row: &Vec<Value>| format!("{} {} {}", row[1], row[2], row[5]);
    // `tea` and `else` have four and six; `never` has nobody, which is hidden, too, and gives nothing away.
    assert_eq!(
        summary.rows.iter().map(line).collect::<Vec<_>>(),
        ["high 4 1000.00", "never - -", "low 6 210.00", "tea 4 610.00", "else 6 600.00"]
    );

    let profile = read(&sandbox, "segment_profile.parquet");
    let mut lines: BTreeMap<(String, String, String), Vec<Option<i64>>> = BTreeMap::new();
    for row in &profile.rows {
        let [segmentation, segment, dimension] = [0, 1, 2].map(|at| row[at].to_string());
        let count = match row[4] {
            Value::Int(count) => Some(count),
            _ => None,
        };
        assert!(count.is_none_or(|count| count >= 4), "{row:?}");
        assert!(count.is_some() || row[7] == Value::Null, "{row:?}");
        lines.entry((segmentation, segment, dimension)).or_default().push(count);
    }
    // high: tea 3, else 1; low: tea 1, else 5. The 5 is hidden because the 1 could be worked out from it.
    for segment in ["high", "low"] {
        assert_eq!(lines[&("tier".to_owned(), segment.to_owned(), "taste".to_owned())], [None, None]);
    }
    for (place, counts) in lines {
        let hidden = counts.iter().filter(|count| count.is_none()).count();
        assert!(
            hidden != 1 || place.1 == "never" || counts.iter().flatten().sum::<i64>() >= 4,
            "{place:?}: {counts:?}"
        );
    }

    let stricter = shop("\nprivacy: {report_min_group: 5}\n");
    let summary = read(&stricter, "summary.parquet");
    // Four are too few, and the six beside them would give them away.
    assert!(summary.column("customers").iter().all(|count| **count == Value::Null), "{summary:?}");
    assert!(stricter.tiermill(&RUN).done().stdout.contains("high"));
}

/// O7: every run says of each segment how many customers it has, what they spent, and how satisfied they are.
#[test]
fn o7_customers_spend_and_satisfaction_of_each_segment() {
    let sandbox = shop("");
    let people = table::words(
        "cid:text satisfaction:int
         a 5
         b 5
         c 3
         d -
         e 1
         f 1",
    );
    sandbox.orders("people.parquet", &people);
    let customers = "  customers: {path: people.parquet, columns: {customer: cid}, attributes: [satisfaction], unknown: join}\nmetrics:";
    sandbox.text("rules.yml", &RULES.replace("metrics:", customers));
    sandbox.tiermill(&RUN).done();
    let lines = |rows: &Rows, columns: &[&str]| -> Vec<String> {
        let cells = |row: &Vec<Value>| {
            columns.iter().map(|name| row[rows.at(name)].to_string()).collect::<Vec<_>>().join(" ")
        };
        rows.rows.iter().map(cells).filter(|line| line.starts_with("tier ")).collect()
    };
    let summary = read(&sandbox, "summary.parquet");
    assert_eq!(
        lines(&summary, &["segmentation", "segment", "customers", "revenue"]),
        ["tier high 4 1000.00", "tier never 0 0.00", "tier low 6 210.00"]
    );
    let profile = read(&sandbox, "segment_profile.parquet");
    let found = lines(&profile, &["segmentation", "segment", "dimension", "value", "customers"]);
    let found: Vec<&String> = found.iter().filter(|line| line.contains(" satisfaction ")).collect();
    let of = |segment: &str| {
        let mut lines: Vec<&str> = found
            .iter()
            .filter_map(|line| line.strip_prefix(&format!("tier {segment} satisfaction ")))
            .collect();
        lines.sort_unstable();
        lines.join(", ")
    };
    assert_eq!(of("high"), "- 1, 1 0, 3 1, 5 2");
    assert_eq!(of("low"), "- 4, 1 2, 3 0, 5 0");
}
