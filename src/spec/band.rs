//! `bands`: ABC by cumulative share, or tiers by place from the top, as written.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Spanned, listed};

use super::preset::{Preset, PresetBody};
use super::reader::Reader;
use super::yaml::{Entry, Kind, Node};

/// One band column as written.
#[derive(Clone, Debug)]
pub struct Band {
    /// Its column.
    pub name: Spanned<String>,
    /// The metric that orders the customers.
    pub of: Option<Spanned<String>>,
    /// Where the bands end; none where it could not be read (already reported).
    pub bounds: Option<Bounds>,
    /// What makes groups with cuts of their own.
    pub within: Option<Spanned<String>>,
    /// The smallest group with cuts of its own.
    pub min_group: Option<Spanned<u64>>,
}

/// Where the bands end, in the order of the file.
#[derive(Clone, Debug)]
pub enum Bounds {
    /// Each band and the share of the total it reaches.
    Cumulative(Vec<(Spanned<String>, Spanned<Decimal>)>),
    /// Each band and the place from the top it reaches: `100`, `5%` or `all`.
    Top(Vec<(Spanned<String>, Spanned<String>)>),
    /// Those of a ready table.
    Preset(Spanned<String>),
}

impl Band {
    pub(super) fn read(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Self {
        Self {
            name: name.clone(),
            of: reader.text(node, "of"),
            bounds: read_bounds(name, node, reader),
            within: reader.text(node, "within"),
            min_group: reader.integer(node, "min_group"),
        }
    }

    /// The bands in the order of the file, if they could be read.
    pub fn labels(&self) -> Option<Vec<String>> {
        Some(match self.bounds.as_ref()? {
            Bounds::Cumulative(bounds) => bounds.iter().map(|(label, _)| label.value.clone()).collect(),
            Bounds::Top(bounds) => bounds.iter().map(|(label, _)| label.value.clone()).collect(),
            Bounds::Preset(name) => match Preset::load(&name.value)?.body {
                PresetBody::Bands(bands) => bands.into_iter().map(|(segment, _)| segment.id.value).collect(),
                PresetBody::Segments { .. } => return None,
            },
        })
    }
}

fn read_bounds(name: &Spanned<String>, node: &Node, reader: &mut Reader<'_>) -> Option<Bounds> {
    let Kind::Map(_) = node.kind else { return None };
    let (code, message) = match (node.get("cumulative"), node.get("top"), reader.text(node, "preset")) {
        (Some(bounds), None, None) => {
            let bound = |entry: &Entry| {
                let bound = Decimal::parse(entry.value.scalar()?)?;
                Some((entry.key.clone(), Spanned::new(bound, entry.value.span)))
            };
            return bounds.entries().iter().map(bound).collect::<Option<_>>().map(Bounds::Cumulative);
        }
        (None, Some(bounds), None) => {
            let bound = |entry: &Entry| Some((entry.key.clone(), Reader::scalar(&entry.value)?));
            return bounds.entries().iter().map(bound).collect::<Option<_>>().map(Bounds::Top);
        }
        (None, None, Some(preset)) => return Some(Bounds::Preset(preset)),
        (None, None, None) => {
            (Code::MissingKey, format!("the band `{}` does not say where its bands end", name.value))
        }
        (cumulative, top, preset) => {
            let given =
                [("cumulative", cumulative.is_some()), ("top", top.is_some()), ("preset", preset.is_some())];
            let given = listed(given.iter().filter(|(_, given)| *given).map(|(key, _)| *key));
            (Code::BadValue, format!("the band `{}` has {given}: one way is enough", name.value))
        }
    };
    let hint = "write `cumulative: {A: 0.80, B: 0.95, C: 1}` or `top: {gold: 5%, silver: 100, rest: all}`, or `preset: abc-80-95`";
    reader.out.push(Diagnostic::error(code, message).with_span(name.span).with_hint(hint));
    None
}
