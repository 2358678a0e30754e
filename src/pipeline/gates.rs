//! The gates between what was read and what may be published, where the rules say nothing: nobody to label, no row that
//! counts, more than half of an input's rows set aside, ids of two systems that never match. Nothing is published then.

use crate::engine::polars::{cells, profile};
use crate::engine::{Counts, InputCounts, Profile};
use crate::plan::{Input, Plan, TimeEncoding};

use super::{Exit, Failure};

/// What is said of an input whose rows went nowhere, or hardly anywhere.
pub(super) struct Passed {
    /// For the reader of the log: what happened to the rows.
    pub(super) notes: Vec<String>,
    /// What is probably not meant.
    pub(super) warnings: Vec<String>,
}

/// Checks what a profile counted; ids are shown unless they are hidden.
pub(super) fn check(plan: &Plan, profile: &Profile) -> Result<Passed, Failure> {
    let inputs = profile.counts.by_input();
    let mut passed = Passed { notes: inputs.iter().map(rows).collect(), warnings: Vec::new() };
    for one in &inputs {
        most_rows_count(plan, one)?;
    }
    let orders = profile.counts.of_orders();
    if orders.used == 0 && orders.unknown == 0 {
        return Err(refused(format!("no row of the orders counts as of {}: {}", plan.as_of, words(&orders))));
    }
    for one in &inputs {
        matches_population(plan, profile, one, &mut passed)?;
    }
    passed.warnings.extend(opt_outs(plan, profile));
    if profile.customers.height() == 0 {
        return Err(refused("there is nobody to label: no customer is left".to_owned()));
    }
    Ok(passed)
}

/// A list of which nobody is known may be of another system.
fn opt_outs(plan: &Plan, profile: &Profile) -> Option<String> {
    let (list, listed) = plan.suppress.as_ref().zip(profile.counts.listed)?;
    let is_known = profile.counts.inputs.iter().any(|one| one.counts.suppressed > 0);
    (listed > 0 && !is_known).then(|| {
        format!(
            "`{}`: none of its {listed} ids is in any input: do the ids differ in padding or zeros?",
            list.path
        )
    })
}

fn refused(message: String) -> Failure {
    Failure { exit: Exit::Refused, message }
}

/// More than half of an input's rows set aside is a fault of the input, or of the rules.
fn most_rows_count(plan: &Plan, one: &InputCounts) -> Result<(), Failure> {
    // A shop may have more guests than members: rows without a customer are no fault by themselves.
    let faults = || one.counts.rejected.iter().filter(|(reason, _)| reason != "null_customer");
    let rejected: u64 = faults().map(|(_, rows)| rows).sum();
    if rejected * 2 <= one.counts.read {
        return Ok(());
    }
    let reasons = faults().max_by_key(|(_, rows)| *rows);
    let reason = reasons.map_or("", |(reason, _)| reason.as_ref());
    let input = plan.inputs().find(|input| input.source.name() == one.name && input.table.path == one.path);
    let help = input.and_then(|input| help(input, reason)).map_or(String::new(), |help| format!("; {help}"));
    Err(refused(format!(
        "`{}`: more than half of its rows are set aside: {}{help}",
        one.path,
        words(&one.counts)
    )))
}

/// What to do about the commonest reason.
fn help(input: &Input, reason: &str) -> Option<String> {
    Some(match reason {
        "unreadable_time" => {
            let column = &input.time.column;
            match &input.time.encoding {
                TimeEncoding::Text => format!(
                    "the column `{column}` holds texts that are no ISO dates (YYYY-MM-DD): say how they are written, \
                     as in `time: {{column: {column}, format: '%m/%d/%Y'}}`"
                ),
                TimeEncoding::Format(form) => format!("`{form}` does not read the column `{column}`"),
                _ => format!("the times of the column `{column}` are outside of the years 1 to 9999"),
            }
        }
        "null_time" => format!("the column `{}` has no time", input.time.column),
        "unreadable_customer" => format!(
            "the column `{0}` holds no whole numbers of 64 bits; `customer: cast({0} as varchar)` reads it as texts",
            input.customer.column
        ),
        "null_amount" | "unreadable_amount" | "amount_not_finite" => {
            format!("look at the column `{}`", input.amount.as_ref()?.column)
        }
        _ => return None,
    })
}

/// Ids of two systems that differ in padding or zeros are the commonest cause of a join that finds nobody.
fn matches_population(
    plan: &Plan,
    profile: &Profile,
    one: &InputCounts,
    passed: &mut Passed,
) -> Result<(), Failure> {
    let Counts { used, unknown, .. } = one.counts;
    let is_orders = plan.orders.iter().any(|input| input.source.name() == one.name);
    let against = if is_orders { "the table of customers" } else { "the population" };
    let unknown = unknown + one.joined;
    let used = used.saturating_sub(one.joined);
    if unknown == 0 || unknown <= used || (is_orders && plan.customers.is_none()) {
        return Ok(());
    }
    let message = format!(
        "`{}`: {unknown} of {} rows are of customers who are not in {against}{}",
        one.path,
        unknown + used,
        both_sides(plan, profile, one)
    );
    if used == 0 && one.joined == 0 {
        return Err(refused(message));
    }
    passed.warnings.push(message);
    Ok(())
}

/// One id of each side; nothing where ids are hidden.
fn both_sides(plan: &Plan, profile: &Profile, one: &InputCounts) -> String {
    if plan.privacy.key_env.is_some() {
        return String::new();
    }
    let input = plan.inputs().find(|input| input.source.name() == one.name && input.table.path == one.path);
    let theirs = input.and_then(|input| profile::first_id(plan, input).ok().flatten());
    let ours = cells::of(&profile.customers.slice(0, 1), &plan.customer.column);
    let ours = ours.and_then(|cells| cells.texts.into_iter().next().flatten());
    match (theirs, ours) {
        (Some(theirs), Some(ours)) => {
            format!(
                "; its first is `{theirs}`, a customer is `{ours}`: do the ids differ in padding or zeros?"
            )
        }
        _ => String::new(),
    }
}

/// `orders.parquet: 12 rows: 9 used, 2 left out by where, 1 set aside (null_time 1)`
fn rows(one: &InputCounts) -> String {
    format!("{}: {}", one.path, words(&one.counts))
}

fn words(counts: &Counts) -> String {
    let Counts { read, filtered, suppressed, no_consent, later, unknown, identical, used, rejected } = counts;
    let mut words = vec![format!("{used} used")];
    let more = [
        (filtered, "left out by `where`"),
        (later, "later than as-of"),
        (suppressed, "of suppressed customers"),
        (no_consent, "without consent"),
        (unknown, "of unknown customers"),
        (identical, "said twice"),
    ];
    words.extend(more.iter().filter(|(rows, _)| **rows > 0).map(|(rows, what)| format!("{rows} {what}")));
    let aside: u64 = rejected.iter().map(|(_, rows)| rows).sum();
    if aside > 0 {
        let word = |reason: &str| match reason {
            "null_customer" => "null_customer: empty or blank ids".to_owned(),
            other => other.to_owned(),
        };
        let reasons: Vec<String> =
            rejected.iter().map(|(reason, rows)| format!("{} {rows}", word(reason))).collect();
        words.push(format!("{aside} set aside ({})", reasons.join(", ")));
    }
    format!("{read} rows: {}", words.join(", "))
}
