//! What a fit that succeeded has to say against itself: a code, the finding, the advice.

use serde::{Deserialize, Serialize};

/// The kinds of finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningCode {
    /// The data does not show that anybody stopped.
    NoDropOut,
    /// Some direction of the parameters does not change the likelihood; standard errors are missing or huge.
    Ridge,
    /// Too few customers bought twice.
    FewRepeatCustomers,
    /// The mean order value does not exist.
    QBelowOne,
    /// Amounts and frequency go together, which Gamma-Gamma rules out.
    CorrelatedSpend,
    /// Another maximum, almost as good.
    SecondMode,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Its kind.
    pub code: WarningCode,
    /// What was found, with numbers.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl Warning {
    pub(super) fn no_drop_out(behind: f64) -> Self {
        Self {
            code: WarningCode::NoDropOut,
            message: format!(
                "no drop-out detected: without any the log-likelihood is only {behind:.2} lower"
            ),
            advice: "`p_alive` rests on the model, not on the data; observe for longer before using it"
                .into(),
        }
    }

    pub(super) fn ridge(params: &[&str]) -> Self {
        let names: Vec<String> = params.iter().map(|name| format!("`{name}`")).collect();
        Self {
            code: WarningCode::Ridge,
            message: format!("the likelihood hardly depends on {}", names.join(", ")),
            advice: "predictions stand, the single parameters mean nothing; do not compare them between runs"
                .into(),
        }
    }

    pub(super) fn few_repeat_customers(count: u64) -> Self {
        Self {
            code: WarningCode::FewRepeatCustomers,
            message: format!("only {count} customers bought on a second day"),
            advice: "read the standard errors before using the numbers, or use `simple`".into(),
        }
    }

    pub(super) fn q_below_one(q: f64) -> Self {
        Self {
            code: WarningCode::QBelowOne,
            message: format!("`q` = {q:.4} ≤ 1: the expected order value does not exist"),
            advice: "cap extreme amounts, or use `simple`".into(),
        }
    }

    pub(super) fn correlated_spend(correlation: f64) -> Self {
        Self {
            code: WarningCode::CorrelatedSpend,
            message: format!("correlation of order count and mean amount is {correlation:.3}"),
            advice: "Gamma-Gamma takes them as independent; fit separate groups, or use `simple`".into(),
        }
    }

    pub(super) fn second_mode(behind: f64, params: &str) -> Self {
        Self {
            code: WarningCode::SecondMode,
            message: format!("another maximum at {params} has a log-likelihood only {behind:.3} lower"),
            advice: "the population may be two groups; fit them apart, or compare with another model".into(),
        }
    }
}
