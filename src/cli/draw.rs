//! Diagnostics on stderr.

use std::io::IsTerminal;

use crate::diag::{Diagnostics, Source, render};

/// Draws what was found, in colour on a terminal.
pub(super) fn diagnostics(found: &Diagnostics, source: &Source) {
    let color = std::io::stderr().is_terminal();
    eprint!("{}", render::text(found, source, color));
}
