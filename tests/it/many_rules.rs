//! Rules files of a size that programs write: the first rule that is true gives the label, whichever block it stands in, and
//! time and memory grow no faster than the rules.

use std::collections::BTreeSet;

use crate::support::{Rows, Sandbox, table};

/// A segmentation of so many rules; the rule with number `n` takes whoever has spent `n` or more, the largest first.
fn published(rules: usize) -> Vec<String> {
    let sandbox = Sandbox::new();
    let amounts = BTreeSet::from([0, 1, 47, 48, 49, 96, 97, rules - 1, rules, rules + 5]);
    let orders: String = amounts.iter().map(|amount| format!("c{amount:05} 2025-01-01 {amount}\n")).collect();
    sandbox.orders("orders.parquet", &table::words(&format!("id:text at:date amount:int\n{orders}")));
    let list: String = (0..rules)
        .map(|at| format!("      - {{id: r{}, when: revenue >= {} and n >= 1}}\n", rules - at, rules - at))
        .collect();
    sandbox.text(
        "rules.yml",
        &format!(
            "tiermill: 1\nname: shop\ninputs:\n  orders: {{path: orders.parquet, columns: {{customer: id, time: at, amount: amount}}}}\n\
             metrics: {{n: count(*), revenue: sum(amount)}}\n\
             segments:\n  tier:\n    rules:\n{list}    default: rest\noutput: {{path: out, columns: [id, tier, tier_rule]}}\n"
        ),
    );
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31"]).done();
    let rows = Rows::parts(&sandbox.path("out/as_of=2025-01-31"));
    rows.rows.iter().map(|row| format!("{} {} {}", row[0], row[1], row[2])).collect()
}

#[test]
fn the_first_rule_that_is_true_gives_the_label() {
    for rules in [48, 49, 96, 97, 700] {
        for line in published(rules) {
            let words: Vec<&str> = line.split(' ').collect();
            let spent: usize = words[0][1..].parse().unwrap();
            let reached = spent.min(rules);
            let expected = match reached {
                0 => ("rest".to_owned(), 0),
                _ => (format!("r{reached}"), rules - reached + 1),
            };
            assert_eq!(
                (words[1], words[2]),
                (&*expected.0, &*expected.1.to_string()),
                "{rules} rules: {line}"
            );
        }
    }
}

/// The linter gives up before it takes longer than anybody waits, and says so.
#[test]
fn the_linter_says_what_it_does_not_look_through() {
    let rules: String =
        (0..2_000).map(|at| format!("      - {{id: r{at}, when: n > {at} and m < {at}}}\n")).collect();
    let sandbox = Sandbox::new();
    sandbox.text(
        "rules.yml",
        &format!(
            "tiermill: 1\nname: shop\ninputs: {{orders: {{path: orders.parquet, columns: {{customer: id, time: at}}}}}}\n\
             metrics: {{n: count(*), m: count(*)}}\nsegments:\n  tier:\n    rules:\n{rules}    default: rest\n"
        ),
    );
    let checked = sandbox.tiermill(&["check", "rules.yml"]).done();
    assert!(
        checked.stderr.contains("lint-skipped") || checked.stdout.contains("lint-skipped"),
        "{checked:?}"
    );
}
