//! The gates that the rules ask for: beyond a `fail` nothing is published, beyond a `warn` it is said.

use crate::engine::Profile;
use crate::plan::Plan;
use crate::publish::{self, GateResult, Verdict};

use super::{Exit, Failure};

/// Warnings; or the failure that names every gate that is not passed.
pub(super) fn check(plan: &Plan, profile: &Profile) -> Result<Vec<String>, Failure> {
    accounted(plan, profile)?;
    let results = publish::verdicts(plan, profile)?;
    let failed: Vec<&GateResult> = results.iter().filter(|one| one.verdict == Verdict::Fail).collect();
    if !failed.is_empty() {
        // What is stale alone may come yet.
        let is_stale = failed.iter().all(|one| one.gate == "max_age_days");
        let exit = if is_stale { Exit::Stale } else { Exit::Refused };
        let words: Vec<String> = failed.into_iter().map(GateResult::words).collect();
        return Err(Failure { exit, message: format!("quality: {}", words.join("; ")) });
    }
    let warned = results.iter().filter(|one| one.verdict == Verdict::Warn);
    Ok(warned.map(|one| format!("quality: {}", one.words())).collect())
}

/// Rows in = rows by what became of them, of every input; what no condition leaves out is not left out.
fn accounted(plan: &Plan, profile: &Profile) -> Result<(), Failure> {
    for one in &profile.counts.inputs {
        let is_same =
            |input: &&crate::plan::Input| input.source.name() == one.name && input.table.path == one.path;
        let has_condition = plan.inputs().filter(is_same).any(|input| input.condition.is_some());
        let counts = &one.counts;
        if counts.accounted() != counts.read || (counts.filtered > 0 && !has_condition) {
            let message = format!(
                "`{}`: {} rows were read, and {} are accounted for, {} of them filtered",
                one.path,
                counts.read,
                counts.accounted(),
                counts.filtered
            );
            return Err(Failure { exit: Exit::Bug, message });
        }
    }
    Ok(())
}
