//! Presets: what each label of them means, variables and changed entries.

mod files;

use std::fmt::Write;

use crate::support::{Rows, Sandbox, table};

/// Labels by id, one customer a line: `id column column …`.
fn labelled(sandbox: &Sandbox, rules: &str, columns: &[&str]) -> Vec<String> {
    let head = "tiermill: 1\nname: presets\ninputs:\n  orders:\n    path: orders.parquet\n    \
                columns: {customer: id, order: order_id, time: at, amount: amount}\n";
    sandbox.text("rules.yml", &format!("{head}{rules}"));
    let published = sandbox.publish("rules.yml", "2025-12-31").unwrap_or_else(|error| panic!("{error}"));
    let rows = Rows::parts(&published.folder);
    let line = |row: &Vec<_>| {
        let words: Vec<String> =
            ["id"].iter().chain(columns).map(|column| format!("{}", row[rows.at(column)])).collect();
        words.join(" ")
    };
    rows.rows.iter().map(line).collect()
}

/// One customer for each code of scores from 1 to `bins`, named by it: `r` by days 40, 30, 20 … ago, `f` by as many
/// orders, `m` by as much money; and `late` more days ago.
fn customers_of_all_codes(bins: u32, late: u32) -> String {
    let mut orders = String::from("id:text order_id:int at:date amount:decimal\n");
    let as_of: chrono::NaiveDate = "2025-12-31".parse().unwrap();
    let mut order = 0;
    for (r, f, m) in (1..=bins).flat_map(|r| (1..=bins).flat_map(move |f| (1..=bins).map(move |m| (r, f, m))))
    {
        let at = as_of - chrono::Days::new((10 * (bins - r) + late).into());
        for nth in 0..f {
            order += 1;
            let amount = if nth == 0 { m } else { 0 };
            writeln!(orders, "c{r}{f}{m} {order} {at} {amount}").unwrap();
        }
    }
    orders
}

fn scores(bins: u32) -> String {
    let list = |numbers: Vec<u32>| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    let days = list((0..bins - 1).map(|at| 10 * at).collect());
    let steps = list((2..=bins).collect());
    format!(
        "metrics: {{recency_days: days_since(max(time)), order_count: count(distinct order), revenue: sum(amount)}}
scores:
  r: {{of: recency_days, breaks: [{days}], best: low}}
  f: {{of: order_count, breaks: [{steps}]}}
  m: {{of: revenue, breaks: [{steps}]}}
"
    )
}

/// The published table of ten, in its own digits from 0 to 3.
fn braze_10(r: u32, f: u32, m: u32) -> &'static str {
    let (r, f, m) = (r - 1, f - 1, m - 1);
    let within = |value: u32, range: std::ops::RangeInclusive<u32>| range.contains(&value);
    let table = [
        ("champions", 3..=3, 2..=3, 2..=3),
        ("loyal", 2..=3, 2..=3, 1..=3),
        ("potential_loyalist", 3..=3, 1..=3, 1..=3),
        ("promising", 3..=3, 0..=3, 1..=3),
        ("new", 3..=3, 0..=3, 0..=3),
        ("need_attention", 2..=3, 0..=3, 0..=3),
        ("cannot_lose", 0..=1, 2..=3, 2..=3),
        ("at_risk", 0..=1, 1..=3, 1..=3),
        ("about_to_sleep", 1..=1, 0..=3, 0..=3),
        ("hibernating", 0..=0, 0..=2, 0..=3),
    ];
    let fits = table
        .into_iter()
        .find(|(_, rs, fs, ms)| within(r, rs.clone()) && within(f, fs.clone()) && within(m, ms.clone()));
    fits.map_or("other", |(id, ..)| id)
}

/// O4: every code gets exactly one label, and 030 of the published digits the default.
#[test]
fn braze_10_labels_all_64_codes() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(&customers_of_all_codes(4, 0)));
    let rules = scores(4) + "segments: {braze: {preset: braze-10, scores: [r, f, m]}}\n";
    let found = labelled(&sandbox, &rules, &["r", "f", "m", "braze"]);
    let codes = (1..=4).flat_map(|r| (1..=4).flat_map(move |f| (1..=4).map(move |m| (r, f, m))));
    let wanted: Vec<String> =
        codes.map(|(r, f, m)| format!("c{r}{f}{m} {r} {f} {m} {}", braze_10(r, f, m))).collect();
    assert_eq!(found, wanted);
    assert_eq!(
        wanted.iter().filter(|line| line.ends_with(" other")).collect::<Vec<_>>(),
        ["c141 1 4 1 other"]
    );
}

/// D2: the four outcomes are folded from the eight types, which stay in the output, and a churn cut.
#[test]
fn cn_4_folds_cn_8_and_the_churn_cut() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(&customers_of_all_codes(2, 5)));
    // 5 days ago is a high recency, 15 days a low one.
    let scores = scores(2).replace("breaks: [0]", "breaks: [7]");
    let run = |with: &str| {
        let rules = format!(
            "{scores}segments:\n  eight: {{preset: cn-8, scores: [r, f, m]}}\n  \
             four: {{preset: cn-4, scores: [r, f, m]{with}}}\n"
        );
        labelled(&sandbox, &rules, &["eight", "four"])
    };
    let eight = [
        ("c111", "general_win_back", "churned"),
        ("c112", "key_win_back", "churned"),
        ("c121", "general_retain", "regular"),
        ("c122", "key_retain", "regular"),
        ("c211", "general_develop", "potential"),
        ("c212", "key_develop", "potential"),
        ("c221", "general_value", "potential"),
        ("c222", "key_value", "high_value"),
    ];
    let line = |(id, eight, four): &(&str, &str, &str)| format!("{id} {eight} {four}");
    assert_eq!(run(""), eight.iter().map(line).collect::<Vec<_>>());
    // The cut is the last day that still counts: 15 days are within 15, and past 14.
    assert_eq!(run(", with: {churn_days: 15}"), run(""));
    let churned = |one: &(&'static str, &'static str, &'static str)| {
        if one.0.starts_with("c1") { (one.0, one.1, "churned") } else { *one }
    };
    assert_eq!(
        run(", with: {churn_days: 14}"),
        eight.iter().map(churned).map(|one| line(&one)).collect::<Vec<_>>()
    );
    // Past the cut everybody is, however good before.
    let gone: Vec<String> = eight.iter().map(|(id, eight, _)| format!("{id} {eight} churned")).collect();
    assert_eq!(run(", with: {churn_days: 4}"), gone);
}

const LIFE: &str = "metrics:
  days_since_first: days_since(min(time))
  recency_days: days_since(max(time))
  last_gap_days: last_gap(time)
  order_count: count(distinct order)
";

/// As of 31 December 2025: orders on these days.
const LIVES: &str = "id:text order_id:int at:date amount:int
    active  1 2025-07-01 1
    active  2 2025-10-02 1
    asleep  3 2024-12-31 1
    back    4 2025-05-31 1
    back    5 2025-12-01 1
    fresh   6 2025-12-01 1
    gone    7 2024-12-30 1
    loyal   8 2025-01-01 1
    loyal   9 2025-01-02 1
    loyal  10 2025-01-03 1
    loyal  11 2025-01-04 1
    loyal  12 2025-07-04 1
    quiet  13 2025-07-04 1
    regular 14 2025-06-04 1
    regular 15 2025-12-01 1
    second 16 2025-11-30 1
";

/// D4: from new to churned, and back again, at the last day of each. 31 December less 30 days is the 1st, less 90 the
/// 2nd of October, less 180 the 4th of July, less 365 the 31st of December before. `back` had a gap of 184 days,
/// `regular` one of 180, which is not longer than 180.
#[test]
fn lifecycle_retail_day_by_day() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(LIVES));
    let rules = format!("{LIFE}segments: {{stage: {{preset: lifecycle-retail}}}}\n");
    let found = labelled(&sandbox, &rules, &["stage", "stage_rule"]);
    assert_eq!(
        found,
        [
            "active active 5",
            "asleep dormant 7",
            "back reactivated 3",
            "fresh new 2",
            "gone churned 0",
            "loyal loyal 4",
            "quiet at_risk 6",
            "regular active 5",
            "second active 5",
        ]
    );
    // O3: every number is a variable, and metrics may have other names.
    let with = "new_days: 31, back_days: 29, gap_days: 10, loyal_orders: 2, loyal_days: 90, active_days: 10, \
                at_risk_days: 181, dormant_days: 364";
    let rules = LIFE.replace("recency_days:", "silence:").replace("order_count:", "orders:")
        + &format!(
            "segments: {{stage: {{preset: lifecycle-retail, metrics: {{recency: silence, orders: orders}}, with: {{{with}}}}}}}\n"
        );
    let found = labelled(&sandbox, &rules, &["stage", "stage_rule"]);
    assert_eq!(
        found,
        [
            "active loyal 4",
            "asleep churned 0",
            "back loyal 4",
            "fresh new 2",
            "gone churned 0",
            "loyal at_risk 6",
            "quiet at_risk 6",
            "regular loyal 4",
            "second new 2",
        ]
    );
}

/// D4: a customer without an order is a prospect, which takes a table of customers.
#[test]
fn lifecycle_retail_knows_prospects() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(LIVES));
    sandbox.orders("customers.parquet", &table::words("id:text\n active\n nobody"));
    let rules = format!(
        "tiermill: 1
name: prospects
inputs:
  orders: {{path: orders.parquet, columns: {{customer: id, order: order_id, time: at, amount: amount}}}}
  customers: {{path: customers.parquet, columns: {{customer: id}}}}
{LIFE}segments: {{stage: {{preset: lifecycle-retail}}}}
"
    );
    sandbox.text("rules.yml", &rules);
    let published = sandbox.publish("rules.yml", "2025-12-31").unwrap_or_else(|error| panic!("{error}"));
    let rows = Rows::parts(&published.folder);
    let stage = |id: &str| {
        let row = rows.rows.iter().find(|row| row[0].to_string() == id).expect(id);
        row[rows.at("stage")].to_string()
    };
    assert_eq!((stage("nobody"), stage("active")), ("prospect".to_owned(), "active".to_owned()));
}

/// D5, D6: how often and how much at a time are two axes: either can be read off alone.
#[test]
fn purchase_2x2_has_two_axes() {
    let sandbox = Sandbox::new();
    let orders = "id:text order_id:int at:date amount:decimal
        big-often  1 2025-12-01 9.99
        big-often  2 2025-12-02 10.01
        big-once   3 2025-12-01 10
        small-often 4 2025-12-01 19.98
        small-often 5 2025-12-02 0
        small-once 6 2025-12-01 9.99";
    sandbox.orders("orders.parquet", &table::words(orders));
    let rules = "metrics: {order_count: count(distinct order), revenue: sum(amount), avg_order: revenue / order_count}
segments:
  cell: {preset: purchase-2x2, with: {frequent_orders: 2, large_amount: 10}}
  often:
    rules: [{id: high_frequency, when: \"cell in ('frequent_large', 'frequent_small')\"}]
    default: low_frequency
  much:
    rules: [{id: large, when: \"cell in ('frequent_large', 'seldom_large')\"}]
    default: small
";
    assert_eq!(
        labelled(&sandbox, rules, &["cell", "often", "much"]),
        [
            "big-often frequent_large high_frequency large",
            "big-once seldom_large low_frequency large",
            "small-often frequent_small high_frequency small",
            "small-once seldom_small low_frequency small",
        ]
    );
}

/// D7: the level of contact, and as an axis of its own whether it is steady.
#[test]
fn interaction_has_a_level_and_an_axis_of_steadiness() {
    let sandbox = Sandbox::new();
    let mut orders = String::from("id:text order_id:int at:date amount:int\n");
    // Two a month for three months; six in one month; one in all.
    for (id, days) in [
        ("even", vec!["2025-12-20", "2025-12-21", "2025-11-20", "2025-11-21", "2025-10-20", "2025-10-21"]),
        ("rush", vec!["2025-12-20"; 6]),
        ("rare", vec!["2025-12-20"]),
    ] {
        days.iter().for_each(|day| writeln!(orders, "{id} 1 {day} 1").unwrap());
    }
    sandbox.orders("orders.parquet", &table::words(&orders));
    // A table of contacts is read like any other; here the rows themselves are contacts.
    let rules = "metrics:
  contacts_90d: {expr: count(*), window: 90d}
  contact_cv: {expr: monthly_cv(count(*)), window: 90d}
segments:
  level: {preset: interaction-3}
  steady: {preset: interaction-steady}
";
    assert_eq!(
        labelled(&sandbox, rules, &["level", "steady"]),
        ["even high_contact steady", "rare low_contact uneven", "rush high_contact uneven"]
    );
}

/// D3: ready bands have the bounds in their name; O3: and looks of their own in the dimension table.
#[test]
fn ready_bands_are_those_written_out() {
    let sandbox = Sandbox::new();
    let orders: String = (1..=20).map(|at| format!("c{at:02} {at} 2025-12-01 {}\n", 21 - at)).collect();
    sandbox.orders(
        "orders.parquet",
        &table::words(&format!("id:text order_id:int at:date amount:int\n{orders}")),
    );
    let rules = "metrics: {revenue: sum(amount)}
bands:
  a: {of: revenue, preset: abc-80-95}
  b: {of: revenue, cumulative: {A: 0.80, B: 0.95, C: 1}}
  c: {of: revenue, preset: abc-70-90}
  d: {of: revenue, cumulative: {A: 0.70, B: 0.90, C: 1}}
segments: {top: {rules: [{id: first, when: a = 'A'}], default: rest}}
";
    let found = labelled(&sandbox, rules, &["a", "b", "c", "d"]);
    for line in &found {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!((words[1], words[3]), (words[2], words[4]), "{line}");
    }
    // 20 + 19 + … + 1 = 210. Ahead of the 12th are 165, less than 80 % (168), ahead of the 13th 174; ahead of the 10th
    // are 144, less than 70 % (147), ahead of the 11th 155.
    let of =
        |at: usize, band: &str| found.iter().filter(|line| line.split(' ').nth(at) == Some(band)).count();
    let by_hand = |share: u32| {
        let mut before = 0;
        (1..=20)
            .filter(|at| {
                let fits = before * 100 < share * 210;
                before += 21 - at;
                fits
            })
            .count()
    };
    assert_eq!((of(1, "A"), of(3, "A")), (by_hand(80), by_hand(70)));
    assert_eq!(of(1, "A") + of(1, "B"), by_hand(95));

    let segments = Rows::read(&sandbox.path("out/as_of=2025-12-31/_run/segments.parquet"));
    let rows: Vec<String> =
        segments.rows.iter().map(|row| format!("{} {} {}", row[0], row[1], row[2])).collect();
    assert_eq!(
        rows,
        [
            "top first -",
            "top rest -",
            "a A A类客户",
            "a B B类客户",
            "a C C类客户",
            "c A A类客户",
            "c B B类客户",
            "c C C类客户"
        ]
    );
}

/// O3, R3: a rules file may change single entries of a preset: how they look and, where there are conditions, when.
#[test]
fn single_entries_may_be_changed() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(LIVES));
    let rules = format!(
        "{LIFE}segments:
  stage:
    preset: lifecycle-retail
    with: {{loyal_orders: 2}}
    entries:
      loyal: {{label: {{zh: 铁粉}}, strategy: A letter from the founder}}
      reactivated: {{when: last_gap > gap_days and recency <= back_days and orders > 2}}
      churned: {{color: '#000000'}}
"
    );
    let found = labelled(&sandbox, &rules, &["stage"]);
    assert_eq!(found[2], "back loyal", "two orders only");
    let segments = Rows::read(&sandbox.path("out/as_of=2025-12-31/_run/segments.parquet"));
    let cell = |id: &str, column: &str| {
        let row = segments.rows.iter().find(|row| row[1].to_string() == id).expect(id);
        row[segments.at(column)].to_string()
    };
    assert_eq!(cell("loyal", "label_zh"), "铁粉");
    assert_eq!(cell("loyal", "label_en"), "Loyal", "what is not changed stays");
    assert_eq!(cell("loyal", "strategy"), "A letter from the founder");
    assert_eq!(cell("loyal", "color"), "#0b7a4b");
    assert_eq!(cell("churned", "color"), "#000000");
    assert_eq!(cell("churned", "rule"), "everybody else");
    // The text of a rule says columns and numbers, not roles and variables.
    assert_eq!(cell("loyal", "rule"), "order_count >= 2 and recency_days <= 180");
    assert_eq!(cell("reactivated", "rule"), "last_gap_days > 180 and recency_days <= 30 and order_count > 2");
}
