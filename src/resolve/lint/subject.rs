//! What the linter looks at.

use crate::plan::{Aggregate, Band, Clv, Metric, OutputColumn, Score, Segmentation};
use crate::resolve::scope::CustomerScope;
use crate::spec;

/// What the linter looks at: the rules as written, and as resolved.
pub(in crate::resolve) struct Subject<'a> {
    pub(in crate::resolve) written: &'a spec::Rules,
    pub(in crate::resolve) scope: &'a CustomerScope,
    pub(in crate::resolve) aggregates: &'a [Aggregate],
    pub(in crate::resolve) metrics: &'a [Metric],
    pub(in crate::resolve) clv: Option<&'a Clv>,
    pub(in crate::resolve) scores: &'a [Score],
    pub(in crate::resolve) bands: &'a [Band],
    pub(in crate::resolve) segmentations: &'a [Segmentation],
    pub(in crate::resolve) output: &'a [OutputColumn],
}
