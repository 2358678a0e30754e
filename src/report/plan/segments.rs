//! Segmentations: their rules in order, who gets the default, and what is learned for them.

use serde::Serialize;

use crate::plan::{self, LearnedNumber, Lifecycle, Looks};

use super::page::{Grid, Page};
use super::sql::Sql;
use super::words::{percent, plain};

/// One label for every customer.
#[derive(Debug, Serialize)]
pub(super) struct Segmentation {
    name: String,
    /// In order; the first that is true gives its label.
    rules: Vec<Rule>,
    /// The label of everybody else.
    default: Segment,
    #[serde(skip_serializing_if = "Option::is_none")]
    learned: Option<Learned>,
}

/// One rule.
#[derive(Debug, Serialize)]
struct Rule {
    #[serde(flatten)]
    segment: Segment,
    when: String,
}

/// A label.
#[derive(Debug, Serialize)]
struct Segment {
    /// As `<segmentation>_rule` holds it; 0 is the default.
    number: usize,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<Label>,
}

/// How a label is shown.
#[derive(Debug, Serialize)]
struct Label {
    #[serde(skip_serializing_if = "Option::is_none")]
    zh: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    en: Option<String>,
}

/// Numbers of days that are learned from the gaps between purchases.
#[derive(Debug, Serialize)]
struct Learned {
    /// Whose gaps: those of the whole `store`, or of each `customer`.
    by: &'static str,
    /// Customers with fewer gaps go by those of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    min_gaps: Option<u64>,
    numbers: Vec<LearnedDays>,
}

/// One of these numbers.
#[derive(Debug, Serialize)]
struct LearnedDays {
    name: String,
    /// The part of the gaps that are no longer.
    quantile: String,
    /// Where there is no gap to learn from.
    otherwise_days: u32,
    #[serde(skip)]
    percent: String,
}

impl Segmentation {
    pub(super) fn of(segmentation: &plan::Segmentation, sql: &Sql<'_>) -> Self {
        let plan::Segmentation { name, rules, default, lifecycle } = segmentation;
        // The words of the rules file are published; here stands what is worked out.
        let rule = |(at, plan::Rule { segment, when, text: _ }): (usize, &plan::Rule)| Rule {
            segment: Segment::of(at + 1, segment),
            when: sql.expr(when),
        };
        Self {
            name: name.clone(),
            rules: rules.iter().enumerate().map(rule).collect(),
            default: Segment::of(0, default),
            learned: lifecycle.as_ref().map(Learned::of),
        }
    }

    pub(super) fn draw(&self, page: &mut Page) {
        let Self { name, rules, default, learned } = self;
        page.line(&format!("  {name}"));
        if let Some(learned) = learned {
            let mut grid = Grid::new();
            learned.draw(&mut grid);
            page.rows(&grid);
        }
        let mut grid = Grid::numbered();
        let has_labels =
            rules.iter().map(|rule| &rule.segment).chain([default]).any(|one| one.label.is_some());
        let mut row = |Segment { number, id, label }: &Segment, when: &str| {
            let number = format!("    {number:>2}");
            match has_labels {
                true => {
                    let label = label.as_ref().map_or(String::new(), Label::words);
                    grid.row([number.as_str(), id, &label, when]);
                }
                false => grid.row([number.as_str(), id, when]),
            }
        };
        rules.iter().for_each(|Rule { segment, when }| row(segment, when));
        row(default, "everybody else");
        page.rows(&grid);
    }
}

impl Segment {
    fn of(number: usize, segment: &plan::Segment) -> Self {
        let plan::Segment { id, looks: Looks { label_zh: zh, label_en: en, .. } } = segment;
        let label = (zh.is_some() || en.is_some()).then(|| Label { zh: zh.clone(), en: en.clone() });
        Self { number, id: id.clone(), label }
    }
}

impl Label {
    /// `Loyal (忠实客户)`
    fn words(&self) -> String {
        match (&self.en, &self.zh) {
            (Some(en), Some(zh)) => format!("{en} ({zh})"),
            (one, other) => one.clone().or_else(|| other.clone()).unwrap_or_default(),
        }
    }
}

impl Learned {
    fn of(lifecycle: &Lifecycle) -> Self {
        let Lifecycle { by, days } = lifecycle;
        let number = |LearnedNumber { variable, quantile, otherwise }: &LearnedNumber| LearnedDays {
            name: variable.clone(),
            quantile: plain(*quantile),
            otherwise_days: *otherwise,
            percent: percent(*quantile),
        };
        Self { by: by.name(), min_gaps: by.min_gaps(), numbers: days.iter().map(number).collect() }
    }

    fn draw(&self, grid: &mut Grid) {
        let Self { by: _, min_gaps, numbers } = self;
        let whose = match min_gaps {
            Some(least) => {
                format!(
                    "the customer's own, where there are {least} or more, otherwise those of all customers"
                )
            }
            None => "those of all customers".to_owned(),
        };
        grid.row(["    gaps", &format!("days between purchase days: {whose}")]);
        for LearnedDays { name, quantile: _, otherwise_days, percent } in numbers {
            let words =
                format!("what {percent} of the gaps do not exceed; {otherwise_days} where there is none");
            grid.row([format!("    {name}"), words]);
        }
    }
}
