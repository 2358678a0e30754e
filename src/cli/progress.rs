//! Phases on stderr: a spinner on a terminal, one line a phase elsewhere, JSON lines for machines.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::diag::{Diagnostics, Source};
use crate::pipeline::Observer;

use super::args::Format;
use super::draw;

/// Tells how far a run is.
pub(super) struct Progress {
    format: Format,
    spinner: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(format: Format) -> Self {
        Self { format, spinner: None }
    }

    fn clear(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }
}

impl Observer for Progress {
    fn diagnostics(&mut self, found: &Diagnostics, source: &Source) {
        draw::diagnostics(found, source);
    }

    fn begin(&mut self, phase: &str) {
        let is_shown = self.format == Format::Text && std::io::stderr().is_terminal();
        self.spinner = is_shown.then(|| spinner(phase));
    }

    fn end(&mut self, phase: &str, seconds: f64, note: &str) {
        self.clear();
        match self.format {
            Format::Text => eprintln!("{phase:<10} {seconds:>8.3} s  {note}"),
            Format::Json => eprintln!("{}", json!({"phase": phase, "seconds": seconds, "note": note})),
        }
    }

    fn rows(&mut self, note: &str) {
        match self.format {
            Format::Text => eprintln!("{:<10}             {note}", "rows"),
            Format::Json => eprintln!("{}", json!({"rows": note})),
        }
    }

    fn warning(&mut self, message: &str) {
        match self.format {
            Format::Text => eprintln!("warning: {message}"),
            Format::Json => eprintln!("{}", json!({"warning": message})),
        }
    }

    fn stop(&mut self, _phase: &str) {
        self.clear();
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
