//! What earlier versions left inside the table: their lock, and the staging folders of runs that were killed. Their
//! partitions, with tables beside the parts, are replaced day by day.

use std::fs;

use super::area::{Area, names};
use super::disk::{is_there, open_lock, remove};

/// Removes it, unless such a run is at work; a partition that stepped aside steps back.
pub(super) fn clear_away(area: &Area) {
    let target = area.target();
    let left: Vec<String> = names(target);
    let is_left = |name: &String| {
        [".staging-as_of=", ".tiermill-scratch-", ".tiermill.lock"].iter().any(|own| name.starts_with(own))
    };
    if !left.iter().any(is_left) {
        return;
    }
    let lock = target.join(".tiermill.lock");
    let held = open_lock(&lock, false);
    if held.as_ref().is_ok_and(|file| file.try_lock().is_err()) {
        return;
    }
    for name in left.iter().filter(|name| is_left(name) && *name != ".tiermill.lock") {
        let path = target.join(name);
        let aside = name.strip_prefix(".staging-").and_then(|name| name.strip_suffix(".old"));
        match aside.map(|name| target.join(name)).filter(|folder| !is_there(folder)) {
            Some(folder) => fs::rename(&path, folder).ok(),
            None if name.starts_with(".staging-") => area.discard(&path).ok(),
            None => remove(&path).ok(),
        };
    }
    if held.is_ok() {
        fs::remove_file(&lock).ok();
    }
}
