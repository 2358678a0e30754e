//! The text of a starter.

use crate::plan::needs_quotes;

use super::guess::{Guess, Guesses, Money};
use super::marks::Marks;
use super::quote::{sql, yaml};

/// The rules file for orders at a path, with lines that say how its files are read.
pub(super) fn starter(path: &str, settings: &str, guesses: &Guesses) -> String {
    let Guesses { customer, order, time, time_is_instant, amount, category, is_line, marks } = guesses;
    let zone = if *time_is_instant {
        "times are instants and become its local time"
    } else {
        "times are taken as local"
    };
    let mut text = format!(
        "# yaml-language-server: $schema=./schema.json
# The line above is for editors; `tiermill schema > schema.json` beside this file writes what it names.
#
# A starter: `tiermill check` says what is wrong with it, `tiermill test` runs the test at its end, and
# `tiermill run FILE --as-of 2026-11-01` labels all customers as of the end of that day.
tiermill: 1
name: my_customers
timezone: UTC    # is it? Whose calendar days count, such as Asia/Shanghai or Europe/Berlin; {zone}

inputs:
  orders:
    path: {}  # a file, a glob such as orders/*.parquet, or a folder; relative to this file
{settings}    # The role on the left, the file's column on the right; guessed from names, types and the first rows.
    columns:
{}",
        yaml(path),
        role("customer", customer),
    );
    if let Some(order) = order {
        text += &role("order", order);
    }
    text += &role("time", time);
    match amount {
        None => {}
        Some(Money::Column(amount)) => text += &role("amount", amount),
        Some(Money::Product { quantity, unit_price }) => {
            text +=
                &format!("      amount: {}\n", yaml_sql(&format!("{} * {}", sql(quantity), sql(unit_price))));
        }
    }
    text += if *is_line {
        "    grain: line                    # order ids repeat: a row is a line of an order\n"
    } else {
        "    # grain: line                  # if a row is a line of an order, not an order\n"
    };
    text += &where_line(marks);
    text.push('\n');

    text += "# One column for each customer.\nmetrics:\n";
    let orders = if order.is_some() { "count(distinct order)" } else { "count(*)" };
    text += &format!(
        "  recency_days: days_since(max(time))
  days_since_first: days_since(min(time))
  last_gap_days: last_gap(time)
  order_count: {orders}
  orders_90d: {{expr: {orders}, window: 90d}}
"
    );
    if amount.is_some() {
        text += "  revenue: sum(amount)\n  avg_order: revenue / order_count\n";
    }
    if let Some(category) = category {
        text += &format!("  favourite: top({}, count(*))\n", sql(&category.column));
    }

    text += "
# From 1, the worst, to 5. `breaks: [2, 4, 8, 16]` instead of `quantiles` gives fixed boundaries.
scores:
  r: {of: recency_days, quantiles: 5, best: low}
  f: {of: order_count, quantiles: 5}
";
    if amount.is_some() {
        text += "  m: {of: revenue, quantiles: 5}

# A: those who bring the first 80 % of the revenue.
bands:
  abc: {of: revenue, preset: abc-80-95}
";
    }
    let row = |customer: u32, day: &str, money: u32| {
        let amount = match amount {
            None => String::new(),
            Some(Money::Column(_)) => format!(", amount: {money}"),
            Some(Money::Product { quantity, unit_price }) => {
                format!(", {}: 2, {}: {}", yaml(quantity), yaml(unit_price), money / 2)
            }
        };
        format!("{{customer: {customer}, time: {day}{amount}}}")
    };
    text += "
# Every customer gets one label of each. `tiermill presets` lists the ready ones with their variables.
segments:
";
    if amount.is_some() {
        text += "  rfm: {preset: rfm-11, scores: [r, f, m]}\n";
    }
    let best = if amount.is_some() { "abc = 'A'" } else { "f = 5" };
    text += &format!(
        "  stage: {{preset: lifecycle-retail, with: {{active_days: 90, at_risk_days: 180, dormant_days: 365}}}}
  tier:
    rules:                         # the first that is true
      - id: high_value
        when: {best} and stage in ('new', 'reactivated', 'loyal', 'active')
        label: {{zh: 高价值客户, en: High value}}
        color: '#0b7a4b'
        strategy: VIP service, a person to talk to
        expected_effect: They stay
      - id: win_back
        when: {best}
        label: {{zh: 重要挽留客户, en: Win back}}
        color: '#e8743b'
        strategy: Call them
      - {{id: gone, when: stage = 'churned', label: {{zh: 流失客户, en: Gone}}, color: '#6b6b6b'}}
    default: {{id: regular, label: {{zh: 一般客户, en: Regular}}, color: '#7bc47f'}}

output:
  path: out/my_customers           # gets a folder for each date
  # columns: [{}, tier]   # all, if left out
{}
# A few rows in, expected labels out.
tests:
  - name: who ordered first within 30 days is new
    as_of: 2026-11-01
    orders:
      - {}
      - {}
    expect:
      1001: {{stage: new, order_count: 1}}
      1002: {{stage: churned, recency_days: 655}}
",
        yaml(&customer.column),
        rename(&customer.column),
        row(1001, "2026-10-20", 120),
        row(1002, "2025-01-15", 80),
    );
    text
}

/// The line that gives the id a name that no warehouse has to quote, if its own has to be.
fn rename(customer: &str) -> String {
    match needs_quotes(customer) {
        Some(_) => format!(
            "  rename: {{{}: customer_id}}   # a name that warehouses take without quotes\n",
            yaml(customer)
        ),
        None => String::new(),
    }
}

/// A line of `columns`, with the other columns that would do.
fn role(role: &str, guess: &Guess) -> String {
    let line = format!("      {role}: {}", yaml(&guess.column));
    let others: Vec<String> = guess.others.iter().map(|other| yaml(other)).collect();
    let others = (!others.is_empty()).then(|| format!("or {}", others.join(", ")));
    let notes: Vec<String> = guess.note.iter().cloned().chain(others).collect();
    if notes.is_empty() { line + "\n" } else { format!("{line:<32} # {}\n", notes.join("; ")) }
}

/// What was found that may not count, and a condition that leaves it out, to be uncommented.
fn where_line(marks: &Marks) -> String {
    let Marks { condition, found } = marks;
    let mut text: String =
        found.iter().map(|one| format!("    # found: {}\n", one.replace('\n', " "))).collect();
    text += &match condition {
        Some(condition) => format!("    # where: {}   # which rows count, in SQL\n", yaml_sql(condition)),
        None => "    # where: status = 'completed'   # which rows count, in SQL\n".to_owned(),
    };
    text
}

/// An expression as YAML takes it.
fn yaml_sql(sql: &str) -> String {
    let may_stand =
        sql.starts_with(|c: char| c.is_alphabetic()) && !sql.contains(": ") && !sql.contains(" #");
    if may_stand { sql.to_owned() } else { format!("'{}'", sql.replace('\'', "''")) }
}
