//! `tiermill check`: the rules and, if it is there, the data are sound.

use crate::diag::render;

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
        match (loaded.diagnostics.len(), loaded.saw_data) {
            (0, true) => println!("{name}: sound, and so are the columns of the {inputs}"),
            (0, false) => {
                println!("{name}: sound; the {inputs} are not there, so their columns were not checked");
            }
            (1, _) => println!("{name}: 1 mistake"),
            (n, _) => println!("{name}: {n} mistakes"),
        }
    }
    loaded.exit()
}
