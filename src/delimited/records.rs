//! Letters → records and their cells, as RFC 4180 has them: quotes wrap delimiters and line breaks, and stand for
//! themselves where they are doubled. A quote in the middle of a bare cell is a letter; text behind a closing quote is an
//! error, because it tells of a quote further up that swallowed what stands between.

use std::io;
use std::path::Path;

use crate::plan::CsvFormat;

use super::Error;
use super::text::{Fingerprint, Piece, Text};

/// The longest record, which bounds what a quote can swallow before it is noticed.
const MOST_BYTES: usize = 16_000_000;

/// The records of a file, one after the other.
pub struct Records {
    text: Text,
    delimiter: Vec<u8>,
    quote: u8,
    buffer: Vec<u8>,
    at: usize,
    line: u64,
    /// A line break of two letters may be cut in the middle.
    after_return: bool,
}

/// One record.
#[derive(Debug, Default)]
pub struct Record {
    line: u64,
    bytes: Vec<u8>,
    /// Where each cell ends.
    ends: Vec<usize>,
}

#[derive(Clone, Copy)]
enum State {
    /// At the first letter of a cell.
    Start,
    Bare,
    Quoted,
    /// Behind a quote inside of quotes: it closes them, or the next letter is another.
    Quote,
    /// Behind blanks behind the closing quote.
    Closed,
}

impl Record {
    /// The line in which it begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Whether it has as many cells as the header, and letters in all of them; an empty line has one cell, which is empty.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and its line.
    pub fn like_header(&self, cells: usize) -> Result<(), String> {
        let is_empty = self.len() == 1 && self.cell(0).is_none_or(|cell| cell.trim().is_empty());
        if self.len() != cells && !is_empty {
            return Err(format!("line {} has {} cells, and the header {cells}", self.line(), self.len()));
        }
        match self.cells().any(|cell| cell.contains('\0')) {
            true => Err(format!("line {} has a zero byte, which is no letter", self.line())),
            false => Ok(()),
        }
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A cell as it stands there, without its quotes.
    pub fn cell(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        std::str::from_utf8(&self.bytes[start..end]).ok()
    }

    /// All cells.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|at| self.cell(at).unwrap_or_default())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn end_cell(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

impl Records {
    /// Opens a file.
    pub fn open(path: &Path, format: &CsvFormat) -> io::Result<Self> {
        Ok(Self {
            text: Text::open(path, format.encoding)?,
            delimiter: format.delimiter.to_string().into_bytes(),
            quote: format.quote,
            buffer: Vec::new(),
            at: 0,
            line: 1,
            after_return: false,
        })
    }

    /// The next record; false at the end. Empty lines are none.
    pub fn read(&mut self, record: &mut Record) -> Result<bool, Error> {
        record.clear();
        record.line = self.line;
        let mut opened = self.line;
        let mut state = State::Start;
        loop {
            if self.at == self.buffer.len() && !self.fill()? {
                return match state {
                    State::Start if record.is_empty() => Ok(false),
                    State::Quoted => Err(Error::Unclosed { line: opened }),
                    _ => {
                        record.end_cell();
                        Ok(true)
                    }
                };
            }
            if std::mem::take(&mut self.after_return) && self.buffer[self.at] == b'\n' {
                self.at += 1;
                continue;
            }
            if record.bytes.len() > MOST_BYTES {
                return Err(Error::TooLong { line: record.line, limit: MOST_BYTES });
            }
            let rest = &self.buffer[self.at..];
            let first = rest[0];
            let is_delimiter = rest.starts_with(&self.delimiter);
            match state {
                State::Start if first == self.quote => {
                    (opened, state) = (self.line, State::Quoted);
                    self.at += 1;
                }
                State::Start | State::Bare | State::Quote | State::Closed if is_delimiter => {
                    self.at += self.delimiter.len();
                    record.end_cell();
                    state = State::Start;
                }
                State::Start | State::Bare | State::Quote | State::Closed
                    if matches!(first, b'\n' | b'\r') =>
                {
                    self.at += 1;
                    self.line += 1;
                    self.after_return = first == b'\r';
                    if matches!(state, State::Start) && record.is_empty() {
                        record.line = self.line;
                        continue;
                    }
                    record.end_cell();
                    return Ok(true);
                }
                State::Start | State::Bare => {
                    // The first letter is none of those that end a cell, even if its first byte is one's.
                    let ends = |byte: &u8| matches!(byte, b'\n' | b'\r') || *byte == self.delimiter[0];
                    let len = rest[1..].iter().position(ends).map_or(rest.len(), |at| at + 1);
                    record.bytes.extend_from_slice(&rest[..len]);
                    self.at += len;
                    state = State::Bare;
                }
                State::Quoted if first == self.quote => {
                    self.at += 1;
                    state = State::Quote;
                }
                State::Quoted => {
                    let quote = self.quote;
                    let len = rest.iter().position(|byte| *byte == quote).unwrap_or(rest.len());
                    self.line += rest[..len].iter().filter(|byte| **byte == b'\n').count() as u64;
                    record.bytes.extend_from_slice(&rest[..len]);
                    self.at += len;
                }
                State::Quote if first == self.quote => {
                    record.bytes.push(self.quote);
                    self.at += 1;
                    state = State::Quoted;
                }
                State::Quote | State::Closed if first == b' ' => {
                    self.at += 1;
                    state = State::Closed;
                }
                State::Quote | State::Closed => {
                    return Err(Error::BehindQuote { line: self.line, opened });
                }
            }
        }
    }

    /// The file's size and hash, once it was read to its end.
    pub fn finish(self) -> io::Result<Fingerprint> {
        self.text.finish()
    }

    /// More letters; false at the end.
    fn fill(&mut self) -> Result<bool, Error> {
        self.buffer.clear();
        self.at = 0;
        loop {
            match self.text.read(&mut self.buffer)? {
                Piece::Malformed => {
                    let before = self.buffer.iter().filter(|byte| **byte == b'\n').count() as u64;
                    let encoding = self.text.encoding().name();
                    return Err(Error::Encoding { line: self.line + before, encoding });
                }
                Piece::End => return Ok(!self.buffer.is_empty()),
                Piece::More if self.buffer.is_empty() => {}
                Piece::More => return Ok(true),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Encoding;

    fn read(bytes: &[u8], format: &CsvFormat) -> Result<Vec<(u64, Vec<String>)>, String> {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tiermill-records-{}-{number}", std::process::id()));
        std::fs::write(&path, bytes).map_err(|error| error.to_string())?;
        let mut records = Records::open(&path, format).map_err(|error| error.to_string())?;
        std::fs::remove_file(&path).ok();
        let (mut all, mut record) = (Vec::new(), Record::default());
        while records.read(&mut record).map_err(|error| error.to_string())? {
            all.push((record.line(), record.cells().map(str::to_owned).collect()));
        }
        Ok(all)
    }

    fn lines(text: &[u8]) -> Vec<(u64, Vec<String>)> {
        read(text, &CsvFormat::default()).unwrap_or_else(|error| vec![(0, vec![error])])
    }

    fn record(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn quotes_wrap_delimiters_and_line_breaks() {
        let text = b"\xef\xbb\xbfa,b\r\n\r\n\"x,\r\n\"\"y\"\"\",2\r\n5\" pipe,\r\n";
        let expected =
            [record(1, &["a", "b"]), record(3, &["x,\r\n\"y\"", "2"]), record(5, &["5\" pipe", ""])];
        assert_eq!(lines(text), expected);
        assert_eq!(lines(b"a\rb,\"\"\rc"), [record(1, &["a"]), record(2, &["b", ""]), record(3, &["c"])]);
        assert_eq!(lines(b"\"\"\n,\n"), [record(1, &[""]), record(2, &["", ""])]);
    }

    #[test]
    fn a_quote_that_swallows_is_an_error() {
        let error = |text: &[u8]| read(text, &CsvFormat::default()).err().unwrap_or_default();
        assert_eq!(error(b"a,b\n1,\"2\n3,4\n"), "the quote that opens in line 2 is never closed");
        assert_eq!(
            error(b"a,b\n1,\"2\n3,\"4\"\n"),
            "line 3 has text behind the closing quote of a cell that begins in line 2"
        );
    }

    #[test]
    fn encodings_and_wide_delimiters() {
        let gbk = CsvFormat { delimiter: '；', encoding: Encoding::Gbk, ..CsvFormat::default() };
        // 客户；"上海；市"
        let text = b"\xbf\xcd\xbb\xa7\xa3\xbb\"\xc9\xcf\xba\xa3\xa3\xbb\xca\xd0\"\n";
        assert_eq!(read(text, &gbk), Ok(vec![record(1, &["客户", "上海；市"])]));
        assert_eq!(read(text, &CsvFormat::default()), Err("line 1 has bytes that are not utf-8".to_owned()));
        let late = [b"a\n".repeat(100_000), b"\xff\n".to_vec()].concat();
        assert_eq!(
            read(&late, &CsvFormat::default()),
            Err("line 100001 has bytes that are not utf-8".to_owned())
        );
    }
}
