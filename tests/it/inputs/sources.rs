//! Orders of several systems as one, and tables of events beside them.

use serde_json::json;

use super::Shop;
use crate::support::table::{self, Cells};

const WEB: &str = "uid:text order_no:int at:utc amount:decimal channel:text status:text cost:int
    a 1 2025-01-01T23:30:00 10.00 web paid 4
    a 2 2025-01-02T10:00:00 5.50 app paid 2
    b 3 2025-01-03T10:00:00 1.00 web open 1
    - 4 2025-01-04T10:00:00 7.00 web paid 1
    c 5 2025-02-01T10:00:00 9.00 web paid 1";

const STORE: &str = "card:text receipt:int day:date total:float channel:text cost:decimal till:int
    a 100 2025-01-10 3.335 till 1.25 1
    a 100 2025-01-10 2 till 0.50 1
    d 101 2025-01-20 8 till 3.00 2
    d 102 2025-01-21 - till 3.00 1
    e 103 2025-01-22 1 - 0.00 9";

const BOTH: &str = "timezone: Asia/Shanghai
inputs:
  orders:
    - path: web.parquet
      columns: {customer: uid, order: order_no, time: at, amount: amount}
      where: status = 'paid'
    - path: store.parquet
      columns: {customer: card, order: receipt, time: day, amount: total}
      where: till < 9 or channel is not null
      scale: 3
metrics:
  recency: days_since(max(time))
  orders: count(distinct order)
  rows: count(*)
  revenue: sum(amount)
  profit: sum(amount) - sum(cost)
  web: {expr: count(*), where: \"channel in ('web', 'app')\"}
  first_channel: first(channel)
";

/// Each input has its own columns, `where` and times; together they are one table.
#[test]
fn i5_orders_of_several_systems_are_united() {
    let shop = Shop::new(&[("web", WEB), ("store", STORE)], BOTH);
    // 23:30 in UTC is the 2nd of January in Shanghai. Money has the most places that any input asks for: three.
    // a: 10 + 5.5 + 3.335 + 2 = 20.835, less 4 + 2 + 1.25 + 0.5 = 7.75 is 13.085.
    let run = shop.check(
        "uid recency orders rows revenue profit web first_channel
         a 21 3 4 20.835 13.085 2 web
         d 11 1 1 8.000 5.000 0 till",
    );
    assert_eq!(run.rejected, ["web.parquet 4 null_customer -", "store.parquet 4 null_amount d"]);
    assert_eq!(run.manifest["rows"]["rejected"], json!({"null_customer": 1, "null_amount": 1}));
    let of = |path: &str| {
        let rows = run.rows_of(path);
        let count = |key: &str| rows[key].as_u64().unwrap();
        [count("read"), count("filtered"), count("after_as_of"), count("used")]
    };
    assert_eq!((of("web.parquet"), of("store.parquet")), ([5, 1, 1, 2], [5, 1, 0, 3]));
    let names: Vec<&str> = run.manifest["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["input"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["orders", "orders"]);
}

/// The order of the inputs decides the name of the id, and nothing else.
#[test]
fn the_order_of_the_inputs_does_not_matter() {
    let (head, rest) = BOTH.split_once("    - path: web").unwrap();
    let (web, rest) = rest.split_once("    - path: store").unwrap();
    let (store, metrics) = rest.split_once("metrics:").unwrap();
    let turned = format!("{head}    - path: store{store}    - path: web{web}metrics:{metrics}");
    let tables = [("web", WEB), ("store", STORE)];
    let (one, other) = (Shop::new(&tables, BOTH).run(), Shop::new(&tables, &turned).run());
    assert_eq!((one.rows.columns[0].as_str(), other.rows.columns[0].as_str()), ("uid", "card"));
    assert_eq!(one.rows.rows, other.rows.rows);
}

#[test]
fn i4_events_are_a_source_of_metrics() {
    let visits = "who:text at:naive kind:text seconds:int
        a 2025-01-31T09:00:00 click 10
        a 2025-01-03T09:00:00 view 20
        a 2024-12-20T09:00:00 click 40
        b 2024-12-05T09:00:00 click 5
        b 2025-02-02T09:00:00 click 1000
        stranger 2025-01-05T09:00:00 click 7
        a - click 1
        - 2025-01-05T09:00:00 click 1
        a 2025-01-05T09:00:00 bot 999";
    let reviews = "id:text at:date stars:int
        b 2025-01-05 4
        b 2025-01-06 5";
    let orders =
        "id:text at:date amount:int\n a 2025-01-01 10\n a 2025-01-02 30\n b 2025-01-21 20\n c 2025-01-22 1";
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}
  visits: {path: visits.parquet, columns: {customer: who, time: at}, where: kind <> 'bot'}
  reviews: {path: reviews.parquet, columns: {customer: id, time: at}}
metrics:
  n: count(*)
  visits: {from: visits, expr: count(*)}
  visits_30d: {from: visits, expr: count(*), window: 30d}
  clicks: {from: visits, expr: count(*), where: kind = 'click'}
  seconds: {from: visits, expr: sum(seconds)}
  last_visit: {from: visits, expr: days_since(max(time))}
  steady: {from: visits, expr: monthly_cv(count(*)), window: 60d}
  stars: {from: reviews, expr: avg(stars)}
  visits_per_order: {from: visits, expr: count(*), per: n}
  revenue: {from: orders, expr: sum(amount)}
";
    let shop = Shop::new(&[("orders", orders), ("visits", visits), ("reviews", reviews)], rules);
    // a has 2 visits in the last 30 days and 1 in the 30 before: mean 1.5, deviation 0.5. b has 0 and 1: mean 0.5,
    // deviation 0.5. c has none at all.
    let run = shop.check(
        "id n visits visits_30d clicks seconds last_visit steady stars visits_per_order revenue
         a 2 3 2 2 70 0 1/3 - 3/2 40.00
         b 1 1 0 1 5 57 1 9/2 1 20.00
         c 1 0 0 0 0 - - - 0 1.00",
    );
    // Events of strangers are counted and no mistake; bad rows are set aside.
    assert_eq!(run.rejected, ["visits.parquet 7 null_time a", "visits.parquet 8 null_customer -"]);
    let visits = run.rows_of("visits");
    let counts = ["read", "filtered", "after_as_of", "unknown_customer", "used"]
        .map(|key| visits[key].as_u64().unwrap());
    assert_eq!(counts, [9, 1, 1, 1, 4]);
    assert_eq!(run.rows_of("reviews")["used"], 2);
    assert_eq!(
        (&run.manifest["rows"]["used"], &run.manifest["rows"]["unknown_customer"]),
        (&json!(4), &json!(null))
    );
}

/// A table of events without a row gives what customers without events have.
#[test]
fn events_without_rows() {
    let rules = "inputs:
  orders: {path: orders.parquet, columns: {customer: id, time: at}}
  visits: {path: visits.parquet, columns: {customer: id, time: at}}
metrics:
  visits: {from: visits, expr: count(*)}
  last: {from: visits, expr: max(day(time))}
  kind: {from: visits, expr: \"top(kind, count(*))\"}
";
    let shop = Shop::new(
        &[("orders", "id:int at:date\n 1 2025-01-01"), ("visits", "id:int at:date kind:text")],
        rules,
    );
    shop.check("id visits last kind\n 1 0 - -");
}

/// Numbers of different types go together as the wider; dates with times as times.
#[test]
fn types_of_united_columns() {
    let a = "id:int at:date n:int day:date x:int\n 1 2025-01-01 3 2025-01-05 1";
    let b = "id:int at:date n:float day:naive x:decimal\n 1 2025-01-02 0.5 2025-01-05T12:00:00 0.25";
    let rules = "inputs:
  orders:
    - {path: a.parquet, columns: {customer: id, time: at}}
    - {path: b.parquet, columns: {customer: id, time: at}, where: n < 0.75}
metrics:
  largest: max(n)
  sum: sum(x)
  latest: days_since(max(day))
  early: {expr: count(*), where: day <= '2025-01-05'}
";
    Shop::new(&[("a", a), ("b", b)], rules).check("id largest sum latest early\n 1 3 1.25 26 1");
}

/// Where only some inputs have instants, rows are ordered by the local time that all have.
#[test]
fn instants_beside_local_times() {
    // 22:00 UTC is 06:00 of the 2nd in Shanghai, and later than 05:00 there.
    let a = "id:int at:utc kind:text\n 1 2025-01-01T22:00:00 utc";
    let b = "id:int at:naive kind:text\n 1 2025-01-02T05:00:00 local";
    let rules = "timezone: Asia/Shanghai
inputs:
  orders:
    - {path: a.parquet, columns: {customer: id, time: at}}
    - {path: b.parquet, columns: {customer: id, time: at}}
metrics: {first: first(kind), last: last(kind)}
";
    Shop::new(&[("a", a), ("b", b)], rules).check("id first last\n 1 local utc");
}

/// Nine threads or one, rows in any order and in any number of files: the same bytes.
#[test]
fn several_inputs_on_any_number_of_threads() {
    let rules = "tiermill: 1
name: many
inputs:
  orders:
    - {path: web, columns: {customer: id, time: at, amount: amount}}
    - {path: store, columns: {customer: id, time: at, amount: amount}}
  customers: {path: people, columns: {customer: id}, attributes: [city]}
  visits: {path: visits, columns: {customer: id, time: at}}
metrics:
  n: count(*)
  revenue: sum(amount)
  favourite: top(kind, sum(amount))
  visits: {from: visits, expr: count(*)}
scores: {m: {of: revenue, quantiles: 5}}
";
    let rows = |seed: i64, count: i64, ids: i64| -> Vec<[i64; 4]> {
        let row = |at: i64| {
            let mixed = (at * 7_919 + seed) % 10_007;
            [mixed % ids, 19_900 + mixed % 100, mixed % 991, mixed % 7]
        };
        (0..count).map(row).collect()
    };
    let write = |shop: &Shop, folder: &str, rows: &[[i64; 4]], files: usize| {
        for part in 0..files {
            let mine: Vec<&[i64; 4]> = rows.iter().skip(part).step_by(files).collect();
            let ints = |at: usize| mine.iter().map(|row| Some(row[at])).collect::<Vec<_>>();
            let text = |at: usize, name: &str| {
                Cells::Text(mine.iter().map(|row| Some(format!("{name}-{:05}", row[at]))).collect())
            };
            let days = mine.iter().map(|row| Some(row[1] as i32)).collect();
            let columns = [
                ("id", text(0, "customer-with-a-long-id")),
                ("at", Cells::Date(days)),
                ("amount", Cells::Int(ints(2))),
                ("kind", text(3, "kind")),
                ("city", text(0, "city")),
            ];
            shop.sandbox.orders(&format!("{folder}/{part}.parquet"), &table::batch(&columns));
        }
    };
    let run = |reverse: bool, files: usize, threads: &str| -> Vec<Vec<u8>> {
        let shop = Shop::new(&[], "");
        shop.sandbox.text("rules.yml", rules);
        for (folder, seed, count, ids) in [
            ("web", 1, 3_000, 900),
            ("store", 2, 2_000, 700),
            ("people", 3, 1_500, 800),
            ("visits", 4, 4_000, 1_000),
        ] {
            let mut rows = rows(seed, count, ids);
            if reverse {
                rows.reverse();
            }
            write(&shop, folder, &rows, files);
        }
        let args = ["run", "rules.yml", "--as-of", super::AS_OF, "--out", "out", "--threads", threads];
        shop.sandbox.tiermill(&args).done();
        let mut files = crate::support::folder::files(&shop.sandbox.path("out/as_of=2025-01-31"));
        let names = ["part-00000.parquet", "_run/summary.parquet", "_run/model.json"];
        names.map(|name| files.remove(name).unwrap()).to_vec()
    };
    let expected = run(false, 1, "1");
    assert!(run(false, 1, "9") == expected);
    assert!(run(true, 3, "2") == expected);
}

/// `where` is asked of the file's columns, and of roles that have another name there.
#[test]
fn where_reads_roles() {
    let orders = "uid:text no:int at:text total:float
        a 1 2025-01-01 5
        a 2 2025-01-02 1
        a 3 soon 7
        b 4 2025-01-03 9
        c 5 2024-01-01 9
        d 6 2025-01-04 -
        e 0 2025-01-04 9";
    let rules = "inputs:
  orders:
    path: orders.parquet
    columns: {customer: uid, order: no, time: at, amount: total}
    where: (amount > 3 or amount is null) and customer <> 'b' and order > 0 and not coalesce(time < '2025-01-01', false)
metrics: {n: count(*), revenue: sum(amount)}
";
    let run = Shop::new(&[("orders", orders)], rules).check("uid n revenue\n a 1 5.00");
    assert_eq!(run.rejected, ["orders.parquet 3 unreadable_time a", "orders.parquet 6 null_amount d"]);
    assert_eq!(run.manifest["rows"]["filtered"], 4);
}
