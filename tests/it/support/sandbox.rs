//! A folder of its own for one job: rules and orders go in, the program or the library is run on them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use arrow::record_batch::RecordBatch;
use tempfile::TempDir;
use tiermill::diag::render;
use tiermill::engine::Profile;
use tiermill::fit::Model;
use tiermill::pipeline::{self, Data, Learned, Prepared, Resources, Silent};
use tiermill::plan::Plan;
use tiermill::publish::{Area, Error, Lock, Published, Terms};
use tiermill::resolve::Settings;

use super::table;

/// A folder that is gone when it is dropped.
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; of a signal none.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// The last line of stdout as JSON.
    pub(crate) fn result(&self) -> serde_json::Value {
        let line = self.stdout.lines().last().unwrap_or_else(|| panic!("a line on stdout: {self:?}"));
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The run's outcome, if all went well.
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }
}

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a text file.
    pub(crate) fn text(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes a Parquet file.
    pub(crate) fn orders(&self, name: &str, orders: &RecordBatch) -> PathBuf {
        let path = self.path(name);
        table::write(&path, orders);
        path
    }

    /// The program with these arguments, in this folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tiermill"));
        command.args(args).current_dir(self.folder.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program in this folder.
    pub(crate) fn tiermill(&self, args: &[&str]) -> Ran {
        Ran::new(&self.command(args).output().unwrap())
    }

    /// The plan of a rules file of this folder, that publishes to `out`.
    pub(crate) fn plan(&self, rules: &str, as_of: &str) -> Result<Plan, String> {
        let base = self.folder.path().to_path_buf();
        let settings =
            Settings { as_of: as_of.parse().unwrap(), base, out: Some(self.path("out")), lint: false };
        let compiled = pipeline::compile(&self.path(rules), &[], &settings, Data::Required);
        let mut compiled = compiled.map_err(|failure| failure.message)?;
        let plan = compiled.plan.take();
        plan.ok_or_else(|| render::text(&compiled.diagnostics, &compiled.source, false))
    }

    /// All of a run in this process.
    pub(crate) fn publish(&self, rules: &str, as_of: &str) -> Result<Published, String> {
        publish(self.plan(rules, as_of)?, &Resources::threads(2)).map(|(published, _)| published)
    }
}

/// The steps up to what is learned, in this process.
pub(crate) fn learn(plan: &Plan) -> Result<(Profile, Model), String> {
    let (_, learned) = steps(plan.clone(), &Resources::threads(2))?;
    Ok((learned.profile, learned.model))
}

/// All steps in this process: what is published, and how many bytes were spilled.
pub(crate) fn publish(plan: Plan, resources: &Resources) -> Result<(Published, u64), String> {
    let (job, learned) = steps(plan, resources)?;
    let lock = lock(&job.plan().target, &job.plan().as_of.to_string()).map_err(|error| error.to_string())?;
    let published = job.publish(&learned, &lock).map_err(|error| error.to_string())?;
    Ok((published, learned.profile.counts.spilled_bytes))
}

/// The lock of a day.
pub(crate) fn lock(target: &Path, day: &str) -> Result<Lock, Error> {
    let terms = Terms::default();
    Lock::take(Area::of(target, &terms)?, day.parse().unwrap(), &terms)
}

fn steps(plan: Plan, resources: &Resources) -> Result<(Prepared, Learned), String> {
    let job = pipeline::prepare(plan).map_err(|failure| failure.message)?;
    let job = job.import(resources).map_err(|error| error.to_string())?;
    let (profile, _) = job.profile(resources).map_err(|error| error.to_string())?;
    let learned = job.learn(profile, None, resources, &mut Silent).map_err(|error| error.to_string())?;
    Ok((job, learned))
}
