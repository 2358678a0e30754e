//! `inputs` and `privacy`: which rows are read, and what names mean on them. Several inputs of orders become one
//! source: what metrics read of it has one name and one type in all of them.

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::catalog::Catalog;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, did_you_mean};
use crate::plan::{self, Customer, Expr, OrderId, Role, Source, Type};
use crate::spec::{self, Grain};

use super::catalogs::Catalogs;
use super::computed;
use super::expr::{BY_RULE, NoAggregates, Typer};
use super::lacking;
use super::population;
use super::quality;
use super::roles::{self, DEFAULT_SCALE, check_id_type, table};
use super::scope::RowScope;
use super::types::common_type;
use super::united;

/// The inputs that could be resolved, and what names mean on the rows of each source.
pub(super) struct Inputs {
    pub(super) orders: RowScope,
    /// Tables of events by name; none where one could not be read (already reported).
    pub(super) events: Vec<(String, Option<RowScope>)>,
    /// The customer's id: its name in the output, and its type.
    pub(super) customer: Customer,
    /// Attributes of the customer row; of unknown type where they could not be resolved.
    pub(super) attributes: Vec<(String, Type)>,
    /// Whether a row of the orders is an order.
    pub(super) row_is_order: bool,
    plan: Option<Resolved<Layout>>,
}

/// An input, and what its files offer: files of one input that hold a column in different types are several of these.
type Layout = (plan::Input, Catalog);

/// What goes into the plan.
pub(super) struct Resolved<I = plan::Input> {
    pub(super) timezone: Tz,
    pub(super) orders: Vec<I>,
    pub(super) events: Vec<I>,
    pub(super) customers: Option<plan::Customers>,
    pub(super) suppress: Option<plan::Suppress>,
}

/// Resolves the inputs; the scopes are usable even where the inputs are not.
pub(super) fn resolve(
    rules: &spec::Rules,
    catalogs: &Catalogs,
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> Inputs {
    let spec::Inputs { orders: written, customers, events } = &rules.inputs;
    let timezone = match &rules.timezone {
        None => Some(Tz::UTC),
        Some(name) => read_timezone(name, out),
    };
    let tables: Vec<_> = written.iter().zip(catalogs.orders_of(written.len())).collect();
    let (scope, orders) = source(&Source::Orders, &tables, timezone, as_of, out);
    check_grain(written, out);
    let first = &written[0].roles.customer;
    let id_type = scope.customer_type;
    let mut event_scopes = Vec::new();
    let mut event_inputs = Some(Vec::new());
    for (one, catalog) in events.iter().zip(catalogs.events_of(events.len())) {
        super::names::check_source(&one.name, out);
        let name = one.name.value.clone();
        let Some(input) = &one.input else {
            event_inputs = None;
            event_scopes.push((name, None));
            continue;
        };
        let (scope, inputs) =
            source(&Source::Events(name.clone()), &[(input, catalog)], timezone, as_of, out);
        check_id_type(&input.roles.customer, scope.customer_type, (first, id_type), out);
        event_scopes.push((name, Some(scope)));
        event_inputs = event_inputs.zip(inputs).map(|(mut all, more)| {
            all.extend(more);
            all
        });
    }
    let id = (first, id_type);
    let population =
        population::resolve(customers.as_ref(), &rules.privacy, catalogs, id, (timezone, as_of), out);
    let plan = (|| {
        let population = population.plan?;
        Some(Resolved {
            timezone: timezone?,
            orders: orders?,
            events: event_inputs?,
            customers: population.customers,
            suppress: population.suppress,
        })
    })();
    Inputs {
        orders: scope,
        events: event_scopes,
        customer: Customer { column: computed::id_name(&written[0].roles), ty: id_type },
        attributes: population.attributes,
        row_is_order: !matches!(&written[0].grain, Some(grain) if grain.value == Grain::Line),
        plan,
    }
}

impl Inputs {
    /// The inputs with the columns that the aggregates read; none where something is wrong or not there.
    pub(super) fn finish(self, aggregates: &[plan::Aggregate]) -> Option<Resolved> {
        let Resolved { timezone, orders, events, customers, suppress } = self.plan?;
        let orders = orders.into_iter().map(|one| with_columns(one, &self.orders, aggregates)).collect();
        let scope_of = |input: &plan::Input| {
            let name = input.source.name();
            self.events.iter().find(|(known, _)| known == name).and_then(|(_, scope)| scope.as_ref())
        };
        let events: Option<Vec<plan::Input>> = events
            .into_iter()
            .map(|one| {
                let scope = scope_of(&one.0)?;
                Some(with_columns(one, scope, aggregates))
            })
            .collect();
        let (orders, events) = (alike_together(orders), alike_together(events?));
        Some(Resolved { timezone, orders, events, customers, suppress })
    }
}

fn with_columns(
    (mut input, catalog): Layout,
    scope: &RowScope,
    aggregates: &[plan::Aggregate],
) -> plan::Input {
    input.table.columns = scope.used_columns(&input, &catalog, aggregates);
    let is_foreign = |column: &plan::InputColumn| catalog.column(&column.name).is_some_and(|one| one.foreign);
    if input.table.import.is_none() && input.table.columns.iter().any(is_foreign) {
        input.table.import = Some(plan::Import::Parquet);
        let uuids = input.table.columns.iter_mut().filter(|one| one.physical == plan::Physical::Uuid);
        uuids.for_each(|one| one.physical = plan::Physical::Text);
    }
    input
}

/// Layouts that differ only in columns that nobody reads are one again.
fn alike_together(inputs: Vec<plan::Input>) -> Vec<plan::Input> {
    let mut together: Vec<plan::Input> = Vec::new();
    for input in inputs {
        let is_alike = |known: &plan::Input| {
            let mut bare = input.clone();
            bare.table.files.clone_from(&known.table.files);
            for (column, known) in bare.table.columns.iter_mut().zip(&known.table.columns) {
                column.nullable = known.nullable;
            }
            bare == *known
        };
        match together.iter_mut().find(|known| is_alike(known)) {
            None => together.push(input),
            Some(known) => {
                for (column, more) in known.table.columns.iter_mut().zip(&input.table.columns) {
                    column.nullable |= more.nullable;
                }
                known.table.files.extend(input.table.files);
                known.table.files.sort_by(|one, other| one.path.cmp(&other.path));
            }
        }
    }
    together
}

/// One source: its inputs have the same roles, and their rows are one table.
fn source(
    source: &Source,
    tables: &[(&spec::Input, Option<&Catalog>)],
    timezone: Option<Tz>,
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> (RowScope, Option<Vec<Layout>>) {
    check_roles(tables, out);
    let layouts = layouts(tables, as_of, out);
    let mut parts: Vec<Part<'_>> = layouts.iter().map(|layout| Part::of(layout, out)).collect();
    // The one that keeps the most places loses nothing of the others.
    let money = parts.iter().map(|part| part.money).max().unwrap_or(DEFAULT_SCALE);
    parts.iter_mut().for_each(|part| part.set_money(money));
    let by_instant = parts.iter().flat_map(|part| &part.time).all(|time| time.by_instant);
    parts.iter_mut().flat_map(|part| &mut part.time).for_each(|time| time.by_instant = by_instant);
    let first = &tables[0].0.roles;
    let id_type = parts.iter().find_map(|part| Some(part.customer.as_ref()?.ty)).unwrap_or(Type::Unknown);
    for part in &parts {
        let ty = part.customer.as_ref().map_or(Type::Unknown, |customer| customer.ty);
        check_id_type(&part.written.roles.customer, ty, (&first.customer, id_type), out);
    }
    let seen = parts.iter().all(|part| part.catalog.is_some());
    let order_type = first.order.as_ref().map(|_| unite_orders(&parts, out));
    let amount_type = if seen { Type::Decimal(money) } else { Type::Unknown };
    let mut known = vec![("customer", Role::Customer, id_type), ("time", Role::Time, Type::Time)];
    known.extend(order_type.map(|ty| ("order", Role::Order, ty)));
    known.extend(first.amount.as_ref().map(|_| ("amount", Role::Amount, amount_type)));
    let catalogs: Option<Vec<_>> = parts.iter().map(|part| Some((part.label, part.catalog?))).collect();
    let scope = RowScope {
        source: source.clone(),
        customer_type: id_type,
        roles: known,
        scale: money,
        columns: catalogs.map(|catalogs| united::columns(&catalogs)),
        as_of,
        files_first: false,
    };
    let inputs: Vec<Option<Layout>> = parts
        .into_iter()
        .map(|part| {
            let condition = part.condition(&scope, out);
            let measures = part.measures(out);
            part.finish(source.clone(), condition, measures, order_type, timezone)
        })
        .collect();
    (scope, inputs.into_iter().collect())
}

/// One layout of one input, as far as it is known.
struct OneLayout<'a> {
    written: &'a spec::Input,
    /// What messages call it.
    label: String,
    catalog: Option<Catalog>,
    /// What roles compute.
    computed: Vec<(String, Expr)>,
    /// Whether an earlier layout of the same input has been looked at: what is wrong with the rules is said once.
    is_first: bool,
}

/// Every layout of every input. Where there is no data, an input is one layout.
fn layouts<'a>(
    tables: &[(&'a spec::Input, Option<&Catalog>)],
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> Vec<OneLayout<'a>> {
    let mut layouts = Vec::new();
    for (written, catalog) in tables {
        let path = written.path.value.clone();
        let Some(catalog) = catalog else {
            let (catalog, computed) = (None, Vec::new());
            layouts.push(OneLayout { written, label: path, catalog, computed, is_first: true });
            continue;
        };
        let parts = catalog.parts(written.missing_is_null);
        let several = parts.len() > 1;
        for (at, mut part) in parts.into_iter().enumerate() {
            if written.int96_is_local {
                let of_int96 = part.columns.iter_mut().filter(|column| column.storage.starts_with("INT96"));
                of_int96.for_each(|column| column.physical = plan::Physical::Naive);
            }
            let label = match (several, part.files.first(), part.files.len() - 1) {
                (true, Some(first), 0) => first.path.display().to_string(),
                (true, Some(first), more) => format!("{} and {more} more files", first.path.display()),
                _ => path.clone(),
            };
            lacking::of_roles(written, catalog, &mut part, out);
            // What is wrong in all layouts is kept once.
            let computed = computed::add(&written.roles.expressions, &label, &mut part, as_of, out);
            layouts.push(OneLayout { written, label, catalog: Some(part), computed, is_first: at == 0 });
        }
    }
    layouts
}

/// One input while it is resolved.
struct Part<'a> {
    written: &'a spec::Input,
    label: &'a str,
    catalog: Option<&'a Catalog>,
    computed: &'a [(String, Expr)],
    is_first: bool,
    customer: Option<Customer>,
    time: Option<plan::Time>,
    order_type: Type,
    /// The inner none is one that was complained about.
    amount: Option<Option<plan::Amount>>,
    /// Decimal places of money, as far as this input says.
    money: u8,
}

impl<'a> Part<'a> {
    fn of(layout: &'a OneLayout<'a>, out: &mut Diagnostics) -> Self {
        let OneLayout { written, label, catalog, computed, is_first } = layout;
        let catalog = catalog.as_ref();
        let spec::Input { roles, scale, .. } = written;
        let customer = roles::customer(&roles.customer, catalog, out);
        let time = roles::time(&roles.time, roles.time_form.as_ref(), catalog, out);
        let amount = roles.amount.as_ref().map(|role| roles::amount(role, scale.as_ref(), catalog, out));
        let order_type =
            roles.order.as_ref().map_or(Type::Unknown, |role| roles::order_type(role, catalog, out));
        let money = match &amount {
            Some(Some(amount)) => amount.scale,
            _ => scale.as_ref().map_or(DEFAULT_SCALE, |scale| scale.value),
        };
        let is_first = *is_first;
        Self { written, label, catalog, computed, is_first, customer, time, order_type, amount, money }
    }

    fn set_money(&mut self, scale: u8) {
        self.money = scale;
        if let Some(Some(amount)) = &mut self.amount {
            amount.scale = scale;
        }
    }

    /// Its `where`, on its own columns; the inner none is one that is wrong.
    fn condition(&self, scope: &RowScope, out: &mut Diagnostics) -> Option<Option<Expr>> {
        let written = self.written.condition.as_ref()?;
        let own = self.catalog.map(|catalog| united::columns(&[(self.label, catalog)]));
        let scope = RowScope { files_first: true, columns: own, ..scope.clone() };
        let mut none = NoAggregates("`where` is asked of each row", BY_RULE);
        let mut said = Diagnostics::new();
        let condition =
            Typer { scope: &scope, aggregates: &mut none, out: &mut said }.condition(written.as_ref()?);
        // What is wrong in all layouts is said once; what is wrong in a later one only is said there.
        if self.is_first || !out.has_errors() {
            out.append(said);
        }
        Some(condition)
    }

    /// What its gates count; what is wrong in all layouts is said once.
    fn measures(&self, out: &mut Diagnostics) -> Option<Vec<plan::Measure>> {
        let mut said = Diagnostics::new();
        let measures = quality::measures(&self.written.quality, self.catalog, &mut said);
        if self.is_first || !out.has_errors() {
            out.append(said);
        }
        measures
    }

    fn finish(
        self,
        source: Source,
        condition: Option<Option<Expr>>,
        measures: Option<Vec<plan::Measure>>,
        order_type: Option<Type>,
        timezone: Option<Tz>,
    ) -> Option<Layout> {
        let order = self.written.roles.order.as_ref().zip(order_type);
        let mut table = table(&self.written.path, self.catalog?, timezone?);
        table.computed = self.computed.to_vec();
        table.keeps_blank_ids = self.written.keeps_blank_ids;
        let input = plan::Input {
            source,
            table,
            condition: match condition {
                None => None,
                Some(condition) => Some(condition?),
            },
            customer: self.customer?,
            order: order.map(|(role, ty)| OrderId { column: role.value.clone(), ty }),
            time: self.time?,
            amount: match self.amount {
                None => None,
                Some(amount) => Some(amount?),
            },
            later_than: None,
            measures: measures?,
        };
        Some((input, self.catalog?.clone()))
    }
}

/// The one type of the orders' ids.
fn unite_orders(parts: &[Part<'_>], out: &mut Diagnostics) -> Type {
    let mut common = Type::Unknown;
    for part in parts {
        let Some(role) = &part.written.roles.order else { continue };
        match common_type(common, part.order_type) {
            Some(ty) => common = ty,
            None => {
                let message =
                    format!("order ids are {} here, and {common} in the first orders", part.order_type);
                let hint = "the orders are united, so their ids need one type";
                out.push(Diagnostic::error(Code::ColumnType, message).with_span(role.span).with_hint(hint));
            }
        }
    }
    common
}

/// Inputs that are united have the same roles.
fn check_roles(tables: &[(&spec::Input, Option<&Catalog>)], out: &mut Diagnostics) {
    let Some(((first, _), rest)) = tables.split_first() else { return };
    let roles = |input: &spec::Input| {
        let spec::Roles { order, amount, .. } = &input.roles;
        [("order", order.is_some()), ("amount", amount.is_some())]
    };
    for (other, _) in rest {
        for ((role, here), (_, there)) in roles(other).into_iter().zip(roles(first)) {
            if here != there {
                let (has, lacks) = if here { (other, first) } else { (first, other) };
                let message = format!("these orders have no role `{role}`, and others have");
                out.push(
                    Diagnostic::error(Code::MissingKey, message)
                        .with_span(lacks.roles.customer.span)
                        .with_related(has.roles.customer.span, "these have it")
                        .with_hint(
                            "orders that are united have the same roles: name the column in each, or in none",
                        ),
                );
            }
        }
    }
}

fn check_grain(orders: &[spec::Input], out: &mut Diagnostics) {
    let grain = |input: &spec::Input| input.grain.as_ref().map_or(Grain::Order, |grain| grain.value);
    let Some(other) = orders.iter().find(|other| grain(other) != grain(&orders[0])) else { return };
    let span = other.grain.as_ref().or(orders[0].grain.as_ref()).map(|grain| grain.span);
    let message = "a row is an order in some of the orders, and a line of one in others";
    let hint = "orders that are united have one grain";
    let span = span.unwrap_or(other.path.span);
    out.push(Diagnostic::error(Code::BadValue, message).with_span(span).with_hint(hint));
}

fn read_timezone(name: &Spanned<String>, out: &mut Diagnostics) -> Option<Tz> {
    match name.value.parse() {
        Ok(timezone) => Some(timezone),
        Err(_) => {
            let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
            let hint =
                did_you_mean(&name.value, known).unwrap_or_else(|| "for example `Asia/Shanghai`".to_owned());
            out.push(
                Diagnostic::error(Code::BadValue, format!("`{}` is not a time zone", name.value))
                    .with_span(name.span)
                    .with_hint(hint),
            );
            None
        }
    }
}
