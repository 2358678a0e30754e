//! All of a run, from the rules file to what is published.

use std::path::PathBuf;

use crate::engine::Profile;
use crate::engine::polars::profile_cache::ProfileOrigin;
use crate::plan::{Plan, Table};
use crate::publish::{self, Area, Lock, Manifest, Terms};
use crate::report::Outcome;
use crate::resolve::Settings;
use crate::spec::Override;

use super::observer::Phases;
use super::unchanged::PlannedFiles;
use super::witness::Reading;
use super::{Asked, Data, Exit, Failure, Observer, compile, prepare, read_model};
use super::{gates, quality};

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The rules file.
    pub rules: PathBuf,
    /// Values of it that are replaced.
    pub overrides: Vec<Override>,
    /// The date, and where paths start from.
    pub settings: Settings,
    /// A model to apply instead of fitting one.
    pub model: Option<PathBuf>,
    /// What it may take.
    pub asked: Asked,
    /// Beside what it publishes, and how long it waits.
    pub terms: Terms,
    /// The code to end with if this very run is published already.
    pub skip_code: Option<u8>,
}

/// A run that ended well.
#[derive(Clone, Debug)]
pub struct Published {
    /// The folder of this as-of.
    pub folder: PathBuf,
    /// What the manifest says.
    pub manifest: Manifest,
    /// The run result.
    pub outcome: Outcome,
}

/// Runs a rules file: all or nothing is published.
pub fn run(request: &Request, observer: &mut dyn Observer) -> Result<Published, Failure> {
    let Request { rules, overrides, settings, model, asked, terms, skip_code } = request;
    let mut phases = Phases::new(observer);
    let mut found = None;
    let compiled = phases.phase(
        "plan",
        || {
            let compiled = compile(rules, overrides, settings, Data::Required)?;
            found = Some((compiled.diagnostics.clone(), compiled.source.clone()));
            compiled.into_plan()
        },
        |plan| format!("{} files, {} rows", plan.files().count(), plan.rows()),
    );
    if let Some((diagnostics, source)) = &found {
        phases.observer.diagnostics(diagnostics, source);
    }
    let mut job = prepare(compiled?)?;
    let area = Area::of(&job.plan().target, terms)?;
    let resources = asked.resources(area.folder())?;
    let frozen = model.as_deref().map(read_model).transpose()?;
    let lock = Lock::take(area, job.plan().as_of, terms)?;
    if let Some(code) = skip_code
        && publish::is_published(job.plan(), frozen.as_ref(), job.key())
    {
        let message = format!("`{}` is this very run", publish::folder(job.plan()).display());
        return Err(Failure { exit: Exit::Skipped(*code), message });
    }
    let files = PlannedFiles::of(job.plan());
    let reading = Reading::of(&files);
    if job.needs_import() {
        job = phases
            .phase("import", || job.import(&resources), |job| import_note(job.plan()))
            .map_err(|failure| files.or_changed(failure.into()))?;
    }
    let profiled = phases.phase(
        "profile",
        || job.profile(&resources),
        |(profile, origin)| profile_note(profile, resources.cache.as_ref().map(|_| origin)),
    );
    let (profile, origin) = profiled.map_err(|failure| files.or_changed(failure.into()))?;
    let warnings = quality::check(job.plan(), &profile).map_err(|failure| files.or_changed(failure))?;
    warnings.iter().for_each(|warning| phases.observer.warning(warning));
    let passed = gates::check(job.plan(), &profile)?;
    passed.notes.iter().for_each(|note| phases.observer.rows(note));
    passed.warnings.iter().for_each(|warning| phases.observer.warning(warning));
    let learned = job.learn_in(profile, frozen, &resources, &mut phases);
    let learned = learned.map_err(|failure| files.or_changed(failure.into()))?;
    // Nothing is read from here on.
    files.check()?;
    drop(reading);
    let published = phases.phase(
        "publish",
        || job.publish(&learned, &lock),
        |published| published.folder.display().to_string(),
    )?;
    let publish::Published { folder, manifest } = published;
    let calibration = learned.held_out.map(|check| check.calibration);
    let spilled = learned.profile.counts.spilled_bytes;
    let output = folder.display().to_string();
    let seconds = phases.into_seconds();
    let outcome = Outcome::new(&manifest, output, origin.name(), spilled, calibration, seconds);
    Ok(Published { folder, manifest, outcome })
}

fn import_note(plan: &Plan) -> String {
    let tables = || plan.tables().map(|(_, table)| table).filter(|table| table.import.is_some());
    let files: usize = tables().map(|table| table.files.len()).sum();
    let rows: u64 = tables().map(Table::rows).sum();
    format!("{files} files, {rows} rows")
}

fn profile_note(profile: &Profile, origin: Option<&ProfileOrigin>) -> String {
    let mut note = format!("{} customers", profile.customers.height());
    if profile.counts.spilled_bytes > 0 {
        note += &format!(", {:.1} MB spilled", profile.counts.spilled_bytes as f64 / 1e6);
    }
    match origin {
        None => note,
        Some(origin) => format!("{note}, {origin}"),
    }
}
