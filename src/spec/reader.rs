//! Tree → typed sections: the small helpers that every section reads itself with, and the passes in order.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Source, Span, Spanned};

use super::Rules;
use super::expr::{self, Expr};
use super::format;
use super::shape::{self, Key, Shape};
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

/// What a section reads itself with.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) out: &'a mut Diagnostics,
}

impl Reader<'_> {
    /// Reads each `name: value` of a section.
    pub(super) fn each<T>(
        &mut self,
        root: &Node,
        section: &str,
        read: fn(&Spanned<String>, &Node, &mut Self) -> T,
    ) -> Vec<T> {
        let entries = root.get(section).map_or(&[][..], Node::entries);
        entries.iter().map(|entry| read(&entry.key, &entry.value, self)).collect()
    }

    /// A scalar under a key.
    pub(super) fn text(&self, node: &Node, key: &str) -> Option<Spanned<String>> {
        node.get(key).and_then(Self::scalar)
    }

    /// A node's scalar with its place.
    pub(super) fn scalar(node: &Node) -> Option<Spanned<String>> {
        let text = node.scalar().filter(|text| !text.trim().is_empty())?;
        Some(Spanned::new(text.to_owned(), node.span))
    }

    /// A list of scalars under a key.
    pub(super) fn texts(&self, node: &Node, key: &str) -> Option<Vec<Spanned<String>>> {
        Some(node.get(key)?.items().iter().filter_map(Self::scalar).collect())
    }

    /// A number under a key.
    pub(super) fn decimal(&self, node: &Node, key: &str) -> Option<Spanned<Decimal>> {
        let node = node.get(key)?;
        Some(Spanned::new(Decimal::parse(node.scalar()?)?, node.span))
    }

    /// A number of days under a key.
    pub(super) fn days(&self, node: &Node, key: &str) -> Option<Spanned<u32>> {
        let node = node.get(key)?;
        Some(Spanned::new(shape::parse_days(node.scalar()?)?, node.span))
    }

    /// A whole number under a key.
    pub(super) fn integer<T: std::str::FromStr>(&self, node: &Node, key: &str) -> Option<Spanned<T>> {
        let node = node.get(key)?;
        Some(Spanned::new(node.scalar()?.parse().ok()?, node.span))
    }

    /// An expression under a key; what is wrong with it is reported.
    pub(super) fn expression(&mut self, node: &Node, key: &str) -> Option<Expr> {
        let node = node.get(key)?;
        self.expression_of(node)
    }

    /// A node's scalar as an expression; what is wrong with it is reported.
    pub(super) fn expression_of(&mut self, node: &Node) -> Option<Expr> {
        let text = node.scalar().filter(|text| !text.trim().is_empty())?;
        match expr::parse(text, node.span, self.source) {
            Ok(expr) => Some(expr),
            Err(diagnostic) => {
                self.out.push(diagnostic);
                None
            }
        }
    }
}

/// Every key of the format whose shape is refused by this version, for the documentation.
pub(super) fn is_built(key: &Key) -> bool {
    !matches!(key.shape, Shape::NotBuilt)
}
