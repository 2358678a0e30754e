//! Places in a source text: byte ranges, and the text they are ranges of.

/// A byte range `start..end` of a [`Source`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range `start..end`; an inverted range becomes empty.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The smallest range that covers both.
    pub fn to(self, other: Self) -> Self {
        Self::new(self.start.min(other.start), self.end.max(other.end))
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place in the source.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Puts a value at a place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A named text that spans point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What to call it in messages, usually its path as typed.
    pub name: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A named text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// 1-based line and column (in characters) of a byte offset; offsets past the end are the end.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        self.lines().line_column(offset)
    }

    /// Its lines, for many questions about them.
    pub fn lines(&self) -> Lines<'_> {
        let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { source: self, starts: std::iter::once(0).chain(breaks).collect() }
    }

    /// The span moved onto character boundaries inside the text, so that slicing it cannot fail.
    pub fn clamp(&self, span: Span) -> Span {
        Span::new(self.floor(span.start), self.floor(span.end))
    }

    /// The text at a span.
    pub fn slice(&self, span: Span) -> &str {
        let span = self.clamp(span);
        &self.text[span.start..span.end]
    }

    fn floor(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset.min(self.text.len()))
    }
}

/// Where each line of a [`Source`] begins.
pub struct Lines<'a> {
    source: &'a Source,
    starts: Vec<usize>,
}

impl Lines<'_> {
    /// See [`Source::line_column`].
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.source.floor(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).map_or(0, |line| self.starts[line]);
        (line, self.source.text[start..offset].chars().count() + 1)
    }
}
