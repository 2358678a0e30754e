//! The pages: what README and `docs/` show is true. Rules files in them are sound, commands in them work, their tables
//! are those of the code ([`tables`]), and their links lead somewhere.
//!
//! A block is known by the word after its fence: `yaml` is a whole rules file, `sh` commands that anybody can run in the
//! project's folder; `yaml fragment` and `sh example` are parts, or need what is not here. Tables stand between
//! `<!-- begin: NAME -->` and `<!-- end: NAME -->`; `BLESS_DOCS=1 cargo test --release docs` writes those that the code
//! makes anew. Read what changed before it is committed.

mod tables;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::support::Sandbox;
use crate::support::sandbox::project;

/// The first page is one that is read to its end.
const README_LINES: usize = 130;
/// What a command of the pages begins with.
const PROGRAM: [&str; 2] = ["cargo run --release -- ", "tiermill "];

/// A page: its path below the project's folder, and its text.
struct Page {
    path: PathBuf,
    text: String,
}

/// A block between fences.
struct Block<'a> {
    /// The word after the fence.
    kind: &'a str,
    /// The line of the page that it begins on, from 1.
    line: usize,
    text: String,
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        Self { path: path.strip_prefix(project()).unwrap().to_path_buf(), text }
    }

    /// Whether users read it to learn what the program does.
    fn is_manual(&self) -> bool {
        let name = self.path.to_string_lossy();
        self.path.starts_with("docs") || (name.starts_with("README") && self.path.components().count() == 1)
    }

    fn blocks(&self) -> Vec<Block<'_>> {
        let mut blocks = Vec::new();
        let mut open: Option<Block<'_>> = None;
        for (number, line) in self.text.lines().enumerate() {
            if let Some(kind) = line.strip_prefix("```") {
                match open.take() {
                    Some(block) => blocks.push(block),
                    None => open = Some(Block { kind, line: number + 1, text: String::new() }),
                }
            } else if let Some(block) = &mut open {
                block.text.push_str(line);
                block.text.push('\n');
            }
        }
        assert!(open.is_none(), "{}: a block has no end", self.path.display());
        blocks
    }

    /// Its lines outside of blocks, with their numbers.
    fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut inside = false;
        self.text.lines().enumerate().filter_map(move |(number, line)| {
            let is_fence = line.starts_with("```");
            inside ^= is_fence;
            (!inside && !is_fence).then_some((number + 1, line))
        })
    }

    /// What its headings are called in links, as GitHub does it.
    fn anchors(&self) -> Vec<String> {
        let headings = self.prose().filter(|(_, line)| line.starts_with('#'));
        headings.map(|(_, line)| anchor(line.trim_start_matches('#').trim())).collect()
    }

    fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

fn anchor(heading: &str) -> String {
    let dashed = heading.to_lowercase().replace(' ', "-");
    dashed.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
}

/// All pages of the project.
fn pages() -> Vec<Page> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "out" {
                    walk(&path, found);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    walk(project(), &mut paths);
    paths.iter().map(|path| Page::read(path)).collect()
}

fn manual() -> Vec<Page> {
    let manual: Vec<Page> = pages().into_iter().filter(Page::is_manual).collect();
    assert!(manual.len() > 20, "the pages were not found");
    manual
}

/// Asserts that there are no complaints, and prints all that there are.
fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn readme_is_short() {
    for name in ["README.md", "README.zh-CN.md"] {
        let lines = Page::read(&project().join(name)).text.lines().count();
        assert!(lines <= README_LINES, "{name} has {lines} lines, {README_LINES} are the most");
    }
}

#[test]
fn rules_files_are_sound() {
    let sandbox = Sandbox::new();
    let mut complaints = Vec::new();
    let mut checked = 0;
    for page in manual() {
        for block in page.blocks().iter().filter(|block| block.kind == "yaml") {
            let at = page.at(block.line);
            if !block.text.starts_with("tiermill: 1") {
                complaints.push(format!("{at}: no whole rules file; a part is a `yaml fragment`"));
                continue;
            }
            // Without data: only what the rules themselves say is checked.
            sandbox.text("rules.yml", &block.text);
            let ran = sandbox.tiermill(&["check", "rules.yml"]);
            if ran.code != Some(0) {
                complaints.push(format!("{at}:\n{}", ran.stderr));
            }
            checked += 1;
        }
    }
    assert_none(&complaints);
    assert!(checked >= 3, "{checked} rules files");
}

/// The arguments of a command; none for a line that is none. Quotes are not understood, so no command has any.
fn arguments(line: &str) -> Option<Vec<&str>> {
    let bare = line.split(" #").next().unwrap_or_default();
    let arguments = PROGRAM.iter().find_map(|program| bare.strip_prefix(program))?;
    Some(arguments.split_whitespace().collect())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn commands_work() {
    let sandbox = Sandbox::new();
    for folder in ["rules", "data"] {
        copy(&project().join(folder), &sandbox.path(folder));
    }
    let mut complaints = Vec::new();
    let mut done = BTreeSet::new();
    for page in manual() {
        for block in page.blocks().iter().filter(|block| block.kind == "sh") {
            for (number, line) in block.text.lines().enumerate() {
                let at = page.at(block.line + 1 + number);
                let Some(arguments) = arguments(line) else {
                    complaints.push(format!("{at}: `{line}` is not run; what cannot be is a `sh example`"));
                    continue;
                };
                assert!(!line.contains(['"', '\'']), "{at}: quotes are not understood here");
                let ran = sandbox.tiermill(&arguments);
                if ran.code != Some(0) {
                    complaints.push(format!("{at}: `{line}` ends with {:?}\n{}", ran.code, ran.stderr));
                }
                done.insert(line.to_owned());
            }
        }
    }
    assert_none(&complaints);
    assert!(done.len() >= 5, "{done:?}");
}

#[test]
fn commands_are_read_as_a_shell_does() {
    assert_eq!(arguments("tiermill check a.yml   # all at once"), Some(vec!["check", "a.yml"]));
    assert_eq!(arguments("cargo run --release -- presets"), Some(vec!["presets"]));
    assert_eq!(arguments("cargo test --release"), None);
}

#[test]
fn tables_are_those_of_the_code() {
    let bless = std::env::var_os("BLESS_DOCS").is_some();
    let mut complaints = Vec::new();
    let mut found = BTreeSet::new();
    for page in manual() {
        let mut text = page.text.clone();
        for name in tables::names(&page.text) {
            let (begin, end) = (format!("<!-- begin: {name} -->\n"), format!("<!-- end: {name} -->"));
            let start = text.find(&begin).map(|at| at + begin.len());
            let Some(range) = start.and_then(|start| Some(start..start + text[start..].find(&end)?)) else {
                complaints.push(format!("{}: the table `{name}` has no end", page.path.display()));
                continue;
            };
            match tables::check(&name, &text[range.clone()]) {
                Ok(None) => {}
                Ok(Some(wanted)) if bless => text.replace_range(range, &wanted),
                Ok(Some(wanted)) => complaints.push(format!(
                    "{}: the table `{name}` should be (BLESS_DOCS=1 writes it):\n{wanted}",
                    page.path.display()
                )),
                Err(why) => complaints.push(format!("{}: {why}", page.path.display())),
            }
            found.insert(name);
        }
        if bless && text != page.text {
            fs::write(project().join(&page.path), text).unwrap();
        }
    }
    for needed in tables::needed() {
        let is_there = found.iter().any(|name| *name == needed || name.starts_with(&format!("{needed}.")));
        if !is_there {
            complaints.push(format!("no page has the table `{needed}`"));
        }
    }
    assert_none(&complaints);
}

/// What editors are pointed to is what the program prints.
#[test]
fn the_schema_is_that_of_the_program() {
    let printed = Sandbox::new().tiermill(&["schema"]).stdout;
    let there = fs::read_to_string(project().join("rules/schema.json")).unwrap();
    assert!(printed == there, "`tiermill schema > rules/schema.json` writes it anew");
}

/// A path without `a/..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// The targets of a line's links.
fn links(line: &str) -> Vec<String> {
    // What stands in backquotes is no link; only the parts between them are looked at.
    let outside: String = line.split('`').step_by(2).collect();
    let after = outside.split("](").skip(1);
    after.filter_map(|rest| Some(rest.split_once(')')?.0.trim().to_owned())).collect()
}

#[test]
fn links_lead_somewhere() {
    let pages = pages();
    let mut complaints = Vec::new();
    for page in &pages {
        let folder = page.path.parent().unwrap_or(Path::new(""));
        for (number, line) in page.prose() {
            for link in links(line).iter().filter(|link| !link.contains("://")) {
                let (path, heading) =
                    link.split_once('#').map_or((link.as_str(), None), |(a, b)| (a, Some(b)));
                let target = if path.is_empty() { page.path.clone() } else { normal(&folder.join(path)) };
                if !project().join(&target).exists() {
                    complaints.push(format!("{}: there is no `{link}`", page.at(number)));
                    continue;
                }
                let Some(heading) = heading else { continue };
                let there = pages.iter().find(|one| one.path == target);
                if !there.is_some_and(|one| one.anchors().iter().any(|anchor| anchor == heading)) {
                    complaints.push(format!("{}: no heading for `{link}`", page.at(number)));
                }
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn headings_are_called_as_github_calls_them() {
    assert_eq!(anchor("`manifest.json` and `_SUCCESS`"), "manifestjson-and-_success");
    assert_eq!(anchor("Exit 3: refused"), "exit-3-refused");
    assert_eq!(links("see [`a`](b.md#c), `[x](y)` and [d](e)"), ["b.md#c", "e"]);
}

/// Who has only README finds these in two clicks: the page that a link of it leads to, or one that this leads to.
#[test]
fn the_first_questions_are_answered_in_two_clicks() {
    let pages = pages();
    let leads_to = |path: &Path| -> BTreeSet<PathBuf> {
        let page = pages.iter().find(|page| page.path == path);
        let folder = path.parent().unwrap_or(Path::new(""));
        let all = page.into_iter().flat_map(Page::prose).flat_map(|(_, line)| links(line));
        let all = all.filter(|link| !link.contains("://") && !link.starts_with('#'));
        all.map(|link| normal(&folder.join(link.split('#').next().unwrap_or_default()))).collect()
    };
    let first = leads_to(Path::new("README.md"));
    let second: BTreeSet<PathBuf> = first.iter().flat_map(|path| leads_to(path)).collect();
    for (path, words) in [
        ("docs/operating.md", "## Schedule: cron"),
        ("docs/rules/overrides.md", "## What `expires_on` means"),
        ("docs/exit-codes.md", "## Exit 3: refused"),
        ("docs/performance.md", "| orders, customers | program |"),
        ("docs/rules/expressions.md", "## Two conditions"),
    ] {
        assert!(first.contains(Path::new(path)) || second.contains(Path::new(path)), "{path}");
        let page = pages.iter().find(|page| page.path == Path::new(path)).unwrap();
        assert!(page.text.contains(words), "{path} does not say `{words}`");
    }
}
