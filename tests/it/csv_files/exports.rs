//! Exports of two systems, made here byte by byte: a Chinese one in GBK, and a German one in windows-1252, packed, with a
//! table of customers in UTF-8. What must come out is added up beside it, in cents.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use super::{RUN, bytes, published, rejected};
use crate::support::Sandbox;

/// Numbers without a pattern, the same each time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// `1,234.50`, with the marks of a country.
fn money(cents: i64, decimal: char, thousands: char) -> String {
    let whole = (cents.abs() / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(thousands);
        }
        grouped.push(digit);
    }
    format!("{}{grouped}{decimal}{:02}", if cents < 0 { "-" } else { "" }, cents.abs() % 100)
}

/// What `sniff` finds: delimiter, encoding, marks, the format of dates, and the columns.
fn sniffed(path: &std::path::Path) -> String {
    let guess = tiermill::catalog::csv::sniff(path).unwrap();
    let columns: Vec<String> = guess.columns.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
    let (delimiter, encoding, decimal) = (guess.delimiter, guess.encoding.name(), guess.decimal);
    let (thousands, date) = (guess.thousands.unwrap(), guess.date.unwrap());
    assert!(guess.or_dates.is_empty());
    format!("{delimiter} {encoding} {decimal} {thousands} {date} {}", columns.join(", "))
}

/// Orders, units and cents of each customer.
type Expected = BTreeMap<String, (i64, i64, i64)>;

fn lines(expected: &Expected) -> Vec<String> {
    let line = |(id, (orders, units, cents)): (&String, &(i64, i64, i64))| {
        format!("{id} {orders} {units} {}", money(*cents, '.', '_').replace('_', ""))
    };
    expected.iter().map(line).collect()
}

#[test]
fn an_export_of_a_chinese_crm() {
    let mut dice = Dice(7);
    let mut text = "会员号,订单 号,下单时间,实付 金额（元）,数量,备注,已付款\r\n".to_owned();
    let (mut expected, mut wrong) = (Expected::new(), Vec::new());
    let mut line = 2;
    let mut filtered = 0;
    for order in 0..3_000 {
        // A third of the notes has line breaks, quotes and commas.
        let (note, breaks) = match dice.throw(3) {
            0 => ("\"送货上门,\r\n\"\"加急\"\"\n请先电话\"", 2),
            1 => ("好评", 0),
            _ => ("", 0),
        };
        let customer = format!("{:06}", dice.throw(400));
        let (month, day, hour, minute) =
            (1 + dice.throw(10), 1 + dice.throw(28), dice.throw(24), dice.throw(60));
        let cents = dice.throw(500_000_000) as i64 - 1_000_000;
        let (amount, units) = (money(cents, '.', ','), 1 + dice.throw(5) as i64);
        let time = format!("2026/{month}/{day} {hour}:{minute:02}");
        let quoted = format!("\"{amount}\"");
        // What is wrong with one row in twenty.
        let (mut cells, mut reason) =
            ([customer.clone(), format!("NO{order}"), time.clone(), quoted, units.to_string()], None);
        let paid = if dice.throw(10) == 0 { "否" } else { "是" };
        let mut width = 7;
        match dice.throw(120) {
            0 => {
                cells[0] = "  ".to_owned();
                reason = Some(format!(
                    "null_customer|-|2026-{month:02}-{day:02} {hour:02}:{minute:02}:00.000000|{}",
                    amount.replace(',', "")
                ));
            }
            1 => {
                cells[2] = "昨天".to_owned();
                reason = Some(format!("unreadable_time|{customer}|昨天|{}", amount.replace(',', "")));
            }
            2 => {
                cells[3] = "\"12,34.5\"".to_owned();
                reason = Some(format!(
                    "unreadable_amount|{customer}|2026-{month:02}-{day:02} {hour:02}:{minute:02}:00.000000|12,34.5"
                ));
            }
            3 => {
                cells[4] = "两件".to_owned();
                reason = Some(format!(
                    "unreadable_cell|{customer}|2026-{month:02}-{day:02} {hour:02}:{minute:02}:00.000000|{}",
                    amount.replace(',', "")
                ));
            }
            4 => {
                width = 6;
                reason = Some("wrong_number_of_cells|-|-|-".to_owned());
            }
            _ => {}
        }
        write!(text, "{},{note}", cells.join(",")).unwrap();
        text += &if width == 7 { format!(",{paid}\r\n") } else { "\r\n".to_owned() };
        match reason {
            // Of a row that falls apart nobody knows whether it is paid.
            Some(_) if paid == "否" && width == 7 => filtered += 1,
            Some(reason) => wrong.push(format!("crm.csv|{line}|{reason}")),
            None if paid == "否" => filtered += 1,
            None => {
                let sums = expected.entry(customer).or_default();
                *sums = (sums.0 + 1, sums.1 + units, sums.2 + cents);
            }
        }
        line += 1 + breaks;
    }
    let sandbox = Sandbox::new();
    let (gbk, _, unmappable) = encoding_rs::GBK.encode(&text);
    assert!(!unmappable);
    bytes(&sandbox, "crm.csv", &gbk);
    let rules = "
tiermill: 1
name: crm
inputs:
  orders:
    path: crm.csv
    csv: {encoding: gbk, thousands: ',', date: '%Y/%m/%d %H:%M', types: {数量: integer, 已付款: boolean}}
    columns: {customer: 会员号, order: 订单 号, time: 下单时间, amount: 实付 金额（元）}
    where: 已付款
metrics: {orders: count(distinct order), units: sum(数量), revenue: sum(amount)}
output: {columns: [会员号, orders, units, revenue]}
";
    sandbox.text("rules.yml", rules);
    let ran = sandbox.tiermill(&RUN).done();
    assert_eq!(published(&sandbox, &["会员号", "orders", "units", "revenue"]), lines(&expected));
    assert_eq!(rejected(&sandbox), wrong);
    assert!(wrong.len() > 80, "{}", wrong.len());
    let rows = &ran.result()["rows"];
    assert_eq!(rows["read"], 3_000);
    assert_eq!(rows["filtered"], filtered);
    assert_eq!(rows["used"], 3_000 - filtered - wrong.len());
    // Bad rows among the first thousand do not mislead who looks at them.
    let found = ", gbk . , %Y/%m/%d %H:%M 会员号: text, 订单 号: text, 下单时间: timestamp, 实付 金额（元）: decimal(2), \
                 数量: integer, 备注: text, 已付款: boolean";
    assert_eq!(sniffed(&sandbox.path("crm.csv")), found);
}

#[test]
fn an_export_of_a_german_crm_in_packed_files() {
    let mut dice = Dice(11);
    let sandbox = Sandbox::new();
    let mut expected = Expected::new();
    let mut wrong = Vec::new();
    std::fs::create_dir(sandbox.path("exporte")).unwrap();
    for (name, header) in [
        ("a.csv.gz", "Kundennr;Belegnr;Datum;Betrag;Menge;Größe\n"),
        // The order of the columns is not the same in all files.
        ("b.csv.gz", "Kundennr;Belegnr;Datum;Betrag;Größe;Menge\n"),
    ] {
        let mut text = header.to_owned();
        for row in 0..1_500 {
            let (customer, units) = (dice.throw(300), 1 + dice.throw(9) as i64);
            let cents = dice.throw(300_000_000) as i64;
            let date = format!("{:02}.{:02}.2026", 1 + dice.throw(28), 1 + dice.throw(10));
            let amount = match dice.throw(50) {
                // Read as English it would be a hundred times as much.
                0 => "1,234.50".to_owned(),
                _ => money(cents, ',', '.'),
            };
            let (size, units_cell) = ("groß", units.to_string());
            let (fifth, sixth) = if name == "a.csv.gz" { (&*units_cell, size) } else { (size, &*units_cell) };
            writeln!(text, "{customer};B{row};{date};{amount};{fifth};{sixth}").unwrap();
            if amount == "1,234.50" {
                let time = format!("{}-{}-{}", &date[6..], &date[3..5], &date[..2]);
                wrong.push(format!(
                    "exporte/{name}|{}|unreadable_amount|{customer}|{time} 00:00:00.000000|1,234.50",
                    row + 2
                ));
            } else {
                // Ids of whole numbers are sorted as such.
                let sums = expected.entry(format!("{customer:03}")).or_default();
                *sums = (sums.0 + 1, sums.1 + units, sums.2 + cents);
            }
        }
        let (western, ..) = encoding_rs::WINDOWS_1252.encode(&text);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&western).unwrap();
        bytes(&sandbox, &format!("exporte/{name}"), &packed.finish().unwrap());
    }
    let mut customers = "\u{feff}Nr,Straße,Opt in,Geburtstag\r\n".to_owned();
    for customer in 0..300 {
        let birthday = if customer == 7 { "unbekannt" } else { "1980-02-29" };
        write!(customers, "{customer},\"Weg {customer},\nHinterhaus\",ja,{birthday}\r\n").unwrap();
    }
    bytes(&sandbox, "kunden.csv", customers.as_bytes());
    let rules = "
tiermill: 1
name: crm
inputs:
  orders:
    path: exporte/*.csv.gz
    csv:
      delimiter: ';'
      encoding: windows-1252
      decimal: ','
      thousands: '.'
      date: '%d.%m.%Y'
      types: {Kundennr: integer, Menge: integer}
    columns: {customer: Kundennr, order: Belegnr, time: Datum, amount: Betrag}
    where: Größe = 'groß'
  customers:
    path: kunden.csv
    csv: {types: {Nr: integer, Geburtstag: date}}
    columns: {customer: Nr}
    attributes: {street: Straße, born: Geburtstag}
    unknown: join
metrics: {orders: count(*), units: sum(Menge), revenue: sum(amount)}
";
    sandbox.text("rules.yml", rules);
    sandbox.tiermill(&RUN).done();
    let found = published(&sandbox, &["Kundennr", "orders", "units", "revenue"]);
    let padded: Vec<String> = found
        .iter()
        .map(|line| {
            let (id, rest) = line.split_once(' ').unwrap();
            format!("{id:0>3} {rest}")
        })
        .collect();
    assert_eq!(padded, lines(&expected));
    assert!(wrong.len() > 20, "{}", wrong.len());
    // Line 16 of the customers: each one before takes two lines.
    wrong.push("kunden.csv|16|unreadable_cell|7|-|-".to_owned());
    assert_eq!(rejected(&sandbox), wrong);
    let looks = "; windows-1252 , . %d.%m.%Y Kundennr: integer, Belegnr: text, Datum: date, Betrag: decimal(2), \
                 Menge: integer, Größe: text";
    assert_eq!(sniffed(&sandbox.path("exporte/a.csv.gz")), looks);
    let attributes = published(&sandbox, &["Kundennr", "street", "born"]);
    assert_eq!(attributes[1], "1 Weg 1,\nHinterhaus 1980-02-29");
    assert_eq!(attributes[7], "7 - -");
    // What was kept of the same files gives the same.
    let kept: Vec<&str> = RUN.into_iter().chain(["--cache", "cache"]).collect();
    assert_eq!(sandbox.tiermill(&kept).done().result()["profile"], "read");
    assert_eq!(sandbox.tiermill(&kept).done().result()["profile"], "kept");
    assert_eq!(published(&sandbox, &["Kundennr", "orders", "units", "revenue"]), found);
    assert_eq!(rejected(&sandbox), wrong);
    let manifest = std::fs::read_to_string(super::beside(&sandbox, "manifest.json")).unwrap();
    assert!(manifest.contains("exporte/a.csv.gz") && !manifest.contains(".tiermill-import"));
}

/// The suffix says what it is: comma, or tab in `.tsv`; ISO dates, a point before decimal places.
#[test]
fn plain_files_need_no_settings() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("orders")).unwrap();
    sandbox.text("orders/a.tsv", "id\tat\tamount\nx\t2026-10-01\t1.50\nx\t2026-10-02T20:00:00Z\t1\n");
    let rules = "
tiermill: 1
name: plain
timezone: Asia/Shanghai
inputs:
  orders: {path: orders/*.tsv, columns: {customer: id, time: at, amount: amount}}
metrics: {revenue: sum(amount), days: days_since(max(time))}
";
    sandbox.text("rules.yml", rules);
    sandbox.tiermill(&RUN).done();
    assert_eq!(published(&sandbox, &["id", "revenue", "days"]), ["x 2.50 29"]);
}
