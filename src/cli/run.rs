//! `tiermill run`: the run itself is [`pipeline::run`]; here it is told how far it is, and its result is the last line on
//! stdout.

use std::time::Duration;

use crate::pipeline::{self, Asked, Exit, Failure, Published, Request};
use crate::publish::Terms;
use crate::report::{RunResult, overrides_line, segments_table};

use super::args::{Format, RunArgs};
use super::progress::Progress;
use super::{settings, threads};

pub(super) fn run(args: &RunArgs) -> Exit {
    let request = request(args);
    threads::read_less_ahead(request.asked.threads());
    if let Some(threads) = args.threads {
        threads::limit(threads);
    }
    let mut progress = Progress::new(args.log_format);
    let (exit, message, outcome) = match publish(args, &request, &mut progress) {
        Ok(published) => (Exit::Done, None, Some(published.outcome)),
        Err(failure) => (failure.exit, Some(failure.message), None),
    };
    if let (Some(message), false) = (&message, matches!(exit, Exit::Skipped(_))) {
        eprintln!("error: {message}");
    }
    let result = RunResult {
        code: exit.code(),
        class: exit.class(),
        retryable: exit.retryable(),
        hint: exit.hint().to_owned(),
        message,
        outcome,
    };
    let line = serde_json::to_string(&result).unwrap_or_default();
    println!("{line}");
    if let Some(path) = &args.result_file
        && let Err(error) = std::fs::write(path, format!("{line}\n"))
    {
        eprintln!("error: cannot write `{}`: {error}", path.display());
        return if exit == Exit::Done { Exit::Transient } else { exit };
    }
    exit
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

fn publish(args: &RunArgs, request: &Request, progress: &mut Progress) -> Result<Published, Failure> {
    let published = pipeline::run(request, progress)?;
    if args.plan.rules.format == Format::Text {
        print!("{}", segments_table(&published.folder)?);
        if let Some(counts) = &published.manifest.overrides {
            println!("\n{}", overrides_line(counts));
        }
        println!();
    }
    Ok(published)
}
