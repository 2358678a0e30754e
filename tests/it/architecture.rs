//! The rules of the repository that a compiler does not hold: which stage imports which, which file names which
//! crate, how long a file may be. The tables are the documentation; a new folder or crate is a new line here.

mod circles;

use std::fs;
use std::path::{Path, PathBuf};

/// Which stage may `use` which. Imports run one way. A folder that does not exist yet is no mistake.
const IMPORTS: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("decimal", &[]),
    ("plan", &["decimal"]),
    ("spec", &["diag", "decimal"]),
    ("delimited", &["plan", "decimal"]),
    ("catalog", &["delimited", "diag", "plan"]),
    ("resolve", &["spec", "catalog", "plan", "diag", "decimal"]),
    ("fit", &["plan", "decimal"]),
    ("engine", &["fit", "delimited", "plan", "decimal"]),
    ("publish", &["engine", "fit", "plan", "decimal"]),
    ("report", &["publish", "engine", "fit", "plan", "decimal"]),
    (
        "pipeline",
        &["report", "publish", "engine", "fit", "resolve", "spec", "catalog", "plan", "diag", "decimal"],
    ),
    ("starter", &["catalog", "plan", "diag"]),
    ("trial", &["pipeline", "engine", "fit", "resolve", "spec", "catalog", "plan", "diag", "decimal"]),
    (
        "cli",
        &[
            "pipeline", "trial", "starter", "report", "publish", "engine", "fit", "resolve", "spec",
            "catalog", "plan", "diag", "decimal",
        ],
    ),
];

/// Which crates are named in which files only; a folder ends with `/`.
const CRATES: &[(&str, &str)] = &[
    ("serde_yaml", "spec/yaml.rs"),
    ("sqlparser", "spec/expr/"),
    ("annotate_snippets", "diag/render.rs"),
    ("polars", "engine/polars/"),
];

/// A file that is longer is two.
const MAX_LINES: usize = 450;

/// What no file of the program says.
const BANNED: &[&str] = &[".unwrap()", "todo!(", "unimplemented!(", "dbg!("];

/// Paths of somebody's own machine.
const PRIVATE_PATHS: &[&str] = &["/root", "/home", "/work"];

/// A source file: its path below `src/`, and its text.
struct File {
    path: String,
    text: String,
}

impl File {
    /// The stage: the folder, or the name of a file directly in `src/`.
    fn stage(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    /// Its lines without comments, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The words of a line of code, none of them inside a text or after a comment's beginning.
    fn words(line: &str) -> impl Iterator<Item = &str> {
        let bare = line.split(" // ").next().unwrap_or_default();
        let outside = bare.split('"').step_by(2);
        outside.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_'))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}

fn files() -> Vec<File> {
    let src = root().join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let file = |path: &PathBuf| File {
        path: path.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/"),
        text: fs::read_to_string(path).expect("a source file"),
    };
    paths.iter().map(file).collect()
}

/// Asserts that there are no complaints, and prints all that there are.
fn assert_none(complaints: impl IntoIterator<Item = String>) {
    let complaints: Vec<String> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    // One line has nothing to explain.
    let silent =
        files().into_iter().filter(|file| file.text.lines().count() > 1 && !file.text.starts_with("//!"));
    assert_none(silent.map(|file| format!("src/{} does not open with `//!`", file.path)));
}

#[test]
fn every_file_is_short() {
    let long = files().into_iter().map(|file| (file.text.lines().count(), file.path));
    let long = long.filter(|(lines, _)| *lines > MAX_LINES);
    assert_none(long.map(|(lines, path)| format!("src/{path} has {lines} lines, {MAX_LINES} are the most")));
}

#[test]
fn nothing_panics_on_purpose() {
    let mut complaints = Vec::new();
    for file in files() {
        for (number, line) in file.code() {
            let banned = BANNED.iter().filter(|banned| line.contains(**banned));
            complaints.extend(banned.map(|banned| format!("src/{}:{number}: `{banned}`", file.path)));
        }
    }
    assert_none(complaints);
}

/// The stages that a piece of code names: `crate::a`, and `crate::{a, b::c}` over several lines.
fn imported(code: &str) -> Vec<String> {
    let mut stages = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `my_crate::` is something else.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let word = |text: &str| -> String {
            text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        };
        match rest.strip_prefix('{') {
            None => stages.push(word(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut start = 0;
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth > 0 => depth -= 1,
                        ',' | '}' if depth == 0 => {
                            stages.push(word(&list[start..at]));
                            start = at + 1;
                            if c == '}' {
                                break;
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    stages.retain(|stage| !stage.is_empty());
    stages
}

#[test]
fn imports_run_one_way() {
    let mut complaints = Vec::new();
    for file in files() {
        let code: String = file.code().map(|(_, line)| format!("{line}\n")).collect();
        let stage = file.stage();
        if stage == "main" {
            if !imported(&code).is_empty() {
                complaints.push(format!("src/{}: main sees the library only, as `tiermill`", file.path));
            }
            continue;
        }
        if stage == "lib" {
            continue;
        }
        let Some((_, allowed)) = IMPORTS.iter().find(|(known, _)| *known == stage) else {
            complaints.push(format!("src/{}: the stage `{stage}` is not in the table of imports", file.path));
            continue;
        };
        for import in imported(&code) {
            if import != stage && !allowed.contains(&import.as_str()) {
                complaints.push(format!("src/{}: `{stage}` does not import `{import}`", file.path));
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn the_table_of_imports_has_no_way_back() {
    for (at, (stage, allowed)) in IMPORTS.iter().enumerate() {
        for import in *allowed {
            let earlier = IMPORTS[..at].iter().any(|(known, _)| known == import);
            assert!(earlier, "`{import}` stands below `{stage}`, which imports it");
        }
    }
}

/// `ARCHITECTURE.md` has the same table.
#[test]
fn the_folders_of_the_page_are_those_of_the_table() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the page");
    let mut written: Vec<(String, Vec<String>)> = Vec::new();
    let rows = page.lines().skip_while(|line| !line.starts_with("| folder |")).skip(2);
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [folder, _, imports] = cells[..] else { panic!("not three cells: {row}") };
        let folder = folder.trim_matches('`').trim_end_matches('/').trim_end_matches(".rs").to_owned();
        let mut imports: Vec<String> =
            imports.split(',').map(|one| one.trim().to_owned()).filter(|one| one != "–").collect();
        imports.sort();
        written.push((folder, imports));
    }
    let mut expected: Vec<(String, Vec<String>)> = Vec::new();
    for (folder, imports) in IMPORTS {
        let mut imports: Vec<String> = imports.iter().map(|one| (*one).to_owned()).collect();
        imports.sort();
        expected.push(((*folder).to_owned(), imports));
    }
    written.sort();
    expected.sort();
    assert_eq!(written, expected);
}

#[test]
fn a_crate_is_named_in_its_place_only() {
    let mut complaints = Vec::new();
    for file in files() {
        for (number, line) in file.code() {
            for (name, place) in CRATES {
                let at_home = match place.strip_suffix('/') {
                    Some(folder) => file.path.starts_with(place) || file.path == format!("{folder}.rs"),
                    None => file.path == *place,
                };
                // A module of ours may have the name of a crate; it is named by its place.
                let named = File::words(line).any(|word| word == *name);
                let ours = ["mod ", "super::", "self::", "engine::"].map(|before| format!("{before}{name}"));
                let own = ours.iter().any(|own| line.contains(own.as_str()));
                if named && !own && !at_home {
                    complaints.push(format!("src/{}:{number}: `{name}` belongs into src/{place}", file.path));
                }
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn yaml_and_polars_never_meet() {
    let both = files().into_iter().filter(|file| {
        let names = |name: &str| file.code().any(|(_, line)| File::words(line).any(|word| word == name));
        names("serde_yaml") && names("polars")
    });
    assert_none(both.map(|file| format!("src/{} names both", file.path)));
}

#[test]
fn no_private_path_is_in_the_project() {
    let mut paths = Vec::new();
    for folder in ["src", "tests", "rules", "benches", "docs"] {
        walk(&root().join(folder), &mut paths);
    }
    for file in
        ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "Cargo.toml"]
    {
        paths.push(root().join(file));
    }
    let mut complaints = Vec::new();
    for path in paths.iter().filter(|path| !path.ends_with("tests/it/architecture.rs")) {
        let Ok(text) = fs::read_to_string(path) else { continue };
        for (number, line) in text.lines().enumerate() {
            for private in PRIVATE_PATHS {
                let begins =
                    |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-)}".contains(c));
                let ends = |at: usize| !line[at + private.len()..].starts_with(|c: char| c.is_alphanumeric());
                if line.match_indices(private).any(|(at, _)| begins(at) && ends(at)) {
                    complaints.push(format!("{}:{}: {line}", path.display(), number + 1));
                }
            }
        }
    }
    assert_none(complaints);
}

#[test]
fn imports_are_found_however_they_are_written() {
    let code = "use crate::plan::{A, B};\nuse crate::{\n    diag::{Code, Span},\n    spec,\n};\nfit(crate::fit::x, $crate::y, mycrate::z)";
    assert_eq!(imported(code), ["plan", "diag", "spec", "fit", "y"]);
}

/// Every test of this crate by its path, as `cargo test` prints it.
fn tests() -> Vec<String> {
    let folder = root().join("tests/it");
    let mut paths = Vec::new();
    walk(&folder, &mut paths);
    let mut tests = Vec::new();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let module = path.strip_prefix(&folder).expect("below tests/it").with_extension("");
        let module = module.to_string_lossy().replace(['/', '\\'], "::");
        let module = module.strip_suffix("::mod").unwrap_or(&module);
        let text = fs::read_to_string(path).expect("a test file");
        let mut is_test = false;
        for line in text.lines().map(str::trim) {
            if let (true, Some(rest)) = (is_test, line.strip_prefix("fn ")) {
                let name = rest.split('(').next().unwrap_or_default();
                tests.push(format!("{module}::{name}"));
            }
            is_test = line == "#[test]" || (is_test && line.starts_with("#["));
        }
    }
    tests
}

#[test]
fn every_requirement_names_a_test() {
    let tests = tests();
    assert!(tests.contains(&"architecture::every_requirement_names_a_test".to_owned()));
    let text = fs::read_to_string(root().join("tests/it/requirements.md")).expect("the table");
    let mut complaints = Vec::new();
    let mut letters = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| letter")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [letter, _, named] = cells[..] else {
            complaints.push(format!("not three cells: {line}"));
            continue;
        };
        let number = letter.trim_start_matches(char::is_alphabetic).parse::<u32>().unwrap_or_default();
        letters.push((letter.trim_end_matches(char::is_numeric).to_owned(), number, letter.to_owned()));
        let named: Vec<&str> = named.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            complaints.push(format!("{letter} names no test"));
        }
        // What is compared with another program is a file.
        let there = |name: &str| {
            tests.iter().any(|test| test == name) || (name.contains('/') && root().join(name).is_file())
        };
        let missing = named.into_iter().filter(|name| !there(name));
        complaints.extend(missing.map(|name| format!("{letter}: there is no test `{name}`")));
    }
    for pair in letters.windows(2) {
        if pair[0] > pair[1] {
            complaints.push(format!("{} stands below {}", pair[1].2, pair[0].2));
        }
    }
    assert!(!letters.is_empty());
    assert_none(complaints);
}
