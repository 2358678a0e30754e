//! What is published: the table's columns, what lies beside it, and what is hidden.

use serde::Serialize;

use crate::plan::{self, OutputColumn, Plan};

use super::page::Grid;
use super::words::{count, percent, plain};

/// A column of the table.
#[derive(Debug, Serialize)]
pub(super) struct Column {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    /// What the rules call it, where the output calls it by another name.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<String>,
}

/// A segment with a file of its own.
#[derive(Debug, Serialize)]
pub(super) struct Audience {
    file: String,
    segmentation: String,
    segment: String,
    columns: Vec<String>,
    #[serde(skip)]
    has_all: bool,
}

/// Customers close to a boundary get a list.
#[derive(Debug, Serialize)]
pub(super) struct Edges {
    /// A part of the boundary's value.
    within: String,
    #[serde(skip)]
    percent: String,
}

/// What is hidden in what is published.
#[derive(Debug, Serialize)]
pub(super) struct Privacy {
    /// The environment variable with the key of the pseudonyms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pseudonyms_key_env: Option<String>,
    /// Smaller groups are not shown in reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    report_min_group: Option<u64>,
}

impl Column {
    pub(super) fn of(column: &OutputColumn) -> Self {
        let OutputColumn { name, ty, source: _ } = column;
        Self { name: name.clone(), ty: ty.sql(), of: column.renamed().map(str::to_owned) }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let of = self.of.as_ref().map_or(String::new(), |of| format!(", `{of}` in the rules"));
        grid.row([format!("  {}", self.name), format!("{}{of}", self.ty)]);
    }
}

impl Audience {
    pub(super) fn of(audience: &plan::Audience, plan: &Plan) -> Self {
        let plan::Audience { segmentation, segment, columns, format: _ } = audience;
        Self {
            file: audience.file_name(),
            segmentation: segmentation.clone(),
            segment: segment.clone(),
            columns: columns.iter().map(|column| column.name.clone()).collect(),
            has_all: *columns == plan.output,
        }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let Self { file, segmentation: _, segment: _, columns, has_all } = self;
        let columns = if *has_all { "all columns".to_owned() } else { columns.join(", ") };
        grid.row([format!("  {file}"), columns]);
    }
}

impl Edges {
    pub(super) fn of(within: crate::decimal::Decimal) -> Self {
        Self { within: plain(within), percent: percent(within) }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        grid.row(["  edges", &format!("customers within {} of a boundary are listed", self.percent)]);
    }
}

impl Privacy {
    /// None where nothing is hidden.
    pub(super) fn of(privacy: &plan::Privacy) -> Option<Self> {
        let plan::Privacy { key_env, report_min_group } = privacy;
        let hides = key_env.is_some() || report_min_group.is_some();
        hides.then(|| Self { pseudonyms_key_env: key_env.clone(), report_min_group: *report_min_group })
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let Self { pseudonyms_key_env, report_min_group } = self;
        if let Some(key_env) = pseudonyms_key_env {
            grid.row(["  customer ids", &format!("HMAC-SHA-256 of them, with the key in {key_env}")]);
        }
        if let Some(least) = report_min_group {
            let words = format!("groups of fewer than {} are not shown", count(*least, "customer"));
            grid.row(["  reports", &words]);
        }
    }
}
