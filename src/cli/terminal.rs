//! How much is said on stderr, and whether in colour.

use std::ffi::OsString;
use std::io::IsTerminal;

use super::args::{ColorWhen, Loudness};

/// What stderr is to be like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    /// Whether diagnostics have colour.
    pub(super) color: bool,
    /// Whether there may be something that moves.
    pub(super) is_animated: bool,
    /// Errors only.
    pub(super) is_quiet: bool,
    /// What usually goes without saying, too.
    pub(super) is_verbose: bool,
}

impl Terminal {
    pub(super) fn of(args: &Loudness) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let environment = |name: &str| std::env::var_os(name);
        let is_dumb = environment("TERM").is_some_and(|term| term == "dumb");
        Self {
            color: is_colored(args.color, is_terminal, &environment),
            is_animated: is_terminal && !is_dumb && !args.quiet,
            is_quiet: args.quiet,
            is_verbose: args.verbose,
        }
    }
}

/// The argument decides; then <https://no-color.org> and <https://bixense.com/clicolors>; then the terminal.
fn is_colored(when: ColorWhen, is_terminal: bool, environment: &dyn Fn(&str) -> Option<OsString>) -> bool {
    let is_set = |name: &str| environment(name).is_some_and(|value| !value.is_empty() && value != "0");
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        // Any value says no, `0` included.
        ColorWhen::Auto if environment("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        ColorWhen::Auto if is_set("CLICOLOR_FORCE") => true,
        ColorWhen::Auto => is_terminal && environment("TERM").is_none_or(|term| term != "dumb"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_decides_about_colour() {
        let colored = |when, is_terminal, set: &[(&str, &str)]| {
            is_colored(when, is_terminal, &|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
            })
        };
        let auto = ColorWhen::Auto;
        assert!(colored(auto, true, &[]) && !colored(auto, false, &[]));
        assert!(!colored(auto, true, &[("NO_COLOR", "1")]) && colored(auto, true, &[("NO_COLOR", "")]));
        assert!(!colored(auto, true, &[("TERM", "dumb")]));
        assert!(colored(auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!colored(auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!colored(auto, false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(colored(ColorWhen::Always, false, &[("NO_COLOR", "1")]));
        assert!(!colored(ColorWhen::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }
}
