//! SIGINT and SIGTERM end the program with 130 or 143, the staging folder removed. SIGBUS is what comes of a file that is cut
//! while it is read from a mapping: that ends with 5.

/// Watches for the signals, from a thread of its own.
pub(super) fn watch() {
    #[cfg(unix)]
    {
        use signal_hook::consts::{SIGBUS, SIGINT, SIGTERM};

        use crate::pipeline::{self, Exit};

        forget_bus_errors();
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGBUS, SIGINT, SIGTERM]) else { return };
        std::thread::spawn(move || {
            let (exit, message) = match signals.forever().next() {
                // The thread that met it meets it again and again, until the process ends here.
                Some(SIGBUS) => (Exit::Transient, pipeline::why_cut_short()),
                Some(SIGINT) => (Exit::Interrupted, SIGNAL.to_owned()),
                Some(_) => (Exit::Terminated, SIGNAL.to_owned()),
                None => return,
            };
            if exit == Exit::Transient {
                super::out::note(&format!("error: {message}"));
            }
            super::ending::abrupt(exit, &message);
        });
    }
}

#[cfg(unix)]
const SIGNAL: &str = "a signal ended the run";

/// Lets go of the handler that Rust's runtime has for SIGBUS: it would be asked after ours, and end the process at once.
#[cfg(unix)]
#[expect(unsafe_code, reason = "there is no safe way to let go of a handler of a signal")]
fn forget_bus_errors() {
    // SAFETY: at the start of the program, before any thread; the default is no function that could be unsound.
    unsafe {
        libc::signal(libc::SIGBUS, libc::SIG_DFL);
    }
}
