//! The command line: [`args`] is what was typed, [`settings`] what it means; one file a subcommand. Data goes to
//! stdout, everything else to stderr.

mod args;
mod cache;
mod check;
mod dates;
mod draw;
mod ending;
mod init;
mod manual;
mod out;
mod panics;
mod plan;
mod presets;
mod progress;
mod run;
mod schema;
mod settings;
mod signals;
mod sizes;
mod terminal;
mod test;
mod threads;
mod version;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use crate::pipeline::Exit;

use args::{Args, Command};
use terminal::Terminal;

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    panics::watch();
    signals::watch();
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return unread(&error).into(),
    };
    let terminal = Terminal::of(&args.loudness);
    let exit = match args.command {
        Command::Check(args) => check::check(&args, &terminal),
        Command::Plan(args) => plan::plan(&args, &terminal),
        Command::Run(args) => run::run(&args, &terminal),
        Command::Init(args) => init::init(&args),
        Command::Test(args) => test::test(&args, &terminal),
        Command::Presets(args) => presets::presets(&args),
        Command::Cache(command) => cache::cache(&command),
        Command::Schema => schema::schema(),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    };
    exit.into()
}

/// Help, the version, or what is wrong with the command line; of `run` the result is said all the same.
fn unread(error: &clap::Error) -> Exit {
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let is_verbose = args.iter().any(|arg| arg == "-v" || arg == "--verbose");
    if error.kind() == ErrorKind::DisplayVersion && is_verbose {
        return out::all_data(&version::verbose());
    }
    if !error.use_stderr() {
        error.print().ok();
        return Exit::Done;
    }
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    ending::announce_unread(&args);
    ending::say(Exit::Rules, first.to_owned(), || {
        error.print().ok();
    });
    Exit::Rules
}
