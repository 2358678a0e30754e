//! `inputs.customers`: prospects, attributes, strangers, and customers who stand there twice.

use serde_json::json;

use super::Shop;

const ORDERS: &str = "id:text at:date amount:int
    a 2025-01-01 10
    x 2025-01-02 7
    a 2025-01-11 5
    b 2025-01-21 20
    x 2025-01-03 8";

const CUSTOMERS: &str = "cid:text region:text birth_year:int
    c - 2000
    b south 1980
    a north 1990";

const METRICS: &str = "
metrics:
  recency: days_since(max(time))
  n: count(*)
  revenue: sum(amount)
  last_day: max(day(time))
  age: year(as_of) - birth_year
scores:
  young: {of: age, breaks: [30, 40], best: low}
segments:
  who:
    rules:
      - {id: prospect, when: n = 0}
      - {id: northern, when: region = 'north'}
    default: other
";

fn rules(more: &str) -> String {
    format!(
        "inputs:
  orders: {{path: orders.parquet, columns: {{customer: id, time: at, amount: amount}}}}
  customers: {{path: customers.parquet, columns: {{customer: cid}}, attributes: [region, birth_year]{more}}}
{METRICS}"
    )
}

/// Customers without an order have null recency, zero counts and zero sums; expressions on their attributes work.
#[test]
fn i3_prospects_are_in_the_population() {
    let shop = Shop::new(&[("orders", ORDERS), ("customers", CUSTOMERS)], &rules(""));
    // In 2025: a is 35, b 45, c 25; `best: low` counts the breaks 30 and 40 that an age is not above.
    let run = shop.check(
        "id region birth_year recency n revenue last_day age young who
         a north 1990 20 2 15.00 2025-01-11 35 2 northern
         b south 1980 10 1 20.00 2025-01-21 45 1 other
         c - 2000 - 0 0.00 - 25 3 prospect",
    );
    let columns =
        ["id", "region", "birth_year", "recency", "n", "revenue", "last_day", "age", "young", "who"];
    assert_eq!(run.rows.columns[..10], columns, "attributes stand right after the id");
    // x is a stranger: both rows are set aside, and counted.
    assert_eq!(run.rejected, ["orders.parquet 2 unknown_customer x", "orders.parquet 5 unknown_customer x"]);
    assert_eq!(run.manifest["rows"]["unknown_customer"], 2);
    assert_eq!(run.manifest["rows"]["used"], 3);
    assert_eq!(run.rows_of("customers")["used"], 3);
    assert_eq!(run.manifest["customers"], 3);
    // The median recency of the segment is that of those who have one.
    assert_eq!(run.manifest["joined_customers"], json!(null));
}

#[test]
fn strangers_may_join() {
    let shop = Shop::new(&[("orders", ORDERS), ("customers", CUSTOMERS)], &rules(", unknown: join"));
    let run = shop.check(
        "id region birth_year recency n revenue age young who
         a north 1990 20 2 15.00 35 2 northern
         b south 1980 10 1 20.00 45 1 other
         c - 2000 - 0 0.00 25 3 prospect
         x - - 28 2 15.00 - - other",
    );
    assert!(run.rejected.is_empty());
    assert_eq!((&run.manifest["joined_customers"], &run.rows_of("orders")["joined"]), (&json!(1), &json!(2)));
    assert_eq!(run.manifest["rows"]["used"], 5);
}

/// Rows that say the same are one; of others the least is kept, null first, whatever the order of the file.
#[test]
fn a_customer_stands_there_twice() {
    let lines = [
        "a north 1990",
        "a north 1990",
        "a north 1991",
        "b south 1980",
        "b - 1999",
        "b - 1999",
        "- east 1970",
        "c west -",
        "c west -",
    ];
    let mut shuffled = lines;
    shuffled.reverse();
    for (at, lines) in [lines, shuffled].iter().enumerate() {
        let customers = format!("cid:text region:text birth_year:int\n{}", lines.join("\n"));
        let shop = Shop::new(&[("orders", ORDERS), ("customers", &customers)], &rules(""));
        let run = shop.check("id region birth_year n\n a north 1990 2\n b - 1999 1\n c west - 0");
        let rows = run.rows_of("customers");
        assert_eq!((&rows["identical"], &rows["used"], &rows["read"]), (&json!(3), &json!(3), &json!(9)));
        assert_eq!(rows["rejected"], json!({"duplicate_customer": 2, "null_customer": 1}));
        let mine: Vec<&str> =
            run.rejected.iter().map(String::as_str).filter(|line| line.starts_with("customers")).collect();
        let expected = [
            [
                "customers.parquet 3 duplicate_customer a",
                "customers.parquet 4 duplicate_customer b",
                "customers.parquet 7 null_customer -",
            ],
            [
                "customers.parquet 3 null_customer -",
                "customers.parquet 6 duplicate_customer b",
                "customers.parquet 7 duplicate_customer a",
            ],
        ];
        assert_eq!(mine, expected[at]);
    }
}

/// Every type of attribute, published as the types of the output say; a mapping gives them names of their own.
#[test]
fn i2_attributes_of_every_type() {
    let customers = "cid:int City:text n:int vip:bool since:date income:decimal score:float seen:utc
        7 Oslo 3 true 2020-02-29 1234.50 0.5 2024-12-31T16:00:00
        8 - - - - - - -
        9 Bergen -1 false 1999-12-31 -0.01 -2 2024-12-31T15:59:59";
    let rules = "timezone: Asia/Shanghai
inputs:
  orders: {path: orders.parquet, columns: {customer: cid, time: at}}
  customers:
    path: customers.parquet
    columns: {customer: cid}
    attributes: {city: City, children: n, vip: vip, since: since, income: income, satisfaction: score, seen: seen}
metrics:
  n: count(*)
  seen_year: year(seen)
  years: year(as_of) - year(since)
  rich: case when income >= 1000.5 then 'yes' else 'no' end
segments:
  kind: {rules: [{id: vip, when: vip and city like 'O%'}, {id: unknown, when: vip is null}], default: plain}
";
    let shop = Shop::new(&[("orders", "cid:int at:date\n 9 2025-01-01"), ("customers", customers)], rules);
    let run = shop.check(
        "cid city children vip since income satisfaction seen n seen_year years rich kind
         7 Oslo 3 true 2020-02-29 1234.50 0.5 1735689600000000 0 2025 5 yes vip
         8 - - - - - - - 0 - - no unknown
         9 Bergen -1 false 1999-12-31 -0.01 -2 1735689599000000 1 2024 26 no plain",
    );
    let types = ["BIGINT", "VARCHAR", "BIGINT", "BOOLEAN", "DATE", "DECIMAL(18, 2)", "DOUBLE", "TIMESTAMP"];
    let columns = run.manifest["columns"].as_array().unwrap();
    let found: Vec<&str> = columns.iter().take(8).map(|column| column[1].as_str().unwrap()).collect();
    assert_eq!(found, types);
}

/// Without a row of a side table nothing is wrong; orders without one are refused all the same.
#[test]
fn tables_without_rows() {
    let shop =
        Shop::new(&[("orders", ORDERS), ("customers", "cid:text region:text birth_year:int")], &rules(""));
    assert_eq!(shop.check("id n").rejected.len(), 5);
    let shop = Shop::new(
        &[("orders", ORDERS), ("customers", "cid:text region:text birth_year:int")],
        &rules(", unknown: join"),
    );
    shop.check("id region n\n a - 2\n b - 1\n x - 2");
    let shop = Shop::new(&[("orders", "id:text at:date amount:int"), ("customers", CUSTOMERS)], &rules(""));
    let ran = shop.sandbox.tiermill(&["run", "rules.yml", "--as-of", super::AS_OF, "--out", "out"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("without a single row"), "{ran:?}");
}

/// Orders that all fall away leave a population of prospects; scores of nothing are null, and bands the last.
#[test]
fn only_prospects() {
    let rules = rules("").replace("scores:\n", "scores:\n  r: {of: recency, quantiles: 5, best: low}\n");
    let rules = format!("{rules}bands:\n  abc: {{of: revenue, cumulative: {{A: 0.8, B: 1}}}}\n");
    let shop = Shop::new(
        &[("orders", "id:text at:date amount:int\n z 2025-01-01 1"), ("customers", CUSTOMERS)],
        &rules,
    );
    shop.check("id n r abc who\n a 0 - B prospect\n b 0 - B prospect\n c 0 - B prospect");
}

/// Lifetime value is foretold of people with an order only, and learned from nobody else.
#[test]
fn prospects_have_no_lifetime_value() {
    let (mut orders, mut customers) =
        (String::from("id:text at:date amount:int\n"), String::from("cid:text\n"));
    for at in 0..60 {
        let (month, day) = (1 + at % 6, 1 + at % 28);
        orders += &format!("c{at:02} 2024-{month:02}-{day:02} 10\n");
        if at % 3 > 0 {
            orders += &format!("c{at:02} 2024-{:02}-{day:02} {}\n", month + 4, 5 + at);
        }
        customers += &format!("c{at:02}\n p{at:02}\n");
    }
    let clv =
        "clv: {model: bg_nbd, spend: gamma_gamma, horizon: 365d, margin: 0.5, min_repeat_customers: 10}\n";
    let head = "  orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}\n";
    let metrics = "metrics: {n: count(*)}\n";
    let with = format!(
        "inputs:\n{head}  customers: {{path: customers.parquet, columns: {{customer: cid}}}}\n{metrics}{clv}"
    );
    let tables = [("orders", orders.as_str()), ("customers", customers.as_str())];
    let all = Shop::new(&tables, &with).run();
    let buyers = Shop::new(&tables[..1], &format!("inputs:\n{head}{metrics}{clv}")).run();
    assert_eq!((all.rows.rows.len(), buyers.rows.rows.len()), (120, 60));
    assert_eq!(all.manifest["model"]["clv"], buyers.manifest["model"]["clv"]);
    let bought: Vec<_> =
        all.rows.rows.iter().filter(|row| row[0].to_string().starts_with('c')).cloned().collect();
    assert_eq!(bought, buyers.rows.rows);
    let prospect = all.rows.rows.iter().find(|row| row[0].to_string() == "p00").unwrap();
    assert_eq!(
        prospect.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["p00", "0", "-", "-", "-", "-"]
    );
}
