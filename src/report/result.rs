//! The run result: the last line on stdout of `run`, and `--result-file`, written on failure, too.

use serde::Serialize;

use crate::engine::OverrideCounts;
use crate::fit::Calibration;
use crate::publish::{GateResult, Manifest, RowCounts};

/// The outcome of a run for an orchestrator.
#[derive(Clone, Debug, Serialize)]
pub struct RunResult {
    /// The exit code.
    pub code: u8,
    /// What kind of end it is, in one word.
    pub class: &'static str,
    /// Whether the same command may work later.
    pub retryable: bool,
    /// What to do about it; empty when done.
    pub hint: String,
    /// What went wrong; none when done.
    pub message: Option<String>,
    /// What was published; none otherwise.
    #[serde(flatten)]
    pub outcome: Option<Outcome>,
}

/// What was published.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The rules' name.
    pub rules: String,
    /// The last local date that counts.
    pub as_of: String,
    /// The folder.
    pub output: String,
    /// Rows of the output.
    pub customers: u64,
    /// Where the profile came from: `read` from the inputs, `kept` by an earlier run, or `extended` by what is new.
    pub profile: &'static str,
    /// What happened to every input row.
    pub rows: RowCounts,
    /// What the gates of the rules measured, if there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quality: Vec<GateResult>,
    /// What came of the overrides, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overrides: Option<OverrideCounts>,
    /// How many parts there are.
    pub parts: usize,
    /// Their size.
    pub bytes: u64,
    /// Bytes that went through scratch files, to keep within the memory limit.
    pub spilled_bytes: u64,
    /// How well the CLV model foretold the days held out, if some were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Wall time by phase.
    pub seconds: Seconds,
}

/// Wall time by phase, in the order they ran.
pub type Seconds = serde_json::Map<String, serde_json::Value>;

impl Outcome {
    /// From what was published.
    pub fn new(
        manifest: &Manifest,
        output: String,
        profile: &'static str,
        spilled_bytes: u64,
        calibration: Option<Calibration>,
        seconds: Seconds,
    ) -> Self {
        Self {
            rules: manifest.rules.clone(),
            as_of: manifest.as_of.clone(),
            output,
            profile,
            customers: manifest.customers,
            rows: manifest.rows.clone(),
            quality: manifest.quality.clone(),
            overrides: manifest.overrides,
            parts: manifest.parts.len(),
            bytes: manifest.parts.iter().map(|part| part.bytes).sum(),
            spilled_bytes,
            calibration,
            seconds,
        }
    }
}
