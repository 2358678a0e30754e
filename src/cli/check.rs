//! `tiermill check`: the rules and, if it is there, the data are sound.

use crate::diag::{Severity, render};
use crate::pipeline::{Data, Exit, compile};

use super::args::{CheckArgs, Format};
use super::{draw, settings};

pub(super) fn check(args: &CheckArgs) -> Exit {
    let settings = settings::of_check(&args.rules.rules, args.as_of);
    let compiled = match compile(&args.rules.rules, &args.rules.set, &settings, Data::IfThere) {
        Ok(compiled) => compiled,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            return failure.exit;
        }
    };
    if args.rules.format == Format::Json {
        println!("{}", render::json(&compiled.diagnostics, &compiled.source));
    } else {
        draw::diagnostics(&compiled.diagnostics, &compiled.source);
        let (name, inputs) = (&compiled.source.name, compiled.inputs);
        let sorted = compiled.diagnostics.sorted();
        let warnings = sorted.iter().filter(|one| one.severity == Severity::Warning).count();
        let errors = compiled.diagnostics.len() - warnings;
        let said = match (errors, warnings) {
            (0, 0) => None,
            (0, warnings) => Some(number(warnings, "warning")),
            (errors, 0) => Some(number(errors, "mistake")),
            (errors, warnings) => {
                Some(format!("{}, {}", number(errors, "mistake"), number(warnings, "warning")))
            }
        };
        match (said, compiled.saw_data) {
            (None, true) => println!("{name}: sound, and so are the columns of the {inputs}"),
            (None, false) => {
                println!("{name}: sound; the {inputs} are not there, so their columns were not checked");
            }
            (Some(said), _) => println!("{name}: {said}"),
        }
    }
    match compiled.exit() {
        Exit::Done if args.deny_warnings && !compiled.diagnostics.is_empty() => Exit::Rules,
        exit => exit,
    }
}

fn number(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
