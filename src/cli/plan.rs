//! `tiermill plan`: what a run would read, compute and replace. Nothing is read but footers.

use crate::publish;
use crate::report::Outline;

use super::args::{Format, PlanArgs};
use super::exit::Exit;
use super::load::{Data, load};
use super::settings;

pub(super) fn plan(args: &PlanArgs) -> Exit {
    let loaded = load(&args.rules, &settings::of_plan(args), Data::Required);
    let plan = match loaded.and_then(super::load::Loaded::into_plan) {
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
