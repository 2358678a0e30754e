//! `tiermill check`: the rules and, if it is there, the data are sound.

use crate::diag::{Severity, render};
use crate::pipeline::{Data, Exit, compile};

use super::args::{CheckArgs, Format};
use super::terminal::Terminal;
use super::{draw, out, settings};

pub(super) fn check(args: &CheckArgs, terminal: &Terminal) -> Exit {
    let settings = settings::of_check(&args.rules.rules, args.as_of);
    let compiled = match compile(&args.rules.rules, &args.rules.set, &settings, Data::IfThere) {
        Ok(compiled) => compiled,
        Err(failure) => return out::failed(&failure),
    };
    let mut printed = Exit::Done;
    if args.rules.format == Format::Json {
        let found = render::json(&compiled.diagnostics, &compiled.source);
        printed = out::all_data(&format!("{found}\n"));
    } else {
        draw::diagnostics(&compiled.diagnostics, &compiled.source, terminal);
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
        let said = match (said, compiled.saw_data) {
            (None, true) => format!("sound, and so are the columns of the {inputs}"),
            (None, false) => {
                format!("sound; the {inputs} are not there, so their columns were not checked")
            }
            (Some(said), _) => said,
        };
        out::data(&format!("{name}: {said}\n"));
    }
    match compiled.exit() {
        Exit::Done if args.deny_warnings && !compiled.diagnostics.is_empty() => Exit::Rules,
        Exit::Done => printed,
        exit => exit,
    }
}

fn number(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
