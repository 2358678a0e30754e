//! Places in an expression's text → places in the rules file. Quotes, escapes, folded lines and indentation may stand
//! between the two, so the text is laid along what is written, character by character.

use crate::diag::{Source, Span};

/// Where each character of an expression stands in the file.
pub(super) struct Places {
    /// The whole scalar.
    pub(super) node: Span,
    /// The place of each character; none where the text cannot be found in what is written (an alias, say).
    places: Option<Vec<Span>>,
    /// The number of each line's first character.
    lines: Vec<usize>,
}

impl Places {
    pub(super) fn new(text: &str, node: Span, source: &Source) -> Self {
        let node = source.clamp(node);
        let places = align(text, source.slice(node)).map(|places| {
            places.into_iter().map(|at| Span::new(node.start + at.start, node.start + at.end)).collect()
        });
        let breaks = text.chars().enumerate().filter(|(_, c)| *c == '\n').map(|(at, _)| at + 1);
        Self { node, places, lines: std::iter::once(0).chain(breaks).collect() }
    }

    /// From one place (1-based line and column of the text) up to another, which is not included.
    pub(super) fn between(&self, start: (u64, u64), end: (u64, u64)) -> Span {
        let Some(places) = &self.places else { return self.node };
        let (Some(start), Some(end)) = (self.number(start), self.number(end)) else { return self.node };
        let Some(first) = places.get(start).or(places.last()) else { return self.node };
        let last = end.checked_sub(1).and_then(|last| places.get(last)).unwrap_or(first);
        Span::new(first.start, last.end.max(first.end))
    }

    /// From one place to the end of the text.
    pub(super) fn from(&self, start: (u64, u64)) -> Span {
        match (&self.places, self.number(start)) {
            (Some(places), Some(start)) => match places.get(start) {
                Some(first) => Span::new(first.start, places.last().map_or(first.end, |last| last.end)),
                None => places.last().copied().unwrap_or(self.node),
            },
            _ => self.node,
        }
    }

    fn number(&self, (line, column): (u64, u64)) -> Option<usize> {
        let line = usize::try_from(line).ok()?.checked_sub(1)?;
        let column = usize::try_from(column).ok()?.checked_sub(1)?;
        self.lines.get(line)?.checked_add(column)
    }
}

/// The place in `written` of each character of `text`.
fn align(text: &str, written: &str) -> Option<Vec<Span>> {
    let single = written.len() > 1 && written.starts_with('\'') && written.ends_with('\'') && text != written;
    let double = written.len() > 1 && written.starts_with('"') && written.ends_with('"') && text != written;
    let mut at = match written.as_bytes().first() {
        Some(b'|' | b'>') if text != written => written.find('\n')? + 1,
        _ => usize::from(single || double),
    };
    let mut places = Vec::new();
    for c in text.chars() {
        loop {
            let Some(here) = written[at..].chars().next() else {
                // The line break that ends a block scalar.
                if !c.is_whitespace() {
                    return None;
                }
                places.push(Span::new(at, at));
                break;
            };
            let next = at + here.len_utf8();
            if double && here == '\\' {
                let length = escape_length(&written[next..]);
                if length.is_none() {
                    // A line break taken out by the backslash before it.
                    at = next + 1;
                    continue;
                }
                let end = next + length.unwrap_or(1);
                places.push(Span::new(at, end));
                at = end;
                break;
            }
            if c == here {
                let end =
                    if single && c == '\'' && written[next..].starts_with('\'') { next + 1 } else { next };
                places.push(Span::new(at, end));
                at = end;
                break;
            }
            if !here.is_whitespace() {
                return None;
            }
            if c.is_whitespace() {
                // Folded: one space stands for a line break and the indentation after it.
                let end = at + written[at..].find(|c: char| !c.is_whitespace()).unwrap_or(written.len() - at);
                places.push(Span::new(at, end));
                at = end;
                break;
            }
            at = next;
        }
    }
    Some(places)
}

/// The bytes of an escape after its backslash; none for a line break, which stands for nothing.
fn escape_length(rest: &str) -> Option<usize> {
    let c = rest.chars().next()?;
    let digits = match c {
        '\n' => return None,
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    let length = c.len_utf8() + digits;
    Some(if rest.is_char_boundary(length.min(rest.len())) { length.min(rest.len()) } else { c.len_utf8() })
}
