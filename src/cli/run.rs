//! `tiermill run`: profile → fit → apply → publish, and the run result as the last line on stdout.

use std::path::Path;

use crate::engine;
use crate::engine::Cache;
use crate::engine::polars::kept::Way;
use crate::engine::polars::{Profile, clv, fit, kept, overrides, pseudonyms};
use crate::engine::pseudonym::{Key, SHORTEST_BYTES};
use crate::fit::{Calibration, ClvModel, Model};
use crate::plan::Plan;
use crate::publish::{self, Lock, Manifest, Published};
use crate::report::{Outcome, RunResult, overrides_line, segments_table};

use super::args::{Format, RunArgs};
use super::exit::Exit;
use super::load::{Data, Failure, Loaded, load};
use super::progress::Progress;
use super::{memory, settings, threads};

pub(super) fn run(args: &RunArgs) -> Exit {
    threads::read_less_ahead(memory::workers(args));
    if let Some(threads) = args.threads {
        threads::limit(threads);
    }
    let (exit, message, outcome) = match work(args) {
        Ok(outcome) => (Exit::Done, None, Some(outcome)),
        Err(failure) => (failure.exit, Some(failure.message), None),
    };
    if let (Some(message), false) = (&message, matches!(exit, Exit::Skipped(_))) {
        eprintln!("error: {message}");
    }
    let result = RunResult {
        code: exit.code(),
        class: exit.class(),
        retryable: exit.retryable(),
        hint: exit.hint().to_owned(),
        message,
        outcome,
    };
    let line = serde_json::to_string(&result).unwrap_or_default();
    println!("{line}");
    if let Some(path) = &args.result_file
        && let Err(error) = std::fs::write(path, format!("{line}\n"))
    {
        eprintln!("error: cannot write `{}`: {error}", path.display());
        return if exit == Exit::Done { Exit::Transient } else { exit };
    }
    exit
}

fn work(args: &RunArgs) -> Result<Outcome, Failure> {
    let mut progress = Progress::new(args.log_format);
    let mut plan = progress.phase(
        "plan",
        || load(&args.plan.rules, &settings::of_plan(&args.plan), Data::Required).and_then(Loaded::into_plan),
        |plan| format!("{} files, {} rows", plan.files().count(), plan.rows()),
    )?;
    let key = key(&plan)?;
    overrides::drop_suppressed(&mut plan)?;
    if let Some(key) = &key {
        key.hide_overrides(&mut plan);
    }
    let plan = plan;
    let workers = memory::workers(args);
    let memory = memory::of_profile(args, &plan.target)?;
    let frozen = args.model.as_deref().map(read_model).transpose()?;
    let lock = Lock::take(&plan.target)?;
    if let Some(code) = args.skip_code
        && is_published(&plan, frozen.as_ref(), key.as_ref())
    {
        let message = format!("`{}` is this very run", publish::folder(&plan).display());
        return Err(Failure { exit: Exit::Skipped(code), message });
    }
    let cache = args.cache.as_deref().map(Cache::at);
    let (profile, way) = progress.phase(
        "profile",
        || kept::run(&plan, workers, memory.as_ref(), cache.as_ref()),
        |(profile, way)| profile_note(profile, cache.as_ref().map(|_| way)),
    )?;
    let learned = match &frozen {
        Some(model) => model.clv.clone(),
        None if plan.clv.as_ref().is_some_and(|clv| clv.is_learned()) => {
            progress.phase("clv", || clv::learn(&plan, &profile), |model| clv_note(model.as_ref()))?
        }
        None => None,
    };
    let held_out = match frozen.is_none() && plan.clv.as_ref().is_some_and(|clv| clv.holdout_days().is_some())
    {
        true => progress.phase(
            "holdout",
            || clv::holdout::check(&plan, &profile, workers, memory.as_ref(), cache.as_ref()),
            |check| match check {
                Some(check) => calibration_note(&check.calibration),
                None => "no model of the time before, so nothing to check".to_owned(),
            },
        )?,
        false => None,
    };
    let profile = match &key {
        Some(key) => {
            progress.phase("pseudonyms", || pseudonyms::hide(&plan, key, profile), |_| String::new())?
        }
        None => profile,
    };
    let profile = match &learned {
        Some(learned) => {
            progress.phase("value", || clv::value(&plan, profile, Some(learned)), |_| String::new())?
        }
        None => clv::value(&plan, profile, None)?,
    };
    let is_frozen = frozen.is_some();
    let model = match frozen {
        Some(model) => model,
        None => progress.phase(
            "fit",
            || fit::run(&plan, &profile, learned),
            |model: &Model| format!("{} scores, {} bands", model.scores.len(), model.bands.len()),
        )?,
    };
    let more: Vec<_> = held_out.iter().map(|check| ("calibration.parquet", &check.table)).collect();
    let published: Published = progress.phase(
        "publish",
        || publish::publish(&plan, &profile, &model, is_frozen, key.as_ref(), &more, &lock),
        |published| published.folder.display().to_string(),
    )?;
    if args.plan.rules.format == Format::Text {
        print!("{}", segments_table(&published.folder)?);
        if let Some(counts) = &published.manifest.overrides {
            println!("\n{}", overrides_line(counts));
        }
        println!();
    }
    let folder = published.folder.display().to_string();
    let calibration = held_out.map(|check| check.calibration);
    let spilled = profile.counts.spilled_bytes;
    Ok(Outcome::new(&published.manifest, folder, way.name(), spilled, calibration, progress.seconds()))
}

fn profile_note(profile: &Profile, way: Option<&Way>) -> String {
    let mut note = format!("{} customers", profile.customers.height());
    if profile.counts.spilled_bytes > 0 {
        note += &format!(", {:.1} MB spilled", profile.counts.spilled_bytes as f64 / 1e6);
    }
    match way {
        None => note,
        Some(way) => format!("{note}, {way}"),
    }
}

fn calibration_note(calibration: &Calibration) -> String {
    let Calibration { predicted_orders, actual_orders, holdout_days, .. } = calibration;
    format!("{predicted_orders:.1} orders expected in {holdout_days} days, {actual_orders:.0} came")
}

/// What the fit says of itself, warnings included: nobody should have to open the model to see them.
fn clv_note(model: Option<&ClvModel>) -> String {
    let Some(model) = model else { return "nothing to learn".to_owned() };
    if let Some(why) = &model.fallback {
        return format!("`simple` instead: {why}");
    }
    let fits = || model.orders.iter().chain(&model.spend);
    let mut note: Vec<String> =
        fits().map(|fit| format!("{} ln L {:.3}", fit.model, fit.log_likelihood)).collect();
    note.extend(
        fits()
            .flat_map(|fit| &fit.warnings)
            .map(|warning| format!("warning: {}; {}", warning.message, warning.advice)),
    );
    note.join("; ")
}

fn read_model(path: &Path) -> Result<Model, Failure> {
    let wrong = |why: String| Failure { exit: Exit::Rules, message: format!("`{}`: {why}", path.display()) };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(format!("not a model: {error}")))
}

/// The key of the pseudonyms, if the rules ask for them. What is said of it never holds it.
fn key(plan: &Plan) -> Result<Option<Key>, Failure> {
    let Some(name) = &plan.privacy.key_env else { return Ok(None) };
    let wrong = |what: String| Failure {
        exit: Exit::Rules,
        message: format!("the environment variable `{name}` {what}"),
    };
    let value = std::env::var_os(name)
        .ok_or_else(|| wrong("is not set; it holds the key of `privacy.pseudonymize`".to_owned()))?;
    let key = Key::new(value.as_encoded_bytes());
    let short = || wrong(format!("holds {} bytes; a key has {SHORTEST_BYTES} or more", value.len()));
    key.ok_or_else(short).map(Some)
}

/// Whether the target holds the result of this plan on these inputs already.
fn is_published(plan: &Plan, frozen: Option<&Model>, key: Option<&Key>) -> bool {
    let folder = publish::folder(plan);
    let Ok(text) = std::fs::read_to_string(folder.join("manifest.json")) else { return false };
    let Ok(manifest) = serde_json::from_str::<Manifest>(&text) else { return false };
    let inputs = plan.files().map(|(_, file)| (file.path.display().to_string(), &file.footer_sha256));
    let same_inputs = inputs.eq(manifest.inputs.iter().map(|file| (file.path.clone(), &file.footer_sha256)));
    let same_model = match frozen {
        // A model that was fitted here is the same model from a file.
        Some(model) => *model == manifest.model,
        None => !manifest.frozen,
    };
    folder.join("_SUCCESS").is_file()
        && manifest.version == env!("CARGO_PKG_VERSION")
        && manifest.rules_sha256 == plan.rules_sha256
        && manifest.plan_sha256 == plan.digest()
        && same_inputs
        && manifest.reads_the_list_of(plan)
        && manifest.pseudonym_key_check == key.map(Key::check)
        && same_model
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        let exit = match &error {
            engine::Error::Overflow { .. } | engine::Error::Model(_) => Exit::Rules,
            engine::Error::Clv(_) => Exit::Refused,
            engine::Error::Io { .. } => Exit::Transient,
            engine::Error::Unreadable(_) => Exit::Input,
            engine::Error::Engine(_) => Exit::Bug,
        };
        Self { exit, message: error.to_string() }
    }
}

impl From<publish::Error> for Failure {
    fn from(error: publish::Error) -> Self {
        let exit = match error {
            publish::Error::Engine(error) => return error.into(),
            publish::Error::Io { .. } => Exit::Transient,
            publish::Error::Locked(_) => Exit::Locked,
            publish::Error::Broken(_) => Exit::Bug,
        };
        Self { exit, message: error.to_string() }
    }
}
