//! SIGINT and SIGTERM end the program with 130 or 143, the staging folder removed.

/// Watches for the signals, from a thread of its own.
pub(super) fn watch() {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGINT, SIGTERM};

        use crate::pipeline::Exit;

        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
        std::thread::spawn(move || {
            let exit = match signals.forever().next() {
                Some(SIGINT) => Exit::Interrupted,
                Some(_) => Exit::Terminated,
                None => return,
            };
            super::ending::abrupt(exit, "a signal ended the run");
        });
    }
}
