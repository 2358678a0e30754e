//! No circle of files: what a file takes from another is followed through re-exports to the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, assert_none, files};

/// `a::{b, c::d as e}` → `a::b`, `a::c::d`.
fn leaves(path: &str) -> Vec<String> {
    let path = path.trim();
    let Some((before, list)) = path.split_once('{') else {
        let bare = path.split(" as ").next().unwrap_or_default().trim();
        return vec![bare.trim_end_matches("::self").trim_end_matches("::*").to_owned()];
    };
    let list = list.rsplit_once('}').map_or(list, |(list, _)| list);
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    let mut take = |part: &str| {
        if !part.trim().is_empty() {
            let part = if part.trim() == "self" { String::new() } else { part.trim().to_owned() };
            found.extend(
                leaves(&format!("{before}{part}"))
                    .into_iter()
                    .map(|leaf| leaf.trim_end_matches("::").to_owned()),
            );
        }
    };
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                take(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    take(&list[start..]);
    found
}

/// `engine/polars/fit/mod.rs` → `engine::polars::fit`.
fn module(path: &str) -> String {
    let path = path.trim_end_matches(".rs").replace('/', "::");
    path.strip_suffix("::mod").unwrap_or(&path).to_owned()
}

/// A path as written in a module → from the crate's root; none for what is not ours.
fn absolute(path: &str, module: &str, modules: &BTreeMap<String, usize>) -> Option<String> {
    let segments: Vec<&str> = path.split("::").collect();
    let mut base: Vec<&str> = module.split("::").collect();
    match segments[0] {
        "crate" => Some(segments[1..].join("::")),
        "self" => Some([&base[..], &segments[1..]].concat().join("::")),
        "super" => {
            let ups = segments.iter().take_while(|segment| **segment == "super").count();
            base.truncate(base.len().saturating_sub(ups));
            Some([&base[..], &segments[ups..]].concat().join("::"))
        }
        first => {
            let child = [&base[..], &[first]].concat().join("::");
            modules.contains_key(&child).then(|| [&base[..], &segments[..]].concat().join("::"))
        }
    }
}

/// A file's code, one line of text, without comments and without its unit tests.
fn code(file: &File) -> String {
    let code: String = file.code().map(|(_, line)| format!("{} ", line.trim())).collect();
    code.split("#[cfg(test)] mod tests").next().unwrap_or_default().to_owned()
}

/// Every `use` of a file: whether it is a re-export, and a path.
fn uses(code: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].trim_end();
        let is_use = before.is_empty()
            || before.ends_with([';', '}', '{', ']'])
            || before.ends_with("pub")
            || before.ends_with(')');
        if !is_use {
            continue;
        }
        let Some(end) = code[at..].find(';') else { continue };
        let public = before.ends_with("pub") || before.ends_with(')');
        found.extend(leaves(&code[at + 4..at + end]).into_iter().map(|leaf| (public, leaf)));
    }
    found
}

struct Graph {
    files: Vec<File>,
    modules: BTreeMap<String, usize>,
    /// What a module re-exports: name → path from the root.
    exports: BTreeMap<(String, String), String>,
}

impl Graph {
    fn new() -> Self {
        let files = files();
        let modules: BTreeMap<String, usize> =
            files.iter().enumerate().map(|(at, file)| (module(&file.path), at)).collect();
        let mut exports = BTreeMap::new();
        for file in &files {
            let module = module(&file.path);
            for (public, leaf) in uses(&code(file)) {
                if let (true, Some(target)) = (public, absolute(&leaf, &module, &modules)) {
                    let name = leaf.rsplit("::").next().unwrap_or_default().to_owned();
                    exports.insert((module.clone(), name), target);
                }
            }
        }
        Self { files, modules, exports }
    }

    /// The file that defines what a path from the root names.
    fn defined_in(&self, path: &str) -> Option<usize> {
        let segments: Vec<&str> = path.split("::").collect();
        let known = (1..=segments.len()).rev().map(|len| segments[..len].join("::"));
        let module = known.into_iter().find(|prefix| self.modules.contains_key(prefix))?;
        let depth = module.split("::").count();
        if let Some(name) = segments.get(depth)
            && let Some(target) = self.exports.get(&(module.clone(), (*name).to_owned()))
            && *target != path
        {
            let rest = segments[depth + 1..].iter().map(|segment| format!("::{segment}"));
            return self.defined_in(&format!("{target}{}", rest.collect::<String>()));
        }
        // A module by its own name is its file only where something in it is named: `use super::scan; scan::open()`.
        self.modules.get(&module).copied()
    }

    /// From each file to those that define what it takes.
    fn arrows(&self) -> Vec<BTreeSet<usize>> {
        let arrows = |(at, file): (usize, &File)| {
            let module = module(&file.path);
            let code = code(file);
            let mut paths: Vec<String> =
                uses(&code).into_iter().filter(|(public, _)| !public).map(|(_, leaf)| leaf).collect();
            let inline = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            let is_path = |word: &&str| word.starts_with("crate::") || word.starts_with("super::");
            paths.extend(inline.filter(is_path).map(|word| word.trim_end_matches(':').to_owned()));
            let targets = paths.iter().filter_map(|path| absolute(path, &module, &self.modules));
            targets.filter_map(|path| self.defined_in(&path)).filter(|to| *to != at).collect()
        };
        self.files.iter().enumerate().map(arrows).collect()
    }
}

/// The circles of a graph: sets of nodes that all reach one another.
fn circles(arrows: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let reach = |from: usize| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(at) = next.pop() {
            next.extend(arrows[at].iter().copied().filter(|to| seen.insert(*to)));
        }
        seen
    };
    let reached: Vec<BTreeSet<usize>> = (0..arrows.len()).map(reach).collect();
    let mut circles: BTreeSet<Vec<usize>> = BTreeSet::new();
    for at in (0..arrows.len()).filter(|at| reached[*at].contains(at)) {
        circles.insert(reached[at].iter().copied().filter(|to| reached[*to].contains(&at)).collect());
    }
    circles.into_iter().collect()
}

#[test]
fn no_files_run_in_a_circle() {
    let graph = Graph::new();
    let arrows = graph.arrows();
    assert!(arrows.iter().map(BTreeSet::len).sum::<usize>() > 500, "the imports are read");
    let name = |at: &usize| graph.files[*at].path.as_str();
    let say = |circle: Vec<usize>| {
        let inside = circle.iter().flat_map(|from| {
            let to = arrows[*from].iter().filter(|to| circle.contains(to));
            to.map(|to| format!("    {} takes from {}", name(from), name(to))).collect::<Vec<_>>()
        });
        format!("a circle of {} files:\n{}", circle.len(), inside.collect::<Vec<_>>().join("\n"))
    };
    assert_none(circles(&arrows).into_iter().map(say));
}

#[test]
fn circles_are_found() {
    let arrows = |arrows: &[&[usize]]| -> Vec<BTreeSet<usize>> {
        arrows.iter().map(|to| to.iter().copied().collect()).collect()
    };
    assert!(circles(&arrows(&[&[1, 2], &[2], &[]])).is_empty());
    assert_eq!(circles(&arrows(&[&[1], &[2], &[0, 3], &[]])), [[0, 1, 2]]);
    assert_eq!(leaves("a::{self, b as c, d::{e, f::*}}"), ["a", "a::b", "a::d::e", "a::d::f"]);
}
