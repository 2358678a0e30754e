//! Diagnostics on stderr.

use crate::diag::{Diagnostics, Source, render};

use super::out;
use super::terminal::Terminal;

/// Draws what was found; without its warnings where errors only are wanted.
pub(super) fn diagnostics(found: &Diagnostics, source: &Source, terminal: &Terminal) {
    if !terminal.is_quiet || found.has_errors() {
        out::text(&render::text(found, source, terminal.color));
    }
}
