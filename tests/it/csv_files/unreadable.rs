//! Files that end the run, with exit 4 and the line, and settings that cannot be meant.

use super::{FOLDER, RUN, bytes, rejected};
use crate::support::Sandbox;

fn shop(csv: &str, text: &[u8]) -> Sandbox {
    let sandbox = Sandbox::new();
    bytes(&sandbox, "orders.csv", text);
    let rules = format!(
        "tiermill: 1\nname: shop\ninputs:\n  orders:\n    path: orders.csv\n    {csv}\n    \
         columns: {{customer: id, time: at, amount: amount}}\nmetrics: {{revenue: sum(amount)}}\n"
    );
    sandbox.text("rules.yml", &rules);
    sandbox
}

/// The exit code, and the first line on stderr.
fn complaint(csv: &str, text: &[u8]) -> (i32, String) {
    let sandbox = shop(csv, text);
    let ran = sandbox.tiermill(&RUN);
    assert!(!sandbox.path(FOLDER).exists());
    let line = ran.stderr.lines().find(|line| line.starts_with("error")).unwrap_or_default();
    (ran.code.unwrap(), line.to_owned())
}

#[test]
fn what_cannot_be_read_to_its_end() {
    let cases: [(&str, &[u8], i32, &str); 9] = [
        (
            "",
            b"id,at,amount\nx,2026-10-01,1\n\xbf\xcd,2026-10-01,1\n",
            4,
            "error[input-unreadable]: `orders.csv` is not readable as CSV: line 3 has bytes that are not utf-8",
        ),
        (
            "csv: {encoding: gbk}",
            b"id,at,amount\nx,2026-10-01,1\n\xff,2026-10-01,1\n",
            4,
            "error[input-unreadable]: `orders.csv` is not readable as CSV: line 3 has bytes that are not gbk",
        ),
        (
            "",
            b"id,at,amount\nx,2026-10-01,1\n\"y,2026-10-01,1\nz,2026-10-01,1\n",
            4,
            "error[input-unreadable]: `orders.csv` is not readable as CSV: the quote that opens in line 3 is never closed",
        ),
        (
            "",
            b"id,at,amount\n\"x,2026-10-01,1\n\"y\",2026-10-01,1\n",
            4,
            "error[input-unreadable]: `orders.csv` is not readable as CSV: line 3 has text behind the closing quote of a \
             cell that begins in line 2",
        ),
        ("", b"\n\n", 4, "error[input-unreadable]: `orders.csv` has no header"),
        ("", b"id,at,amount\n", 4, "error[input-empty]: `orders.csv` has a header, but no record"),
        ("", b"\x1f\x8b\x08\x00garbage", 4, "error[input-unreadable]: `orders.csv` is not readable as CSV: "),
        (
            "csv: {types: {price: integer}}",
            b"id,at,amount\nx,2026-10-01,1\n",
            2,
            "error[unknown-column]: `csv.types` names a column `price`, which `orders.csv` does not have",
        ),
        (
            "csv: {delimiter: ';'}",
            b"id,at,amount\nx,2026-10-01,1\n",
            2,
            "error[unknown-column]: the files have no column `id`",
        ),
    ];
    for (csv, text, code, message) in cases {
        let (ended, line) = complaint(csv, text);
        assert_eq!(ended, code, "{line}");
        assert!(line.starts_with(message), "{line}\n{message}");
    }
}

#[test]
fn settings_that_cannot_be_meant() {
    let good = b"id,at,amount\nx,2026-10-01,1\n";
    for (csv, message) in [
        ("csv: {delimiter: ab}", "error[bad-value]: `ab` is no delimiter"),
        ("csv: {encoding: utf-16}", "error[bad-value]: `utf-16` is not one of"),
        ("csv: {decimal: 5}", "error[bad-value]: `5` is no decimal mark"),
        ("csv: {thousands: '.'}", "error[bad-value]: `.` is the mark of decimal places and of thousands"),
        ("csv: {date: '%Q'}", "error[bad-value]: `%Q` is no format of dates"),
        ("csv: {types: {amount: money}}", "error[bad-value]: `money` is no type of a column"),
        ("csv: {quote: ','}\n    where: id = 'x'", "error[bad-value]: the delimiter is the quote"),
        ("csv: {seperator: ';'}", "error[unknown-key]: `csv` has no key `seperator`"),
    ] {
        let (code, line) = complaint(csv, good);
        assert!(code == 2 && line.starts_with(message), "{code} {line}\n{message}");
    }
}

/// A comma for decimal places is never taken for one between thousands, nor a year of two digits for one of ours.
#[test]
fn what_could_be_read_wrong_is_rejected() {
    let text = b"id,at,amount\nx,26/10/01,1\ny,2026/10/01,\"1,5\"\nz,2026/10/01,\"1,500\"\nz,2026/10/02,1\nz,2026/10/02,2\n";
    let sandbox = shop("csv: {thousands: ',', date: '%Y/%m/%d'}", text);
    sandbox.tiermill(&RUN).done();
    let expected = [
        "orders.csv|2|unreadable_time|x|26/10/01|1",
        "orders.csv|3|unreadable_amount|y|2026-10-01 00:00:00.000000|1,5",
    ];
    assert_eq!(rejected(&sandbox), expected);
    assert_eq!(super::published(&sandbox, &["id", "revenue"]), ["z 1503.00"]);
}
