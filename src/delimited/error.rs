//! Why a text cannot be read to its end.

use thiserror::Error;

/// Why a text cannot be read to its end; lines are those of the file, from 1.
#[derive(Debug, Error)]
pub enum Error {
    /// The disk, or a compressed file that is not complete.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Bytes that are no letters.
    #[error("line {line} has bytes that are not {encoding}")]
    Encoding {
        /// Where.
        line: u64,
        /// The name of the encoding.
        encoding: &'static str,
    },
    /// The end came inside of quotes.
    #[error("the quote that opens in line {line} is never closed")]
    Unclosed {
        /// Where it opens.
        line: u64,
    },
    /// A quoted cell that goes on after its quote: most often another quote was not closed.
    #[error("line {line} has text behind the closing quote of a cell that begins in line {opened}")]
    BehindQuote {
        /// Where.
        line: u64,
        /// Where the cell begins.
        opened: u64,
    },
    /// A record without an end.
    #[error("the record that begins in line {line} is longer than {} MB", limit / 1_000_000)]
    TooLong {
        /// Where it begins.
        line: u64,
        /// The most bytes.
        limit: usize,
    },
}
