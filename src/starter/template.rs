//! The text of a starter.

use crate::plan::needs_quotes;

use super::guess::{Guess, Guesses};

/// The rules file for orders at a path.
pub(super) fn text(path: &str, guesses: &Guesses) -> String {
    let Guesses { customer, order, time, amount, status, category } = guesses;
    let mut text = format!(
        "# A starter: `tiermill check` says what is wrong with it, `tiermill test` runs the test at its end, and
# `tiermill run FILE --as-of 2026-11-01` labels all customers as of the end of that day.
tiermill: 1
name: my_customers
timezone: UTC                    # whose calendar days count, such as Asia/Shanghai

inputs:
  orders:
    path: {}  # a file, a glob such as orders/*.parquet, or a folder; relative to this file
    # The role on the left, the file's column on the right; guessed from names and types.
    columns:
{}",
        yaml(path),
        role("customer", customer),
    );
    if let Some(order) = order {
        text += &role("order", order);
    }
    text += &role("time", time);
    if let Some(amount) = amount {
        text += &role("amount", amount);
    }
    let status = status.as_ref().map_or("status".to_owned(), |status| sql(&status.column));
    text += &format!("    # where: {status} = 'completed'   # which rows count, in SQL\n");
    text += "    # grain: line                  # if a row is a line of an order, not an order\n\n";

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
      - {{customer: 1001, time: 2026-10-20{}}}
      - {{customer: 1002, time: 2025-01-15{}}}
    expect:
      1001: {{stage: new, order_count: 1}}
      1002: {{stage: churned, recency_days: 655}}
",
        yaml(&customer.column),
        rename(&customer.column),
        if amount.is_some() { ", amount: 120" } else { "" },
        if amount.is_some() { ", amount: 80" } else { "" },
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
    match guess.others.as_slice() {
        [] => line + "\n",
        others => {
            let others: Vec<String> = others.iter().map(|other| yaml(other)).collect();
            format!("{line:<32} # or {}\n", others.join(", "))
        }
    }
}

/// A text as YAML takes it.
fn yaml(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '/' || c == '.')
        && text.chars().all(|c| c.is_alphanumeric() || "_-./=*".contains(c))
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// A column's name as SQL takes it, inside YAML.
fn sql(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
