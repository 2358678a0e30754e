//! `inputs.customers` and `privacy`: who is in the population, what is known of everybody, who is left out.

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::catalog::{Catalog, Column, Layout};
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{self, InputColumn, Physical, Type};
use crate::spec;

use super::catalogs::Catalogs;
use super::computed;
use super::roles::{self, check_id_type, table};
use super::scope::unknown;

/// What was found out; the plan's part is none where something is wrong or not there.
pub(super) struct Population {
    pub(super) attributes: Vec<(String, Type)>,
    pub(super) plan: Option<Parts>,
}

pub(super) struct Parts {
    pub(super) customers: Option<plan::Customers>,
    pub(super) suppress: Option<plan::Suppress>,
}

/// `id` is the orders' column with the customer's id, and its type.
pub(super) fn resolve(
    customers: Option<&spec::Customers>,
    privacy: &spec::Privacy,
    catalogs: &Catalogs,
    id: (&Spanned<String>, Type),
    calendar: (Option<Tz>, NaiveDate),
    out: &mut Diagnostics,
) -> Population {
    let spec::Privacy { suppress: written, consent, key_env: _, report_min_group: _ } = privacy;
    if let (Some(consent), None) = (consent, customers) {
        let message = "`consent` is a column of `inputs.customers`, which is not there";
        let hint = "add `customers: {path: …, columns: {customer: …}}` to the inputs";
        out.push(Diagnostic::error(Code::MissingKey, message).with_span(consent.span).with_hint(hint));
    }
    let suppress = match written {
        None => Some(None),
        Some(written) => suppress(written, catalogs, id, out).map(Some),
    };
    let mut attributes = Vec::new();
    let table = match customers {
        None => Some(None),
        Some(written) => {
            let catalog = catalogs.customers.as_ref();
            attributes = written.attributes.iter().map(|one| attribute(one, catalog, out)).collect();
            of_customers(written, &attributes, consent.as_ref(), catalog, id, calendar, out).map(Some)
        }
    };
    Population {
        attributes: attributes.into_iter().map(|one| (one.name, one.ty)).collect(),
        plan: table.zip(suppress).map(|(customers, suppress)| Parts { customers, suppress }),
    }
}

fn of_customers(
    written: &spec::Customers,
    attributes: &[plan::Attribute],
    consent: Option<&Spanned<String>>,
    catalog: Option<&Catalog>,
    id: (&Spanned<String>, Type),
    (timezone, as_of): (Option<Tz>, NaiveDate),
    out: &mut Diagnostics,
) -> Option<plan::Customers> {
    let spec::Customers {
        path,
        csv: _,
        customer,
        expressions,
        attributes: written_attributes,
        unknown,
        keeps_blank_ids,
        missing_is_null,
        quality: _,
    } = written;
    let role = customer.as_ref()?;
    let catalog = catalog?;
    if let Some(consent) = consent {
        match roles::column(consent, Some(catalog), out).map(|column| &column.physical) {
            None | Some(Physical::Bool) => {}
            Some(other) => roles::wrong_type(consent, other, "consent is a boolean", out),
        }
    }
    let mut table = table(path.as_ref()?, catalog, timezone?);
    table.keeps_blank_ids = *keeps_blank_ids;
    let ids = id_columns(role, expressions, catalog);
    if !missing_is_null {
        let attributes = written_attributes.iter().map(|attribute| &attribute.column);
        for column in ids.iter().chain(attributes).chain(consent) {
            lacking(column, catalog, out);
        }
    }
    let columns = attributes.iter().map(|attribute| attribute.column.as_str());
    let columns = ids.iter().map(|id| id.value.as_str()).chain(columns);
    for name in columns.chain(consent.map(|consent| consent.value.as_str())) {
        let known = table.columns.iter().any(|column| column.name == name);
        if let (false, Some(column)) = (known, catalog.column(name)) {
            table.columns.push(read_as_is(column));
        }
    }
    import_if_mixed(&mut table, catalog);
    let customer = id_of(role, expressions, &mut table, catalog, as_of, out);
    if let Some(customer) = &customer {
        check_id_type(role, customer.ty, id, out);
    }
    Some(plan::Customers {
        table,
        customer: customer?,
        attributes: attributes.to_vec(),
        unknown_join: *unknown == Some(spec::Unknown::Join),
        consent: consent.map(|consent| consent.value.clone()),
    })
}

/// The columns that the id is read from: itself, or those of its expression.
fn id_columns(
    role: &Spanned<String>,
    expressions: &[(String, spec::Expr)],
    catalog: &Catalog,
) -> Vec<Spanned<String>> {
    // A text that is the name of a column is that column.
    match expressions.first().filter(|_| catalog.column(&role.value).is_none()) {
        None => vec![role.clone()],
        Some((_, written)) => {
            computed::names(written).into_iter().map(|name| Spanned::new(name, written.span)).collect()
        }
    }
}

/// The customer's id; where it is an expression, a column that the table computes of those it reads, as they are read.
fn id_of(
    role: &Spanned<String>,
    expressions: &[(String, spec::Expr)],
    table: &mut plan::Table,
    catalog: &Catalog,
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> Option<plan::Customer> {
    let mut offered = catalog.clone();
    for column in &mut offered.columns {
        if let Some(read) = table.columns.iter().find(|read| read.name == column.name) {
            column.physical = read.physical.clone();
        }
    }
    // Of files that differ, the expression sees what holds the values of all.
    for id in id_columns(role, expressions, catalog).iter().filter(|id| id.value != role.value) {
        let wide = offered.column(&id.value).and_then(Column::ty);
        let read = table.columns.iter_mut().find(|read| read.name == id.value);
        read.into_iter().zip(wide).for_each(|(read, wide)| read.ty = wide);
    }
    table.computed = computed::add(expressions, &table.path, &mut offered, as_of, out);
    for (name, _) in &table.computed {
        table.columns.extend(offered.column(name).map(read_as_is));
    }
    // A column of the files is what they say, whatever it is read as.
    let offered = if table.computed.is_empty() { catalog } else { &offered };
    roles::customer(role, Some(offered), out)
}

/// Says that files lack a column that others have.
fn lacking(column: &Spanned<String>, catalog: &Catalog, out: &mut Diagnostics) {
    let lacks = |layout: &&Layout| !layout.columns.iter().any(|own| own.name == column.value);
    let files: Vec<&plan::InputFile> =
        catalog.layouts.iter().filter(lacks).flat_map(|layout| &layout.files).collect();
    if catalog.column(&column.value).is_some() && !files.is_empty() {
        out.push(roles::files_lack(column, &files));
    }
}

/// A table of customers is one table: where its files hold a column in several types, or in one that the engine does not
/// read, they are imported, which makes them one.
fn import_if_mixed(table: &mut plan::Table, catalog: &Catalog) {
    let is_mixed = |column: &InputColumn| {
        let of_layouts = catalog.layouts.iter().map(|layout| {
            let own = layout.columns.iter().find(|own| own.name == column.name);
            own.map(|own| (own.storage.as_str(), own.foreign))
        });
        of_layouts.into_iter().any(|own| own != Some((column.storage.as_str(), false)))
    };
    if table.import.is_some() || !table.columns.iter().any(is_mixed) {
        return;
    }
    table.import = Some(plan::Import::Parquet);
    for column in &mut table.columns {
        let own = catalog
            .layouts
            .iter()
            .filter_map(|layout| Some(&layout.columns.iter().find(|own| own.name == column.name)?.physical));
        column.physical = match own.cloned().reduce(wider) {
            Some(Physical::Uuid) => Physical::Text,
            Some(physical) => physical,
            None => column.physical.clone(),
        };
        column.nullable = true;
    }
}

/// What holds the values of both.
fn wider(one: Physical, other: Physical) -> Physical {
    match (one, other) {
        (Physical::Null, any) | (any, Physical::Null) => any,
        (Physical::Decimal(one), Physical::Decimal(other)) => Physical::Decimal(one.max(other)),
        (Physical::Float, Physical::Int | Physical::Decimal(_))
        | (Physical::Int | Physical::Decimal(_), Physical::Float) => Physical::Float,
        (Physical::Decimal(scale), Physical::Int) | (Physical::Int, Physical::Decimal(scale)) => {
            Physical::Decimal(scale)
        }
        (Physical::Date, Physical::Naive) | (Physical::Naive, Physical::Date) => Physical::Naive,
        (one, _) => one,
    }
}

fn read_as_is(column: &Column) -> InputColumn {
    let ty = column.ty().unwrap_or(Type::Unknown);
    let (name, physical) = (column.name.clone(), column.physical.clone());
    InputColumn {
        name,
        physical,
        storage: column.storage.clone(),
        ty,
        shared_ty: ty,
        nullable: column.nullable,
    }
}

/// An attribute, of unknown type where its column is not there or cannot be used.
fn attribute(written: &spec::Attribute, catalog: Option<&Catalog>, out: &mut Diagnostics) -> plan::Attribute {
    let spec::Attribute { name, column } = written;
    let ty = roles::column(column, catalog, out).map(|found| {
        if found.is_beyond_64_bits() {
            let beyond = Physical::Other("whole numbers beyond 9223372036854775807".to_owned());
            roles::wrong_type(column, &beyond, "no column of the output has room for them", out);
            return Type::Unknown;
        }
        found.ty().unwrap_or_else(|| {
            roles::wrong_type(column, &found.physical, "no attribute can be made of it", out);
            Type::Unknown
        })
    });
    let ty = ty.unwrap_or(Type::Unknown);
    plan::Attribute { name: name.value.clone(), column: column.value.clone(), ty }
}

/// The list of customers to leave out: its column must be there, with ids like those of the orders.
fn suppress(
    written: &spec::Suppress,
    catalogs: &Catalogs,
    id: (&Spanned<String>, Type),
    out: &mut Diagnostics,
) -> Option<plan::Suppress> {
    let spec::Suppress { path, column } = written;
    let list = catalogs.suppress.as_ref()?;
    for (file, columns) in &list.files {
        let Some(found) = columns.iter().find(|found| found.name == column.value) else {
            let known = columns.iter().map(|column| column.name.as_str());
            let message = format!("`{}` has no column `{}`", file.path.display(), column.value);
            let mut diagnostic = Diagnostic::error(Code::UnknownColumn, message).with_span(column.span);
            diagnostic.hints = unknown(&column.value, known, "it has").hints;
            out.push(diagnostic);
            continue;
        };
        if columns.iter().filter(|other| other.name == column.value).count() > 1 {
            let message = format!("the column `{}` stands twice in `{}`", column.value, file.path.display());
            out.push(Diagnostic::error(Code::ColumnType, message).with_span(column.span));
        }
        match &found.physical {
            // A CSV has texts; they are read as what the ids are.
            _ if file.is_csv => {}
            Physical::Null => {}
            _ if found.is_beyond_64_bits() => {
                let beyond = Physical::Other("whole numbers beyond 9223372036854775807".to_owned());
                roles::wrong_type(column, &beyond, "no customer's id is one of them", out);
            }
            Physical::Text | Physical::Bytes | Physical::Uuid => check_id_type(column, Type::Text, id, out),
            Physical::Int | Physical::Float | Physical::Decimal(_) => {
                check_id_type(column, Type::Int, id, out);
            }
            other => roles::wrong_type(column, other, "a customer's id is a text or a whole number", out),
        }
    }
    let files = list.files.iter().map(|(file, _)| file.clone()).collect();
    Some(plan::Suppress { path: path.value.clone(), column: column.value.clone(), files })
}
