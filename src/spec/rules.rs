//! The whole rules file as written: its sections in the order of the file.

use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::Node;
use super::{
    Audience, Band, Clv, Edges, Inputs, Metric, Output, Overrides, Privacy, Score, Segmentation, Summary,
    Test,
};

/// A rules file, shape checked.
#[derive(Clone, Debug)]
pub struct Rules {
    /// `name:`
    pub name: Spanned<String>,
    /// `timezone:`
    pub timezone: Option<Spanned<String>>,
    /// `inputs:`
    pub inputs: Inputs,
    /// `metrics:`
    pub metrics: Vec<Metric>,
    /// `scores:`
    pub scores: Vec<Score>,
    /// `bands:`
    pub bands: Vec<Band>,
    /// `clv:`; the inner none is one that could not be read (already reported).
    pub clv: Option<Option<Clv>>,
    /// `segments:`
    pub segmentations: Vec<Segmentation>,
    /// `overrides:`
    pub overrides: Option<Overrides>,
    /// `privacy:`
    pub privacy: Privacy,
    /// `audiences:`
    pub audiences: Vec<Audience>,
    /// `edges:`
    pub edges: Option<Edges>,
    /// `summary:`
    pub summary: Summary,
    /// `tests:`
    pub tests: Vec<Test>,
    /// `output:`
    pub output: Output,
}

impl Rules {
    /// Reads the sections of a tree; none where what no run can do without is missing (already reported).
    pub(super) fn read(root: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let name = reader.text(root, "name");
        let inputs = root.get("inputs").and_then(|node| Inputs::read(node, reader));
        let audiences = root.get("audiences").map_or(&[][..], Node::items);
        let rules = Self {
            name: name?,
            timezone: reader.text(root, "timezone"),
            inputs: inputs?,
            metrics: reader.each(root, "metrics", Metric::read),
            scores: reader.each(root, "scores", Score::read),
            bands: reader.each(root, "bands", Band::read),
            clv: root.get("clv").map(|node| Clv::read(node, reader)),
            segmentations: reader.each(root, "segments", Segmentation::read),
            overrides: root.get("overrides").and_then(|node| Overrides::read(node, reader)),
            privacy: Privacy::read(root.get("privacy"), reader),
            audiences: audiences.iter().filter_map(|node| Audience::read(node, reader)).collect(),
            edges: root.get("edges").and_then(|node| Edges::read(node, reader)),
            summary: Summary::read(root.get("summary"), reader),
            tests: root.get("tests").map_or_else(Vec::new, |node| Test::read_all(node, reader)),
            output: Output::read(root.get("output"), reader),
        };
        Some(rules)
    }
}
