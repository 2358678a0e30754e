//! What a writer says of Arrow's types beside Parquet's own: the values are those of Parquet's, and nobody stops over what
//! the other says. Names that stand there twice, numbers and times that nothing here has room for.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Date64Array, Int64Array, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, UInt64Array,
};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use crate::support::{Ran, Rows, Sandbox};

const AS_OF: &str = "2025-01-31";
/// 2025-01-01 in days.
const NEW_YEAR: i32 = 20_089;
const DAY_SECONDS: i64 = 86_400;

/// The columns of a file by their names; names may stand there twice.
type Columns<'a> = Vec<(&'a str, ArrayRef)>;

fn write(sandbox: &Sandbox, columns: Columns) {
    let field = |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(schema, columns.into_iter().map(|(_, array)| array).collect()).unwrap();
    let file = File::create(sandbox.path("orders.parquet")).unwrap();
    // Arrow's dates of 64 bits become Parquet's, as other writers have them.
    let properties = WriterProperties::builder().set_coerce_types(true).build();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn ran(columns: Columns, customer: &str) -> (Sandbox, Ran) {
    let sandbox = Sandbox::new();
    write(&sandbox, columns);
    let rules = format!(
        "tiermill: 1\nname: shop\ninputs:\n  orders:\n    path: orders.parquet\n    columns: {{customer: {customer}, time: at, amount: amount}}\n\
         metrics:\n  recency_days: days_since(max(time))\n  n: count(*)\noutput: {{path: out}}\n"
    );
    sandbox.text("rules.yml", &rules);
    let ran = sandbox.tiermill(&["run", "rules.yml", "--as-of", AS_OF]);
    (sandbox, ran)
}

/// The published rows, each as words.
fn published(columns: Columns) -> Vec<String> {
    let (sandbox, ran) = ran(columns, "id");
    ran.done();
    let rows = Rows::parts(&sandbox.path("out/as_of=2025-01-31"));
    let words =
        |row: &Vec<crate::support::Value>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    rows.rows.iter().map(words).collect()
}

fn ids() -> ArrayRef {
    Arc::new(StringArray::from(vec!["a", "b"]))
}

fn amounts() -> ArrayRef {
    Arc::new(Int64Array::from(vec![1, 2]))
}

fn new_year() -> ArrayRef {
    Arc::new(Date32Array::from(vec![NEW_YEAR; 2]))
}

#[test]
fn times_of_which_the_writer_says_something_else() {
    let seconds = i64::from(NEW_YEAR) * DAY_SECONDS;
    let midnight = TimestampMillisecondArray::from(vec![seconds * 1_000; 2]);
    let all: [(&str, ArrayRef); 3] = [
        ("dates of 64 bits", Arc::new(Date64Array::from(vec![seconds * 1_000; 2]))),
        ("a zone that is an offset", Arc::new(midnight.clone().with_timezone("+05:30"))),
        ("a zone with a name", Arc::new(midnight.with_timezone("America/New_York"))),
    ];
    for (what, at) in all {
        let columns = vec![("id", ids()), ("at", at), ("amount", amounts())];
        assert_eq!(published(columns), ["a 30 1", "b 30 1"], "{what}");
    }
}

#[test]
fn columns_of_one_name_matter_only_where_they_are_read() {
    let twins = |name| {
        vec![("id", ids()), ("at", new_year()), ("amount", amounts()), ("x", amounts()), (name, ids())]
    };
    assert_eq!(published(twins("x")), ["a 30 1", "b 30 1"]);
    let (_, ran) = ran(twins("amount"), "id");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("`amount` holds values of two columns of one name"), "{}", ran.stderr);
}

/// Hashes are unsigned: half of them have no place among numbers with a sign.
#[test]
fn numbers_beyond_64_bits_with_a_sign() {
    let columns = || {
        let ids = Arc::new(UInt64Array::from(vec![7, u64::MAX]));
        vec![("id", ids as ArrayRef), ("at", new_year()), ("amount", amounts())]
    };
    let (_, as_numbers) = ran(columns(), "id");
    assert_eq!(as_numbers.code, Some(2), "{as_numbers:?}");
    assert!(as_numbers.stderr.contains("`customer: cast(id as varchar)`"), "{}", as_numbers.stderr);
    let (sandbox, as_texts) = ran(columns(), "cast(id as varchar)");
    as_texts.done();
    let rows = Rows::parts(&sandbox.path("out/as_of=2025-01-31"));
    let ids: Vec<String> = rows.rows.iter().map(|row| row[0].to_string()).collect();
    assert_eq!(ids, ["18446744073709551615", "7"]);
}

/// They are set aside, and shown as the numbers that stand there.
#[test]
fn times_outside_of_every_calendar() {
    let day = i64::from(NEW_YEAR) * DAY_SECONDS;
    for end in [i64::MIN, i64::MAX] {
        let all: [(ArrayRef, String); 3] = [
            (Arc::new(TimestampMicrosecondArray::from(vec![day * 1_000_000, end])), end.to_string()),
            (
                Arc::new(TimestampMillisecondArray::from(vec![day * 1_000, end]).with_timezone("UTC")),
                end.to_string(),
            ),
            (Arc::new(Date32Array::from(vec![NEW_YEAR, i32::MIN])), i32::MIN.to_string()),
        ];
        for (at, shown) in all {
            let (sandbox, ran) = ran(vec![("id", ids()), ("at", at), ("amount", amounts())], "id");
            ran.done();
            let rejected = Rows::read(&sandbox.path("out/as_of=2025-01-31/_run/rejected.parquet"));
            let cell = |column: &str| rejected.rows[0][rejected.at(column)].to_string();
            assert_eq!(
                (cell("reason"), cell("customer"), cell("time")),
                ("unreadable_time".into(), "b".into(), shown)
            );
        }
    }
}
