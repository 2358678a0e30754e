//! Who is told how far a run is; and the time that each phase took.

use std::time::Instant;

use serde_json::json;

use crate::diag::{Diagnostics, Source};
use crate::report::Seconds;

/// Is told how far a run is.
pub trait Observer {
    /// What was found about the rules file; errors among it, or none.
    fn diagnostics(&mut self, _found: &Diagnostics, _source: &Source) {}
    /// A phase begins.
    fn begin(&mut self, _phase: &str) {}
    /// It has ended well, after so many seconds; `note` says in a few words what came of it.
    fn end(&mut self, _phase: &str, _seconds: f64, _note: &str) {}
    /// What happened to the rows of an input.
    fn rows(&mut self, _note: &str) {}
    /// Something that is probably not meant; the run goes on.
    fn warning(&mut self, _message: &str) {}
    /// It has ended in a failure, which is told by other means.
    fn stop(&mut self, _phase: &str) {}
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {}

/// The phases of a run.
pub(super) struct Phases<'a> {
    pub(super) observer: &'a mut dyn Observer,
    seconds: Seconds,
}

impl<'a> Phases<'a> {
    pub(super) fn new(observer: &'a mut dyn Observer) -> Self {
        Self { observer, seconds: Seconds::new() }
    }

    /// Runs one phase.
    pub(super) fn phase<T, E>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T, E>,
        note: impl FnOnce(&T) -> String,
    ) -> Result<T, E> {
        self.observer.begin(name);
        let start = Instant::now();
        let result = work();
        let seconds = (start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        let value = result.inspect_err(|_| self.observer.stop(name))?;
        self.observer.end(name, seconds, &note(&value));
        self.seconds.insert(name.to_owned(), json!(seconds));
        Ok(value)
    }

    /// Wall time by phase.
    pub(super) fn into_seconds(self) -> Seconds {
        self.seconds
    }
}
