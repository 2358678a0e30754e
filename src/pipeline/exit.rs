//! Exit codes: a closed table, also in `docs/exit-codes.md`.

use std::process::ExitCode;

use crate::{engine, publish};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 2: the command line or the rules are wrong.
    Rules,
    /// 3: the run was sound, but its result would not be trustworthy; nothing published.
    Refused,
    /// 4: an input is missing or empty: it may be late.
    Missing,
    /// 4: an input is there, and its newest row is older than the rules allow: it may be late.
    Stale,
    /// 4: an input is there, but cannot be read as it is.
    Input,
    /// 5: transient I/O, worth a retry.
    Transient,
    /// 6: another run holds the lock.
    Locked,
    /// 70: a bug.
    Bug,
    /// 130: SIGINT ended it.
    Interrupted,
    /// 143: SIGTERM ended it.
    Terminated,
    /// Nothing to do; the code is the user's own, asked for with `--skip-code`.
    Skipped(u8),
}

impl Exit {
    /// Every one of them, in the order of the documentation; of `--skip-code` the usual number.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::Rules,
        Self::Refused,
        Self::Missing,
        Self::Stale,
        Self::Input,
        Self::Transient,
        Self::Locked,
        Self::Bug,
        Self::Skipped(99),
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Rules => 2,
            Self::Refused => 3,
            Self::Missing | Self::Stale | Self::Input => 4,
            Self::Transient => 5,
            Self::Locked => 6,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Skipped(code) => code,
        }
    }

    /// The word for it in the run result.
    pub fn class(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Rules => "rules",
            Self::Refused => "refused",
            Self::Missing | Self::Stale | Self::Input => "input",
            Self::Transient => "transient",
            Self::Locked => "locked",
            Self::Bug => "bug",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Whether the same command may work later.
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::Missing
                | Self::Stale
                | Self::Transient
                | Self::Locked
                | Self::Interrupted
                | Self::Terminated
        )
    }

    /// What to do about it.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Done => "",
            Self::Rules => "correct the rules file or the command line; `tiermill check` says all at once",
            Self::Refused => "look at the data; nothing was published",
            Self::Missing => "wait for the input, or see why it is not there; then run again",
            Self::Stale => "wait for newer rows of the input, then run again; nothing was published",
            Self::Input => "see that the input is complete and readable, then run again",
            Self::Transient => "run again; unless the message says that it is published, nothing was",
            Self::Locked => "wait for the other run, then run again",
            Self::Bug => "report it; nothing was published",
            Self::Interrupted | Self::Terminated => "run again; a run is published as a whole or not at all",
            Self::Skipped(_) => "this very run is published already",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what it was asked, and how it ends.
#[derive(Debug)]
pub struct Failure {
    /// How it ends.
    pub exit: Exit,
    /// Why, in one line.
    pub message: String,
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        let exit = match &error {
            engine::Error::Overflow { .. } | engine::Error::Model(_) => Exit::Rules,
            engine::Error::Clv(_) => Exit::Refused,
            engine::Error::Io { .. } => Exit::Transient,
            engine::Error::Unreadable { .. } | engine::Error::Line { .. } => Exit::Input,
            engine::Error::Engine(_) => Exit::Bug,
        };
        Self { exit, message: error.to_string() }
    }
}

impl From<publish::Error> for Failure {
    fn from(error: publish::Error) -> Self {
        let exit = match error {
            publish::Error::Engine(error) => return error.into(),
            publish::Error::Io { .. }
            | publish::Error::NoLock { .. }
            | publish::Error::NoArea { .. }
            | publish::Error::OtherFileSystem { .. }
            | publish::Error::Unsynced { .. }
            | publish::Error::Aside { .. } => Exit::Transient,
            publish::Error::Locked(_) => Exit::Locked,
            publish::Error::Broken(_) => Exit::Bug,
        };
        Self { exit, message: error.to_string() }
    }
}
