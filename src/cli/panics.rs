//! A panic anywhere, worker threads included, ends the program: whoever waits for that thread would wait for ever. It is a
//! bug (70), unless a reader was at work on input files and came upon what no sound file holds: then it is theirs (4).

use std::panic::PanicHookInfo;

use crate::pipeline::{self, Exit};

use super::{ending, out};

/// From here on.
pub(super) fn watch() {
    std::panic::set_hook(Box::new(|info| {
        if pipeline::is_probing() {
            return;
        }
        if let Some(failure) = blame(info) {
            out::note(&format!("error: {}", failure.message));
            ending::abrupt(failure.exit, &failure.message);
        }
        let message = format!("this is a bug, please report it with the rules file: {}", describe(info));
        out::note(&format!("tiermill: {message}"));
        ending::abrupt(Exit::Bug, &message);
    }));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic");
    let line = text.lines().next().unwrap_or_default();
    let place = info
        .location()
        .map_or_else(String::new, |place| format!(" ({}:{})", file(place.file()), place.line()));
    format!("{line}{place}")
}

/// Whether input files are to blame for a panic: their reader was at work, and it is not this crate that gave up.
fn blame(info: &PanicHookInfo<'_>) -> Option<pipeline::Failure> {
    let place = info.location().map(|place| file(place.file()).to_owned()).unwrap_or_default();
    if place.starts_with("src/") {
        return None;
    }
    pipeline::blame_input(&place, &describe(info))
}

/// A path below the sources, without the folder that it was built in.
fn file(path: &str) -> &str {
    path.rfind("/src/").map_or(path, |at| {
        let package = path[..at].rfind('/').map_or(0, |slash| slash + 1);
        &path[package..]
    })
}
