//! What quality gates found: measured values against their limits. A pure function of the plan, what was read, and the
//! manifest of the run before, so that a rerun says the same.

use std::fs;

use crate::engine::polars::profile;
use crate::engine::{InputCounts, Profile};
use crate::plan::{Gate, InputGates, Limit, Plan};

use super::gate_result::{GateResult, Verdict};
use super::layout::{MANIFEST, existing_run_file};
use super::{Error, Manifest, previous_folder};

/// Every gate of a plan, in its order.
pub fn verdicts(plan: &Plan, profile: &Profile) -> Result<Vec<GateResult>, Error> {
    let inputs = profile.counts.by_input();
    let asks = |name: &str| plan.quality.iter().flat_map(|one| &one.gates).any(|gate| gate.name == name);
    let previous = if asks("rows_drop") || asks("rows_rise") { previous(plan)? } else { None };
    let repeated = if asks("duplicate_order") { profile::repeated_orders(&profile.customers)? } else { 0 };
    let mut results = Vec::new();
    for InputGates { input, path, gates } in &plan.quality {
        let Some(counts) = inputs.iter().find(|one| one.name == *input && one.path == *path) else {
            return Err(Error::Broken(format!("nothing was counted of `{path}`")));
        };
        let before = previous.as_ref().and_then(|manifest| rows_before(plan, manifest, counts));
        results.extend(gates.iter().map(|gate| {
            let (measured, of) = if gate.name == "duplicate_order" {
                (Some(repeated), Some(profile.counts.of_orders().used))
            } else {
                measure(plan, gate, counts, before)
            };
            result(counts, gate, measured, of)
        }));
    }
    Ok(results)
}

fn result(counts: &InputCounts, gate: &Gate, measured: Option<u64>, of: Option<u64>) -> GateResult {
    let is_beyond = |limit: &Option<Limit>| match (limit, measured) {
        (None, _) => false,
        (Some(limit), Some(measured)) => limit.is_exceeded_by(measured, of.unwrap_or(0)),
        // No row counts, so none is new enough.
        (Some(limit), None) => matches!(limit, Limit::Days(_)),
    };
    let verdict = match () {
        () if is_beyond(&gate.fail) => Verdict::Fail,
        () if is_beyond(&gate.warn) => Verdict::Warn,
        () if measured.is_none() => Verdict::NotCompared,
        () => Verdict::Pass,
    };
    GateResult {
        input: counts.name.clone(),
        path: counts.path.clone(),
        gate: gate.name.clone(),
        measured,
        of,
        warn: gate.warn.map(|limit| limit.to_string()),
        fail: gate.fail.map(|limit| limit.to_string()),
        verdict,
        line: gate.line,
    }
}

/// What a gate looks at, and of how many rows it is a share: of those that are looked at, which are all but those that
/// `where` and privacy leave out.
fn measure(plan: &Plan, gate: &Gate, one: &InputCounts, before: Option<u64>) -> (Option<u64>, Option<u64>) {
    let InputCounts { name: _, path: _, counts, suppressed_customers: _, joined, measured } = one;
    let rejected = |is_meant: &dyn Fn(&str) -> bool| -> u64 {
        counts.rejected.iter().filter(|(reason, _)| is_meant(reason)).map(|(_, rows)| rows).sum()
    };
    let left_out = counts.filtered + counts.suppressed + counts.no_consent;
    let looked_at = counts.read.saturating_sub(left_out);
    let share = |rows: u64| (Some(rows), Some(looked_at));
    match gate.name.as_str() {
        "rows" => (Some(counts.read), None),
        "rows_drop" => (before.map(|before| before.saturating_sub(counts.read)), before),
        "rows_rise" => (before.map(|before| counts.read.saturating_sub(before)), before),
        "max_age_days" => {
            let as_of = (plan.as_of - chrono::NaiveDate::default()).num_days();
            let age = measured.newest.map(|day| as_of - i64::from(day));
            (age.map(|days| u64::try_from(days).unwrap_or(0)), None)
        }
        "filtered" => (Some(counts.filtered), Some(counts.read)),
        "future" => share(counts.later),
        "identical" => share(counts.identical),
        "unknown_customer" => share(counts.unknown + joined),
        "rejected" => share(rejected(&|_| true)),
        "unreadable" => share(rejected(&|reason| {
            reason.starts_with("unreadable_")
                || ["wrong_number_of_cells", "amount_not_finite"].contains(&reason)
        })),
        name @ ("null_customer" | "null_time" | "null_amount" | "duplicate_customer") => {
            share(rejected(&|reason| reason == name))
        }
        name => share(measured.rows.get(name).copied().unwrap_or(0)),
    }
}

/// The manifest of the latest complete run of an earlier as-of.
fn previous(plan: &Plan) -> Result<Option<Manifest>, Error> {
    if !plan.target.exists() {
        return Ok(None);
    }
    let found = previous_folder(&plan.target, &plan.as_of.to_string(), MANIFEST);
    let Some(folder) = found.map_err(Error::io(&plan.target))? else { return Ok(None) };
    let Some(path) = existing_run_file(&folder, MANIFEST) else { return Ok(None) };
    let text = fs::read(&path).map_err(Error::io(&path))?;
    // What an earlier version wrote may say too little; then there is nothing to compare with.
    Ok(serde_json::from_slice(&text).ok())
}

/// How many rows an input had then; none where it was not there.
fn rows_before(plan: &Plan, manifest: &Manifest, one: &InputCounts) -> Option<u64> {
    let listed = manifest.rows_by_input.iter().find(|then| then.input == one.name && then.path == one.path);
    let alone = manifest.rows_by_input.is_empty() && plan.reads_only_orders();
    listed.map(|then| then.rows.read).or_else(|| alone.then_some(manifest.rows.read))
}
