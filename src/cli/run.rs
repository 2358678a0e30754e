//! `tiermill run`: the run itself is [`pipeline::run`]; here it is told how far it is, and its result is the last line on
//! stdout.

use std::path::PathBuf;
use std::time::Duration;

use crate::pipeline::{self, Asked, Exit, Published, Request};
use crate::publish::Terms;
use crate::report::{RunResult, overrides_line, segments_table};

use super::args::{Format, RunArgs};
use super::progress::Progress;
use super::terminal::Terminal;
use super::{ending, out, settings, threads};

pub(super) fn run(args: &RunArgs, terminal: &Terminal) -> Exit {
    ending::announce(args.result_file.as_deref());
    let request = request(args);
    threads::read_less_ahead(request.asked.threads());
    if let Some(threads) = args.threads {
        threads::limit(threads);
    }
    if terminal.is_verbose {
        out::note(&asked(args, &request));
    }
    let mut progress = Progress::new(args.log_format, *terminal);
    match pipeline::run(&request, &mut progress) {
        Ok(published) => {
            let table = table(args, &published);
            let outcome = Some(published.outcome);
            say(args, Exit::Done, &RunResult { outcome, ..ending::without_outcome(Exit::Done, None) }, &table)
        }
        Err(failure) => {
            let result = ending::without_outcome(failure.exit, Some(failure.message));
            say(args, failure.exit, &result, "")
        }
    }
}

/// Says the result: to its file first, which nobody has to read for it to be there; last of all on stdout.
fn say(args: &RunArgs, exit: Exit, result: &RunResult, table: &str) -> Exit {
    let written = ending::write(result);
    if let (Some(message), false) = (&result.message, matches!(exit, Exit::Skipped(_))) {
        out::note(&format!("error: {message}"));
    }
    out::data(table);
    out::data(&ending::line(result));
    match (&args.result_file, written) {
        (Some(path), Err(error)) => {
            out::note(&format!("error: cannot write `{}`: {error}", path.display()));
            if exit == Exit::Done { Exit::Transient } else { exit }
        }
        _ => exit,
    }
}

/// What `--verbose` says before anything is done.
fn asked(args: &RunArgs, request: &Request) -> String {
    let asked = &request.asked;
    let folder = |path: &Option<PathBuf>, otherwise: &str| {
        path.as_ref().map_or_else(|| otherwise.to_owned(), |path| path.display().to_string())
    };
    let memory = asked.memory_limit.map_or("of the container".to_owned(), |bytes| format!("{bytes} bytes"));
    format!(
        "tiermill {}: as of {}, {} threads, memory limit {memory}, scratch {}, cache {}",
        env!("CARGO_PKG_VERSION"),
        args.plan.as_of,
        asked.threads(),
        folder(&asked.scratch, "beside the output"),
        folder(&asked.cache, "none"),
    )
}

fn request(args: &RunArgs) -> Request {
    Request {
        rules: args.plan.rules.rules.clone(),
        overrides: args.plan.rules.set.clone(),
        settings: settings::of_plan(&args.plan),
        model: args.model.clone(),
        asked: Asked {
            threads: args.threads.map(usize::from),
            memory_limit: args.memory_limit,
            scratch: args.scratch.clone(),
            cache: args.cache.clone(),
        },
        terms: Terms {
            staging: args.staging.clone(),
            lock_wait: Duration::from_secs(args.lock_wait.into()),
            keep_replaced: Duration::from_secs(args.keep_replaced.into()),
        },
        skip_code: args.skip_code,
    }
}

/// The table of segments for people. It is published by now: what cannot be shown changes nothing.
fn table(args: &RunArgs, published: &Published) -> String {
    if args.plan.rules.format == Format::Json {
        return String::new();
    }
    let segments = segments_table(&published.folder).unwrap_or_default();
    let overrides = published.manifest.overrides.as_ref();
    let overrides = overrides.map_or(String::new(), |counts| format!("\n{}\n", overrides_line(counts)));
    format!("{segments}{overrides}\n")
}
