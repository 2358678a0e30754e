//! The format of `inputs`: where rows are, and which columns play which role.

use super::quality_format;
use super::shape::{Key, Object, Shape, optional, required};

pub(super) const INPUTS: Shape = Shape::Object(&Object {
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
    "a Parquet or CSV file, a glob, or a hive-partitioned folder, relative to the rules file",
);
const CSV_KEY: Key = optional(
    "csv",
    CSV,
    "how text files are written; a path that ends in `.csv`, `.tsv`, or these with `.gz`, needs it only for what differs",
);
const WHERE_KEY: Key =
    optional("where", Shape::Expression, "an SQL condition on the file's columns; other rows are left out");
const SCALE_KEY: Key = optional("scale", Shape::Integer(0, 6), "decimal places of money; 2 if left out");

const MISSING_KEY: Key = optional(
    "missing",
    Shape::Choice(&["error", "null"]),
    "a column that the rules read and that some files lack is an error (default), or null there",
);
const BLANK_IDS_KEY: Key = optional(
    "blank_ids",
    Shape::Choice(&["reject", "keep"]),
    "rows whose customer id is empty or blank are set aside (default), or these are ids like others",
);
const INT96_KEY: Key = optional(
    "int96",
    Shape::Choice(&["utc", "local"]),
    "timestamps of the old INT96 type are instants in UTC, as Spark writes them (default), or local times",
);

const ORDERS: Shape = Shape::Object(&Object {
    what: "`orders`",
    keys: &[
        PATH_KEY,
        CSV_KEY,
        required("columns", ROLES, "which column plays which role"),
        optional(
            "grain",
            Shape::Choice(&["order", "line"]),
            "what one row is: an order (default) or a line of one",
        ),
        WHERE_KEY,
        SCALE_KEY,
        MISSING_KEY,
        BLANK_IDS_KEY,
        INT96_KEY,
        optional(
            "quality",
            quality_format::OF_ORDERS,
            "limits on bad rows, checked before anything is published",
        ),
    ],
    others: None,
});

const ROLES: Shape = Shape::Object(&Object {
    what: "`columns`",
    keys: &[
        required("customer", Shape::Text, "the column with the customer's id, or an expression over columns"),
        optional("order", Shape::Text, "the column with the order's id, or an expression over columns"),
        required(
            "time",
            Shape::Either(&[Shape::Text, TIME]),
            "the column with the time of the order or event, or an expression over columns; of numbers and other texts than ISO a mapping that says how they are read",
        ),
        optional(
            "amount",
            Shape::Text,
            "the column with the amount, or an expression: `Quantity * UnitPrice`",
        ),
    ],
    others: None,
});

const TIME: Shape = Shape::Object(&Object {
    what: "`time`",
    keys: &[
        required("column", Shape::Text, "the column with the time"),
        optional(
            "epoch",
            Shape::Choice(&["s", "ms", "us", "ns"]),
            "the column holds numbers: so many of these units since 1970 in UTC",
        ),
        optional("format", Shape::Text, "how texts write a time, as in `%d.%m.%Y %H:%M`"),
    ],
    others: None,
});

const EVENTS: Shape = Shape::Object(&Object {
    what: "a table of events",
    keys: &[
        PATH_KEY,
        CSV_KEY,
        required("columns", ROLES, "which column plays which role"),
        WHERE_KEY,
        SCALE_KEY,
        MISSING_KEY,
        BLANK_IDS_KEY,
        INT96_KEY,
        optional(
            "quality",
            quality_format::OF_EVENTS,
            "limits on bad rows, checked before anything is published",
        ),
    ],
    others: None,
});

const CUSTOMERS: Shape = Shape::Object(&Object {
    what: "`customers`",
    keys: &[
        PATH_KEY,
        CSV_KEY,
        required(
            "columns",
            Shape::Object(&Object {
                what: "`columns`",
                keys: &[required(
                    "customer",
                    Shape::Text,
                    "the column with the customer's id, or an expression over columns",
                )],
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
        MISSING_KEY,
        BLANK_IDS_KEY,
        optional(
            "quality",
            quality_format::OF_CUSTOMERS,
            "limits on bad rows, checked before anything is published",
        ),
    ],
    others: None,
});

const CSV: Shape = Shape::Object(&Object {
    what: "`csv`",
    keys: &[
        optional(
            "delimiter",
            Shape::Cell,
            "what stands between two cells, or `tab`; `,` if left out, a tab in `.tsv`",
        ),
        optional(
            "encoding",
            Shape::Choice(&["utf-8", "gbk", "gb18030", "windows-1252"]),
            "utf-8 if left out",
        ),
        optional("decimal", Shape::Cell, "the mark before decimal places; `.` if left out"),
        optional("thousands", Shape::Cell, "the mark between groups of three digits; none if left out"),
        optional("quote", Shape::Cell, "what wraps cells with delimiters or line breaks; `\"` if left out"),
        optional(
            "date",
            Shape::Text,
            "how dates and times are written, such as `%Y/%m/%d %H:%M`; ISO 8601 if left out",
        ),
        optional(
            "types",
            Shape::Map(&Shape::Text),
            "columns that are no texts: integer, decimal, decimal(3), double, boolean, date, timestamp",
        ),
    ],
    others: None,
});
