//! What a CSV file that nobody has described looks like, by its first records: for `init`, never for a run.

use std::path::Path;

use chrono_tz::Tz;

use crate::delimited::cell::{self, Times};
use crate::delimited::{Error, Record, Records, head};
use crate::plan::{CsvFormat, CsvType, Encoding, Marks};

/// Records that are looked at.
const RECORDS: usize = 20_000;
/// Bytes that are looked at for the encoding.
const BYTES: usize = 1 << 20;

const DELIMITERS: [char; 5] = [',', ';', '\t', '|', '；'];

/// Fewer marks first: the first of equally good ones is taken.
const MARKS: [Marks; 8] = [
    Marks { decimal: '.', thousands: None },
    Marks { decimal: '.', thousands: Some(',') },
    Marks { decimal: ',', thousands: None },
    Marks { decimal: ',', thousands: Some('.') },
    Marks { decimal: ',', thousands: Some(' ') },
    Marks { decimal: '.', thousands: Some(' ') },
    Marks { decimal: '.', thousands: Some('\'') },
    Marks { decimal: ',', thousands: Some('\'') },
];

/// ISO 8601 stands before these, and dates alone before times: the first of equally good ones is taken.
const DATES: [&str; 17] = [
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y年%m月%d日",
    "%Y年%m月%d日 %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
];

/// What the first records of a file look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvGuess {
    /// What stands between two cells.
    pub delimiter: char,
    /// How bytes are letters.
    pub encoding: Encoding,
    /// The mark before decimal places.
    pub decimal: char,
    /// The mark between groups of three digits, if there is one.
    pub thousands: Option<char>,
    /// How dates are written; none where they are ISO 8601, or there are none.
    pub date: Option<String>,
    /// Other formats that fit as well: 03/04/2026 does not say whether it is in March or April.
    pub or_dates: Vec<String>,
    /// Other marks of numbers that fit as well: 1,234 is a thousand and more, or one and a bit.
    pub or_marks: Option<Marks>,
    /// The names of the header with what each column holds, in the order of the file. Blank columns hold texts, and so do
    /// numbers with leading zeros.
    pub columns: Vec<(String, CsvType)>,
    /// How many records were looked at, the header not among them.
    pub records: usize,
}

/// Looks at the first records of a file.
pub fn sniff(path: &Path) -> Result<CsvGuess, Error> {
    let encoding = encoding_of(&head(path, BYTES)?);
    let mut best: Option<(usize, char, Vec<Vec<String>>)> = None;
    let mut failure = None;
    for delimiter in DELIMITERS {
        let format = CsvFormat { delimiter, encoding, ..CsvFormat::default() };
        let table = match records(path, &format) {
            Ok(table) => table,
            Err(error) => {
                failure.get_or_insert(error);
                continue;
            }
        };
        let Some(width) = table.first().map(Vec::len) else { continue };
        // A delimiter that is none makes one cell of everything.
        let fitting = table.iter().filter(|record| record.len() == width).count();
        let score = if width == 1 { 0 } else { fitting * width };
        if best.as_ref().is_none_or(|(known, ..)| score > *known) {
            best = Some((score, delimiter, table));
        }
    }
    let Some((_, delimiter, table)) = best else {
        let empty = || std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "there is no record");
        return Err(failure.unwrap_or_else(|| empty().into()));
    };
    let (header, rows) = table.split_first().map_or((&[][..], &[][..]), |(first, rows)| (&first[..], rows));
    let columns: Vec<Vec<&str>> = (0..header.len())
        .map(|at| {
            let cells = rows.iter().filter(|row| row.len() == header.len()).map(|row| row[at].trim());
            cells.filter(|cell| !cell.is_empty()).collect()
        })
        .collect();
    let (marks, or_marks) = marks_of(&columns);
    let (date, or_dates) = dates_of(&columns);
    let times = Times::new(date, Tz::UTC);
    let types = columns.iter().map(|cells| type_of(cells, marks, times.as_ref()));
    Ok(CsvGuess {
        delimiter,
        encoding,
        decimal: marks.decimal,
        thousands: marks.thousands,
        date: date.map(str::to_owned),
        or_dates,
        or_marks,
        columns: header.iter().map(|name| name.trim().to_owned()).zip(types).collect(),
        records: rows.len(),
    })
}

fn records(path: &Path, format: &CsvFormat) -> Result<Vec<Vec<String>>, Error> {
    let mut records = Records::open(path, format)?;
    let (mut table, mut record) = (Vec::new(), Record::default());
    while table.len() <= RECORDS && records.read(&mut record)? {
        table.push(record.cells().map(str::to_owned).collect());
    }
    Ok(table)
}

/// UTF-8 where it is; else Chinese where high bytes come in pairs, as those of common letters do, and Western
/// European where they stand alone among plain letters.
fn encoding_of(bytes: &[u8]) -> Encoding {
    match std::str::from_utf8(bytes) {
        Ok(_) => return Encoding::Utf8,
        // Cut in the middle of a letter.
        Err(error) if error.error_len().is_none() => return Encoding::Utf8,
        Err(_) => {}
    }
    let (mut pairs, mut alone, mut at) = (0_usize, 0_usize, 0);
    while at < bytes.len() {
        if bytes[at] < 0x80 {
            at += 1;
            continue;
        }
        match bytes.get(at + 1) {
            Some(next) if *next >= 0xa1 && bytes[at] >= 0xa1 => {
                pairs += 1;
                at += 2;
            }
            _ => {
                alone += 1;
                at += 1;
            }
        }
    }
    if alone > pairs { Encoding::Windows1252 } else { Encoding::Gbk }
}

/// How many cells can be read, where all but one in twenty can: exports have their bad rows. None where more cannot.
fn mostly(cells: &[&str], reads: impl Fn(&str) -> bool) -> Option<usize> {
    let good = cells.iter().filter(|cell| reads(cell)).count();
    (good > 0 && (cells.len() - good) * 20 <= cells.len()).then_some(good)
}

fn numbers(cells: &[&str], marks: Marks) -> Option<usize> {
    mostly(cells, |cell| cell::double(cell, marks).is_some())
}

/// The marks that make numbers of most cells, and others that make different numbers of as many.
fn marks_of(columns: &[Vec<&str>]) -> (Marks, Option<Marks>) {
    let read = |marks: Marks| columns.iter().filter_map(|cells| numbers(cells, marks)).sum::<usize>();
    let mut best = (0, Marks::default());
    for marks in MARKS {
        let read = read(marks);
        if read > best.0 {
            best = (read, marks);
        }
    }
    let differs = |other: Marks| {
        let means = |cell: &&str| Some((cell::double(cell, best.1)?, cell::double(cell, other)?));
        columns.iter().flatten().filter_map(means).any(|(one, other)| one != other)
    };
    let other = MARKS.into_iter().find(|marks| *marks != best.1 && read(*marks) == best.0 && differs(*marks));
    (best.1, other)
}

/// The format that makes times of most cells, and those that do as well.
fn dates_of(columns: &[Vec<&str>]) -> (Option<&'static str>, Vec<String>) {
    let of = |format: Option<&'static str>| {
        let Some(times) = Times::new(format, Tz::UTC) else { return 0 };
        columns.iter().filter_map(|cells| temporal(cells, &times)).map(|(_, read)| read).sum()
    };
    let formats = || std::iter::once(None).chain(DATES.into_iter().map(Some));
    let most = formats().map(of).max().unwrap_or(0);
    if most == 0 {
        return (None, Vec::new());
    }
    let mut best = formats().filter(|format| of(*format) == most);
    let first = best.next().flatten();
    let Some(date) = first else { return (None, Vec::new()) };
    // Only the order of day and month is a question.
    let parts = |format: &'static str| format.split_once(' ').unwrap_or((format, ""));
    let is_other = |one: &&'static str| parts(one).0 != parts(date).0 && parts(one).1 == parts(date).1;
    (first, best.flatten().filter(is_other).map(str::to_owned).collect())
}

fn temporal(cells: &[&str], times: &Times<'_>) -> Option<(CsvType, usize)> {
    match mostly(cells, |cell| cell.contains(':')) {
        Some(_) => Some((CsvType::Timestamp, mostly(cells, |cell| times.time(cell).is_some())?)),
        None => Some((CsvType::Date, mostly(cells, |cell| times.date(cell).is_some())?)),
    }
}

fn type_of(cells: &[&str], marks: Marks, times: Option<&Times<'_>>) -> CsvType {
    if cells.is_empty() {
        return CsvType::Text;
    }
    if let Some((ty, _)) = times.and_then(|times| temporal(cells, times)) {
        return ty;
    }
    let is_word = |cell: &&str| cell.chars().any(|c| !c.is_ascii_digit()) && cell::boolean(cell).is_some();
    if cells.iter().all(is_word) {
        return CsvType::Boolean;
    }
    // The zeros of an id or a telephone number belong to it.
    let is_padded = |cell: &&str| {
        cell.len() > 1 && cell.starts_with('0') && cell[1..].starts_with(|c: char| c.is_ascii_digit())
    };
    if cells.iter().any(is_padded) || numbers(cells, marks).is_none() {
        return CsvType::Text;
    }
    let good: Vec<&str> = cells.iter().copied().filter(|cell| cell::double(cell, marks).is_some()).collect();
    if good.iter().all(|cell| cell::integer(cell, marks).is_some() && !cell.contains(marks.decimal)) {
        return CsvType::Integer;
    }
    // As pandas writes whole numbers with gaps: ids among them.
    let pandas = format!("{}0", marks.decimal);
    if good.iter().all(|cell| cell.ends_with(&pandas)) {
        return CsvType::Double;
    }
    let places = |cell: &&str| cell.split_once(marks.decimal).map_or(0, |(_, places)| places.trim().len());
    let places = good.iter().map(places).max().unwrap_or(0);
    match u8::try_from(places) {
        Ok(places) if good.iter().all(|cell| cell::decimal(cell, places, marks).is_some()) => {
            CsvType::Decimal(places.max(CsvType::DEFAULT_PLACES))
        }
        _ => CsvType::Double,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(name: &str, bytes: &[u8]) -> CsvGuess {
        let path = std::env::temp_dir().join(format!("tiermill-sniff-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).ok();
        let guess = sniff(&path);
        std::fs::remove_file(&path).ok();
        match guess {
            Ok(guess) => guess,
            Err(error) => CsvGuess { columns: vec![(error.to_string(), CsvType::Text)], ..guess_nothing() },
        }
    }

    fn guess_nothing() -> CsvGuess {
        CsvGuess {
            delimiter: ',',
            encoding: Encoding::Utf8,
            decimal: '.',
            thousands: None,
            date: None,
            or_dates: Vec::new(),
            or_marks: None,
            columns: Vec::new(),
            records: 0,
        }
    }

    fn columns(columns: &[(&str, CsvType)]) -> Vec<(String, CsvType)> {
        columns.iter().map(|(name, ty)| ((*name).to_owned(), *ty)).collect()
    }

    #[test]
    fn a_chinese_export() {
        let text = "会员号,订单号,下单时间,实付 金额,备注,有效\r\n\
                    00017,A1,2026/11/01 09:05,\"1,234.50\",\"送货\r\n上门\",是\r\n\
                    00018,A2,2026/11/2 9:05,12.00,,否\r\n";
        let (bytes, _, _) = encoding_rs::GBK.encode(text);
        let expected = CsvGuess {
            encoding: Encoding::Gbk,
            thousands: Some(','),
            date: Some("%Y/%m/%d %H:%M".to_owned()),
            columns: columns(&[
                ("会员号", CsvType::Text),
                ("订单号", CsvType::Text),
                ("下单时间", CsvType::Timestamp),
                ("实付 金额", CsvType::Decimal(2)),
                ("备注", CsvType::Text),
                ("有效", CsvType::Boolean),
            ]),
            records: 2,
            ..guess_nothing()
        };
        assert_eq!(guess("chinese", &bytes), expected);
    }

    #[test]
    fn a_german_export() {
        let text = "Kunde;Name;Datum;Betrag;Menge\n7;Müller;31.12.2025;1.234,50;1\n8;Größe & Söhne;01.02.2026;-3,10;2\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        let expected = CsvGuess {
            delimiter: ';',
            encoding: Encoding::Windows1252,
            decimal: ',',
            thousands: Some('.'),
            date: Some("%d.%m.%Y".to_owned()),
            columns: columns(&[
                ("Kunde", CsvType::Integer),
                ("Name", CsvType::Text),
                ("Datum", CsvType::Date),
                ("Betrag", CsvType::Decimal(2)),
                ("Menge", CsvType::Integer),
            ]),
            records: 2,
            ..guess_nothing()
        };
        assert_eq!(guess("german", &bytes), expected);
    }

    #[test]
    fn what_is_open_is_said() {
        let american = guess("american", b"id,at\n1,03/04/2026 10:00\n2,04/03/2026 11:00\n");
        assert_eq!(american.date.as_deref(), Some("%m/%d/%Y %H:%M"));
        assert_eq!(american.or_dates, ["%d/%m/%Y %H:%M"]);
        let plain = guess("plain", b"\xef\xbb\xbfid\tat\tx\n1\t2026-01-31\t1e3\n");
        let expected = columns(&[("id", CsvType::Integer), ("at", CsvType::Date), ("x", CsvType::Double)]);
        assert_eq!((plain.delimiter, plain.date, plain.columns), ('\t', None, expected));
    }
}
