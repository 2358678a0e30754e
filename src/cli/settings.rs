//! What the arguments mean.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::resolve::Settings;

use super::args::PlanArgs;

/// The settings of a run.
pub(super) fn of_plan(args: &PlanArgs) -> Settings {
    Settings { as_of: args.as_of, base: base(&args.rules.rules), out: args.out.clone(), lint: false }
}

/// The settings of a check; the date matters to no check.
pub(super) fn of_check(rules: &Path, as_of: Option<NaiveDate>) -> Settings {
    Settings { as_of: as_of.unwrap_or_default(), base: base(rules), out: None, lint: true }
}

/// Paths in a rules file are relative to it.
pub(super) fn base(rules: &Path) -> PathBuf {
    rules.parent().map_or_else(PathBuf::new, Path::to_path_buf)
}
