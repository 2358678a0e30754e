//! Whatever stands in a rules file, reading it ends: no panic, no overflow of the stack, within two seconds, with
//! every place inside the text, and with a plan or an error. Seeds are all fixtures, the presets, the example, and
//! what was found earlier (`fixtures/fuzz/`); mutations follow from a number, so a finding can be had again.
//!
//! `TIERMILL_FUZZ_SECONDS=300` runs longer than the three seconds of a normal run, `TIERMILL_FUZZ_SEED=7` elsewhere.
//! An input that kills the process is left in the temporary folder as `tiermill-fuzz.yml`.

mod mutator;
mod words;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use tiermill::catalog::{self, Catalog};
use tiermill::diag::{Diagnostics, Source, Span, render};
use tiermill::plan::{Plan, Type};
use tiermill::resolve::{self, Catalogs};
use tiermill::spec;

use crate::rules;

use mutator::{Input, Mutator};

const SLOWEST: Duration = Duration::from_secs(2);

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| catalog::read(&rules::folder().join("data/orders.parquet")).expect("the orders"));

fn seeds() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seeds = Vec::new();
    let diagnostics = fs::read_dir(root.join("tests/it/fixtures/diagnostics")).expect("a folder a code");
    let mut folders: Vec<_> = diagnostics.map(|entry| entry.expect("an entry").path()).collect();
    folders.sort();
    let more = ["tests/it/fixtures/fuzz", "tests/it/fixtures", "rules", "rules/presets"];
    for folder in folders.into_iter().chain(more.map(|folder| root.join(folder))) {
        let entries = fs::read_dir(folder).expect("a folder of seeds");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
        paths.sort();
        seeds.extend(
            paths.iter().map(|path| String::from_utf8_lossy(&fs::read(path).expect("a seed")).into_owned()),
        );
    }
    seeds
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
    let mut mutator = Mutator::new(seed, seeds());
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
