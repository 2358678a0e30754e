//! `inputs` and `privacy`: which rows are read, and what names mean on them. Several inputs of orders become one
//! source: what metrics read of it has one name and one type in all of them.

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::catalog::Catalog;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, did_you_mean};
use crate::plan::{self, Customer, Expr, OrderId, Role, Source, Type};
use crate::spec::{self, Grain};

use super::catalogs::Catalogs;
use super::expr::{BY_RULE, NoAggregates, Typer};
use super::population;
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
    plan: Option<Resolved>,
}

/// What goes into the plan.
pub(super) struct Resolved {
    pub(super) timezone: Tz,
    pub(super) orders: Vec<plan::Input>,
    pub(super) events: Vec<plan::Input>,
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
    let population = population::resolve(customers.as_ref(), &rules.privacy, catalogs, id, timezone, out);
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
        customer: Customer { column: first.value.clone(), ty: id_type },
        attributes: population.attributes,
        row_is_order: !matches!(&written[0].grain, Some(grain) if grain.value == Grain::Line),
        plan,
    }
}

impl Inputs {
    /// The inputs with the columns that the aggregates read; none where something is wrong or not there.
    pub(super) fn finish(self, aggregates: &[plan::Aggregate], catalogs: &Catalogs) -> Option<Resolved> {
        let mut plan = self.plan?;
        let order_catalogs = catalogs.orders_of(plan.orders.len());
        for (input, catalog) in plan.orders.iter_mut().zip(order_catalogs) {
            input.table.columns = self.orders.used_columns(input, catalog?, aggregates);
        }
        let event_catalogs = catalogs.events_of(plan.events.len());
        for ((input, catalog), (_, scope)) in plan.events.iter_mut().zip(event_catalogs).zip(&self.events) {
            input.table.columns = scope.as_ref()?.used_columns(input, catalog?, aggregates);
        }
        Some(plan)
    }
}

/// One source: its inputs have the same roles, and their rows are one table.
fn source(
    source: &Source,
    tables: &[(&spec::Input, Option<&Catalog>)],
    timezone: Option<Tz>,
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> (RowScope, Option<Vec<plan::Input>>) {
    check_roles(tables, out);
    let mut parts: Vec<Part<'_>> =
        tables.iter().map(|(written, catalog)| Part::of(written, *catalog, out)).collect();
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
    let catalogs: Option<Vec<_>> =
        parts.iter().map(|part| Some((part.written.path.value.as_str(), part.catalog?))).collect();
    let scope = RowScope {
        source: source.clone(),
        customer_type: id_type,
        roles: known,
        scale: money,
        columns: catalogs.map(|catalogs| united::columns(&catalogs)),
        as_of,
        files_first: false,
    };
    let inputs: Vec<Option<plan::Input>> = parts
        .into_iter()
        .map(|part| {
            let condition = part.condition(&scope, out);
            part.finish(source.clone(), condition, order_type, timezone)
        })
        .collect();
    (scope, inputs.into_iter().collect())
}

/// One input while it is resolved.
struct Part<'a> {
    written: &'a spec::Input,
    catalog: Option<&'a Catalog>,
    customer: Option<Customer>,
    time: Option<plan::Time>,
    order_type: Type,
    /// The inner none is one that was complained about.
    amount: Option<Option<plan::Amount>>,
    /// Decimal places of money, as far as this input says.
    money: u8,
}

impl<'a> Part<'a> {
    fn of(written: &'a spec::Input, catalog: Option<&'a Catalog>, out: &mut Diagnostics) -> Self {
        let spec::Input { path: _, csv: _, roles, grain: _, condition: _, scale } = written;
        let customer = roles::customer(&roles.customer, catalog, out);
        let time = roles::time(&roles.time, catalog, out);
        let amount = roles.amount.as_ref().map(|role| roles::amount(role, scale.as_ref(), catalog, out));
        let order_type =
            roles.order.as_ref().map_or(Type::Unknown, |role| roles::order_type(role, catalog, out));
        let money = match &amount {
            Some(Some(amount)) => amount.scale,
            _ => scale.as_ref().map_or(DEFAULT_SCALE, |scale| scale.value),
        };
        Self { written, catalog, customer, time, order_type, amount, money }
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
        let own = self.catalog.map(|catalog| united::columns(&[(self.written.path.value.as_str(), catalog)]));
        let scope = RowScope { files_first: true, columns: own, ..scope.clone() };
        let mut none = NoAggregates("`where` is asked of each row", BY_RULE);
        Some(Typer { scope: &scope, aggregates: &mut none, out }.condition(written.as_ref()?))
    }

    fn finish(
        self,
        source: Source,
        condition: Option<Option<Expr>>,
        order_type: Option<Type>,
        timezone: Option<Tz>,
    ) -> Option<plan::Input> {
        let order = self.written.roles.order.as_ref().zip(order_type);
        Some(plan::Input {
            source,
            table: table(&self.written.path, self.catalog?, timezone?),
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
        })
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
        let spec::Roles { customer: _, order, time: _, amount } = &input.roles;
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
