//! Whatever stands in a rules file, reading it ends: no panic, no overflow of the stack, within two seconds, with
//! every place inside the text, and with a plan or an error. Seeds are all fixtures, the presets, the example, and
//! what was found earlier (`fixtures/fuzz/`); mutations follow from a number, so a finding can be had again.
//!
//! `TIERMILL_FUZZ_SECONDS=300` runs longer than the three seconds of a normal run, `TIERMILL_FUZZ_SEED=7` elsewhere.
//! An input that kills the process is left in the temporary folder as `tiermill-fuzz.yml`.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tiermill::catalog::{self, Catalog};
use tiermill::diag::{Diagnostics, Source, Span, render};
use tiermill::plan::{Plan, Type};
use tiermill::resolve::{self, Catalogs};
use tiermill::spec::{self, Override};

use crate::rules;

const SLOWEST: Duration = Duration::from_secs(2);
const MAX_BYTES: usize = 200_000;

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| catalog::read(&rules::folder().join("data/orders.parquet")).expect("the orders"));

/// Words of YAML, of the format, of SQL, and numbers and signs that break things.
const WORDS: &[&str] = &[
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    ",",
    "#",
    " #",
    "&a ",
    "*a",
    "!!int ",
    "!x ",
    "|\n",
    ">\n",
    ">-\n",
    "|+2\n",
    "'",
    "\"",
    "''",
    "\\",
    "\\u00e9",
    "\\x41",
    "%",
    "@",
    "`",
    "---\n",
    "...\n",
    "? ",
    "<<: *a",
    "null",
    "~",
    "true",
    "yes",
    "tiermill: 1\n",
    "metrics:",
    "scores:",
    "bands:",
    "segments:",
    "rules:",
    "when: ",
    "default: ",
    "preset: rfm-11",
    "preset: cn-8",
    "scores: [r, f, m]",
    "of: ",
    "quantiles: ",
    "breaks: ",
    "mean: true",
    "weighted: ",
    "cumulative: ",
    "window: ",
    "where: ",
    "per: ",
    "expr: ",
    "clv:",
    "margin: ",
    "horizon: ",
    "output:",
    "columns: ",
    "path: ",
    "id: ",
    "label: ",
    "best: low",
    "ties: split",
    "grain: line",
    "scale: ",
    "timezone: ",
    "customer",
    "order",
    "time",
    "amount",
    "revenue",
    "order_count",
    "recency_days",
    "as_of",
    "tier",
    "stage",
    "rfm",
    "abc",
    "clv",
    "tier_rule",
    "price",
    "units",
    "is_gift",
    "paid_on",
    "ordered_at",
    "category",
    "tags",
    "slot",
    "blob",
    "(",
    ")",
    "*",
    "+",
    "-",
    "/",
    "%",
    "=",
    "<",
    ">",
    "<=",
    ">=",
    "<>",
    "!=",
    "==",
    "=>",
    "||",
    "&&",
    "::",
    ".",
    ";",
    "?",
    "$1",
    ":x",
    " and ",
    " or ",
    " not ",
    " in ",
    " in (",
    " between ",
    " like ",
    " is null",
    " is not null",
    " case ",
    " when ",
    " then ",
    " else ",
    " end",
    "distinct ",
    "date '",
    "date '2026-01-01'",
    "interval '1 day'",
    "sum(",
    "avg(",
    "count(*)",
    "count(distinct ",
    "min(",
    "max(",
    "first(",
    "last(",
    "top(",
    "last_gap(time)",
    "monthly_cv(",
    "days_since(",
    "day(",
    "year(",
    "month(",
    "round(",
    "abs(",
    "coalesce(",
    "least(",
    "greatest(",
    "select ",
    "over (",
    "cast(",
    "0",
    "1",
    "-1",
    "0.1",
    "1e9",
    "1e-9",
    "1e400",
    "-0",
    "0x10",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "18446744073709551616",
    "123456789012345678901234",
    "999999999999999999999999",
    "0.000000000001",
    "999999999999.999999999999",
    "36500d",
    "4294967295d",
    "0d",
    "1d",
    ".inf",
    ".nan",
    "65535",
    "65536",
    "2147483648",
    "1_000",
    "é",
    "客户",
    "价值",
    "　",
    "＞",
    "‘",
    "🙂",
    "\u{feff}",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\r",
    "\r\n",
    "a\u{301}",
];

/// What is nested to find out how deep it may be.
const NESTS: &[(&str, &str)] = &[
    ("[", "]"),
    ("{a: ", "}"),
    ("- ", ""),
    ("(", ")"),
    ("not ", ""),
    ("-", ""),
    ("- ", ""),
    ("abs(", ")"),
    ("case when ", " then 1 end"),
    ("1 + ", ""),
    ("x or ", ""),
    ("x in (1, ", ")"),
    ("\n  ", ""),
    ("? ", ""),
    ("&a ", ""),
    ("'", "'"),
    ("x between ", " and 1"),
    ("coalesce(1, ", ")"),
];

const EXPRESSIONS: &[&str] = &[
    "sum(amount) / count(*)",
    "case when order_count > 1 then 'a' when revenue between 1 and 2.5 then null else 'b' end",
    "recency_days <= 30 and not (revenue > 100.5 or tier = 'a') and abc in ('A', 'B')",
    "top(category, sum(amount * 1.1))",
    "days_since(max(time)) - year(as_of) * 12 + month(date '2026-01-01')",
    "coalesce(round(avg(price), 2), least(1, 2.5), -greatest(abs(-3), 4))",
    "monthly_cv(count(*)) + last_gap(time) + count(distinct day(ordered_at))",
    "status = 'completed' and channel like 'on%' and amount is not null",
    "paid_on - 30 > '2026-01-01' and is_gift",
    "price * units * amount * 0.000001",
];

fn seeds() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Vec::new();
    for folder in [
        "tests/it/fixtures/diagnostics",
        "tests/it/fixtures/fuzz",
        "tests/it/fixtures",
        "rules",
        "rules/presets",
    ] {
        let entries = fs::read_dir(root.join(folder)).expect("a folder of seeds");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
        paths.sort();
        seeds.extend(
            paths.iter().map(|path| String::from_utf8_lossy(&fs::read(path).expect("a seed")).into_owned()),
        );
    }
    seeds
}

/// One input: a rules file, and what is set over it.
struct Input {
    text: String,
    overrides: Vec<Override>,
}

struct Mutator {
    rng: ChaCha8Rng,
    seeds: Vec<String>,
}

impl Mutator {
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

    fn next(&mut self) -> Input {
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

/// Every table that the rules name is the one of the tests; a list of opt-outs is not there.
fn catalogs(rules: &spec::Rules) -> Catalogs {
    let all = |inputs: usize| vec![Some(CATALOG.clone()); inputs];
    let (orders, events) = (all(rules.inputs.orders.len()), all(rules.inputs.events.len()));
    Catalogs { orders, events, customers: Some(CATALOG.clone()), suppress: None, overrides: None }
}

/// What must hold of a plan without an error: nothing of the rules file got lost on the way.
fn assert_whole(rules: &spec::Rules, plan: &Plan) {
    assert_eq!(rules.metrics.len(), plan.metrics.len(), "a metric got lost");
    assert_eq!(rules.metrics.len(), plan.metric_order.len(), "a metric is not computed");
    assert_eq!(rules.scores.len(), plan.scores.len(), "a score got lost");
    assert_eq!(rules.bands.len(), plan.bands.len(), "a band got lost");
    assert_eq!(rules.segmentations.len(), plan.segmentations.len(), "a segmentation got lost");
    for (written, meant) in rules.segmentations.iter().zip(&plan.segmentations) {
        assert!(written.preset.is_some() || written.rules.len() == meant.rules.len(), "a rule got lost");
    }
    assert_eq!(rules.clv.is_some(), plan.clv.is_some(), "clv got lost");
    let types = plan.metrics.iter().map(|metric| metric.ty).chain(plan.output.iter().map(|column| column.ty));
    assert!(types.into_iter().all(|ty| ty != Type::Unknown), "a type is unknown");
    assert_eq!(plan.digest().len(), 64);
}

fn run(input: &Input, with_data: bool) {
    let mut source = Source::new("rules.yml", input.text.as_str());
    let mut out = Diagnostics::new();
    let rules = spec::read(&mut source, &input.overrides, &mut out);
    assert!(rules.is_some() || out.has_errors(), "nothing is read, and nothing is wrong");
    if let Some(rules) = &rules {
        let catalogs = if with_data { catalogs(rules) } else { Catalogs::default() };
        let plan = resolve::resolve(rules, &catalogs, &rules::settings(), &source, &mut out);
        let complete = with_data && catalogs.are_complete(rules);
        assert_eq!(plan.is_some(), complete && !out.has_errors(), "a plan and an error, or neither");
        if let Some(plan) = &plan {
            assert_whole(rules, plan);
        }
    }
    let inside = |span: Span| {
        span.start <= span.end
            && source.text.is_char_boundary(span.start)
            && source.text.is_char_boundary(span.end)
    };
    for diagnostic in out.sorted() {
        let spans = diagnostic.span.into_iter().chain(diagnostic.related.iter().map(|related| related.0));
        for span in spans {
            assert!(inside(span), "{span:?} is not inside the text: {diagnostic:?}");
        }
        assert!(!diagnostic.message.trim().is_empty());
    }
    let text = render::text(&out, &source, false);
    assert_eq!(text.is_empty(), out.is_empty());
    assert_eq!(render::json(&out, &source).as_array().map(Vec::len), Some(out.len().min(Diagnostics::MOST)));
}

fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs one input; a panic or a slow one comes back in words.
fn survive(input: &Input, with_data: bool) -> Result<(), String> {
    let mut took = Duration::ZERO;
    // Slow once may be another process's doing.
    for _ in 0..3 {
        let start = Instant::now();
        catch_unwind(AssertUnwindSafe(|| run(input, with_data))).map_err(|_| "it panics".to_owned())?;
        took = start.elapsed();
        if took < SLOWEST {
            return Ok(());
        }
    }
    Err(format!("it takes {took:?}"))
}

#[test]
fn reading_a_rules_file_always_ends() {
    let long = number_of("TIERMILL_FUZZ_SECONDS");
    let end = Instant::now() + Duration::from_secs(long.unwrap_or(3));
    let seed = number_of("TIERMILL_FUZZ_SEED").unwrap_or(1);
    let mut mutator = Mutator { rng: ChaCha8Rng::seed_from_u64(seed), seeds: seeds() };
    let mut inputs: u64 = 0;
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let (input, with_data) = (mutator.next(), inputs.is_multiple_of(2));
        let kept = std::env::temp_dir().join("tiermill-fuzz.yml");
        let keep = || {
            let sets = input.overrides.iter().map(|set| format!("# --set {}={}\n", set.path, set.value));
            fs::write(&kept, input.text.clone() + &sets.collect::<String>())
                .expect("a writable temporary folder");
        };
        if long.is_some() {
            keep();
        }
        let start = Instant::now();
        if let Err(what) = survive(&input, with_data) {
            keep();
            panic!("input {inputs} of seed {seed}: {what}; it is in {}", kept.display());
        }
        slowest = slowest.max(start.elapsed());
        inputs += 1;
    }
    println!("{inputs} inputs of seed {seed}, the slowest took {slowest:?}");
}

/// All seeds as they are, what was found earlier among them.
#[test]
fn every_seed_is_survived() {
    for text in seeds() {
        for with_data in [false, true] {
            let input = Input { text: text.clone(), overrides: Vec::new() };
            survive(&input, with_data).unwrap_or_else(|what| panic!("{what}:\n{text}"));
        }
    }
}
