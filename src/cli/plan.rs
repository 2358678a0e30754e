//! `tiermill plan`: what a run would read, compute and replace. Nothing is read but footers.

use crate::pipeline::{Compiled, Data, Exit, compile};
use crate::publish;
use crate::report::Outline;

use super::args::{Format, PlanArgs};
use super::terminal::Terminal;
use super::{draw, out, settings};

pub(super) fn plan(args: &PlanArgs, terminal: &Terminal) -> Exit {
    let compiled = compile(&args.rules.rules, &args.rules.set, &settings::of_plan(args), Data::Required);
    let compiled = compiled.inspect(|one| draw::diagnostics(&one.diagnostics, &one.source, terminal));
    let plan = match compiled.and_then(Compiled::into_plan) {
        Ok(plan) => plan,
        Err(failure) => return out::failed(&failure),
    };
    let folder = publish::folder(&plan);
    let outline = Outline::of(&plan, &folder, folder.exists());
    out::all_data(&match args.rules.format {
        Format::Text => outline.text(),
        Format::Json => serde_json::to_string(&outline).unwrap_or_default() + "\n",
    })
}
