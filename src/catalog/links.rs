//! Symbolic links on the way of a search: each is followed once, and no file is read under two names.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::plan::LeftOut;

/// The links that were met.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Folders that links have led to, by their real paths.
    entered: HashSet<PathBuf>,
    /// Links, as they were met: what lies below has another name, too.
    met: Vec<PathBuf>,
}

impl Links {
    /// A search from a folder.
    pub(super) fn new(root: &Path) -> Self {
        Self { entered: fs::canonicalize(root).into_iter().collect(), met: Vec::new() }
    }

    /// Why a link is not to be followed; none for what may be looked at.
    pub(super) fn follow(&mut self, place: &Path) -> Option<&'static str> {
        if !place.is_symlink() {
            return None;
        }
        self.met.push(place.to_path_buf());
        // What leads nowhere is found out by looking.
        let target = fs::canonicalize(place).ok().filter(|target| target.is_dir())?;
        let here = place.parent().and_then(|folder| fs::canonicalize(folder).ok());
        if here.is_some_and(|here| here.starts_with(&target)) {
            return Some("it is a link to a folder that it lies in");
        }
        (!self.entered.insert(target)).then_some("it is a link to a folder that is read already")
    }

    /// Keeps each file under one name, its own rather than a link's.
    pub(super) fn read_once(&self, files: &mut Vec<PathBuf>, left_out: &mut Vec<LeftOut>) {
        if self.met.is_empty() {
            return;
        }
        let is_linked = |file: &Path| self.met.iter().any(|link| file.starts_with(link));
        let (linked, own): (Vec<PathBuf>, Vec<PathBuf>) = files.drain(..).partition(|file| is_linked(file));
        let mut known: HashMap<PathBuf, PathBuf> = HashMap::new();
        for file in own.into_iter().chain(linked) {
            let real = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
            match known.get(&real) {
                Some(first) => {
                    let why = format!("it is `{}` under another name", first.display());
                    left_out.push(LeftOut { path: file, why });
                }
                None => {
                    known.insert(real, file.clone());
                    files.push(file);
                }
            }
        }
        files.sort();
    }
}
