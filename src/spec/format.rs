//! The rules file's format, version 1, as one table of shapes. A new key is added here first, or in the file of its
//! section: `input_format`, `measure_format` and `segment_format`. The shape check, the hints and `tiermill schema`
//! follow by themselves.

use super::input_format::INPUTS;
use super::measure_format::{BAND, CLV, METRIC, SCORE};
use super::segment_format::SEGMENTATION;
use super::shape::{Object, Shape, optional, required};

/// The version that a rules file states under `tiermill:`.
pub(crate) const VERSION: i64 = 1;

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
        optional(
            "summary",
            SUMMARY,
            "what `summary.parquet` and the terminal call revenue, and columns whose mean and median are wanted",
        ),
        optional("tests", TESTS, "a few rows in, expected columns out; `tiermill test` runs them"),
        optional("output", OUTPUT, "where the result goes, and which columns"),
    ],
    others: None,
});

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

const PSEUDONYMIZE: Shape = Shape::Object(&Object {
    what: "`pseudonymize`",
    keys: &[required(
        "key_env",
        Shape::Text,
        "the environment variable that holds the key, of 16 bytes or more; it is never written anywhere",
    )],
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
            optional("format", Shape::Choice(&["parquet", "csv"]), "parquet if left out"),
            optional("labels", Shape::Choice(&["zh", "en"]), "in a CSV, names of labels instead of ids"),
            optional(
                "bom",
                Shape::Bool,
                "whether a CSV begins with a byte-order mark, which some spreadsheets need",
            ),
        ],
        others: None,
    }),
]);

const EDGES: Shape = Shape::Object(&Object {
    what: "`edges`",
    keys: &[required("within", Shape::Number, "how close is close, as a part of the boundary: 0.05 is 5 %")],
    others: None,
});

const SUMMARY: Shape = Shape::Object(&Object {
    what: "`summary`",
    keys: &[
        optional("revenue", Shape::Text, "the metric that is money; all amounts if left out"),
        optional(
            "metrics",
            Shape::List(&Shape::Text),
            "metrics, attributes, scores and columns of `clv`: `NAME_mean` and `NAME_median` of each segment",
        ),
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
        optional(
            "learn",
            Shape::Bool,
            "false: the `clv` model is not learned from these few rows, and its columns are null",
        ),
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

const OUTPUT: Shape = Shape::Object(&Object {
    what: "`output`",
    keys: &[
        optional(
            "path",
            Shape::Text,
            "the folder that gets `as_of=…`, relative to the rules file; `out/NAME` if left out",
        ),
        optional("columns", Shape::List(&Shape::Text), "these columns only, in this order; all if left out"),
        optional(
            "rename",
            Shape::Map(&Shape::Text),
            "columns that get another name in the output, as in `{CustomerID: customer_id}`",
        ),
        optional(
            "as_of_column",
            Shape::Bool,
            "whether the as-of date is the first column of every part, too; false if left out",
        ),
    ],
    others: None,
});
