//! What was typed.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Parser, Subcommand, ValueEnum};

use crate::spec::Override;

use super::dates::read_date;
use super::sizes::{read_folder, read_size};

/// Customer segments and tiers from orders.
///
/// A rules file says where the orders are and how customers are labelled; `run` reads the orders once and publishes one
/// labelled row per customer as Parquet.
#[derive(Debug, Parser)]
#[command(name = "tiermill", version, max_term_width = 100)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) loudness: Loudness,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// What goes with every command stands below its own options.
const EVERYWHERE: &str = "With every command";

#[derive(Debug, clap::Args)]
pub(super) struct Loudness {
    /// Colour on stderr; NO_COLOR, CLICOLOR_FORCE and TERM=dumb decide where it is `auto`
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorWhen::Auto, help_heading = EVERYWHERE)]
    pub(super) color: ColorWhen,
    /// Say errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = EVERYWHERE)]
    pub(super) quiet: bool,
    /// Say more: threads, memory, folders; with --version, what was built
    #[arg(short, long, global = true, help_heading = EVERYWHERE)]
    pub(super) verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    /// On a terminal
    Auto,
    /// Also in a file or pipe
    Always,
    /// Nowhere
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check the rules and, if it is there, the data; all mistakes at once
    Check(CheckArgs),
    /// Show what a run would read, compute and replace
    Plan(PlanArgs),
    /// Read the orders, label every customer, publish
    Run(RunArgs),
    /// Write a commented starter rules file, columns guessed from the orders
    Init(InitArgs),
    /// Run the tests of a rules file: a few rows in, expected labels out
    Test(TestArgs),
    /// List the presets, or print one of them
    Presets(PresetsArgs),
    /// Look at the kept profiles of `run --cache`, or remove them
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Print the JSON Schema of the rules file, for editors
    Schema,
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the man page of the program, or of one of its commands
    Man(ManArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct RulesArgs {
    /// The rules file
    pub(super) rules: PathBuf,
    /// Replace a value of the rules file, as in `--set scores.r.quantiles=4`
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = read_override)]
    pub(super) set: Vec<Override>,
    /// What stdout holds
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) rules: RulesArgs,
    /// The last local date that counts
    #[arg(long, value_name = "DATE", value_parser = read_date)]
    pub(super) as_of: Option<NaiveDate>,
    /// End with 2 also where there are warnings only
    #[arg(long)]
    pub(super) deny_warnings: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) rules: RulesArgs,
    /// The last local date that counts; the clock is never read
    #[arg(long, value_name = "DATE", value_parser = read_date)]
    pub(super) as_of: NaiveDate,
    /// Publish under this folder instead of the rules file's
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) plan: PlanArgs,
    /// Apply this model instead of fitting one
    #[arg(long, value_name = "FILE")]
    pub(super) model: Option<PathBuf>,
    /// Worker threads; all that this process may use if left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) threads: Option<u16>,
    /// Keep what was computed of the orders in this folder, and use what is kept there. It holds customer ids
    #[arg(long, value_name = "DIR")]
    pub(super) cache: Option<PathBuf>,
    /// The most memory that the run is to take, as in `2GB` or `512MiB`; customers who do not fit go through a scratch
    /// file. 80 % of the container's limit if left out
    #[arg(long, value_name = "SIZE", value_parser = read_size)]
    pub(super) memory_limit: Option<u64>,
    /// A folder for scratch files, instead of the staging area beside the table
    #[arg(long, value_name = "DIR", value_parser = read_folder)]
    pub(super) scratch: Option<PathBuf>,
    /// Work in this folder, which is on the table's file system, instead of beside the table. All runs of a table name the
    /// same one
    #[arg(long, value_name = "DIR", value_parser = read_folder)]
    pub(super) staging: Option<PathBuf>,
    /// Wait so long for a run of the same day to end, instead of ending with 6
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(super) lock_wait: u32,
    /// Keep what is replaced for so long, outside the table; a later run removes it
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(super) keep_replaced: u32,
    /// End with this code if this very run is published already
    #[arg(long, value_name = "CODE", value_parser = clap::value_parser!(u8).range(1..))]
    pub(super) skip_code: Option<u8>,
    /// Write the run result to this file, too, also on failure
    #[arg(long, value_name = "FILE")]
    pub(super) result_file: Option<PathBuf>,
    /// How progress is told on stderr
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) log_format: Format,
}

#[derive(Debug, Subcommand)]
pub(super) enum CacheCommand {
    /// List the kept profiles, those used last first
    Ls(CacheArgs),
    /// Remove kept profiles, and what killed runs have left
    Clean(CleanArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct CacheArgs {
    /// The folder
    pub(super) folder: PathBuf,
    /// What stdout holds
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct CleanArgs {
    #[command(flatten)]
    pub(super) cache: CacheArgs,
    /// Leave this many, those used last
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) keep: usize,
}

#[derive(Debug, clap::Args)]
pub(super) struct InitArgs {
    /// Orders to guess the columns from: a Parquet file, a glob or a folder
    #[arg(long, value_name = "PATH")]
    pub(super) from: Option<PathBuf>,
    /// Write it to this file, which must not be there yet
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct TestArgs {
    #[command(flatten)]
    pub(super) rules: RulesArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct PresetsArgs {
    /// Print this preset's data file
    pub(super) name: Option<String>,
    /// What stdout holds
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// Whose
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct ManArgs {
    /// A command of it
    pub(super) command: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For machines
    Json,
}

fn read_override(text: &str) -> Result<Override, String> {
    match text.split_once('=') {
        Some((path, value)) if !path.is_empty() => {
            Ok(Override { path: path.to_owned(), value: value.to_owned() })
        }
        _ => Err("write KEY=VALUE, as in `scores.r.quantiles=4`".to_owned()),
    }
}
