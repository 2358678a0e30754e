//! Every input of a rules file looked up in the catalog, so that the rest of the stage reads no file.

use std::path::{Path, PathBuf};

use crate::catalog::{self, Catalog, IdList, OverridesFile};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity, Span, Spanned};
use crate::spec;

use super::{Settings, csv};

/// What every input offers; none where its files are not there or not readable.
#[derive(Clone, Debug, Default)]
pub struct Catalogs {
    /// One an input of `inputs.orders`.
    pub orders: Vec<Option<Catalog>>,
    /// One a table of events, in the order of the file.
    pub events: Vec<Option<Catalog>>,
    /// `inputs.customers`.
    pub customers: Option<Catalog>,
    /// `privacy.suppress`.
    pub suppress: Option<IdList>,
    /// `overrides`.
    pub overrides: Option<OverridesFile>,
}

/// What an input must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Least {
    OneRow,
    /// Nothing has happened yet.
    Nothing,
}

fn read(
    path: &Path,
    written: Option<&spec::Csv>,
    roles: Option<&spec::Roles>,
    least: Least,
) -> Result<Catalog, Diagnostic> {
    match (csv::settings(path, written, roles)?, least) {
        (None, Least::OneRow) => catalog::read(path),
        (None, Least::Nothing) => catalog::read_even_empty(path),
        (Some(settings), Least::OneRow) => catalog::csv::read(path, &settings),
        (Some(settings), Least::Nothing) => catalog::csv::read_even_empty(path, &settings),
    }
}

/// Whether inputs that are not there are an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Reported.
    Error,
    /// Left alone: rules can be checked before there is data. Of overrides it is a warning, because they are rules.
    Fine,
}

impl Catalogs {
    /// Reads the footers of all inputs; what is wrong with them is reported.
    pub fn read(rules: &spec::Rules, settings: &Settings, missing: Missing, out: &mut Diagnostics) -> Self {
        let path = |text: &str| -> PathBuf { settings.base.join(text) };
        let mut report = |diagnostic: Diagnostic, span: Span| {
            if diagnostic.code != Code::InputMissing || missing == Missing::Error {
                let span = diagnostic.span.unwrap_or(span);
                out.push(diagnostic.with_span(span));
            }
        };
        let spec::Inputs { orders, customers, events } = &rules.inputs;
        let mut look =
            |text: &Spanned<String>, written: Option<&spec::Csv>, roles: Option<&spec::Roles>, least| {
                let found = read(&path(&text.value), written, roles, least);
                found.map_err(|diagnostic| report(diagnostic, text.span)).ok()
            };
        let mut rows = |input: &spec::Input, least: Least| {
            look(&input.path, input.csv.as_ref(), Some(&input.roles), least)
        };
        let orders = orders.iter().map(|input| rows(input, Least::OneRow)).collect();
        let events = events.iter().map(|events| rows(events.input.as_ref()?, Least::Nothing)).collect();
        let customers = customers.as_ref().and_then(|customers| {
            look(customers.path.as_ref()?, customers.csv.as_ref(), None, Least::Nothing)
        });
        let suppress = rules.privacy.suppress.as_ref().and_then(|suppress| {
            let list = catalog::read_list(&path(&suppress.path.value));
            list.map_err(|diagnostic| report(diagnostic, suppress.path.span)).ok()
        });
        let overrides = rules.overrides.as_ref().and_then(|overrides| {
            let file = catalog::read_overrides(&path(&overrides.path.value));
            file.map_err(|diagnostic| match (diagnostic.code, missing) {
                (Code::InputMissing, Missing::Fine) => {
                    let warning = Diagnostic { severity: Severity::Warning, ..diagnostic };
                    out.push(warning.with_span(overrides.path.span));
                }
                _ => out.push(diagnostic.with_span(overrides.path.span)),
            })
            .ok()
        });
        Self { orders, events, customers, suppress, overrides }
    }

    /// Whether every input of the rules is there.
    pub fn are_complete(&self, rules: &spec::Rules) -> bool {
        let spec::Inputs { orders, customers, events } = &rules.inputs;
        self.orders_of(orders.len()).all(|catalog| catalog.is_some())
            && self.events_of(events.len()).all(|catalog| catalog.is_some())
            && (customers.is_none() || self.customers.is_some())
            && (rules.privacy.suppress.is_none() || self.suppress.is_some())
            && (rules.overrides.is_none() || self.overrides.is_some())
    }

    /// The catalogs of this many inputs of orders.
    pub(super) fn orders_of(&self, inputs: usize) -> impl Iterator<Item = Option<&Catalog>> {
        (0..inputs).map(|at| self.orders.get(at)?.as_ref())
    }

    /// The catalogs of this many tables of events.
    pub(super) fn events_of(&self, inputs: usize) -> impl Iterator<Item = Option<&Catalog>> {
        (0..inputs).map(|at| self.events.get(at)?.as_ref())
    }
}
