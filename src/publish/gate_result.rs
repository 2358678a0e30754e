//! What came of a quality gate, as the manifest and the run result say it.

use serde::{Deserialize, Serialize};

/// One gate, what was measured, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateResult {
    /// The input's name under `inputs`.
    pub input: String,
    /// Its path as the rules file has it.
    pub path: String,
    /// The gate's key.
    pub gate: String,
    /// Rows, or days; none where there was nothing to measure: no run before, or no day.
    pub measured: Option<u64>,
    /// The rows of which it is a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// The limit of a warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn: Option<String>,
    /// The limit of publishing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// The line of the rules file.
    pub line: usize,
}

/// What came of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within the limits.
    Pass,
    /// Beyond the limit of a warning.
    Warn,
    /// Beyond the limit of publishing.
    Fail,
    /// There is no earlier run to compare with.
    NotCompared,
}

impl GateResult {
    /// `` `orders.parquet`: negative_amount is 7 of 100 rows (7.00%), the limit is 0.05 (line 12 of the rules) ``
    pub fn words(&self) -> String {
        let Self { input: _, path, gate, measured, of, warn, fail, verdict, line } = self;
        let limit = if *verdict == Verdict::Fail { fail } else { warn };
        let limit = limit.as_deref().unwrap_or_default();
        let found = match (measured, of, gate.as_str()) {
            (Some(days), _, "max_age_days") => format!("the newest row that counts is {days} days old"),
            (None, _, "max_age_days") => "no row counts".to_owned(),
            (Some(rows), Some(of), "rows_drop") => {
                format!("{rows} rows fewer than {of}{}", percent(*rows, *of))
            }
            (Some(rows), Some(of), "rows_rise") => {
                format!("{rows} rows more than {of}{}", percent(*rows, *of))
            }
            (Some(rows), Some(of), _) => format!("{rows} of {of} rows{}", percent(*rows, *of)),
            (Some(rows), None, _) => format!("{rows} rows"),
            (None, _, _) => "nothing to compare with".to_owned(),
        };
        format!("`{path}`: {gate}: {found}, the limit is {limit} (line {line} of the rules)")
    }
}

fn percent(rows: u64, of: u64) -> String {
    if of == 0 { String::new() } else { format!(" ({:.3}%)", rows as f64 * 100.0 / of as f64) }
}
