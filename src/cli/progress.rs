//! Phases on stderr: a spinner on a terminal, one line a phase elsewhere, JSON lines for machines.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::report::Seconds;

use super::args::Format;

/// Tells how far a run is, and keeps the time of each phase.
pub(super) struct Progress {
    format: Format,
    seconds: Seconds,
}

impl Progress {
    pub(super) fn new(format: Format) -> Self {
        Self { format, seconds: Seconds::new() }
    }

    /// Runs one phase; `note` says in a few words what came of it.
    pub(super) fn phase<T, E>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T, E>,
        note: impl FnOnce(&T) -> String,
    ) -> Result<T, E> {
        let spinner = (self.format == Format::Text && std::io::stderr().is_terminal()).then(|| spinner(name));
        let start = Instant::now();
        let result = work();
        let seconds = (start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
        }
        let value = result?;
        let note = note(&value);
        match self.format {
            Format::Text => eprintln!("{name:<10} {seconds:>8.3} s  {note}"),
            Format::Json => eprintln!("{}", json!({"phase": name, "seconds": seconds, "note": note})),
        }
        self.seconds.insert(name.to_owned(), json!(seconds));
        Ok(value)
    }

    /// Wall time by phase.
    pub(super) fn seconds(self) -> Seconds {
        self.seconds
    }
}

fn spinner(name: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.set_message(name.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
