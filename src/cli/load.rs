//! Rules file → plan, with every complaint on the way: what `check`, `plan` and `run` begin with.

use std::io::IsTerminal;
use std::path::Path;

use crate::diag::{Class, Diagnostics, Source, render};
use crate::plan::Plan;
use crate::resolve::{self, Catalogs, Missing, Settings};
use crate::spec;

use super::args::RulesArgs;
use super::exit::Exit;

/// A rules file with all that was found about it.
pub(super) struct Loaded {
    pub(super) source: Source,
    pub(super) diagnostics: Diagnostics,
    /// None where there are errors.
    pub(super) plan: Option<Plan>,
    /// Whether all inputs were looked at.
    pub(super) saw_data: bool,
    /// What the inputs are called: `orders`, where there is nothing else.
    pub(super) inputs: &'static str,
}

/// Whether inputs that are not there are an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Data {
    Required,
    IfThere,
}

/// A rules file, or a file beside it.
pub(super) fn read_source(path: &Path) -> Result<Source, Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = match error.kind() {
            std::io::ErrorKind::InvalidData => format!("`{name}` is not UTF-8 text"),
            _ => format!("cannot read `{name}`: {error}"),
        };
        Failure { exit: Exit::Rules, message }
    })?;
    Ok(Source::new(name, text))
}

pub(super) fn load(args: &RulesArgs, settings: &Settings, data: Data) -> Result<Loaded, Failure> {
    let mut source = read_source(&args.rules)?;
    let mut diagnostics = Diagnostics::new();
    let rules = spec::read(&mut source, &args.set, &mut diagnostics);
    let Some(rules) = rules else {
        return Ok(Loaded { source, diagnostics, plan: None, saw_data: false, inputs: "orders" });
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
    Ok(Loaded { source, diagnostics, plan, saw_data, inputs })
}

/// Why there is no plan.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    pub(super) message: String,
}

impl Loaded {
    /// Draws the diagnostics on stderr.
    pub(super) fn draw(&self) {
        let color = std::io::stderr().is_terminal();
        eprint!("{}", render::text(&self.diagnostics, &self.source, color));
    }

    /// The exit that the diagnostics mean.
    pub(super) fn exit(&self) -> Exit {
        if !self.diagnostics.has_errors() {
            return Exit::Done;
        }
        let all_input = self.diagnostics.sorted().iter().all(|one| one.code.class() == Class::Input);
        if all_input { Exit::Input } else { Exit::Rules }
    }

    /// The plan, or what is wrong in one line.
    pub(super) fn into_plan(self) -> Result<Plan, Failure> {
        self.draw();
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
