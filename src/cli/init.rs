//! `tiermill init`: a commented starter rules file, columns guessed from the footer or header and the first
//! rows of the orders.

use std::io::Write;
use std::path::{Component, Path, PathBuf};

use crate::diag::{Class, Diagnostic};
use crate::pipeline::Exit;
use crate::{catalog, starter};

use super::args::InitArgs;
use super::out;

pub(super) fn init(args: &InitArgs) -> Exit {
    let text = match &args.from {
        None => starter::generic(),
        Some(from) => match of_file(from, args.out.as_deref()) {
            Ok(text) => text,
            Err(diagnostic) => return complain(&diagnostic),
        },
    };
    let Some(out) = &args.out else {
        return out::all_data(&text);
    };
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(out);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => {
            out::note(&format!("wrote {}; next: tiermill check {}", out.display(), out.display()));
            Exit::Done
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            out::note(&format!("error: `{}` is there already, and is left as it is", out.display()));
            Exit::Rules
        }
        Err(error) => {
            out::note(&format!("error: cannot write `{}`: {error}", out.display()));
            Exit::Transient
        }
    }
}

/// The starter for files: what they say of themselves and their first rows are read.
fn of_file(from: &Path, out: Option<&Path>) -> Result<String, Diagnostic> {
    let path = out.map_or_else(|| from.to_path_buf(), |out| relative(from, out));
    let path = path.to_string_lossy();
    if is_csv(from) {
        let (guess, catalog, sample) = catalog::csv::look(from)?;
        let text = starter::of_csv(&path, &guess, &catalog, &sample)?;
        guess.questions().iter().for_each(|question| out::note(&format!("question: {question}")));
        return Ok(text);
    }
    let catalog = catalog::read_even_empty(from)?;
    let sample = catalog::sample(&catalog)?;
    starter::of_file(&path, &catalog, &sample)
}

/// By the name; a folder that has no Parquet may have CSV.
fn is_csv(from: &Path) -> bool {
    let has = |kind| catalog::find(from, kind).is_ok_and(|found| !found.files.is_empty());
    catalog::csv::is_csv(from)
        || from.is_dir() && !has(catalog::FileKind::Parquet) && has(catalog::FileKind::Csv)
}

fn complain(diagnostic: &Diagnostic) -> Exit {
    out::note(&format!("error: {}", diagnostic.message));
    diagnostic.hints.iter().for_each(|hint| out::note(&format!("help: {hint}")));
    match diagnostic.code.class() {
        Class::Missing => Exit::Missing,
        Class::Input => Exit::Input,
        Class::Rules => Exit::Rules,
    }
}

/// A path as seen from the folder of the rules file.
fn relative(path: &Path, rules: &Path) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let absolute = |path: &Path| {
        let mut parts: Vec<Component<'_>> = Vec::new();
        let whole = here.join(path);
        for part in whole.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    parts.pop();
                }
                other => parts.push(other),
            }
        }
        parts.iter().collect::<PathBuf>()
    };
    if path.is_absolute() {
        return path.to_path_buf();
    }
    let target = absolute(path);
    let rules = absolute(rules);
    let folder: Vec<Component<'_>> =
        rules.parent().map(|folder| folder.components().collect()).unwrap_or_default();
    let target: Vec<Component<'_>> = target.components().collect();
    let shared = folder.iter().zip(&target).take_while(|(one, other)| one == other).count();
    let up = folder[shared..].iter().map(|_| Component::ParentDir);
    up.chain(target[shared..].iter().copied()).collect()
}
