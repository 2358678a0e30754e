//! Phases on stderr: a spinner on a terminal, one line a phase elsewhere, JSON lines for machines.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::diag::{Diagnostics, Source};
use crate::pipeline::Observer;

use super::args::Format;
use super::terminal::Terminal;
use super::{draw, out};

/// Tells how far a run is.
pub(super) struct Progress {
    format: Format,
    terminal: Terminal,
    spinner: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(format: Format, terminal: Terminal) -> Self {
        Self { format, terminal, spinner: None }
    }

    fn clear(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }
}

impl Observer for Progress {
    fn diagnostics(&mut self, found: &Diagnostics, source: &Source) {
        draw::diagnostics(found, source, &self.terminal);
    }

    fn begin(&mut self, phase: &str) {
        let is_shown = self.format == Format::Text && self.terminal.is_animated;
        self.spinner = is_shown.then(|| spinner(phase));
    }

    fn end(&mut self, phase: &str, seconds: f64, note: &str) {
        self.clear();
        if self.terminal.is_quiet {
            return;
        }
        out::note(&match self.format {
            Format::Text => format!("{phase:<10} {seconds:>8.3} s  {note}"),
            Format::Json => json!({"phase": phase, "seconds": seconds, "note": note}).to_string(),
        });
    }

    fn rows(&mut self, note: &str) {
        if self.terminal.is_quiet {
            return;
        }
        match self.format {
            Format::Text => out::note(&format!("{:<10}             {note}", "rows")),
            Format::Json => out::note(&json!({"rows": note}).to_string()),
        }
    }

    fn warning(&mut self, message: &str) {
        match self.format {
            Format::Text => out::note(&format!("warning: {message}")),
            Format::Json => out::note(&json!({"warning": message}).to_string()),
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
