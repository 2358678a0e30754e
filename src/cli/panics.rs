//! A panic anywhere, worker threads included, is a bug and ends the program with 70: whoever waits for that thread would wait
//! for ever.

use std::panic::PanicHookInfo;

use crate::pipeline::Exit;

use super::{ending, out};

/// From here on.
pub(super) fn watch() {
    std::panic::set_hook(Box::new(|info| {
        let message = describe(info);
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
    format!("this is a bug, please report it with the rules file: {line}{place}")
}

/// A path below the sources, without the folder that it was built in.
fn file(path: &str) -> &str {
    path.rfind("/src/").map_or(path, |at| {
        let package = path[..at].rfind('/').map_or(0, |slash| slash + 1);
        &path[package..]
    })
}
