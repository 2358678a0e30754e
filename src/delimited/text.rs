//! Bytes → letters: unpacked where they are gzip, decoded, and hashed as they stand in the file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, GB18030, GBK, UTF_8, WINDOWS_1252};
use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::plan::{Encoding, hex};

/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 1 << 16;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file as letters, piece by piece.
pub struct Text {
    bytes: Source,
    encoding: Encoding,
    decoder: Decoder,
    chunk: Vec<u8>,
    /// The part of the chunk that is not decoded yet.
    waiting: std::ops::Range<usize>,
    last: bool,
    ended: bool,
}

/// The file as it stands on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of all of it, in hex.
    pub sha256: String,
}

/// What came of a piece.
pub(super) enum Piece {
    /// There is more.
    More,
    /// That was all.
    End,
    /// Behind what was appended are bytes that are no letters.
    Malformed,
}

enum Source {
    Plain(BufReader<Hashing>),
    Gzip(Box<MultiGzDecoder<BufReader<Hashing>>>),
}

/// Hashes what passes.
struct Hashing {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(source) => source.read(buffer),
            Self::Gzip(source) => source.read(buffer),
        }
    }
}

impl Source {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let mut source =
            BufReader::with_capacity(CHUNK_BYTES, Hashing { file, hash: Sha256::new(), bytes: 0 });
        Ok(match source.fill_buf()?.starts_with(&GZIP) {
            true => Self::Gzip(Box::new(MultiGzDecoder::new(source))),
            false => Self::Plain(source),
        })
    }
}

/// The first bytes of a file, unpacked.
pub fn head(path: &Path, bytes: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    Source::open(path)?.take(bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

impl Text {
    /// Opens a file; one that begins like gzip is unpacked, whatever its name.
    pub fn open(path: &Path, encoding: Encoding) -> io::Result<Self> {
        let bytes = Source::open(path)?;
        let known = match encoding {
            Encoding::Utf8 => UTF_8,
            Encoding::Gbk => GBK,
            Encoding::Gb18030 => GB18030,
            Encoding::Windows1252 => WINDOWS_1252,
        };
        Ok(Self {
            bytes,
            encoding,
            // Only its own mark: letters of another encoding are a mistake of the rules, which should be heard of.
            decoder: known.new_decoder_with_bom_removal(),
            chunk: vec![0; CHUNK_BYTES],
            waiting: 0..0,
            last: false,
            ended: false,
        })
    }

    /// How it is decoded.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Appends the next letters.
    pub(super) fn read(&mut self, into: &mut Vec<u8>) -> io::Result<Piece> {
        if self.ended {
            return Ok(Piece::End);
        }
        if self.waiting.is_empty() && !self.last {
            let read = self.bytes.read(&mut self.chunk)?;
            self.waiting = 0..read;
            self.last = read == 0;
        }
        let most = self.decoder.max_utf8_buffer_length_without_replacement(self.waiting.len());
        let start = into.len();
        into.resize(start + most.unwrap_or(CHUNK_BYTES * 3), 0);
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
            &self.chunk[self.waiting.clone()],
            &mut into[start..],
            self.last,
        );
        into.truncate(start + written);
        self.waiting.start += read;
        match result {
            DecoderResult::Malformed(..) => Ok(Piece::Malformed),
            DecoderResult::InputEmpty if self.last => {
                self.ended = true;
                Ok(Piece::End)
            }
            _ => Ok(Piece::More),
        }
    }

    /// The file's size and hash, once it was read to its end.
    pub fn finish(self) -> io::Result<Fingerprint> {
        let mut source = match self.bytes {
            Source::Plain(source) => source,
            Source::Gzip(source) => source.into_inner(),
        };
        io::copy(&mut source, &mut io::sink())?;
        let Hashing { hash, bytes, .. } = source.into_inner();
        Ok(Fingerprint { bytes, sha256: hex(&hash.finalize()) })
    }
}
