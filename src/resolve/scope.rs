//! What names mean: in a condition on input rows, inside an aggregate, and on the customer row.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::catalog::Catalog;
use crate::diag::{Code, Diagnostic, suggest};
use crate::plan::{
    self, Aggregate, Clv, Column, Expr, Input, InputColumn, Literal, Metric, Role, Source, Type,
};
use crate::spec;

use super::united::Offered;

/// A name that is known.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// What it stands for.
    pub(super) expr: Expr,
    /// The only texts it can be, for bands and segmentations.
    pub(super) labels: Option<Vec<String>>,
}

/// What names mean somewhere.
pub(super) trait Scope {
    /// What a name stands for, or what to say (message and hint are set, the place is not).
    fn lookup(&self, name: &str) -> Result<Found, Diagnostic>;

    /// What a column's label is called in the output, for a label as it is shown to people.
    fn id_of_shown(&self, _column: &str, _shown: &str) -> Option<&str> {
        None
    }
}

/// `as_of` is a name everywhere.
fn as_of(date: NaiveDate) -> Found {
    Found { expr: Expr::literal(Literal::Date(date)), labels: None }
}

pub(super) fn unknown<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    what: &str,
) -> Diagnostic {
    Diagnostic::error(Code::UnknownName, format!("nothing here is named `{name}`"))
        .with_hint(suggest(name, known, what))
}

/// What is said where a column is asked for that needs an amount, and the orders have none (the place is not set).
fn needs_amount(column: &str) -> Diagnostic {
    let message = format!("the column `{column}` needs an amount, and the orders have none");
    let hint = format!("{NAME_AMOUNT}; without it `clv` gives `expected_orders` and `p_alive`");
    Diagnostic::error(Code::MissingKey, message).with_hint(hint)
}

/// What to do about orders without an amount.
pub(super) const NAME_AMOUNT: &str = "name the column under `inputs.orders.columns.amount`";

/// Names on a row of a source: roles and the files' columns.
#[derive(Clone, Debug)]
pub(super) struct RowScope {
    /// Whose rows these are.
    pub(super) source: Source,
    /// The type of the customer's id.
    pub(super) customer_type: Type,
    /// Roles that the rules file gives, with their types.
    pub(super) roles: Vec<(&'static str, Role, Type)>,
    /// Decimal places of money.
    pub(super) scale: u8,
    /// The files' columns; none while there is no catalog.
    pub(super) columns: Option<Vec<Offered>>,
    /// See [`as_of`].
    pub(super) as_of: NaiveDate,
    /// Whether a file's column hides a role of the same name, as in `where`.
    pub(super) files_first: bool,
}

impl RowScope {
    fn role(&self, name: &str) -> Option<Found> {
        let (_, role, ty) = self.roles.iter().find(|(known, ..)| *known == name)?;
        Some(Found { expr: Expr::column(Column::Role(*role), *ty), labels: None })
    }

    fn input(&self, name: &str) -> Option<Result<Found, Diagnostic>> {
        let column = self.columns.as_ref()?.iter().find(|column| column.name == name)?;
        let found = |ty: Type| Found { expr: Expr::column(Column::Input(name.to_owned()), ty), labels: None };
        Some(column.ty.clone().map(found))
    }

    /// The type that a column has in all inputs of the source.
    fn shared_type(&self, name: &str) -> Option<Type> {
        let column = self.columns.as_ref()?.iter().find(|column| column.name == name)?;
        column.ty.as_ref().ok().copied()
    }

    /// The columns a job reads of one input, each once, in the order of their first use.
    pub(super) fn used_columns(
        &self,
        input: &Input,
        catalog: &Catalog,
        aggregates: &[Aggregate],
    ) -> Vec<InputColumn> {
        let mut names: Vec<&str> = vec![&input.customer.column, &input.time.column];
        names.extend(input.amount.as_ref().map(|amount| amount.column.as_str()));
        let note = |column: &'_ Column| match column {
            Column::Input(name) => Some(name.clone()),
            Column::Role(Role::Order) => input.order.as_ref().map(|order| order.column.clone()),
            _ => None,
        };
        let mut more: Vec<String> = Vec::new();
        let mut visit = |expr: &Expr| expr.columns(&mut |column| more.extend(note(column)));
        input.table.computed.iter().for_each(|(_, expr)| visit(expr));
        input.condition.iter().for_each(&mut visit);
        let measured: Vec<Expr> = input.measures.iter().filter_map(plan::Measure::reads).collect();
        measured.iter().for_each(&mut visit);
        for aggregate in aggregates.iter().filter(|aggregate| aggregate.source == self.source) {
            aggregate.condition.iter().for_each(&mut visit);
            aggregate.function.operands().into_iter().for_each(&mut visit);
        }
        names.extend(more.iter().map(String::as_str));
        let mut columns: Vec<InputColumn> = Vec::new();
        for name in names {
            let known = columns.iter().any(|column| column.name == name);
            if let (false, Some(column)) = (known, catalog.column(name)) {
                let ty = column.ty().unwrap_or(Type::Unknown);
                columns.push(InputColumn {
                    name: name.to_owned(),
                    physical: column.physical.clone(),
                    storage: column.storage.clone(),
                    ty,
                    shared_ty: self.shared_type(name).unwrap_or(ty),
                    nullable: column.nullable,
                });
            }
        }
        columns
    }
}

impl Scope for RowScope {
    fn lookup(&self, name: &str) -> Result<Found, Diagnostic> {
        let input = || self.input(name);
        let role = || self.role(name).map(Ok);
        let found = if self.files_first { input().or_else(role) } else { role().or_else(input) };
        match found {
            Some(found) => found,
            None if name == "as_of" => Ok(as_of(self.as_of)),
            None => match &self.columns {
                None => Ok(Found {
                    expr: Expr::column(Column::Input(name.to_owned()), Type::Unknown),
                    labels: None,
                }),
                Some(columns) => {
                    let roles = self.roles.iter().map(|(name, ..)| *name);
                    let columns = columns.iter().map(|column| column.name.as_str());
                    let known = roles.chain(columns).chain(["as_of"]);
                    Err(unknown(name, known, "roles and columns of the files are"))
                }
            },
        }
    }
}

/// Where a column of the customer row comes from, in the order of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Attributes,
    Metrics,
    Scores,
    Bands,
    Clv,
    Segments,
}

/// Names on the customer row: what has been resolved so far.
#[derive(Clone, Debug)]
pub(super) struct CustomerScope {
    columns: Vec<(Section, String, Type)>,
    found: HashMap<String, Found>,
    /// Declared in a section that is worked out later, and what it is.
    later: HashMap<String, &'static str>,
    /// Columns of `clv` that are not there because the orders have no amount.
    without_amount: Vec<&'static str>,
    /// Of columns of labels, how each is shown, and its id.
    shown: HashMap<String, Vec<(String, String)>>,
    /// Whether labels may have been set by hand.
    pub(super) has_overrides: bool,
    as_of: NaiveDate,
}

impl CustomerScope {
    pub(super) fn new(as_of: NaiveDate) -> Self {
        Self {
            columns: Vec::new(),
            found: HashMap::new(),
            later: HashMap::new(),
            without_amount: Vec::new(),
            shown: HashMap::new(),
            has_overrides: false,
            as_of,
        }
    }

    /// Adds a column.
    pub(super) fn add(&mut self, section: Section, name: &str, ty: Type, labels: Option<Vec<String>>) {
        self.columns.push((section, name.to_owned(), ty));
        let expr = Expr::column(Column::Customer(name.to_owned()), ty);
        self.found.insert(name.to_owned(), Found { expr, labels });
    }

    /// Adds the attributes.
    pub(super) fn attributes(&mut self, attributes: &[(String, Type)]) {
        attributes.iter().for_each(|(name, ty)| self.add(Section::Attributes, name, *ty, None));
    }

    /// Adds the metrics, those that could not be resolved with an unknown type, so that nothing is said twice.
    pub(super) fn metrics(&mut self, resolved: &[Metric], written: &[spec::Metric]) {
        let types: HashMap<&str, Type> = resolved.iter().map(|one| (one.name.as_str(), one.ty)).collect();
        for metric in written {
            let name = &metric.name.value;
            let ty = types.get(name.as_str()).copied().unwrap_or(Type::Unknown);
            self.add(Section::Metrics, name, ty, None);
        }
    }

    /// Adds the columns of `clv`.
    pub(super) fn clv(&mut self, columns: &[&str]) {
        columns.iter().for_each(|name| self.add(Section::Clv, name, Type::Double, None));
        let is_without_money = columns == Clv::COLUMNS_WITHOUT_MONEY;
        let all = Clv::ORDERS_COLUMNS.iter().filter(|_| is_without_money);
        self.without_amount = all.filter(|name| !columns.contains(name)).copied().collect();
    }

    /// What to say of a name that nothing has (message and hint are set, the place is not); `what` are those known.
    pub(super) fn unknown<'a>(
        &self,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
        what: &str,
    ) -> Diagnostic {
        match self.without_amount.contains(&name) {
            true => needs_amount(name),
            false => unknown(name, known, what),
        }
    }

    /// Notes how the labels of a column are shown: pairs of what people see, and the id.
    pub(super) fn show(&mut self, name: &str, shown: Vec<(String, String)>) {
        self.shown.insert(name.to_owned(), shown);
    }

    /// Notes the names of scores, bands and segmentations, which are not there yet.
    pub(super) fn later(&mut self, rules: &spec::Rules) {
        let scores = rules.scores.iter().map(|score| (&score.name.value, "score"));
        let bands = rules.bands.iter().map(|band| (&band.name.value, "band"));
        let segments = rules.segmentations.iter().map(|one| (&one.name.value, "segmentation"));
        self.later = scores.chain(bands).chain(segments).map(|(name, what)| (name.clone(), what)).collect();
    }

    /// All columns so far, in the order of the output.
    pub(super) fn columns(&self) -> Vec<(&str, Type)> {
        let mut columns: Vec<_> = self.columns.iter().collect();
        columns.sort_by_key(|(section, ..)| *section);
        columns.into_iter().map(|(_, name, ty)| (name.as_str(), *ty)).collect()
    }
}

impl Scope for CustomerScope {
    fn lookup(&self, name: &str) -> Result<Found, Diagnostic> {
        if let Some(found) = self.found.get(name) {
            return Ok(found.clone());
        }
        if name == "as_of" {
            return Ok(as_of(self.as_of));
        }
        if let Some(what) = self.later.get(name) {
            let message = format!("`{name}` is a {what}, and here stands a metric or an attribute");
            let hint = "scores and bands are learned before there are scores, bands and segments";
            return Err(Diagnostic::error(Code::UnknownName, message).with_hint(hint));
        }
        let known = self.columns.iter().map(|(_, name, _)| name.as_str()).chain(["as_of"]);
        Err(self.unknown(name, known, "the columns of a customer are"))
    }

    fn id_of_shown(&self, column: &str, shown: &str) -> Option<&str> {
        let is_meant = |other: &str| other.trim().to_lowercase() == shown.trim().to_lowercase();
        let of = self.shown.get(column)?;
        of.iter().find(|(label, _)| is_meant(label)).map(|(_, id)| id.as_str())
    }
}
