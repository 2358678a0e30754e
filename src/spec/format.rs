//! The rules file's format, version 1, as one table of shapes. A new key is added here first; the shape check,
//! the hints and `tiermill schema` follow by themselves.

use super::shape::{Key, Object, Shape, optional, required};

/// The version that a rules file states under `tiermill:`.
pub(super) const VERSION: i64 = 1;

/// The whole file.
pub(super) const RULES: Shape = Shape::Object(&Object {
    what: "the rules file",
    keys: &[
        required("tiermill", Shape::Version(VERSION), "the version of this format: 1"),
        required("name", Shape::Text, "a short name for these rules; it names the output folder"),
        optional(
            "timezone",
            Shape::Text,
            "the IANA zone whose local dates count, such as Asia/Shanghai; UTC if left out",
        ),
        required("inputs", INPUTS, "where the orders are, and customers and events if there are any"),
        required(
            "metrics",
            Shape::Map(&METRIC),
            "one column for each customer: a name and an SQL expression with an aggregate",
        ),
        optional("scores", Shape::Map(&SCORE), "whole-number scores of metrics"),
        optional("bands", Shape::Map(&BAND), "bands by cumulative share (ABC), or by place from the top"),
        optional("clv", CLV, "customer lifetime value"),
        optional("segments", Shape::Map(&SEGMENTATION), "segmentations: each gives every customer one label"),
        optional("overrides", OVERRIDES, "labels set by hand"),
        optional("guards", Shape::NotBuilt, "limits checked before anything is published"),
        optional("privacy", PRIVACY, "opt-outs, consent and pseudonyms"),
        optional("audiences", Shape::List(&AUDIENCE), "one file for each named segment"),
        optional("edges", EDGES, "customers close to a boundary that decides their label"),
        optional("tests", TESTS, "a few rows in, expected columns out; `tiermill test` runs them"),
        optional("output", OUTPUT, "where the result goes, and which columns"),
    ],
    others: None,
});

const INPUTS: Shape = Shape::Object(&Object {
    what: "`inputs`",
    keys: &[
        required(
            "orders",
            Shape::Either(&[ORDERS, Shape::List(&ORDERS)]),
            "the orders to read; of several systems a list of such mappings, united",
        ),
        optional(
            "customers",
            CUSTOMERS,
            "the population with its attributes, people without an order included",
        ),
    ],
    others: Some(&EVENTS),
});

const PATH_KEY: Key = required(
    "path",
    Shape::Text,
    "a Parquet file, a glob, or a hive-partitioned folder, relative to the rules file",
);
const WHERE_KEY: Key =
    optional("where", Shape::Expression, "an SQL condition on the file's columns; other rows are left out");
const SCALE_KEY: Key = optional("scale", Shape::Integer(0, 6), "decimal places of money; 2 if left out");

const ORDERS: Shape = Shape::Object(&Object {
    what: "`orders`",
    keys: &[
        PATH_KEY,
        required("columns", ROLES, "which column plays which role"),
        optional(
            "grain",
            Shape::Choice(&["order", "line"]),
            "what one row is: an order (default) or a line of one",
        ),
        WHERE_KEY,
        SCALE_KEY,
        optional("quality", Shape::NotBuilt, "limits on bad rows"),
    ],
    others: None,
});

const ROLES: Shape = Shape::Object(&Object {
    what: "`columns`",
    keys: &[
        required("customer", Shape::Text, "the column with the customer's id"),
        optional("order", Shape::Text, "the column with the order's id"),
        required("time", Shape::Text, "the column with the time of the order or event"),
        optional("amount", Shape::Text, "the column with the amount"),
    ],
    others: None,
});

const EVENTS: Shape = Shape::Object(&Object {
    what: "a table of events",
    keys: &[PATH_KEY, required("columns", ROLES, "which column plays which role"), WHERE_KEY, SCALE_KEY],
    others: None,
});

const CUSTOMERS: Shape = Shape::Object(&Object {
    what: "`customers`",
    keys: &[
        PATH_KEY,
        required(
            "columns",
            Shape::Object(&Object {
                what: "`columns`",
                keys: &[required("customer", Shape::Text, "the column with the customer's id")],
                others: None,
            }),
            "which column plays which role",
        ),
        optional(
            "attributes",
            Shape::Either(&[Shape::List(&Shape::Text), Shape::Map(&Shape::Text)]),
            "columns that are published and that rules may read: a list, or a mapping of new names to columns",
        ),
        optional(
            "unknown",
            Shape::Choice(&["leave_out", "join"]),
            "orders of customers who are not in the table are left out (default), or their customers join",
        ),
    ],
    others: None,
});

const PRIVACY: Shape = Shape::Object(&Object {
    what: "`privacy`",
    keys: &[
        optional(
            "suppress",
            Shape::Object(&Object {
                what: "`suppress`",
                keys: &[
                    required(
                        "path",
                        Shape::Text,
                        "a Parquet file, or a CSV with a header, relative to the rules file",
                    ),
                    required("column", Shape::Text, "the column with the ids"),
                ],
                others: None,
            }),
            "customers who are taken out of every input before anything is computed",
        ),
        optional(
            "consent",
            Shape::Text,
            "a boolean column of `inputs.customers`: only those for whom it is true are computed",
        ),
        optional("pseudonymize", PSEUDONYMIZE, "publish HMAC-SHA-256 of ids instead of ids"),
        optional(
            "report_min_group",
            Shape::Integer(2, 1_000_000),
            "groups of fewer customers are not shown in reports",
        ),
    ],
    others: None,
});

const METRIC: Shape = Shape::Either(&[
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

const SCORE: Shape = Shape::Object(&Object {
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

const BAND: Shape = Shape::Object(&Object {
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

const CLV: Shape = Shape::Object(&Object {
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

const SEGMENTATION: Shape = Shape::Object(&Object {
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

const RULE: Shape = Shape::Object(&Object {
    what: "a rule",
    keys: &[
        required("id", Shape::Text, "the label that the output holds"),
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

const DEFAULT: Shape = Shape::Either(&[
    Shape::Text,
    Shape::Object(&Object {
        what: "`default`",
        keys: &[
            required("id", Shape::Text, "the label that the output holds"),
            LABEL_KEY,
            COLOR_KEY,
            STRATEGY_KEY,
            EFFECT_KEY,
        ],
        others: None,
    }),
]);

const OUTPUT: Shape = Shape::Object(&Object {
    what: "`output`",
    keys: &[
        optional(
            "path",
            Shape::Text,
            "the folder that gets `as_of=…`, relative to the rules file; `out/NAME` if left out",
        ),
        optional("columns", Shape::List(&Shape::Text), "these columns only, in this order; all if left out"),
    ],
    others: None,
});

/// The tests of a rules file.
pub(super) const TESTS: Shape = Shape::List(&TEST);

const TEST: Shape = Shape::Object(&Object {
    what: "a test",
    keys: &[
        required("name", Shape::Text, "what it shows"),
        required("as_of", Shape::Text, "the last local date that counts"),
        optional("model", Shape::Text, "a model.json to apply, instead of fitting one to these few rows"),
        optional("orders", TEST_ROWS, "rows of orders: roles or columns, and what they hold"),
        optional("customers", TEST_ROWS, "rows of the table of customers"),
        optional("suppress", Shape::List(&Shape::Text), "customers who have opted out"),
        required(
            "expect",
            Shape::Map(&Shape::Either(&[Shape::Map(&Shape::Cell), Shape::Cell])),
            "by customer, columns and what they hold; null for a customer who is not in the output",
        ),
    ],
    others: Some(&TEST_ROWS),
});

const TEST_ROWS: Shape = Shape::List(&Shape::Map(&Shape::Cell));

const OVERRIDES: Shape = Shape::Object(&Object {
    what: "`overrides`",
    keys: &[required(
        "path",
        Shape::Text,
        "a CSV file with a header, or Parquet: segmentation, customer, action (pin, floor, cap or exclude), segment, \
         reason, author, expires_on",
    )],
    others: None,
});

const EDGES: Shape = Shape::Object(&Object {
    what: "`edges`",
    keys: &[required("within", Shape::Number, "how close is close, as a part of the boundary: 0.05 is 5 %")],
    others: None,
});

const AUDIENCE: Shape = Shape::Either(&[
    Shape::Text,
    Shape::Object(&Object {
        what: "an audience",
        keys: &[
            required("segment", Shape::Text, "`segmentation.segment`, such as tier.high_value"),
            optional(
                "columns",
                Shape::List(&Shape::Text),
                "these columns only; those of the output if left out",
            ),
        ],
        others: None,
    }),
]);

const PSEUDONYMIZE: Shape = Shape::Object(&Object {
    what: "`pseudonymize`",
    keys: &[required(
        "key_env",
        Shape::Text,
        "the environment variable that holds the key, of 16 bytes or more; it is never written anywhere",
    )],
    others: None,
});
