//! The format of a preset's data file, in the same language as the rules file's. Presets are the project's own, so a
//! mistake in one of them is for a test to find; the words are for whoever adds the next one.

use super::segment_format::{COLOR_KEY, DEFAULT_SEGMENT, EFFECT_KEY, ID_KEY, LABEL_KEY, STRATEGY_KEY};
use super::shape::{Object, Shape, optional, required};

/// A whole data file.
pub(super) const PRESET: Shape = Shape::Object(&Object {
    what: "a preset",
    keys: &[
        required("about", Shape::Text, "what it is, in one line"),
        optional("scores", SCORES, "what the three scores must be that it reads as `r`, `f` and `m`"),
        optional("metrics", Shape::Map(&METRIC), "the metrics it reads, by the name of their role"),
        optional("with", Shape::Map(&VARIABLE), "its variables"),
        optional("beside", Shape::Text, "the finer preset that belongs into the output beside it"),
        optional("segments", Shape::List(&ENTRY), "in order: the first that fits gives the label"),
        optional("default", Shape::Object(&DEFAULT_SEGMENT), "the label of everybody else"),
        optional("bands", Shape::List(&BAND), "bands, and the cumulative share each reaches"),
    ],
    others: None,
});

const SCORES: Shape = Shape::Object(&Object {
    what: "`scores`",
    keys: &[
        required("bins", Shape::Integer(2, 9), "how many bins each of them has"),
        optional(
            "printed_from",
            Shape::Integer(0, 1),
            "the lowest digit of the published table; 1 if left out",
        ),
    ],
    others: None,
});

const METRIC: Shape = Shape::Object(&Object {
    what: "a metric of a preset",
    keys: &[
        required("column", Shape::Text, "the metric that is read unless the rules file names another one"),
        required("about", Shape::Text, "what it is"),
        required("line", Shape::Text, "a line of YAML that defines it"),
    ],
    others: None,
});

const VARIABLE: Shape = Shape::Object(&Object {
    what: "a variable of a preset",
    keys: &[
        required("default", Shape::Number, "its value unless the rules file sets another one"),
        required("type", Shape::Choice(&["days", "count", "number"]), "days and counts are whole numbers"),
        required("about", Shape::Text, "what it is"),
        optional(
            "quantile",
            Shape::Number,
            "with `fitted` it is the gap that this part of all gaps do not exceed",
        ),
    ],
    others: None,
});

const ENTRY: Shape = Shape::Object(&Object {
    what: "a segment of a preset",
    keys: &[
        ID_KEY,
        LABEL_KEY,
        COLOR_KEY,
        STRATEGY_KEY,
        EFFECT_KEY,
        optional("codes", Shape::List(&Shape::Integer(111, 999)), "the codes of scores it has"),
        optional("when", Shape::Expression, "a condition on scores, metrics and variables instead"),
    ],
    others: None,
});

const BAND: Shape = Shape::Object(&Object {
    what: "a band of a preset",
    keys: &[
        ID_KEY,
        required("up_to", Shape::Number, "the cumulative share it reaches"),
        LABEL_KEY,
        COLOR_KEY,
        STRATEGY_KEY,
        EFFECT_KEY,
    ],
    others: None,
});
