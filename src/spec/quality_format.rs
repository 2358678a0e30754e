//! The format of `quality`: gates on the rows of an input.

use super::shape::{Key, Object, Shape, optional, required};

const LIMIT: Shape = Shape::Either(&[Shape::Text, WARN_AND_FAIL]);
const WARN_AND_FAIL: Shape = Shape::Object(&Object {
    what: "a limit",
    keys: &[
        optional("warn", Shape::Text, "beyond this there is a warning"),
        optional("fail", Shape::Text, "beyond this nothing is published"),
    ],
    others: None,
});
const BOUNDS: Shape = Shape::List(&Shape::Integer(0, 1_000_000_000_000_000));
const ROWS: Shape = Shape::Either(&[
    BOUNDS,
    Shape::Object(&Object {
        what: "`rows`",
        keys: &[
            optional("warn", BOUNDS, "outside of this there is a warning"),
            optional("fail", BOUNDS, "outside of this nothing is published"),
        ],
        others: None,
    }),
]);
const TOO_OLD: Shape = Shape::Object(&Object {
    what: "`too_old`",
    keys: &[
        required("days", Shape::Integer(0, 3_000_000), "rows more than so many days before as-of"),
        optional("warn", Shape::Text, "beyond this there is a warning"),
        optional("fail", Shape::Text, "beyond this nothing is published"),
    ],
    others: None,
});
const VALUES: Shape = Shape::List(&Shape::Text);
const ALLOWED: Shape = Shape::Map(&Shape::Either(&[
    VALUES,
    Shape::Object(&Object {
        what: "allowed values",
        keys: &[
            required("values", VALUES, "the values that may be"),
            optional("warn", Shape::Text, "beyond this there is a warning"),
            optional("fail", Shape::Text, "beyond this nothing is published"),
        ],
        others: None,
    }),
]));

const NULL_CUSTOMER: Key =
    optional("null_customer", LIMIT, "rows whose customer id is missing, empty or blank");
const UNREADABLE: Key =
    optional("unreadable", LIMIT, "rows with a value that cannot be read, or too many or too few cells");
const REJECTED: Key = optional("rejected", LIMIT, "all rows that are set aside, whatever the reason");
const ROWS_KEY: Key = optional("rows", ROWS, "the least and the most rows of all files");
const ROWS_DROP: Key =
    optional("rows_drop", LIMIT, "rows fewer than in the latest run of an earlier as-of in the target");
const ROWS_RISE: Key =
    optional("rows_rise", LIMIT, "rows more than in the latest run of an earlier as-of in the target");

const NULL_TIME: Key = optional("null_time", LIMIT, "rows without a time");
const NULL_AMOUNT: Key = optional("null_amount", LIMIT, "rows without an amount");
const NULL_ORDER: Key = optional("null_order", LIMIT, "rows whose order id is missing, empty or blank");
const FILTERED: Key = optional("filtered", LIMIT, "rows that `where` leaves out");
const FUTURE: Key = optional("future", LIMIT, "rows later than as-of");
const TOO_OLD_KEY: Key = optional("too_old", TOO_OLD, "rows that are older than so many days");
const MAX_AGE: Key = optional(
    "max_age_days",
    LIMIT,
    "days from the newest row that counts to as-of; beyond `fail` the input is stale, exit 4",
);
const NEGATIVE: Key = optional("negative_amount", LIMIT, "rows with an amount below zero");
const ZERO: Key = optional("zero_amount", LIMIT, "rows with an amount of zero");
const STRANGERS: Key = optional("unknown_customer", LIMIT, "rows of customers who are not in the population");
const ALLOWED_KEY: Key = optional(
    "allowed",
    ALLOWED,
    "columns with the values that they may have, as in `status: [completed, refunded]`; null is no value",
);

/// Gates on orders.
pub(super) const OF_ORDERS: Shape = Shape::Object(&Object {
    what: "`quality`",
    keys: &[
        NULL_CUSTOMER,
        NULL_TIME,
        NULL_AMOUNT,
        NULL_ORDER,
        UNREADABLE,
        REJECTED,
        FILTERED,
        FUTURE,
        TOO_OLD_KEY,
        MAX_AGE,
        optional(
            "duplicate_order",
            LIMIT,
            "rows whose order id another row of the same customer has, of all orders; where a row is an order",
        ),
        NEGATIVE,
        ZERO,
        STRANGERS,
        ALLOWED_KEY,
        ROWS_KEY,
        ROWS_DROP,
        ROWS_RISE,
    ],
    others: None,
});

/// Gates on events.
pub(super) const OF_EVENTS: Shape = Shape::Object(&Object {
    what: "`quality`",
    keys: &[
        NULL_CUSTOMER,
        NULL_TIME,
        NULL_AMOUNT,
        NULL_ORDER,
        UNREADABLE,
        REJECTED,
        FILTERED,
        FUTURE,
        TOO_OLD_KEY,
        MAX_AGE,
        NEGATIVE,
        ZERO,
        STRANGERS,
        ALLOWED_KEY,
        ROWS_KEY,
        ROWS_DROP,
        ROWS_RISE,
    ],
    others: None,
});

/// Gates on the table of customers.
pub(super) const OF_CUSTOMERS: Shape = Shape::Object(&Object {
    what: "`quality`",
    keys: &[
        NULL_CUSTOMER,
        optional("duplicate_customer", LIMIT, "rows that say of a customer something else than another row"),
        optional("identical", LIMIT, "rows that say of a customer what another row says"),
        UNREADABLE,
        REJECTED,
        ROWS_KEY,
        ROWS_DROP,
        ROWS_RISE,
    ],
    others: None,
});
