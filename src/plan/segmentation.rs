//! Segmentations as meant: rules in order, first match wins.

use super::{Expr, Lifecycle};

/// One label for every customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    /// Its column.
    pub name: String,
    /// In order; the first that is true gives its label.
    pub rules: Vec<Rule>,
    /// The label of everybody else.
    pub default: Segment,
    /// What its rules read that is learned, if anything is.
    pub lifecycle: Option<Lifecycle>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The label it gives.
    pub segment: Segment,
    /// When.
    pub when: Expr,
    /// The condition as people wrote it.
    pub text: String,
}

/// A label and how it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// As the output holds it.
    pub id: String,
    /// How it is shown.
    pub looks: Looks,
}

/// How a label is shown, and what to do with its customers; what was left out is empty.
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
    /// Its labels in the order of their first rule, each once, the default last unless a rule gives it, too.
    pub fn segments(&self) -> Vec<&Segment> {
        let mut segments: Vec<&Segment> = Vec::new();
        for segment in self.rules.iter().map(|rule| &rule.segment).chain([&self.default]) {
            if !segments.iter().any(|earlier| earlier.id == segment.id) {
                segments.push(segment);
            }
        }
        segments
    }

    /// For each rule the number of its label in [`Self::segments`], and before them that of the default: the label of
    /// rule `n` stands at `n`.
    pub fn segment_numbers(&self) -> Vec<usize> {
        let segments = self.segments();
        let number = |id: &str| segments.iter().position(|segment| segment.id == id).unwrap_or(0);
        let given = self.rules.iter().map(|rule| rule.segment.id.as_str());
        [self.default.id.as_str()].into_iter().chain(given).map(number).collect()
    }

    /// The column with the action that was taken by hand, where there are overrides.
    pub fn override_column(&self) -> String {
        format!("{}_override", self.name)
    }

    /// The column with the number of the rule that matched.
    pub fn rule_column(&self) -> String {
        format!("{}_rule", self.name)
    }
}
