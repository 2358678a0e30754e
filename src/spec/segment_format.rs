//! The format of `segments`: how a label is described, rules, and what a rules file says of a preset.

use super::shape::{Key, Object, Shape, optional, required};

/// The id of a segment, as the output holds it.
pub(super) const ID_KEY: Key = required("id", Shape::Text, "the label that the output holds");
pub(super) const LABEL_KEY: Key = optional("label", LABEL, "what people call it, in Chinese and English");
pub(super) const COLOR_KEY: Key =
    optional("color", Shape::Text, "its colour in the report, such as '#0b7a4b'");
pub(super) const STRATEGY_KEY: Key = optional("strategy", Shape::Text, "what to do with these customers");
pub(super) const EFFECT_KEY: Key = optional("expected_effect", Shape::Text, "what that should bring");

const LABEL: Shape = Shape::Either(&[
    Shape::Text,
    Shape::Object(&Object {
        what: "a label",
        keys: &[optional("zh", Shape::Text, "in Chinese"), optional("en", Shape::Text, "in English")],
        others: None,
    }),
]);

/// The label of everybody else, described.
pub(super) const DEFAULT_SEGMENT: Object = Object {
    what: "`default`",
    keys: &[ID_KEY, LABEL_KEY, COLOR_KEY, STRATEGY_KEY, EFFECT_KEY],
    others: None,
};

pub(super) const SEGMENTATION: Shape = Shape::Object(&Object {
    what: "a segmentation",
    keys: &[
        optional("rules", Shape::List(&RULE), "in order: the first that is true gives the label"),
        optional("default", DEFAULT, "the label of everybody else"),
        optional("preset", Shape::Text, "a ready table, such as rfm-11; `tiermill presets` lists them"),
        optional(
            "scores",
            Shape::List(&Shape::Text),
            "the scores that the preset reads: recency, frequency, monetary",
        ),
        optional("metrics", Shape::Map(&Shape::Text), "which metric plays which role of the preset"),
        optional("with", Shape::Map(&Shape::Number), "the preset's variables: {churn_days: 180}"),
        optional("fitted", FITTED, "learn the preset's days from gaps between purchases"),
        optional("entries", Shape::Map(&ENTRY), "single segments of the preset, changed"),
    ],
    others: None,
});

const RULE: Shape = Shape::Object(&Object {
    what: "a rule",
    keys: &[
        ID_KEY,
        required(
            "when",
            Shape::Expression,
            "an SQL condition on metrics, scores, bands and other segmentations",
        ),
        LABEL_KEY,
        COLOR_KEY,
        STRATEGY_KEY,
        EFFECT_KEY,
    ],
    others: None,
});

const DEFAULT: Shape = Shape::Either(&[Shape::Text, Shape::Object(&DEFAULT_SEGMENT)]);

const ENTRY: Shape = Shape::Object(&Object {
    what: "an entry",
    keys: &[
        LABEL_KEY,
        COLOR_KEY,
        STRATEGY_KEY,
        EFFECT_KEY,
        optional("when", Shape::Expression, "another condition, where the preset has conditions"),
    ],
    others: None,
});

const GAPS_OF: Shape = Shape::Choice(&["store", "customer"]);

const FITTED: Shape = Shape::Either(&[
    GAPS_OF,
    Shape::Object(&Object {
        what: "`fitted`",
        keys: &[
            required("by", GAPS_OF, "whose gaps: of all customers together, or each customer's own"),
            optional("active", Shape::Number, "this part of the gaps are no longer; 0.8 if left out"),
            optional("at_risk", Shape::Number, "the same for customers at risk; 0.9 if left out"),
            optional("dormant", Shape::Number, "the same for the dormant; 0.95 if left out"),
            optional(
                "min_gaps",
                Shape::Integer(1, 1000),
                "customers with fewer gaps of their own go by the store's; 3 if left out",
            ),
        ],
        others: None,
    }),
]);
