//! The command line: [`args`] is what was typed, [`settings`] what it means; one file a subcommand. Data goes to
//! stdout, everything else to stderr.

mod args;
mod cache;
mod check;
mod draw;
mod init;
mod plan;
mod presets;
mod progress;
mod run;
mod schema;
mod settings;
mod signals;
mod sizes;
mod test;
mod threads;

use std::process::ExitCode;

use clap::Parser;

use crate::pipeline::Exit;

use args::{Args, Command};

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let done = !error.use_stderr();
            error.print().ok();
            return if done { Exit::Done.into() } else { Exit::Rules.into() };
        }
    };
    signals::watch();
    let command = std::panic::AssertUnwindSafe(|| match args.command {
        Command::Check(args) => check::check(&args),
        Command::Plan(args) => plan::plan(&args),
        Command::Run(args) => run::run(&args),
        Command::Init(args) => init::init(&args),
        Command::Test(args) => test::test(&args),
        Command::Presets(args) => presets::presets(&args),
        Command::Cache(command) => cache::cache(&command),
        Command::Schema => schema::schema(),
    });
    match std::panic::catch_unwind(command) {
        Ok(exit) => exit.into(),
        Err(_) => {
            crate::publish::remove_all_staging();
            eprintln!("tiermill: this is a bug; please report it with the rules file and the message above");
            Exit::Bug.into()
        }
    }
}
