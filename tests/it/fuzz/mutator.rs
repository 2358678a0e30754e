//! Seeds with bytes, words, lines and parts of other seeds put in, taken out and swapped.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tiermill::spec::Override;

use super::words::{EXPRESSIONS, NESTS, WORDS};

const MAX_BYTES: usize = 200_000;

/// One input: a rules file, and what is set over it.
pub(super) struct Input {
    pub(super) text: String,
    pub(super) overrides: Vec<Override>,
}

/// Makes inputs of seeds; which ones follows from the number it begins with.
pub(super) struct Mutator {
    rng: ChaCha8Rng,
    seeds: Vec<String>,
}

impl Mutator {
    pub(super) fn new(number: u64, seeds: Vec<String>) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(number), seeds }
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { self.rng.random_range(0..end) }
    }

    fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    fn range(&mut self, len: usize, most: usize) -> std::ops::Range<usize> {
        let start = self.below(len + 1);
        let length = self.below(most.min(len - start) + 1);
        start..start + length
    }

    pub(super) fn next(&mut self) -> Input {
        let text = if self.below(3) == 0 { self.with_expressions() } else { self.file() };
        let mut overrides = Vec::new();
        while self.below(12) == 0 {
            let paths = [
                "name",
                "scores.r.quantiles",
                "metrics.x",
                "segments.tier.rules",
                "inputs.orders.scale",
                "a.b.c",
                "",
                ".",
                "clv",
            ];
            let path = self.pick(&paths).to_owned();
            let value = if self.below(2) == 0 { self.pick(WORDS).to_owned() } else { self.expression() };
            overrides.push(Override { path, value });
        }
        Input { text, overrides }
    }

    fn file(&mut self) -> String {
        let seed = self.below(self.seeds.len());
        let seed = self.seeds[seed].clone();
        let times = 1 + self.below(6);
        self.mutate(seed, times)
    }

    fn expression(&mut self) -> String {
        let seed = self.pick(EXPRESSIONS).to_owned();
        let times = self.below(5);
        self.mutate(seed, times)
    }

    /// A sound file with a few expressions that may not be.
    fn with_expressions(&mut self) -> String {
        let mut quoted = || format!("'{}'", self.expression().replace('\'', "''"));
        let (row, first, second, where_, rule) = (quoted(), quoted(), quoted(), quoted(), quoted());
        let row = if self.below(3) == 0 { row } else { "amount > 0".to_owned() };
        let where_ = if self.below(2) == 0 { where_ } else { "units > 1".to_owned() };
        format!(
            "tiermill: 1\nname: shop\ninputs:\n  orders:\n    path: data/orders.parquet\n    \
             columns: {{customer: customer_id, order: order_id, time: ordered_at, amount: amount}}\n    where: {row}\n\
             metrics:\n  recency_days: days_since(max(time))\n  order_count: count(*)\n  revenue: sum(amount)\n  \
             x: {first}\n  y: {{expr: {second}, window: 90d, where: {where_}, per: revenue}}\n\
             scores:\n  r: {{of: x, quantiles: 5}}\n  f: {{of: y, breaks: [1, 2.5]}}\n  m: {{of: revenue, mean: true}}\n  \
             v: {{weighted: {{r: 0.5, f: 1.5}}}}\nbands:\n  abc: {{of: x, cumulative: {{A: 0.8, B: 1}}}}\n\
             segments:\n  tier:\n    rules:\n      - {{id: a, when: {rule}}}\n    default: b\n"
        )
    }

    fn mutate(&mut self, text: String, times: usize) -> String {
        let mut bytes = text.into_bytes();
        for _ in 0..times {
            self.mutate_once(&mut bytes);
            bytes.truncate(MAX_BYTES);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn mutate_once(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len() + 1);
        match self.below(16) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 => bytes.insert(at, self.rng.random()),
            2 => {
                let range = self.range(bytes.len(), 40);
                bytes.drain(range);
            }
            3 => {
                let range = self.range(bytes.len(), 400);
                let copy = bytes[range].to_vec();
                bytes.splice(at..at, copy);
            }
            4 => {
                let other = self.below(self.seeds.len());
                let other = self.seeds[other].clone().into_bytes();
                let from = self.range(other.len(), 300);
                let to = self.range(bytes.len(), 60);
                bytes.splice(to, other[from].to_vec());
            }
            5 if self.below(8) == 0 => bytes.truncate(at),
            6 => {
                let (open, close) = NESTS[self.below(NESTS.len())];
                let times = [3, 30, 110, 300, 3_000, 30_000][self.below(6)];
                let close = if self.below(3) == 0 { "" } else { close };
                let middle = self.pick(WORDS);
                bytes.splice(
                    at..at,
                    format!("{}{middle}{}", open.repeat(times), close.repeat(times)).into_bytes(),
                );
            }
            7 => {
                // A number, or the end of one, becomes another.
                let digit = bytes[at..].iter().position(u8::is_ascii_digit).map_or(at, |digit| at + digit);
                let word = self.pick(WORDS);
                bytes.splice(digit..(digit + 1).min(bytes.len()), word.bytes());
            }
            8 | 9 => {
                let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
                let (one, other) = (self.below(lines.len()), self.below(lines.len()));
                match self.below(4) {
                    0 => lines.swap(one, other),
                    1 => drop(lines.remove(one)),
                    2 => lines.insert(other, lines[one].clone()),
                    _ => {
                        let spaces = b"      "[..self.below(6)].to_vec();
                        lines[one].splice(0..0, spaces);
                    }
                }
                *bytes = lines.join(&b'\n');
            }
            10 | 11 => {
                // A word becomes another.
                let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
                let start = at + bytes[at..].iter().position(is_word).unwrap_or(0);
                let end = start + bytes[start..].iter().position(|b| !is_word(b)).unwrap_or(0);
                bytes.splice(start..end, self.pick(WORDS).bytes());
            }
            _ => {
                let word = self.pick(WORDS);
                bytes.splice(at..at, word.bytes());
            }
        }
    }
}
