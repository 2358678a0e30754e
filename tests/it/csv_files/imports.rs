//! Parquet that goes through a scratch file says the same as Parquet that the engine reads by itself.

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
        (Rows::parts(&published), Rows::read(&published.join("rejected.parquet")))
    };
    let (rows, rejected) = run(native);
    assert_eq!((rows.rows.len(), rejected.rows.len()), (2, 2));
    assert_eq!(run(imported), (rows, rejected));
}
