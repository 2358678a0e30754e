//! A complaint as plain data, and the list that a run collects them in.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Code, Source, Span};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The run cannot go on.
    Error,
    /// The run goes on; the result may surprise.
    Warning,
}

/// One mistake: a kind, a place, words, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of mistake.
    pub code: Code,
    /// Lowercase fragment, names in backticks.
    pub message: String,
    /// The place, or none where the file as a whole is meant.
    pub span: Option<Span>,
    /// Words under the underline.
    pub label: Option<String>,
    /// Further places that matter, each with its words.
    pub related: Vec<(Span, String)>,
    /// What to do about it.
    pub hints: Vec<String>,
    /// The text that its places point into; none where that is the rules file.
    pub source: Option<Arc<Source>>,
}

impl Diagnostic {
    /// An error of a kind, with its message.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            span: None,
            label: None,
            related: Vec::new(),
            hints: Vec::new(),
            source: None,
        }
    }

    /// A warning of a kind, with its message.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Puts it at a place.
    pub fn with_span(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Its places point into another text than the rules file.
    pub fn with_source(mut self, source: Arc<Source>) -> Self {
        self.source = Some(source);
        self
    }

    /// Words under the underline.
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// A further place that matters.
    pub fn with_related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// Adds what to do about it.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a hint if there is one.
    pub fn with_hint_opt(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.with_hint(hint),
            None => self,
        }
    }
}

/// Every complaint of one run.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    /// The numbers of those at each place.
    at: HashMap<Option<Span>, Vec<usize>>,
    /// Those that were too many.
    more: usize,
    has_errors: bool,
}

impl Diagnostics {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many are kept. A file that is torn at every comma has no end of them, and nobody reads them.
    pub const MOST: usize = 1000;

    /// Adds one; the same complaint at the same place is kept once.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.has_errors |= diagnostic.severity == Severity::Error;
        if self.list.len() == Self::MOST {
            self.more += 1;
            return;
        }
        let here = self.at.entry(diagnostic.span).or_default();
        if !here.iter().any(|number| self.list[*number] == diagnostic) {
            here.push(self.list.len());
            self.list.push(diagnostic);
        }
    }

    /// Adds all of these.
    pub fn append(&mut self, more: Self) {
        more.list.into_iter().for_each(|one| self.push(one));
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// How many there are, those that are not kept included.
    pub fn len(&self) -> usize {
        self.list.len() + self.more
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All that are kept, in the order of the file; those of another file follow.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<&Diagnostic> = self.list.iter().collect();
        all.sort_by_key(|d| (d.source.as_ref().map(|source| &source.name), d.span));
        all
    }
}
