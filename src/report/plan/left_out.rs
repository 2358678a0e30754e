//! Who and what is left out before anything is computed, of every input alike.

use serde::Serialize;

use crate::plan::{Customers, Plan, Suppress};

use super::page::Grid;
use super::words::{count, size};

/// What is left out.
#[derive(Debug, Serialize)]
pub(super) struct LeftOut {
    /// Rows of later local dates.
    after: String,
    /// The list of customers who opted out.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed: Option<List>,
    /// Customers of whom this column is not true.
    #[serde(skip_serializing_if = "Option::is_none")]
    without_consent: Option<String>,
    /// Whether rows of customers who are not in the table of customers are left out.
    unknown_customers: bool,
}

/// A list of customers.
#[derive(Debug, Serialize)]
struct List {
    /// As written in the rules file.
    path: String,
    column: String,
    files: Vec<ListFile>,
}

/// One file of a list.
#[derive(Debug, Serialize)]
struct ListFile {
    path: String,
    bytes: u64,
}

impl LeftOut {
    pub(super) fn of(plan: &Plan) -> Self {
        let customers = plan.customers.as_ref();
        Self {
            after: plan.as_of.to_string(),
            suppressed: plan.suppress.as_ref().map(List::of),
            without_consent: customers.and_then(|customers| customers.consent.clone()),
            unknown_customers: customers.is_some_and(|Customers { unknown_join, .. }| !unknown_join),
        }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let Self { after, suppressed, without_consent, unknown_customers } = self;
        grid.row(["  later rows", &format!("those after {after}")]);
        if let Some(List { path, column, files }) = suppressed {
            let bytes = files.iter().map(|file| file.bytes).sum();
            let number = count(files.len() as u64, "file");
            grid.row([
                "  suppressed",
                &format!("customers whose id is in {path}, column {column} ({number}, {})", size(bytes)),
            ]);
        }
        if let Some(column) = without_consent {
            grid.row(["  no consent", &format!("customers for whom `{column}` is not true")]);
        }
        if *unknown_customers {
            grid.row(["  unknown", "rows of customers who are not in the table of customers"]);
        }
    }
}

impl List {
    fn of(suppress: &Suppress) -> Self {
        let Suppress { path, column, files } = suppress;
        let file = |file: &crate::plan::ListFile| ListFile {
            path: file.path.display().to_string(),
            bytes: file.bytes,
        };
        Self { path: path.clone(), column: column.clone(), files: files.iter().map(file).collect() }
    }
}
