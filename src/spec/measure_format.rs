//! The format of what is worked out of a customer before there are labels: metrics, scores, bands and `clv`.

use super::shape::{Key, Object, Shape, optional, required};

pub(super) const METRIC: Shape = Shape::Either(&[
    Shape::Expression,
    Shape::Object(&Object {
        what: "a metric",
        keys: &[
            required("expr", Shape::Expression, "an SQL expression with an aggregate"),
            optional("window", Shape::Days, "only the last days, counted back from the as-of date"),
            optional("where", Shape::Expression, "only the rows for which this is true"),
            optional("per", Shape::Text, "divide by this metric"),
            optional("from", Shape::Text, "the table of events whose rows it reads; the orders if left out"),
        ],
        others: None,
    }),
]);

pub(super) const SCORE: Shape = Shape::Object(&Object {
    what: "a score",
    keys: &[
        optional("of", Shape::Text, "the metric to score"),
        optional("quantiles", Shape::Integer(2, 100), "this many bins of the population"),
        optional("breaks", Shape::List(&Shape::Number), "fixed boundaries"),
        optional("mean", Shape::Bool, "two bins around the mean"),
        optional("weighted", Shape::Map(&Shape::Number), "a weighted sum of other scores"),
        optional("best", Shape::Choice(&["high", "low"]), "which end is the best; high if left out"),
        optional(
            "ties",
            Shape::Choice(&["share", "split"]),
            "equal values share a score (default) or are split into equal bins",
        ),
        WITHIN_KEY,
        MIN_GROUP_KEY,
    ],
    others: None,
});

const WITHIN_KEY: Key = optional(
    "within",
    Shape::Text,
    "cuts of their own for each group: the attribute or metric that makes the groups, such as region",
);
const MIN_GROUP_KEY: Key = optional(
    "min_group",
    Shape::Integer(1, 1_000_000_000),
    "smaller groups use the cuts of all customers; 1 if left out",
);

pub(super) const BAND: Shape = Shape::Object(&Object {
    what: "a band",
    keys: &[
        required("of", Shape::Text, "the metric that orders the customers"),
        optional(
            "cumulative",
            Shape::Map(&Shape::Number),
            "bands and the share of the total each reaches: {A: 0.80, B: 0.95, C: 1}",
        ),
        optional(
            "top",
            Shape::Map(&Shape::Text),
            "bands and the place from the top each reaches: {diamond: 1%, gold: 5%, silver: 100, rest: all}",
        ),
        optional("preset", Shape::Text, "ready bands: abc-80-95 or abc-70-90"),
        WITHIN_KEY,
        MIN_GROUP_KEY,
    ],
    others: None,
});

pub(super) const CLV: Shape = Shape::Object(&Object {
    what: "`clv`",
    keys: &[
        required(
            "model",
            Shape::Choice(&["simple", "bg_nbd", "mbg_nbd", "pareto_nbd"]),
            "`simple` is revenue a day times horizon times margin; the others learn how customers come back",
        ),
        required("horizon", Shape::Days, "how far ahead"),
        required(
            "margin",
            Shape::Either(&[Shape::Number, Shape::Text]),
            "a share of revenue such as 0.30, or the name of a metric",
        ),
        optional(
            "spend",
            Shape::Choice(&["mean", "gamma_gamma"]),
            "what an order is worth; mean if left out",
        ),
        optional("time_unit", Shape::Days, "the unit of the model's time; 7d if left out"),
        optional("discount_rate", Shape::Number, "effective, a year; 0 if left out"),
        optional(
            "min_repeat_customers",
            Shape::Integer(1, 1_000_000),
            "with fewer customers who came back the model is refused; 50 if left out",
        ),
        optional(
            "on_failure",
            Shape::Choice(&["fail", "simple"]),
            "what to do if the model cannot be fitted; fail if left out",
        ),
        optional(
            "holdout",
            Shape::Days,
            "fit on the time before these last days, and say how well they were foretold",
        ),
    ],
    others: None,
});
