//! A rules file, read: its text to a tree, `--set` put in, the tree checked against the format, then section by section.

use crate::diag::{Code, Diagnostic, Diagnostics, Source, Span, Spanned};

use super::Rules;
use super::format;
use super::reader::Reader;
use super::shape::{self};
use super::yaml::{self, Entry, Kind, Node};

/// A value that replaces one of the file: `--set scores.r.quantiles=4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// The keys on the way, joined by dots.
    pub path: String,
    /// The new value, as YAML.
    pub value: String,
}

/// Reads a rules file. `overrides` replace values of it; they are appended to the source text, so that what is
/// wrong with one of them has a place, too. None where errors leave nothing to go on with.
pub fn read(source: &mut Source, overrides: &[Override], out: &mut Diagnostics) -> Option<Rules> {
    let mut root = match yaml::parse(source) {
        Ok(root) => root,
        Err(diagnostic) => {
            out.push(diagnostic);
            return None;
        }
    };
    let Kind::Map(entries) = &root.kind else {
        let message = match root.kind {
            Kind::Null => "the rules file is empty".to_owned(),
            _ => format!("a rules file is a mapping, this is {}", root.describe()),
        };
        let hint =
            format!("begin with `tiermill: {}`, then `name:`, `inputs:` and `metrics:`", format::VERSION);
        out.push(Diagnostic::error(Code::WrongType, message).with_span(root.span).with_hint(hint));
        return None;
    };
    let first = entries.first().map_or(root.span, |entry| entry.key.span);
    for one in overrides {
        apply(one, &mut root, source, out);
    }
    shape::check(&root, &format::RULES, first, out);
    Rules::read(&root, &mut Reader { source, out })
}

/// Puts `a.b=value` into the tree. The line `# --set a.b=value` goes to the end of the source for its spans.
fn apply(one: &Override, root: &mut Node, source: &mut Source, out: &mut Diagnostics) {
    if !source.text.ends_with('\n') {
        source.text.push('\n');
    }
    source.text.push_str("# --set ");
    let path = Span::new(source.text.len(), source.text.len() + one.path.len());
    let span = Span::new(path.end + 1, path.end + 1 + one.value.len());
    source.text.push_str(&format!("{}={}\n", one.path, one.value));
    let mut wrong = |message: String, span: Span| {
        let hint = "name the keys on the way, joined by dots: `scores.r.quantiles=4`";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(span).with_hint(hint));
    };
    // Parsed behind as many blanks as put it at its place, so that its spans are right as they come.
    let padded = Source::new(source.name.clone(), " ".repeat(span.start) + &one.value);
    let value = match yaml::parse(&padded) {
        Ok(value) => value,
        Err(diagnostic) => return out.push(diagnostic),
    };
    if one.path.split('.').any(str::is_empty) {
        return wrong(format!("`--set {}={}` leaves a key empty", one.path, one.value), path);
    }
    let mut node = root;
    let mut start = path.start;
    let mut keys = one.path.split('.').peekable();
    while let Some(key) = keys.next() {
        let here = Span::new(start, start + key.len());
        start = here.end + 1;
        if node.kind == Kind::Null {
            node.kind = Kind::Map(Vec::new());
        }
        let found = node.describe();
        let Kind::Map(entries) = &mut node.kind else {
            return wrong(
                format!("`--set {}`: before `{key}` stands {found}, not a mapping", one.path),
                here,
            );
        };
        let at = entries.iter().rposition(|entry| entry.key.value == key).unwrap_or_else(|| {
            let value = Node { kind: Kind::Map(Vec::new()), span: here };
            entries.push(Entry { key: Spanned::new(key.to_owned(), here), value });
            entries.len() - 1
        });
        if keys.peek().is_none() {
            entries[at] = Entry { key: Spanned::new(key.to_owned(), here), value };
            return;
        }
        node = &mut entries[at].value;
    }
}
