//! `tiermill plan`: what a run would read, compute and replace. Nothing is read but footers.

use crate::pipeline::{Compiled, Data, Exit, compile};
use crate::publish;
use crate::report::Outline;

use super::args::{Format, PlanArgs};
use super::{draw, settings};

pub(super) fn plan(args: &PlanArgs) -> Exit {
    let compiled = compile(&args.rules.rules, &args.rules.set, &settings::of_plan(args), Data::Required);
    let compiled = compiled.inspect(|one| draw::diagnostics(&one.diagnostics, &one.source));
    let plan = match compiled.and_then(Compiled::into_plan) {
        Ok(plan) => plan,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            return failure.exit;
        }
    };
    let folder = publish::folder(&plan);
    let outline = Outline::of(&plan, &folder, folder.exists());
    match args.rules.format {
        Format::Text => print!("{}", outline.text()),
        Format::Json => println!("{}", serde_json::to_string(&outline).unwrap_or_default()),
    }
    Exit::Done
}
