//! `tiermill completions` and `tiermill man`: made of the same table as the arguments.

use clap::{Command, CommandFactory};

use crate::diag::suggest;
use crate::pipeline::Exit;

use super::args::{Args, CompletionsArgs, ManArgs};
use super::out;

pub(super) fn completions(args: &CompletionsArgs) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "tiermill", &mut text);
    out::all_data(&String::from_utf8_lossy(&text))
}

pub(super) fn man(args: &ManArgs) -> Exit {
    let mut program = Args::command();
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let known: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
                let hint = suggest(name, known, "there are");
                out::note(&format!("error: there is no command `{name}`: {hint}"));
                return Exit::Rules;
            }
        },
    };
    let mut text = Vec::new();
    match clap_mangen::Man::new(page).render(&mut text) {
        Ok(()) => out::all_data(&String::from_utf8_lossy(&text)),
        Err(error) => {
            out::note(&format!("error: {error}"));
            Exit::Bug
        }
    }
}
