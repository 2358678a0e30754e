//! `tiermill check`: the rules and, if it is there, the data are sound.

use crate::diag::{Severity, render};

use super::args::{CheckArgs, Format};
use super::exit::Exit;
use super::load::{Data, load};
use super::settings;

pub(super) fn check(args: &CheckArgs) -> Exit {
    let settings = settings::of_check(&args.rules.rules, args.as_of);
    let loaded = match load(&args.rules, &settings, Data::IfThere) {
        Ok(loaded) => loaded,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            return failure.exit;
        }
    };
    if args.rules.format == Format::Json {
        println!("{}", render::json(&loaded.diagnostics, &loaded.source));
    } else {
        loaded.draw();
        let (name, inputs) = (&loaded.source.name, loaded.inputs);
        let sorted = loaded.diagnostics.sorted();
        let warnings = sorted.iter().filter(|one| one.severity == Severity::Warning).count();
        let errors = loaded.diagnostics.len() - warnings;
        let said = match (errors, warnings) {
            (0, 0) => None,
            (0, warnings) => Some(number(warnings, "warning")),
            (errors, 0) => Some(number(errors, "mistake")),
            (errors, warnings) => {
                Some(format!("{}, {}", number(errors, "mistake"), number(warnings, "warning")))
            }
        };
        match (said, loaded.saw_data) {
            (None, true) => println!("{name}: sound, and so are the columns of the {inputs}"),
            (None, false) => {
                println!("{name}: sound; the {inputs} are not there, so their columns were not checked");
            }
            (Some(said), _) => println!("{name}: {said}"),
        }
    }
    match loaded.exit() {
        Exit::Done if args.deny_warnings && !loaded.diagnostics.is_empty() => Exit::Rules,
        exit => exit,
    }
}

fn number(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
