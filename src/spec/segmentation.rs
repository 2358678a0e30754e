//! `segments`: rules in order, or a preset, as written.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Spanned};

use super::reader::Reader;
use super::yaml::{self, Kind, Node};
use super::{Expr, Fitted};

/// One segmentation as written.
#[derive(Clone, Debug)]
pub struct Segmentation {
    /// Its column.
    pub name: Spanned<String>,
    /// A ready table.
    pub preset: Option<Spanned<String>>,
    /// The scores that the preset reads.
    pub scores: Option<Vec<Spanned<String>>>,
    /// Which metric plays which role of the preset.
    pub metrics: Vec<(Spanned<String>, Spanned<String>)>,
    /// The preset's variables.
    pub with: Vec<(Spanned<String>, Spanned<Decimal>)>,
    /// Which of them are learned, and how; none also where it could not be read (already reported).
    pub fitted: Option<Fitted>,
    /// Single segments of the preset, changed.
    pub entries: Vec<Entry>,
    /// Rules in order; the first that is true gives the label.
    pub rules: Vec<Rule>,
    /// The label of everybody else; none with a preset, and where it is missing (already reported).
    pub default: Option<Segment>,
}

/// One rule as written.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The label it gives.
    pub segment: Segment,
    /// When; none where it could not be read (already reported).
    pub when: Option<Expr>,
    /// The condition in the words of the file, on one line.
    pub text: String,
}

/// One segment of a preset, changed; what was left out stays as it is.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its label.
    pub id: Spanned<String>,
    /// How it is shown.
    pub looks: Looks,
    /// Another condition with its text on one line; the inner none is one that could not be read.
    pub when: Option<(Option<Expr>, Spanned<String>)>,
}

/// A label and how it is shown.
#[derive(Clone, Debug)]
pub struct Segment {
    /// The label that the output holds.
    pub id: Spanned<String>,
    /// How it is shown.
    pub looks: Looks,
}

/// How a label is shown, and what to do with its customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// Chinese name.
    pub label_zh: Option<String>,
    /// English name.
    pub label_en: Option<String>,
    /// Colour in the report.
    pub color: Option<String>,
    /// What to do with these customers.
    pub strategy: Option<String>,
    /// What that should bring.
    pub expected_effect: Option<String>,
}

impl Segmentation {
    pub(super) fn read(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Self {
        if let (Kind::Map(_), None) = (&node.kind, node.get("preset")) {
            let needed = [
                ("rules", "write `rules:` with an `id` and a `when` each, or a `preset:`"),
                ("default", "every customer gets a label: say which if no rule is true"),
            ];
            if let Some((key, hint)) = needed.into_iter().find(|(key, _)| node.get(key).is_none()) {
                let message = format!("the segmentation `{}` has no `{key}`", name.value);
                let diagnostic = Diagnostic::error(Code::MissingKey, message).with_span(name.span);
                reader.out.push(diagnostic.with_hint(hint));
            }
        }
        let rules = node.get("rules").map_or(&[][..], Node::items);
        let rules = rules.iter().filter_map(|rule| {
            let segment = Segment::read(rule)?;
            let text = rule.get("when").map(one_line).unwrap_or_default();
            Some(Rule { segment, when: reader.expression(rule, "when"), text })
        });
        let rules = rules.collect();
        let pairs = |key: &str| node.get(key).map_or(&[][..], Node::entries).iter();
        let metric = |entry: &yaml::Entry| Some((entry.key.clone(), Reader::scalar(&entry.value)?));
        let variable = |entry: &yaml::Entry| {
            let value = Decimal::parse(entry.value.scalar()?)?;
            Some((entry.key.clone(), Spanned::new(value, entry.value.span)))
        };
        Self {
            name: name.clone(),
            preset: reader.text(node, "preset"),
            scores: reader.texts(node, "scores"),
            metrics: pairs("metrics").filter_map(metric).collect(),
            with: pairs("with").filter_map(variable).collect(),
            fitted: node.get("fitted").and_then(|node| Fitted::read(node, reader)),
            entries: pairs("entries").map(|entry| Entry::read(entry, reader)).collect(),
            rules,
            default: node.get("default").and_then(Segment::read),
        }
    }
}

impl Entry {
    fn read(entry: &yaml::Entry, reader: &mut Reader<'_>) -> Self {
        let when = entry
            .value
            .get("when")
            .map(|when| (reader.expression_of(when), Spanned::new(one_line(when), when.span)));
        Self { id: entry.key.clone(), looks: Looks::read(&entry.value), when }
    }
}

impl Segment {
    /// Reads `id` alone, or a mapping with `id`, `label`, `color`, `strategy` and `expected_effect`.
    pub(super) fn read(node: &Node) -> Option<Self> {
        let Kind::Map(_) = node.kind else {
            return Some(Self { id: Reader::scalar(node)?, looks: Looks::default() });
        };
        Some(Self { id: node.get("id").and_then(Reader::scalar)?, looks: Looks::read(node) })
    }
}

impl Looks {
    /// Reads `label`, `color`, `strategy` and `expected_effect` of a mapping.
    fn read(node: &Node) -> Self {
        let text = |key: &str| node.get(key).and_then(Node::scalar).map(str::to_owned);
        let label = |language: &str| {
            let label = node.get("label")?;
            label.scalar().or_else(|| label.get(language)?.scalar()).map(str::to_owned)
        };
        Self {
            label_zh: label("zh"),
            label_en: label("en"),
            color: text("color"),
            strategy: text("strategy"),
            expected_effect: text("expected_effect"),
        }
    }

    /// These, and those of another one where nothing is said.
    pub fn or(self, other: &Self) -> Self {
        Self {
            label_zh: self.label_zh.or_else(|| other.label_zh.clone()),
            label_en: self.label_en.or_else(|| other.label_en.clone()),
            color: self.color.or_else(|| other.color.clone()),
            strategy: self.strategy.or_else(|| other.strategy.clone()),
            expected_effect: self.expected_effect.or_else(|| other.expected_effect.clone()),
        }
    }
}

/// A scalar's words on one line.
pub(super) fn one_line(node: &Node) -> String {
    node.scalar().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}
