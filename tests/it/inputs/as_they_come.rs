//! Files as people have them: ids, times and amounts in the types that other programs write, files of one input that differ,
//! roles that are expressions, ids of two systems that never match.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    FixedSizeListArray, Float32Array, Float64Array, Int16Array, Int32Array, Int64Array, NullArray,
    StringArray, TimestampMillisecondArray, TimestampNanosecondArray,
};
use arrow::datatypes::{Field, Int32Type, Schema};
use arrow::record_batch::RecordBatch;

use crate::support::{Ran, Rows, Sandbox, table};

/// A metric of each role.
const METRICS: &str = "metrics:
  recency_days: days_since(max(time))
  n: count(*)
  revenue: sum(amount)
";
const ROLES: &str = "customer: id, time: at, amount: amount";

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect())
        .unwrap()
}

fn dates(dates: &[&str]) -> ArrayRef {
    Arc::new(dates.iter().map(|date| Some(table::days(date))).collect::<Date32Array>())
}

fn money(cents: &[i128], precision: u8, scale: i8) -> ArrayRef {
    let cents = cents.iter().map(|cents| Some(*cents)).collect::<Decimal128Array>();
    Arc::new(cents.with_precision_and_scale(precision, scale).unwrap())
}

/// Files under `orders/`, and a run on them.
fn ran(files: &[(&str, RecordBatch)], roles: &str, more: &str) -> (Sandbox, Ran) {
    let sandbox = Sandbox::new();
    for (name, orders) in files {
        sandbox.orders(&format!("orders/{name}.parquet"), orders);
    }
    sandbox.text(
        "rules.yml",
        &format!(
            "tiermill: 1\nname: shop\ninputs:\n  orders:\n    path: orders\n    columns: {{{roles}}}\n{more}{METRICS}\
             output: {{path: out}}\n"
        ),
    );
    let ran = sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31"]);
    (sandbox, ran)
}

/// The published rows, each as words.
fn published(files: &[(&str, RecordBatch)], roles: &str, more: &str) -> Vec<String> {
    let (sandbox, ran) = ran(files, roles, more);
    ran.done();
    let rows = Rows::parts(&sandbox.path("out/as_of=2025-01-31"));
    let words =
        |row: &Vec<crate::support::Value>| row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    rows.rows.iter().map(words).collect()
}

#[test]
fn whole_number_floats_are_whole_numbers() {
    let ids =
        Float64Array::from(vec![Some(17850.0), None, Some(f64::NAN), Some(17850.0), Some(1.5), Some(1e17)]);
    let orders = batch(vec![
        ("id", Arc::new(ids)),
        ("at", dates(&["2025-01-01"; 6])),
        ("amount", money(&[100, 200, 400, 50, 1, 1], 12, 2)),
    ]);
    assert_eq!(published(&[("a", orders.clone())], ROLES, ""), ["17850 30 2 1.50"]);
    let (_, ran) = ran(&[("a", orders)], ROLES, "");
    let rejected = &ran.result()["rows"]["rejected"];
    assert_eq!((&rejected["null_customer"], &rejected["unreadable_customer"]), (&2.into(), &2.into()));
}

#[test]
fn ids_of_many_types() {
    let uuid = |byte: u8| vec![byte; 16];
    let fixed = FixedSizeBinaryArray::try_from_iter([uuid(0x11), uuid(0x22)].into_iter()).unwrap();
    let dictionary: DictionaryArray<Int32Type> = vec!["007", "7"].into_iter().collect();
    let all: [(&str, ArrayRef, [&str; 2]); 5] = [
        ("texts keep their zeros", Arc::new(StringArray::from(vec!["007", "7"])), ["007", "7"]),
        ("dictionaries", Arc::new(dictionary), ["007", "7"]),
        ("bytes that are UTF-8", Arc::new(BinaryArray::from_vec(vec![b"007", b"7"])), ["007", "7"]),
        ("small whole numbers", Arc::new(Int16Array::from(vec![-5, 7])), ["-5", "7"]),
        ("decimals without places", money(&[5, 7], 20, 0), ["5", "7"]),
    ];
    for (what, ids, expected) in all {
        let orders = batch(vec![
            ("id", ids),
            ("at", dates(&["2025-01-01", "2025-01-02"])),
            ("amount", money(&[100, 200], 9, 2)),
        ]);
        let expected = [format!("{} 30 1 1.00", expected[0]), format!("{} 29 1 2.00", expected[1])];
        assert_eq!(published(&[("a", orders)], ROLES, ""), expected, "{what}");
    }
    // Bytes of a fixed length that are no UUIDs by their annotation are no ids.
    let orders = batch(vec![
        ("id", Arc::new(fixed) as ArrayRef),
        ("at", dates(&["2025-01-01"; 2])),
        ("amount", money(&[1, 2], 9, 2)),
    ]);
    let (_, ran) = ran(&[("a", orders)], ROLES, "");
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("a customer's id is a text or a whole number"), "{}", ran.stderr);
}

#[test]
fn blank_ids_are_none_unless_they_are_kept() {
    let orders = || {
        batch(vec![
            ("id", Arc::new(StringArray::from(vec!["", "  ", "a", "\u{3000}"])) as ArrayRef),
            ("at", dates(&["2025-01-01"; 4])),
            ("amount", money(&[1, 2, 4, 8], 9, 2)),
        ])
    };
    assert_eq!(published(&[("a", orders())], ROLES, ""), ["a 30 1 0.04"]);
    assert_eq!(published(&[("a", orders())], ROLES, "    blank_ids: keep\n").len(), 4);
}

/// Widths, precisions, units, dates beside local times, another order, a day of nothing but nulls.
#[test]
fn files_of_one_input_may_differ() {
    let at = |days: &str| table::days(days);
    let first = batch(vec![
        ("id", Arc::new(Int32Array::from(vec![1, 2])) as ArrayRef),
        ("at", dates(&["2025-01-01", "2025-01-02"])),
        ("amount", money(&[100, 200], 9, 2)),
        ("note", Arc::new(StringArray::from(vec!["x", "y"]))),
    ]);
    let millis = TimestampMillisecondArray::from(vec![i64::from(at("2025-01-05")) * 86_400_000]);
    let second = batch(vec![
        ("amount", money(&[3_000_000], 30, 6)),
        ("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
        ("at", Arc::new(millis)),
        ("note", Arc::new(Int64Array::from(vec![5]))),
    ]);
    let nanos = TimestampNanosecondArray::from(vec![i64::from(at("2025-01-06")) * 86_400_000_000_000]);
    let third = batch(vec![
        ("id", Arc::new(Float64Array::from(vec![2.0])) as ArrayRef),
        ("at", Arc::new(nanos)),
        ("amount", Arc::new(Float32Array::from(vec![0.5]))),
    ]);
    let pairs = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), Some(2)])], 2);
    let fourth = batch(vec![
        ("id", Arc::new(Int64Array::from(vec![1])) as ArrayRef),
        ("at", dates(&["2025-01-07"])),
        ("amount", Arc::new(NullArray::new(1))),
        ("pairs", Arc::new(pairs)),
    ]);
    let files = [("a", first), ("b", second), ("c", third), ("d", fourth)];
    assert_eq!(published(&files, ROLES, ""), ["1 26 2 4.000000", "2 25 2 2.500000"]);
    // Input rows are counted as those of one input.
    let (sandbox, ran) = ran(&files, ROLES, "");
    let result = ran.done().result();
    assert_eq!(result["rows"]["read"], 5);
    assert_eq!(result["rows"]["rejected"]["null_amount"], 1);
    let rejected = Rows::read(&sandbox.path("out/as_of=2025-01-31/_run/rejected.parquet"));
    assert!(rejected.rows[0][0].to_string().ends_with("d.parquet"), "{:?}", rejected.rows);
}

#[test]
fn a_column_that_some_files_lack() {
    let with = batch(vec![
        ("id", Arc::new(StringArray::from(vec!["a"])) as ArrayRef),
        ("at", dates(&["2025-01-01"])),
        ("amount", money(&[100], 9, 2)),
    ]);
    let without = batch(vec![
        ("id", Arc::new(StringArray::from(vec!["b"])) as ArrayRef),
        ("at", dates(&["2025-01-02"])),
    ]);
    let files = [("a", with.clone()), ("b", without.clone()), ("c", without)];
    let (_, ran) = ran(&files, ROLES, "");
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("and one more file have no column `amount`"), "{}", ran.stderr);
    let more = [("a", with), ("b", files[1].1.clone())];
    assert_eq!(published(&more, ROLES, "    missing: null\n"), ["a 30 1 1.00"]);
}

#[test]
fn times_in_numbers_and_in_texts_of_a_form() {
    let orders = |at: ArrayRef| {
        batch(vec![
            ("id", Arc::new(StringArray::from(vec!["a", "a", "b"])) as ArrayRef),
            ("at", at),
            ("amount", money(&[100, 200, 400], 9, 2)),
        ])
    };
    let day = |date: &str| i64::from(table::days(date));
    let seconds =
        Int64Array::from(vec![day("2025-01-01") * 86_400 + 5, day("2025-01-03") * 86_400, i64::MAX]);
    let numbers = orders(Arc::new(seconds));
    let roles = |time: &str| format!("customer: id, time: {time}, amount: amount");
    assert_eq!(published(&[("a", numbers.clone())], &roles("{column: at, epoch: s}"), ""), ["a 28 2 3.00"]);
    let (_, said) = ran(&[("a", numbers)], ROLES, "");
    assert!(said.code == Some(2) && said.stderr.contains("epoch: ms"), "{said:?}");
    let texts = || orders(Arc::new(StringArray::from(vec!["01/02/2025", "01/03/2025", "13/13/2025"])));
    assert_eq!(published(&[("a", texts())], &roles("{column: at, format: '%m/%d/%Y'}"), ""), ["a 28 2 3.00"]);
    // Unsaid there is no guess: nothing is published, and the message says how.
    let (sandbox, said) = ran(&[("a", texts())], ROLES, "");
    assert!(said.code == Some(3) && said.stderr.contains("`at`") && said.stderr.contains("ISO"), "{said:?}");
    assert!(!sandbox.path("out/as_of=2025-01-31").exists());
}

#[test]
fn roles_may_be_expressions() {
    let orders = batch(vec![
        ("CustomerID", Arc::new(Float64Array::from(vec![Some(7.0), Some(7.0), None])) as ArrayRef),
        ("Paid", dates(&["2025-01-01", "2025-01-02", "2025-01-03"])),
        ("Quantity", Arc::new(Int64Array::from(vec![3, -1, 5]))),
        ("UnitPrice", Arc::new(Float64Array::from(vec![2.55, 2.55, 1.0]))),
    ]);
    let roles =
        "customer: cast(CustomerID as bigint), time: 'coalesce(Paid, Paid)', amount: Quantity * UnitPrice";
    assert_eq!(published(&[("a", orders.clone())], roles, ""), ["7 29 2 5.10"]);
    let wrong = "customer: CustomerID, time: Paid, amount: Quantity * UnitPrise";
    let (_, ran) = ran(&[("a", orders)], wrong, "");
    assert!(ran.code == Some(2) && ran.stderr.contains("`UnitPrise`"), "{ran:?}");
}

/// A column that only an expression reads is as good as one that a role names.
#[test]
fn an_expression_over_a_column_that_some_files_lack() {
    let whole = |price: bool| {
        let mut columns = vec![
            ("id", Arc::new(StringArray::from(vec!["a"])) as ArrayRef),
            ("at", dates(&["2025-01-01"])),
            ("quantity", Arc::new(Int64Array::from(vec![3]))),
        ];
        if price {
            columns.push(("price", Arc::new(Int64Array::from(vec![2]))));
        }
        batch(columns)
    };
    let files = [("a", whole(true)), ("b", whole(false))];
    let (_, ran) = ran(&files, "customer: id, time: at, amount: quantity * price", "");
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("no column `price`"), "{}", ran.stderr);
}

#[test]
fn what_a_cast_makes_of_values() {
    let orders = batch(vec![
        ("id", Arc::new(StringArray::from(vec!["a", "a", "a", "a"])) as ArrayRef),
        ("at", dates(&["2025-01-01"; 4])),
        ("amount", Arc::new(StringArray::from(vec!["1.005", " 2 ", "-0.005", "x"]))),
    ]);
    let roles = "customer: id, time: at, amount: 'cast(amount as decimal(18, 2))'";
    assert_eq!(published(&[("a", orders)], roles, ""), ["a 30 3 3.00"]);
}

#[test]
fn ids_of_two_systems_that_never_match() {
    let sandbox = Sandbox::new();
    let orders = |ids: &str| table::words(&format!("id:text at:date amount:int\n{ids}"));
    sandbox.orders("customers.parquet", &table::words("id:text\n C001\n C002"));
    sandbox.text(
        "rules.yml",
        &format!(
            "tiermill: 1\nname: shop\ninputs:\n  orders: {{path: orders.parquet, columns: {{{ROLES}}}}}\n  customers: \
             {{path: customers.parquet, columns: {{customer: id}}}}\n{METRICS}output: {{path: out}}\n"
        ),
    );
    let run = |orders: &RecordBatch| {
        sandbox.orders("orders.parquet", orders);
        sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31"])
    };
    let none = run(&orders(" 1 2025-01-01 5\n 2 2025-01-01 5"));
    assert_eq!(none.code, Some(3), "{none:?}");
    assert!(none.stderr.contains("its first is `1`, a customer is `C001`"), "{}", none.stderr);
    let most = run(&orders(" 1 2025-01-01 5\n 2 2025-01-01 5\n C001 2025-01-01 5")).done();
    assert!(most.stderr.contains("warning: ") && most.stderr.contains("2 of 3 rows"), "{}", most.stderr);
}

#[test]
fn a_day_on_which_nothing_counts_publishes_nothing() {
    let orders = || {
        batch(vec![
            ("id", Arc::new(StringArray::from(vec!["a"])) as ArrayRef),
            ("at", dates(&["2025-02-01"])),
            ("amount", money(&[100], 9, 2)),
        ])
    };
    let (sandbox, ran) = ran(&[("a", orders())], ROLES, "");
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.stderr.contains("1 later than as-of"), "{}", ran.stderr);
    assert!(!sandbox.path("out/as_of=2025-01-31").exists());
}

/// The table of customers is one table, too: what a file of it lacks is an error, or null where that is said.
#[test]
fn an_attribute_that_some_files_lack() {
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words("id:text at:date\n a 2025-01-01"));
    sandbox.orders("people/one.parquet", &table::words("id:text region:text\n a north"));
    sandbox.orders("people/two.parquet", &table::words("id:text\n b"));
    let rules = |missing: &str| {
        format!(
            "tiermill: 1\nname: shop\ninputs:\n  orders: {{path: orders.parquet, columns: {{customer: id, time: at}}}}\n  \
             customers: {{path: people, columns: {{customer: id}}, attributes: [region]{missing}}}\n\
             metrics: {{n: count(*)}}\noutput: {{path: out}}\n"
        )
    };
    sandbox.text("rules.yml", &rules(""));
    let refused = sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31"]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("people/two.parquet` has no column `region`"), "{}", refused.stderr);
    sandbox.text("rules.yml", &rules(", missing: 'null'"));
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31"]).done();
    let rows = Rows::parts(&sandbox.path("out/as_of=2025-01-31"));
    let words: Vec<String> = rows.rows.iter().map(|row| format!("{} {}", row[0], row[1])).collect();
    assert_eq!(words, ["a north", "b -"]);
}
