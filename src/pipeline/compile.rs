//! Rules file → plan, with every complaint on the way: what `check`, `plan` and `run` begin with.

use std::path::Path;

use crate::catalog::check_regular;
use crate::diag::{Class, Diagnostics, Severity, Source};
use crate::plan::Plan;
use crate::resolve::{self, Catalogs, Missing, Settings};
use crate::spec::{self, Override};

use super::{Exit, Failure};

/// A rules file with all that was found about it.
#[derive(Debug)]
pub struct Compiled {
    /// Its text.
    pub source: Source,
    /// What was found.
    pub diagnostics: Diagnostics,
    /// None where there are errors.
    pub plan: Option<Plan>,
    /// Whether all inputs were looked at.
    pub saw_data: bool,
    /// What the inputs are called: `orders`, where there is nothing else.
    pub inputs: &'static str,
}

/// Whether inputs that are not there are an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// They are.
    Required,
    /// They are not; what there is is checked.
    IfThere,
}

/// Reads a rules file, or a file beside it.
pub fn read_source(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    let text = check_regular(path).and_then(|()| std::fs::read_to_string(path)).map_err(|error| {
        let message = match error.kind() {
            std::io::ErrorKind::InvalidData => format!("`{name}` is not UTF-8 text"),
            _ => format!("cannot read `{name}`: {error}"),
        };
        Failure { exit: Exit::Rules, message }
    })?;
    Ok(Source::new(name, text))
}

/// Reads a rules file and what it names, and makes a plan of them; all complaints are collected. Fails only where the
/// rules file cannot be read.
pub fn compile(
    path: &Path,
    overrides: &[Override],
    settings: &Settings,
    data: Data,
) -> Result<Compiled, Failure> {
    let mut source = read_source(path)?;
    let mut diagnostics = Diagnostics::new();
    let rules = spec::read(&mut source, overrides, &mut diagnostics);
    let Some(rules) = rules else {
        return Ok(Compiled { source, diagnostics, plan: None, saw_data: false, inputs: "orders" });
    };
    let missing = match data {
        Data::Required => Missing::Error,
        Data::IfThere => Missing::Fine,
    };
    let catalogs = Catalogs::read(&rules, settings, missing, &mut diagnostics);
    let saw_data = catalogs.are_complete(&rules);
    let only_orders = rules.inputs.customers.is_none()
        && rules.inputs.events.is_empty()
        && rules.privacy.suppress.is_none()
        && rules.overrides.is_none();
    let inputs = if only_orders { "orders" } else { "inputs" };
    let plan = resolve::resolve(&rules, &catalogs, settings, &source, &mut diagnostics);
    Ok(Compiled { source, diagnostics, plan, saw_data, inputs })
}

impl Compiled {
    /// The exit that the diagnostics mean.
    pub fn exit(&self) -> Exit {
        if !self.diagnostics.has_errors() {
            return Exit::Done;
        }
        // Warnings are about rules, and none of them ends a run.
        let sorted = self.diagnostics.sorted();
        let errors = || sorted.iter().filter(|one| one.severity == Severity::Error);
        if errors().all(|one| one.code.class() == Class::Missing) {
            Exit::Missing
        } else if errors().all(|one| one.code.class() != Class::Rules) {
            Exit::Input
        } else {
            Exit::Rules
        }
    }

    /// The plan, or what is wrong in one line.
    pub fn into_plan(self) -> Result<Plan, Failure> {
        let exit = self.exit();
        let errors = self.diagnostics.len();
        let first = self.diagnostics.sorted().first().map(|one| one.message.clone());
        self.plan.ok_or_else(|| Failure {
            exit: if exit == Exit::Done { Exit::Bug } else { exit },
            message: match (errors, first) {
                (1, Some(first)) => first,
                (n, Some(first)) => format!("{n} mistakes; the first: {first}"),
                (_, None) => "no plan".to_owned(),
            },
        })
    }
}
