//! Presets: ready tables, data files of the project under `rules/presets/`, compiled in. What they read is named here by
//! role; which column plays it is the rules file's business and looked up where presets are resolved.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Source};

use super::Expr;
use super::preset_format::PRESET;
use super::reader::Reader;
use super::segmentation::{Segment, one_line};
use super::shape;
use super::yaml::{self, Node};

const FILES: &[(&str, &str)] = &[
    ("rfm-11", include_str!("../../rules/presets/rfm-11.yml")),
    ("cn-8", include_str!("../../rules/presets/cn-8.yml")),
    ("cn-4", include_str!("../../rules/presets/cn-4.yml")),
    ("braze-10", include_str!("../../rules/presets/braze-10.yml")),
    ("lifecycle-retail", include_str!("../../rules/presets/lifecycle-retail.yml")),
    ("interaction-3", include_str!("../../rules/presets/interaction-3.yml")),
    ("interaction-steady", include_str!("../../rules/presets/interaction-steady.yml")),
    ("purchase-2x2", include_str!("../../rules/presets/purchase-2x2.yml")),
    ("abc-80-95", include_str!("../../rules/presets/abc-80-95.yml")),
    ("abc-70-90", include_str!("../../rules/presets/abc-70-90.yml")),
];

/// The names of the three scores inside a preset's conditions: recency, frequency, monetary.
pub const SCORE_ROLES: [&str; 3] = ["r", "f", "m"];

/// A ready table of segments or bands.
#[derive(Clone, Debug)]
pub struct Preset {
    /// The name it is asked for by.
    pub name: String,
    /// What it is, in one line.
    pub about: String,
    /// The three scores that it reads, if it reads any.
    pub scores: Option<PresetScores>,
    /// The metrics that it reads.
    pub metrics: Vec<PresetMetric>,
    /// Its variables.
    pub variables: Vec<PresetVariable>,
    /// The finer preset that belongs into the output beside it.
    pub beside: Option<String>,
    /// What it gives.
    pub body: PresetBody,
}

/// What the three scores of a preset must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresetScores {
    /// How many bins each of them must have.
    pub bins: u16,
    /// The lowest digit of the published table, which need not be 1 as here.
    pub printed_from: u16,
}

/// A metric that a preset reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetMetric {
    /// Its name inside the preset.
    pub role: String,
    /// The column that is read unless the rules file names another one.
    pub column: String,
    /// What it is.
    pub about: String,
    /// A line of YAML that defines it.
    pub line: String,
}

/// A number of a preset that a rules file may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetVariable {
    /// Its name.
    pub name: String,
    /// Its value unless the rules file sets another one.
    pub default: Decimal,
    /// Whether it is a whole number from 0, such as days and counts.
    pub whole: bool,
    /// `days`, `count` or `number`.
    pub kind: String,
    /// What it is.
    pub about: String,
    /// With `fitted`, the part of the gaps between purchases that do not exceed it.
    pub quantile: Option<Decimal>,
}

/// What a preset gives.
#[derive(Clone, Debug)]
pub enum PresetBody {
    /// A label for every customer.
    Segments {
        /// In order; the first that fits gives the label.
        rules: Vec<PresetRule>,
        /// The label of everybody else.
        default: Segment,
    },
    /// Bands, and the cumulative share each reaches.
    Bands(Vec<(Segment, Decimal)>),
}

/// One entry of a preset.
#[derive(Clone, Debug)]
pub struct PresetRule {
    /// The label it gives.
    pub segment: Segment,
    /// When.
    pub condition: PresetCondition,
}

/// When an entry of a preset fits.
#[derive(Clone, Debug)]
pub enum PresetCondition {
    /// The three scores, read as digits, are one of these.
    Codes(Vec<u16>),
    /// A condition on roles and variables, and its text on one line.
    When(Expr, String),
}

impl Preset {
    /// The names of all presets.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        FILES.iter().map(|(name, _)| *name)
    }

    /// The data file of a preset, as it is.
    pub fn text(name: &str) -> Option<&'static str> {
        FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }

    /// The preset of a name. A file of the project that cannot be read is as good as none; a test reads them all.
    pub fn load(name: &str) -> Option<Self> {
        Self::parse(name, Self::text(name)?).ok()
    }

    /// Reads a data file, or says what is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Diagnostics> {
        let source = Source::new(name, text);
        let mut out = Diagnostics::new();
        let root = match yaml::parse(&source) {
            Ok(root) => root,
            Err(diagnostic) => {
                out.push(diagnostic);
                return Err(out);
            }
        };
        shape::check(&root, &PRESET, root.span, &mut out);
        let preset = Self::read(name, &root, &mut Reader { source: &source, out: &mut out });
        match preset {
            Some(preset) if out.is_empty() => Ok(preset),
            _ => {
                if out.is_empty() {
                    let message =
                        "a preset has `segments` with `codes` or `when` and a `default`, or `bands`";
                    out.push(Diagnostic::error(Code::MissingKey, message).with_span(root.span));
                }
                Err(out)
            }
        }
    }

    fn read(name: &str, root: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let text = |node: &Node, key: &str| Some(node.get(key)?.scalar()?.to_owned());
        let scores = root.get("scores").and_then(|node| {
            let printed_from = reader.integer(node, "printed_from").map_or(1, |from| from.value);
            Some(PresetScores { bins: reader.integer(node, "bins")?.value, printed_from })
        });
        let metric = |entry: &yaml::Entry| {
            let (role, node) = (entry.key.value.clone(), &entry.value);
            let (column, about, line) = (text(node, "column")?, text(node, "about")?, text(node, "line")?);
            Some(PresetMetric { role, column, about, line })
        };
        let variable = |entry: &yaml::Entry| {
            let (name, node) = (entry.key.value.clone(), &entry.value);
            let default = Decimal::parse(node.get("default")?.scalar()?)?;
            let (kind, about) = (text(node, "type")?, text(node, "about")?);
            let quantile = node.get("quantile").and_then(Node::scalar).and_then(Decimal::parse);
            Some(PresetVariable { name, default, whole: kind != "number", kind, about, quantile })
        };
        let metrics: Option<Vec<_>> =
            root.get("metrics").map_or(&[][..], Node::entries).iter().map(metric).collect();
        let variables: Option<Vec<_>> =
            root.get("with").map_or(&[][..], Node::entries).iter().map(variable).collect();
        let body = match root.get("bands") {
            Some(bands) => {
                let band =
                    |node: &Node| Some((Segment::read(node)?, Decimal::parse(node.get("up_to")?.scalar()?)?));
                PresetBody::Bands(bands.items().iter().map(band).collect::<Option<_>>()?)
            }
            None => {
                let entries = root.get("segments")?.items().iter();
                PresetBody::Segments {
                    rules: entries.map(|node| PresetRule::read(node, reader)).collect::<Option<_>>()?,
                    default: root.get("default").and_then(Segment::read)?,
                }
            }
        };
        Some(Self {
            name: name.to_owned(),
            about: text(root, "about")?,
            scores,
            metrics: metrics?,
            variables: variables?,
            beside: text(root, "beside"),
            body,
        })
    }

    /// Its entries in order; of bands none.
    pub fn rules(&self) -> &[PresetRule] {
        match &self.body {
            PresetBody::Segments { rules, .. } => rules,
            PresetBody::Bands(_) => &[],
        }
    }

    /// Whether it is a table of bands.
    pub fn is_bands(&self) -> bool {
        matches!(self.body, PresetBody::Bands(_))
    }

    /// The codes that a table of codes misses, and those that it holds twice; none for what is no such table.
    pub fn broken_codes(&self) -> (Vec<u16>, Vec<u16>) {
        let Some(PresetScores { bins, .. }) = self.scores else { return (Vec::new(), Vec::new()) };
        let mut held = Vec::new();
        for rule in self.rules() {
            match &rule.condition {
                PresetCondition::Codes(codes) => held.extend_from_slice(codes),
                PresetCondition::When(..) => return (Vec::new(), Vec::new()),
            }
        }
        let digits = || 1..=bins;
        let all =
            digits().flat_map(|r| digits().flat_map(move |f| digits().map(move |m| 100 * r + 10 * f + m)));
        let missing = all.clone().filter(|code| !held.contains(code)).collect();
        let doubled = all.filter(|code| held.iter().filter(|one| *one == code).count() > 1).collect();
        (missing, doubled)
    }
}

impl PresetRule {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let segment = Segment::read(node)?;
        let condition = match node.get("codes") {
            Some(codes) => {
                let codes = codes.items().iter().map(|code| code.scalar()?.parse().ok());
                PresetCondition::Codes(codes.collect::<Option<_>>()?)
            }
            None => PresetCondition::When(reader.expression(node, "when")?, one_line(node.get("when")?)),
        };
        Some(Self { segment, condition })
    }
}
