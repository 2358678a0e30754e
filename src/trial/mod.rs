//! Rule tests: a few rows of each input in, expected columns out. The rows become Parquet files with the columns of the
//! input's own files, and then go the way of a run (resolve, profile, fit or a frozen model, apply); nothing is published.
//!
//! What a test cannot say: what a run does around the rows (quality limits, guards, published files, comparison with an
//! earlier run), and where several inputs of orders are united, what is special to one but the first, unless a row says
//! `input: 2`. Scores that are fitted are fitted to the rows of the test; a `model` applies what was learned elsewhere.

mod compare;
mod layout;
mod left_out;
mod lifetime;
mod parquet;
mod value;

use std::path::{Path, PathBuf};

use crate::catalog::{self, OverridesFile};
use crate::diag::{Code, Diagnostic, Diagnostics, Source, Spanned, suggest};
use crate::engine::polars::Frame;
use crate::fit::Model;
use crate::pipeline::{self, Exit, Failure as PipelineFailure, Resources, Silent};
use crate::plan::{Physical, Plan};
use crate::resolve::{self, Catalogs, Missing, Settings};
use crate::spec::{self, Cell, Test, TestRow};

use layout::Layout;

/// How one test ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its name.
    pub name: Spanned<String>,
    /// What was not as expected; empty if all was.
    pub failures: Vec<Failure>,
    /// Where something was not: rows that do not count.
    pub notes: Vec<Failure>,
}

/// One thing that was not as expected.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where it was expected.
    pub at: crate::diag::Span,
    /// What is wrong, in one line.
    pub message: String,
    /// The customer and column, what was expected and what there was, if it is about a value.
    pub value: Option<Difference>,
}

/// A value that is another one.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Whose.
    pub customer: String,
    /// Which column.
    pub column: String,
    /// As the test says; null is none.
    pub expected: Option<String>,
    /// As it is; null is none.
    pub got: Option<String>,
}

/// The rules that tests are run against.
pub struct Subject<'a> {
    /// As written.
    pub rules: &'a spec::Rules,
    /// Their text.
    pub source: &'a Source,
    /// The folder that relative paths start from.
    pub base: &'a Path,
}

/// A folder for a test's files, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn create() -> std::io::Result<Self> {
        let mut number = 0;
        loop {
            let path = std::env::temp_dir().join(format!("tiermill-test-{}-{number}", std::process::id()));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && number < 10_000 => {
                    number += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Runs tests one after the other. What is wrong with a test itself, rather than with the rules, is reported.
pub fn run(subject: &Subject<'_>, tests: &[Test], out: &mut Diagnostics) -> Vec<Outcome> {
    let mut ignored = Diagnostics::new();
    let settings = Settings {
        as_of: chrono::NaiveDate::default(),
        base: subject.base.to_path_buf(),
        out: None,
        lint: false,
    };
    let files = Catalogs::read(subject.rules, &settings, Missing::Fine, &mut ignored);
    let tables = Tables::of(subject.rules, &files, tests);
    let run = |test: &Test| {
        let failures = tables.run(subject, test, &settings, out)?;
        let notes = match (failures.is_empty(), &test.as_of) {
            (false, Some(as_of)) => {
                let settings = Settings { as_of: as_of.value, ..settings.clone() };
                left_out::notes(&tables, subject, test, &settings, &failures)
            }
            _ => Vec::new(),
        };
        Some(Outcome { name: test.name.clone(), failures, notes })
    };
    tests.iter().filter_map(run).collect()
}

/// The tables of all inputs, the same for all tests of a file.
struct Tables<'a> {
    rules: &'a spec::Rules,
    orders: Vec<Layout>,
    events: Vec<(&'a str, Layout)>,
    customers: Option<Layout>,
    zone: chrono_tz::Tz,
}

const ORDERS: &str = "orders";
const CUSTOMERS: &str = "customers";
/// Which of several inputs of orders a row is of.
const INPUT: &str = "input";

impl<'a> Tables<'a> {
    fn of(rules: &'a spec::Rules, files: &Catalogs, tests: &[Test]) -> Self {
        let ids = ids(tests);
        let rows = |table: &str| -> Vec<&TestRow> {
            let tables = tests.iter().flat_map(|test| &test.tables);
            tables.filter(|(name, _)| name.value == table).flat_map(|(_, rows)| rows).collect()
        };
        let roles = |roles: &spec::Roles| {
            let spec::Roles { customer, order, time, amount, .. } = roles;
            let optional = [("order", order), ("amount", amount)];
            let optional = optional
                .into_iter()
                .filter_map(|(role, column)| Some((role.to_owned(), column.as_ref()?.value.clone())));
            let always =
                [("customer".to_owned(), customer.value.clone()), ("time".to_owned(), time.value.clone())];
            always.into_iter().chain(optional).collect::<Vec<_>>()
        };
        let layout = |roles: Vec<(String, String)>,
                      files: Option<&catalog::Catalog>,
                      table: &str,
                      more: Vec<String>| {
            match files {
                Some(catalog) => Layout::of_files(roles, catalog),
                None => Layout::of_rows(roles, &rows(table), more.into_iter(), &ids),
            }
        };
        let inputs = &rules.inputs;
        let orders = inputs.orders.iter().enumerate().map(|(at, input)| {
            layout(roles(&input.roles), files.orders.get(at).and_then(Option::as_ref), ORDERS, Vec::new())
        });
        let events = inputs.events.iter().enumerate().filter_map(|(at, events)| {
            let catalog = files.events.get(at).and_then(Option::as_ref);
            let name = events.name.value.as_str();
            Some((name, layout(roles(&events.input.as_ref()?.roles), catalog, name, Vec::new())))
        });
        let customers = inputs.customers.as_ref().and_then(|customers| {
            // An attribute is named as the rules name it, or by its column.
            let attributes = customers.attributes.iter();
            let attributes = attributes.map(|one| (one.name.value.clone(), one.column.value.clone()));
            let customer = ("customer".to_owned(), customers.customer.as_ref()?.value.clone());
            let roles = std::iter::once(customer).chain(attributes).collect();
            let more = rules.privacy.consent.iter().map(|consent| consent.value.clone()).collect();
            Some(layout(roles, files.customers.as_ref(), CUSTOMERS, more))
        });
        let zone =
            rules.timezone.as_ref().and_then(|zone| zone.value.parse().ok()).unwrap_or(chrono_tz::Tz::UTC);
        Self { rules, orders: orders.collect(), events: events.collect(), customers, zone }
    }

    /// What is not as expected; none where the test itself is wrong (reported).
    fn run(
        &self,
        subject: &Subject<'_>,
        test: &Test,
        settings: &Settings,
        out: &mut Diagnostics,
    ) -> Option<Vec<Failure>> {
        let as_of = test.as_of.as_ref()?.value;
        let folder = match Folder::create() {
            Ok(folder) => folder,
            Err(error) => return Some(vec![failed(test, format!("no folder for its files: {error}"))]),
        };
        let catalogs = match self.write(test, &folder.0, out)? {
            Ok(catalogs) => catalogs,
            Err(why) => return Some(vec![failed(test, why)]),
        };
        let model = match &test.model {
            None => None,
            Some(path) => match pipeline::read_model(&subject.base.join(&path.value)) {
                Ok(model) => Some(model),
                Err(why) => return Some(vec![Failure { at: path.span, message: why.message, value: None }]),
            },
        };
        let mut complaints = Diagnostics::new();
        let settings = Settings { as_of, ..settings.clone() };
        // A test names customers by their ids.
        let mut rules = subject.rules.clone();
        rules.privacy.key_env = None;
        // A few rows made up for a test are not the rows that gates are about.
        let inputs = &mut rules.inputs;
        let events = inputs.events.iter_mut().filter_map(|one| one.input.as_mut());
        inputs.orders.iter_mut().chain(events).for_each(|input| input.quality.clear());
        inputs.customers.iter_mut().for_each(|customers| customers.quality.clear());
        let plan = resolve::resolve(&rules, &catalogs, &settings, subject.source, &mut complaints);
        let Some(mut plan) = plan else {
            let first = complaints.sorted().first().map(|one| {
                let line = one.span.map_or(0, |span| subject.source.line_column(span.start).0);
                let why = match one.code {
                    Code::UnknownName if !self.are_of_files() => {
                        "; without the input's files a row must name it, if only as null"
                    }
                    _ => "",
                };
                format!("{} ({}:{line}){why}", one.message, subject.source.name)
            });
            let first = first.unwrap_or_else(|| "the rules cannot be resolved on its rows".to_owned());
            return Some(vec![failed(test, first)]);
        };
        lifetime::adapt(&mut plan, test, model.is_some());
        Some(match label(plan, model) {
            Ok((plan, labelled)) => compare::compare(&plan, &labelled, test),
            Err(error) if error.exit == Exit::Refused => {
                vec![failed(test, format!("{}{}", error.message, lifetime::HINT))]
            }
            Err(error) => vec![failed(test, error.message)],
        })
    }

    /// Whose row it is; the role may go by the name of its column.
    fn customer<'r>(&self, row: &'r TestRow) -> Option<&'r str> {
        let orders = &self.rules.inputs.orders;
        let is_column = |key: &str| orders.iter().any(|input| input.roles.customer.value == key);
        let cell = row.iter().find(|(key, _)| key.value == "customer" || is_column(&key.value));
        cell.and_then(|(_, cell)| cell.value.text())
    }

    /// Whether the columns of all tables are those of the inputs' files.
    fn are_of_files(&self) -> bool {
        let events = self.events.iter().map(|(_, layout)| layout);
        self.orders.iter().chain(events).chain(&self.customers).all(|layout| layout.from_files)
    }

    /// Writes the rows of a test, and looks at the files as a run does.
    fn write(&self, test: &Test, folder: &Path, out: &mut Diagnostics) -> Option<Result<Catalogs, String>> {
        let mut fine = true;
        for (name, _) in &test.tables {
            let known = || {
                let events = self.events.iter().map(|(name, _)| *name);
                let customers = self.customers.iter().map(|_| CUSTOMERS);
                [ORDERS].into_iter().chain(customers).chain(events)
            };
            if !known().any(|known| known == name.value) {
                let hint = suggest(&name.value, known(), "its inputs are");
                let message = format!("the rules have no input `{}`", name.value);
                out.push(Diagnostic::error(Code::UnknownName, message).with_span(name.span).with_hint(hint));
                fine = false;
            }
        }
        let several = self.orders.len() > 1;
        let rows = |table: &str, input: Option<usize>| -> Vec<TestRow> {
            let tables =
                test.tables.iter().filter(|(name, _)| name.value == table).flat_map(|(_, rows)| rows);
            let of = |row: &TestRow| {
                let said = row.iter().find(|(key, _)| several && key.value == INPUT);
                said.and_then(|(_, cell)| cell.value.text()?.parse().ok()).unwrap_or(1)
            };
            let mine = tables.filter(|row| input.is_none_or(|input| of(row) == input));
            let bare = |row: &TestRow| {
                row.iter()
                    .filter(|(key, _)| input.is_none() || !several || key.value != INPUT)
                    .cloned()
                    .collect()
            };
            mine.map(bare).collect()
        };
        let mut write = |layout: &Layout, name: String, rows: Vec<TestRow>| {
            let rows: Vec<&TestRow> = rows.iter().collect();
            let values = layout.values(&rows, self.zone, out);
            fine &= !out.has_errors();
            let path = folder.join(format!("{name}.parquet"));
            parquet::write(&path, layout, &values).map_err(|error| error.to_string())?;
            catalog::read_even_empty(&path).map_err(|diagnostic| diagnostic.message)
        };
        let catalogs = (|| {
            let mut catalogs = Catalogs::default();
            for (at, layout) in self.orders.iter().enumerate() {
                let rows = rows(ORDERS, Some(at + 1));
                catalogs.orders.push(Some(write(layout, format!("orders-{at}"), rows)?));
            }
            for (name, layout) in &self.events {
                catalogs.events.push(Some(write(layout, format!("events-{name}"), rows(name, None))?));
            }
            if let Some(layout) = &self.customers {
                catalogs.customers = Some(write(layout, CUSTOMERS.to_owned(), rows(CUSTOMERS, None))?);
            }
            if let Some(suppress) = &self.rules.privacy.suppress {
                let path = folder.join("suppress.csv");
                let ids = test.suppress.iter().map(|id| format!("{}\n", id.value));
                let text: String =
                    std::iter::once(format!("{}\n", suppress.column.value)).chain(ids).collect();
                std::fs::write(&path, text).map_err(|error| error.to_string())?;
                catalogs.suppress = Some(catalog::read_list(&path).map_err(|diagnostic| diagnostic.message)?);
            }
            // Labels set by hand are those of real customers, and none of a test's.
            catalogs.overrides = self.rules.overrides.as_ref().map(|_| OverridesFile::without_lines());
            Ok(catalogs)
        })();
        fine.then_some(catalogs)
    }
}

/// How customers' ids are held where there are no files: as whole numbers if all are.
fn ids(tests: &[Test]) -> Physical {
    let rows = tests.iter().flat_map(|test| &test.tables).flat_map(|(_, rows)| rows).flatten();
    let mut written = rows.filter(|(key, _)| key.value == "customer").map(|(_, cell)| &cell.value);
    let whole = written.all(|cell| matches!(cell, Cell::Number(text) if text.parse::<i64>().is_ok()));
    let mut expected = tests.iter().flat_map(|test| &test.expect);
    let whole = whole && expected.all(|one| one.customer.value.parse::<i64>().is_ok());
    if whole { Physical::Int } else { Physical::Text }
}

fn failed(test: &Test, message: String) -> Failure {
    Failure { at: test.name.span, message, value: None }
}

/// The way of a run, up to the labels.
fn label(plan: Plan, frozen: Option<Model>) -> Result<(Plan, Frame), PipelineFailure> {
    let job = pipeline::prepare(plan)?;
    let resources = Resources::threads(1);
    let (profile, _) = job.profile(&resources)?;
    let learned = job.learn(profile, frozen, &resources, &mut Silent)?;
    let labelled = job.label(&learned)?;
    Ok((job.plan().clone(), labelled))
}
