//! SIGINT and SIGTERM remove the staging folder and end the program with 130 or 143.

/// Watches for the signals, from a thread of its own.
pub(super) fn watch() {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGINT, SIGTERM};
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                crate::publish::remove_all_staging();
                crate::engine::import::remove_all_scratch();
                std::process::exit(128 + signal);
            }
        });
    }
}
