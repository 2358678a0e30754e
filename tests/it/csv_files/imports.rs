//! Parquet that goes through a scratch file says the same as Parquet that the engine reads by itself.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding};
use parquet::data_type::{
    ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int96, Int96Type,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tiermill::pipeline::Resources;
use tiermill::plan::{Import, Plan};

use crate::support::{Rows, Sandbox, sandbox, table};

#[test]
fn imported_parquet_is_the_same_table() {
    let folder = Sandbox::new();
    let words = "
        id:text at:utc               amount:decimal ok:bool units:int channel:text
        a       2026-10-01T23:30:00  1.50           true    1         web
        a       2026-10-02T10:00:00  -2.25          true    2         -
        -       2026-10-02T10:00:00  1.00           true    1         shop
        b       2026-10-03T10:00:00  -              true    1         shop
        b       2026-10-04T10:00:00  7.00           false   1         shop
        b       2026-10-05T10:00:00  7.10           true    -         shop";
    folder.orders("orders.parquet", &table::words(words));
    let rules = "
tiermill: 1
name: shop
timezone: Asia/Shanghai
inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}, where: ok}
metrics: {revenue: sum(amount), units: sum(units), first: min(day(time)), channel: last(channel), rows: count(*)}
";
    folder.text("rules.yml", rules);
    let native = folder.plan("rules.yml", "2026-11-01").unwrap();
    let mut imported = native.clone();
    imported.orders[0].table.import = Some(Import::Parquet);
    let run = |plan: Plan| {
        let published = sandbox::publish(plan, &Resources::threads(2)).unwrap().0.folder;
        (Rows::parts(&published), Rows::read(&published.join("_run/rejected.parquet")))
    };
    let (rows, rejected) = run(native);
    assert_eq!((rows.rows.len(), rejected.rows.len()), (2, 2));
    assert_eq!(run(imported), (rows, rejected));
}

const RULES: &str = "
tiermill: 1
name: shop
timezone: Asia/Shanghai
inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}
metrics: {revenue: sum(amount), units: sum(units), days: days_since(max(time)), channel: last(channel)}
";

/// Days since the Julian calendar began, and nanoseconds of the day.
fn int96(day: i64, nanos: u64) -> Int96 {
    let mut value = Int96::new();
    value.set_data(nanos as u32, (nanos >> 32) as u32, (day + 2_440_588) as u32);
    value
}

/// UUIDs, 96-bit instants, decimals in bytes, narrow integers, texts without annotation; packed as few writers do.
fn odd(path: &Path) {
    let schema = "message odd {
        required fixed_len_byte_array(16) id (UUID);
        required int96 at;
        required fixed_len_byte_array(20) amount (DECIMAL(45, 2));
        required int32 units (INTEGER(8, false));
        required binary channel;
        required int96 unused;
    }";
    let properties = WriterProperties::builder()
        .set_compression(Compression::BROTLI(Default::default()))
        .set_dictionary_enabled(false)
        .set_column_encoding("amount".into(), Encoding::BYTE_STREAM_SPLIT)
        .set_column_encoding("units".into(), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding("channel".into(), Encoding::DELTA_BYTE_ARRAY);
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(properties.build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let fixed = |bytes: Vec<u8>| FixedLenByteArray::from(bytes);
    let ids = [1_u8, 1, 2].map(|id| fixed([vec![0; 15], vec![id]].concat()));
    let day = i64::from(table::days("2026-10-01"));
    // Half past eleven in the evening is another day in Shanghai; a year with five digits is no time.
    let at =
        [int96(day, 23 * 3_600_000_000_000 + 1_800_000_000_000), int96(day - 300, 0), int96(4_000_000, 0)];
    let amounts = [150_i128, -25, 700].map(|cents| {
        let sign = if cents < 0 { 0xff } else { 0 };
        fixed([vec![sign; 4], cents.to_be_bytes().to_vec()].concat())
    });
    let channels = ["web", "店", "shop"].map(Into::into);
    let mut number = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        match number {
            0 => column.typed::<FixedLenByteArrayType>().write_batch(&ids, None, None).unwrap(),
            1 | 5 => column.typed::<Int96Type>().write_batch(&at, None, None).unwrap(),
            2 => column.typed::<FixedLenByteArrayType>().write_batch(&amounts, None, None).unwrap(),
            3 => column.typed::<Int32Type>().write_batch(&[200, 1, 5], None, None).unwrap(),
            _ => column.typed::<ByteArrayType>().write_batch(&channels, None, None).unwrap(),
        };
        column.close().unwrap();
        number += 1;
    }
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn what_few_writers_write_is_imported() {
    let folder = Sandbox::new();
    let words = "id:text at:utc amount:decimal units:int channel:text\na 2026-10-01 1 1 web";
    folder.orders("orders.parquet", &table::words(words));
    folder.text("rules.yml", RULES);
    let mut plan = folder.plan("rules.yml", "2026-11-01").unwrap();
    odd(&folder.path("odd.parquet"));
    let orders = &mut plan.orders[0].table;
    orders.import = Some(Import::Parquet);
    orders.files[0].path = folder.path("odd.parquet");
    orders.files[0].rows = 3;
    orders.columns.iter_mut().for_each(|column| column.nullable = true);
    let published = sandbox::publish(plan, &Resources::threads(2)).unwrap().0.folder;
    let lines = |rows: Rows| -> Vec<String> {
        let words = |row: &Vec<crate::support::Value>| {
            row.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        rows.rows.iter().map(words).collect()
    };
    assert_eq!(lines(Rows::parts(&published)), ["00000000-0000-0000-0000-000000000001 1.25 201 30 web"]);
    let rejected = lines(Rows::read(&published.join("_run/rejected.parquet")));
    assert_eq!(rejected.len(), 1);
    assert!(
        rejected[0].ends_with(" 3 null_time 00000000-0000-0000-0000-000000000002 - 7.00"),
        "{rejected:?}"
    );
}
