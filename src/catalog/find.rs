//! A path of the rules file → the files that it names. What a name says is known here, and nothing of what the files
//! hold but their first four bytes, where a name does not say enough. `docs/rules/files.md` has the rules.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::diag::{Code, Diagnostic};
use crate::plan::LeftOut;

use super::lake;
use super::links::Links;
use super::regular::special;

/// What kind of files is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// `.parquet`, `.parq`, `.pq` in any case, and files without a suffix that begin like Parquet.
    Parquet,
    /// `.csv`, `.tsv`, `.txt`, each also with `.gz`.
    Csv,
    /// Lists of ids: either.
    ParquetOrCsv,
}

/// What a path names.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The files, sorted; never empty.
    pub files: Vec<PathBuf>,
    /// The folder under which `key=value` folders may be columns: what of the path stands before its first pattern.
    /// None where the path is a file.
    pub hive_root: Option<PathBuf>,
    /// What else was found, sorted, and why it is not read.
    pub left_out: Vec<LeftOut>,
}

/// How many of the files that were left out an error names.
const NAMED: usize = 5;

/// The files that a path names: a file, a folder that is searched to its end, or a pattern. Only regular files are
/// ever opened.
pub fn find(path: &Path, kind: FileKind) -> Result<Found, Diagnostic> {
    let text = path.to_string_lossy();
    if path.is_file() {
        return Ok(Found { files: vec![path.to_path_buf()], ..Found::default() });
    }
    if text.contains("://") {
        let message = format!("`{text}` is on an object store, which is not built yet");
        return Err(Diagnostic::error(Code::NotBuilt, message).with_hint("copy the files to a disk"));
    }
    let parts: Vec<&OsStr> = path.components().map(Component::as_os_str).collect();
    let (root, rest) = literal(&parts);
    lake::refuse_inside(&root)?;
    let mut search = Search { kind, path: &text, found: Found::default(), links: Links::new(&root) };
    search.reach(&root, rest, By::Name)?;
    search.finish(root)
}

/// What a reader of folders passes over: temporary files, logs, copies of editors.
pub(super) fn is_hidden(name: &str) -> bool {
    name.starts_with(['.', '_'])
}

/// The longest beginning of a path that needs no pattern: what is there as written, brackets and all.
fn literal<'p>(parts: &'p [&'p OsStr]) -> (PathBuf, &'p [&'p OsStr]) {
    let mut root = PathBuf::new();
    for (at, part) in parts.iter().enumerate() {
        let next = root.join(part);
        if is_pattern(&part.to_string_lossy()) && !next.exists() {
            return (root, &parts[at..]);
        }
        root = next;
    }
    (root, &[])
}

fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '['])
}

/// How a search came to a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// Its whole name, or its suffix, is written in the path: it is what is meant, whatever it is.
    Name,
    /// It matches, or lies in a folder that is searched: its name has to speak for it.
    Search,
}

struct Search<'a> {
    kind: FileKind,
    /// As written, for complaints.
    path: &'a str,
    found: Found,
    links: Links,
}

impl Search<'_> {
    /// Looks at one place, with the parts of the path that are still to be followed from there.
    fn reach(&mut self, place: &Path, rest: &[&OsStr], by: By) -> Result<(), Diagnostic> {
        let metadata = match fs::metadata(here(place)) {
            Ok(metadata) => metadata,
            Err(_) if by == By::Name && fs::symlink_metadata(place).is_err() => return Ok(()),
            Err(error) if self.is_data(place, by) => return Err(unreadable(place, &error)),
            Err(error) => {
                self.leave_out(place, &format!("it leads nowhere: {error}"));
                return Ok(());
            }
        };
        if metadata.is_dir() {
            return if rest.is_empty() { self.walk(place) } else { self.expand(place, rest) };
        }
        if !rest.is_empty() {
            return Ok(());
        }
        if !metadata.is_file() {
            let why = format!("it is {}; only regular files are opened", special(&metadata));
            if by == By::Name {
                let message = format!("`{}` cannot be read: {why}", place.display());
                return Err(Diagnostic::error(Code::InputUnreadable, message));
            }
            self.leave_out(place, &why);
            return Ok(());
        }
        if by == By::Name {
            self.found.files.push(place.to_path_buf());
            return Ok(());
        }
        match self.judge(place).map_err(|error| unreadable(place, &error))? {
            None => self.found.files.push(place.to_path_buf()),
            Some(why) => self.leave_out(place, &why),
        }
        Ok(())
    }

    /// Everything below a folder.
    fn walk(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        for (name, place) in self.list(folder)? {
            if is_left_alone(&name, &place) {
                self.leave_out_hidden(&name, &place);
            } else if self.may_enter(&place) {
                self.reach(&place, &[], By::Search)?;
            }
        }
        Ok(())
    }

    /// The places in a folder that the next part of the path names.
    fn expand(&mut self, folder: &Path, parts: &[&OsStr]) -> Result<(), Diagnostic> {
        let Some((part, rest)) = parts.split_first() else { return self.walk(folder) };
        let as_written = folder.join(part);
        let part = part.to_string_lossy();
        if as_written.exists() || !is_pattern(&part) {
            lake::refuse(folder)?;
            return self.reach(&as_written, rest, By::Name);
        }
        if part == "**" {
            return self.anywhere(folder, rest);
        }
        let pattern = glob::Pattern::new(&part)
            .map_err(|error| missing(format!("`{}` is not a path: {}", self.path, error.msg)))?;
        let by = if rest.is_empty() && spells_suffix(&part) { By::Name } else { By::Search };
        for (name, place) in self.list(folder)? {
            if !pattern.matches(&name) {
                continue;
            }
            if !part.starts_with(['.', '_']) && is_left_alone(&name, &place) {
                self.leave_out_hidden(&name, &place);
            } else if self.may_enter(&place) {
                self.reach(&place, rest, by)?;
            }
        }
        Ok(())
    }

    /// `**`: the rest of the path in this folder, and in every folder below.
    fn anywhere(&mut self, folder: &Path, rest: &[&OsStr]) -> Result<(), Diagnostic> {
        if rest.is_empty() {
            return self.walk(folder);
        }
        self.expand(folder, rest)?;
        for (name, place) in self.list(folder)? {
            if !place.is_dir() {
                continue;
            }
            if is_left_alone(&name, &place) {
                self.leave_out_hidden(&name, &place);
            } else if self.may_enter(&place) {
                self.anywhere(&place, rest)?;
            }
        }
        Ok(())
    }

    /// What a folder holds, by name. A folder whose own log says which of its files count is refused.
    fn list(&self, folder: &Path) -> Result<Vec<(String, PathBuf)>, Diagnostic> {
        let entries = fs::read_dir(here(folder)).map_err(|error| unreadable(folder, &error))?;
        let entry = |entry: io::Result<fs::DirEntry>| {
            let name = entry.map_err(|error| unreadable(folder, &error))?.file_name();
            Ok((name.to_string_lossy().into_owned(), folder.join(&name)))
        };
        let mut entries = entries.map(entry).collect::<Result<Vec<_>, Diagnostic>>()?;
        entries.sort();
        lake::refuse(folder)?;
        Ok(entries)
    }

    /// Whether a place may be looked at: not a folder that a link leads to for the second time.
    fn may_enter(&mut self, place: &Path) -> bool {
        match self.links.follow(place) {
            None => true,
            Some(why) => {
                self.leave_out(place, why);
                false
            }
        }
    }

    /// Why a file found by searching is not read; none for one that is.
    fn judge(&self, file: &Path) -> io::Result<Option<String>> {
        if self.is_data(file, By::Search) {
            return Ok(None);
        }
        let begins = || -> io::Result<bool> {
            let mut first = Vec::new();
            File::open(file)?.take(4).read_to_end(&mut first)?;
            Ok(first == b"PAR1" || first == b"PARE")
        };
        if self.kind != FileKind::Csv && file.extension().is_none() {
            // One that only begins so is incomplete: that is an error, which the reader of its footer finds.
            let why = "its name has no suffix, and it does not begin with `PAR1`";
            return Ok((!begins()?).then(|| why.to_owned()));
        }
        let suffixes = match self.kind {
            FileKind::Parquet => "`.parquet`, `.parq` or `.pq`",
            FileKind::Csv => "`.csv`, `.tsv` or `.txt`, with or without `.gz`",
            FileKind::ParquetOrCsv => "that of a Parquet file or `.csv`",
        };
        let is_parquet = self.kind != FileKind::Csv && begins().unwrap_or(false);
        let but = if is_parquet { ", although it is Parquet inside" } else { "" };
        Ok(Some(format!("its suffix is not {suffixes}{but}")))
    }

    /// Whether a name says that this is data.
    fn is_data(&self, file: &Path, by: By) -> bool {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| name.ends_with(suffix));
        let parquet = || ends(&[".parquet", ".parq", ".pq"]);
        let csv = || ends(&[".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz"]);
        by == By::Name
            || match self.kind {
                FileKind::Parquet => parquet(),
                FileKind::Csv => csv(),
                FileKind::ParquetOrCsv => parquet() || ends(&[".csv"]),
            }
    }

    fn leave_out_hidden(&mut self, name: &str, place: &Path) {
        let first = name.chars().next().unwrap_or_default();
        let folder = if place.is_dir() { ", so nothing in it is read" } else { "" };
        self.leave_out(place, &format!("its name begins with `{first}`{folder}"));
    }

    fn leave_out(&mut self, place: &Path, why: &str) {
        self.found.left_out.push(LeftOut { path: place.to_path_buf(), why: why.to_owned() });
    }

    /// Sorted, each file once; none at all is an error.
    fn finish(self, root: PathBuf) -> Result<Found, Diagnostic> {
        let Self { kind: _, path, mut found, links } = self;
        found.files.sort();
        found.files.dedup();
        links.read_once(&mut found.files, &mut found.left_out);
        found.left_out.sort();
        found.left_out.dedup();
        if !found.files.is_empty() {
            found.hive_root = Some(root);
            return Ok(found);
        }
        let left_out = found.left_out.len();
        if left_out == 0 {
            let nothing = missing(format!("`{path}` matches no file"));
            return Err(if path.contains('[') { nothing.with_hint(ABOUT_PATTERNS) } else { nothing });
        }
        let number = if left_out == 1 { "the one" } else { "each of those" };
        let mut nothing =
            missing(format!("`{path}` matches no file that is read: {number} found there is left out"));
        for LeftOut { path, why } in found.left_out.iter().take(NAMED) {
            nothing = nothing.with_hint(format!("`{}` is left out: {why}", path.display()));
        }
        if left_out > NAMED {
            nothing = nothing.with_hint(format!("and {} more", left_out - NAMED));
        }
        Err(nothing)
    }
}

const ABOUT_PATTERNS: &str = "`[`, `*` and `?` are a pattern where no file or folder has the name as written";

fn missing(what: String) -> Diagnostic {
    Diagnostic::error(Code::InputMissing, what)
        .with_hint("paths are relative to the rules file; a folder is searched for `*.parquet`")
}

fn unreadable(place: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(Code::InputUnreadable, format!("`{}`: {error}", place.display()))
}

/// A folder as the system takes it: a pattern may begin a path, and then nothing stands before it.
fn here(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
}

/// Whether a search passes a name over. `_x=1` is a value of a column `_x`, as in Spark.
fn is_left_alone(name: &str, place: &Path) -> bool {
    is_hidden(name) && !(name.starts_with('_') && name.contains('=') && place.is_dir())
}

/// Whether a pattern says how names end, as `*.dat` does and `part-*` does not.
fn spells_suffix(pattern: &str) -> bool {
    pattern
        .rsplit_once('.')
        .is_some_and(|(_, suffix)| !suffix.is_empty() && !suffix.contains(['*', '?', '[', ']']))
}
