//! Presets: ready tables of score codes, data files of the project under `rules/presets/`, compiled in.

use crate::diag::{Diagnostics, Source};

use super::reader::Reader;
use super::segmentation::Segment;
use super::yaml::{self, Node};

const FILES: &[(&str, &str)] = &[
    ("rfm-11", include_str!("../../rules/presets/rfm-11.yml")),
    ("cn-8", include_str!("../../rules/presets/cn-8.yml")),
];

/// A table from codes of recency, frequency and monetary scores to segments.
#[derive(Clone, Debug)]
pub struct Preset {
    /// How many bins each of the three scores must have.
    pub bins: u16,
    /// Segments in order, each with its codes.
    pub segments: Vec<(Segment, Vec<u16>)>,
    /// The label of a customer without a complete code.
    pub default: Segment,
}

impl Preset {
    /// The names of all presets.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        FILES.iter().map(|(name, _)| *name)
    }

    /// The preset of a name. A file of the project that cannot be read is as good as none; a test reads them all.
    pub fn load(name: &str) -> Option<Self> {
        let (name, text) = FILES.iter().find(|(known, _)| *known == name)?;
        let source = Source::new(*name, *text);
        let root = yaml::parse(&source).ok()?;
        let mut out = Diagnostics::new();
        let reader = Reader { source: &source, out: &mut out };
        let segment = |node: &Node| {
            let codes = node.get("codes")?.items().iter().map(|code| code.scalar()?.parse().ok());
            Some((Segment::read(node)?, codes.collect::<Option<Vec<u16>>>()?))
        };
        Some(Self {
            bins: reader.integer(&root, "bins")?.value,
            segments: root.get("segments")?.items().iter().map(segment).collect::<Option<_>>()?,
            default: root.get("default").and_then(Segment::read)?,
        })
    }
}
