//! `inputs.orders`: roles against the columns that are there.

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::catalog::{Catalog, describe};
use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, did_you_mean};
use crate::plan::{self, AmountEncoding, Physical, Role, TimeEncoding, Type};
use crate::spec;
use crate::spec::Grain;

use super::expr::{BY_RULE, NoAggregates, Typer};
use super::scope::{RowScope, unknown};

/// Decimal places of money, unless the rules file or the files' own decimals say otherwise.
const DEFAULT_SCALE: u8 = 2;

/// Resolves the input; the scope is usable even where the orders are not.
pub(super) fn resolve(
    written: &spec::Orders,
    timezone: Option<&Spanned<String>>,
    catalog: Option<&Catalog>,
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> (RowScope, Option<plan::Orders>) {
    let spec::Orders { path, roles, grain, condition, scale } = written;
    let timezone = timezone.map_or(Some(Tz::UTC), |name| read_timezone(name, out));
    let customer = customer(&roles.customer, catalog, out);
    let time = time(&roles.time, catalog, out);
    let amount = roles.amount.as_ref().map(|role| amount(role, scale.as_ref(), catalog, out));
    let order_type = roles.order.as_ref().map(|role| {
        let Some(column) = column(role, catalog, out) else { return Type::Unknown };
        column.ty().unwrap_or_else(|| {
            wrong_type(role, &column.physical, "an order's id is a text or a whole number", out);
            Type::Unknown
        })
    });

    let money = match &amount {
        Some(Some(amount)) => amount.scale,
        _ => scale.as_ref().map_or(DEFAULT_SCALE, |scale| scale.value),
    };
    let amount_type = if catalog.is_none() { Type::Unknown } else { Type::Decimal(money) };
    let customer_type = customer.as_ref().map_or(Type::Unknown, |customer| customer.ty);
    let mut known = vec![("customer", Role::Customer, customer_type), ("time", Role::Time, Type::Time)];
    known.extend(order_type.map(|ty| ("order", Role::Order, ty)));
    known.extend(amount.as_ref().map(|_| ("amount", Role::Amount, amount_type)));
    let scope = RowScope {
        customer: (roles.customer.value.clone(), customer_type),
        roles: known,
        scale: money,
        catalog: catalog.cloned(),
        as_of,
        files_first: false,
    };

    let mut filter = None;
    if let Some(written) = condition {
        let scope = RowScope { files_first: true, ..scope.clone() };
        let mut none = NoAggregates("`where` is asked of each row", BY_RULE);
        filter = Some(Typer { scope: &scope, aggregates: &mut none, out }.condition(written));
    }
    let orders = (|| {
        let catalog = catalog?;
        Some(plan::Orders {
            path: path.value.clone(),
            files: catalog.files.clone(),
            hive_root: catalog.hive_root.clone(),
            columns: Vec::new(),
            condition: match filter {
                None => None,
                Some(condition) => Some(condition?),
            },
            row_is_order: *grain != Some(Grain::Line),
            customer: customer?,
            order: roles.order.as_ref().map(|role| role.value.clone()),
            time: time?,
            amount: match amount {
                None => None,
                Some(amount) => Some(amount?),
            },
            timezone: timezone?,
        })
    })();
    (scope, orders)
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

/// The column of a role; that it is missing is reported, if there is a catalog to miss it in.
fn column<'a>(
    role: &Spanned<String>,
    catalog: Option<&'a Catalog>,
    out: &mut Diagnostics,
) -> Option<&'a crate::catalog::Column> {
    let catalog = catalog?;
    let column = catalog.column(&role.value);
    if column.is_none() {
        let known = catalog.columns.iter().map(|column| column.name.as_str());
        let hints = unknown(&role.value, known, "the files have").hints;
        let mut diagnostic =
            Diagnostic::error(Code::UnknownColumn, format!("the files have no column `{}`", role.value))
                .with_span(role.span);
        diagnostic.hints = hints;
        out.push(diagnostic);
    }
    column
}

fn wrong_type(role: &Spanned<String>, physical: &Physical, what: &str, out: &mut Diagnostics) {
    let message = format!("the column `{}` holds {}: {what}", role.value, describe(physical));
    out.push(Diagnostic::error(Code::ColumnType, message).with_span(role.span));
}

fn customer(
    role: &Spanned<String>,
    catalog: Option<&Catalog>,
    out: &mut Diagnostics,
) -> Option<plan::Customer> {
    let column = column(role, catalog, out)?;
    let ty = match &column.physical {
        Physical::Text => Type::Text,
        Physical::Int => Type::Int,
        other => {
            wrong_type(role, other, "a customer's id is a text or a whole number", out);
            return None;
        }
    };
    Some(plan::Customer { column: role.value.clone(), ty })
}

fn time(role: &Spanned<String>, catalog: Option<&Catalog>, out: &mut Diagnostics) -> Option<plan::Time> {
    let column = column(role, catalog, out)?;
    let encoding = match &column.physical {
        Physical::Date => TimeEncoding::Date,
        Physical::Naive => TimeEncoding::Naive,
        Physical::Instant => TimeEncoding::Instant,
        Physical::Text => TimeEncoding::Text,
        other => {
            wrong_type(role, other, "a time is a date, a timestamp or an ISO text", out);
            return None;
        }
    };
    Some(plan::Time { column: role.value.clone(), encoding })
}

fn amount(
    role: &Spanned<String>,
    scale: Option<&Spanned<u8>>,
    catalog: Option<&Catalog>,
    out: &mut Diagnostics,
) -> Option<plan::Amount> {
    let column = column(role, catalog, out)?;
    let encoding = match &column.physical {
        Physical::Int => AmountEncoding::Int,
        Physical::Decimal(scale) => AmountEncoding::Decimal(*scale),
        Physical::Float => AmountEncoding::Float,
        Physical::Text => AmountEncoding::Text,
        other => {
            wrong_type(role, other, "an amount is a number", out);
            return None;
        }
    };
    let own = match encoding {
        AmountEncoding::Decimal(own) => Some(own),
        _ => None,
    };
    // Spark's DECIMAL(38, 18) is money, too, once the rules file says how many places count.
    if let (Some(own), None) = (own.filter(|own| *own > Decimal::MAX_SCALE), scale) {
        let message = format!(
            "the column `{}` has {own} decimal places, {} are the most",
            role.value,
            Decimal::MAX_SCALE
        );
        let hint = "write `scale: 2` to round each amount half away from zero as it is read";
        out.push(Diagnostic::error(Code::ColumnType, message).with_span(role.span).with_hint(hint));
        return None;
    }
    let scale = scale.map(|scale| scale.value).or(own).unwrap_or(DEFAULT_SCALE);
    Some(plan::Amount { column: role.value.clone(), encoding, scale })
}
