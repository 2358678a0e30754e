//! `init` on CSV exports: its unedited file is sound, its test passes, and a run on it is right to the cent. Exports are
//! made here; what must come out is added up beside them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use crate::support::{Rows, Sandbox};

/// The starter's text, once it has passed `check`, `test` and a run; cents of each customer must be these.
fn unedited(sandbox: &Sandbox, from: &str, expected: &BTreeMap<String, i64>) -> String {
    sandbox.tiermill(&["init", "--from", from, "--out", "starter.yml"]).done();
    let text = std::fs::read_to_string(sandbox.path("starter.yml")).unwrap();
    sandbox.tiermill(&["check", "starter.yml"]).done();
    sandbox.tiermill(&["test", "starter.yml"]).done();
    sandbox.tiermill(&["run", "starter.yml", "--as-of", "2026-11-01", "--out", "out"]).done();
    let rows = Rows::parts(&sandbox.path("out/as_of=2026-11-01"));
    let revenue = rows.at("revenue");
    let found: BTreeMap<String, String> =
        rows.rows.iter().map(|row| (row[0].to_string(), row[revenue].to_string())).collect();
    let money = |(id, cents): (&String, &i64)| {
        let sign = if *cents < 0 { "-" } else { "" };
        (id.clone(), format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100))
    };
    assert_eq!(found, expected.iter().map(money).collect(), "{text}");
    text
}

fn assert_lines(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line}:\n{text}");
    }
}

/// Cancellations are one invoice in seven, guests have no id, and pandas made floats of the others.
#[test]
fn lines_of_invoices() {
    let sandbox = Sandbox::new();
    let mut text = "InvoiceNo,Quantity,InvoiceDate,UnitPrice,Customer ID\n".to_owned();
    let mut expected = BTreeMap::new();
    for number in 0..120_i64 {
        let cancelled = number % 7 == 6;
        for line in 0..2 + number % 3 {
            let quantity = if cancelled { -1 } else { 1 + (number * 3 + line) % 12 };
            let cents = [255, 339, 85, 765][((number + line) % 4) as usize];
            let mark = if cancelled { "C" } else { "" };
            let (day, price) = (1 + number % 28, format!("{}.{:02}", cents / 100, cents % 100));
            write!(text, "{mark}{},{quantity},2026-10-{day:02} 08:26:00,{price},", 536_365 + number).unwrap();
            if number % 9 == 8 {
                text += "\n";
            } else {
                let id = 12_346 + number % 25;
                writeln!(text, "{id}.0").unwrap();
                *expected.entry(id.to_string()).or_default() += quantity * cents;
            }
        }
    }
    sandbox.text("retail.csv", &text);
    let text = unedited(&sandbox, "retail.csv", &expected);
    assert_lines(
        &text,
        &["amount: Quantity * UnitPrice", "grain: line ", "'Customer ID': double", "begin with C"],
    );
    assert!(!text.contains("InvoiceNo: integer"), "{text}");
}

#[test]
fn an_english_crm() {
    let sandbox = Sandbox::new();
    let mut text = "\u{feff}Order ID,Customer ID,Order Date,Total\r\n".to_owned();
    let mut expected = BTreeMap::new();
    for order in 0..300_i64 {
        let (month, day) = (1 + order % 10, 1 + order % 28);
        let customer = format!("C{}", order % 40);
        write!(text, "{order},{customer},{month:02}/{day:02}/2026,\"1,{order:03}.{:02}\"\r\n", order % 100)
            .unwrap();
        *expected.entry(customer).or_default() += 100_000 + order * 100 + order % 100;
    }
    sandbox.text("crm.csv", &text);
    let text = unedited(&sandbox, "crm.csv", &expected);
    assert_lines(&text, &["date: '%m/%d/%Y'", "thousands: ','"]);
    assert!(!text.contains("QUESTION"), "{text}");
}

#[test]
fn a_chinese_crm_in_gbk_and_a_german_one_in_a_packed_file() {
    let sandbox = Sandbox::new();
    let mut chinese = "会员号,订单 号,下单时间,实付 金额\r\n".to_owned();
    let mut german = "Kundennr;Bestellnr;Bestelldatum;Umsatz;Größe\n".to_owned();
    let (mut of_chinese, mut of_german) = (BTreeMap::new(), BTreeMap::new());
    for order in 0..300_i64 {
        let (month, day, places) = (1 + order % 10, 1 + order % 28, order % 100);
        let cents = 100_000 + order * 100 + places;
        let customer = format!("{:05}", order % 40);
        write!(chinese, "{customer},N{order},2026/{month}/{day} 9:05,\"1,{order:03}.{places:02}\"\r\n")
            .unwrap();
        *of_chinese.entry(customer).or_default() += cents;
        let customer = (order % 40).to_string();
        writeln!(german, "{customer};B{order};{day:02}.{month:02}.2026;1.{order:03},{places:02};groß")
            .unwrap();
        *of_german.entry(customer).or_default() += cents;
    }
    std::fs::write(sandbox.path("crm.csv"), encoding_rs::GBK.encode(&chinese).0).unwrap();
    let text = unedited(&sandbox, "crm.csv", &of_chinese);
    assert_lines(
        &text,
        &["encoding: gbk", "date: '%Y/%m/%d %H:%M'", "customer: 会员号", "amount: '实付 金额'"],
    );

    let sandbox = Sandbox::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&encoding_rs::WINDOWS_1252.encode(&german).0).unwrap();
    std::fs::write(sandbox.path("kunden.csv.gz"), packed.finish().unwrap()).unwrap();
    let text = unedited(&sandbox, "kunden.csv.gz", &of_german);
    assert_lines(&text, &["delimiter: ';'", "encoding: windows-1252", "decimal: ','", "thousands: '.'"]);
}

/// A folder without Parquet is one of CSV.
#[test]
fn a_folder_of_tabs() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("exports")).unwrap();
    sandbox.text("exports/a.tsv", "customer id\torder id\tdate\tamount\nx\t1\t2026-10-01\t1.50\n");
    sandbox.text("exports/b.tsv", "customer id\torder id\tdate\tamount\nx\t2\t2026-10-02\t2.25\n");
    let text = unedited(&sandbox, "exports", &BTreeMap::from([("x".to_owned(), 375)]));
    assert_lines(&text, &["delimiter: tab", "path: exports "]);
}

#[test]
fn what_the_file_does_not_say_is_asked() {
    let sandbox = Sandbox::new();
    sandbox
        .text("open.csv", "customer,order,date,amount\na,1,03/04/2026,\"1,234\"\nb,2,04/03/2026,\"2,345\"\n");
    let ran = sandbox.tiermill(&["init", "--from", "open.csv"]).done();
    for question in ["day or month first?", "which mark is before decimal places?"] {
        assert!(ran.stdout.contains(&format!("# QUESTION: {question}")), "{}", ran.stdout);
        assert!(ran.stderr.contains(&format!("question: {question}")), "{}", ran.stderr);
    }
}

/// What is no CSV for all its name, with what to do about it.
#[test]
fn what_is_no_csv() {
    let utf_16: Vec<u8> = "id,at\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, what) in [
        (utf_16, "UTF-16"),
        (b"PAR1\0\0\0\0PAR1".to_vec(), "Parquet"),
        (b"PK\x03\x04\x14\0".to_vec(), "a workbook"),
    ] {
        let sandbox = Sandbox::new();
        std::fs::write(sandbox.path("orders.csv"), bytes).unwrap();
        let ran = sandbox.tiermill(&["init", "--from", "orders.csv"]);
        assert_eq!(ran.code, Some(4), "{}", ran.stderr);
        assert!(
            ran.stderr.contains("is not CSV, but") || ran.stderr.contains("not readable"),
            "{}",
            ran.stderr
        );
        assert!(ran.stderr.contains(what), "{what}: {}", ran.stderr);
    }
}
