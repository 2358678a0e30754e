//! `privacy`: pseudonyms hide ids only where nothing else publishes them.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::plan::{Aggregate, Column, Expr, Function, Privacy, Role};
use crate::spec;

/// Resolves what is hidden. `aggregates` are those of the metrics.
pub(super) fn resolve(
    written: &spec::Privacy,
    inputs: &spec::Inputs,
    aggregates: &[Aggregate],
    out: &mut Diagnostics,
) -> Privacy {
    let spec::Privacy { suppress: _, consent: _, key_env, report_min_group } = written;
    let ids = Ids::of(inputs);
    if let Some(key_env) = key_env {
        check_name(key_env, out);
        for aggregate in aggregates {
            if shows(aggregate, &ids) {
                let message = format!("`{aggregate}` would publish the customer's id beside its pseudonym");
                out.push(
                    Diagnostic::error(Code::BadValue, message)
                        .with_span(key_env.span)
                        .with_hint("leave that metric out, or publish ids as they are"),
                );
            }
        }
        let attributes = inputs.customers.iter().flat_map(|customers| &customers.attributes);
        for attribute in attributes.filter(|attribute| ids.columns.contains(&attribute.column.value.as_str()))
        {
            let message =
                format!("`{}` would publish the customer's id beside its pseudonym", attribute.name.value);
            out.push(
                Diagnostic::error(Code::BadValue, message)
                    .with_span(attribute.column.span)
                    .with_hint("leave that attribute out, or publish ids as they are"),
            );
        }
    }
    Privacy {
        key_env: key_env.as_ref().map(|key_env| key_env.value.clone()),
        report_min_group: report_min_group.as_ref().map(|least| least.value),
    }
}

/// What holds the customer's id.
struct Ids<'a> {
    /// Columns of the files.
    columns: Vec<&'a str>,
    /// Roles: that of the customer, and any other that one of these columns plays, too.
    roles: Vec<Role>,
}

impl<'a> Ids<'a> {
    fn of(inputs: &'a spec::Inputs) -> Self {
        let spec::Inputs { orders, customers, events } = inputs;
        let rows = || orders.iter().chain(events.iter().filter_map(|events| events.input.as_ref()));
        let ids = rows().map(|input| &input.roles.customer);
        let ids = ids.chain(customers.iter().filter_map(|customers| customers.customer.as_ref()));
        let columns: Vec<&str> = ids.map(|id| id.value.as_str()).collect();
        let mut roles = vec![Role::Customer];
        for input in rows() {
            let spec::Roles { order, amount, .. } = &input.roles;
            for (column, role) in [(order, Role::Order), (amount, Role::Amount)] {
                if column.as_ref().is_some_and(|column| columns.contains(&column.value.as_str())) {
                    roles.push(role);
                }
            }
        }
        Self { columns, roles }
    }
}

fn check_name(key_env: &crate::diag::Spanned<String>, out: &mut Diagnostics) {
    let name = &key_env.value;
    let fine = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    if !fine {
        // What stands there may be the key itself.
        let message = "this is no name of an environment variable";
        out.push(
            Diagnostic::error(Code::BadValue, message)
                .with_span(key_env.span)
                .with_hint("name the variable, such as TIERMILL_ID_KEY; the key itself stands in no file"),
        );
    }
}

/// Whether a value of the aggregate is made of the customer's id. A count is not.
fn shows(aggregate: &Aggregate, ids: &Ids<'_>) -> bool {
    let value = match &aggregate.function {
        Function::CountRows | Function::CountValues(_) | Function::CountDistinct(_) => return false,
        function => function.operands(),
    };
    value.into_iter().any(|expr| reads(expr, ids))
}

fn reads(expr: &Expr, ids: &Ids<'_>) -> bool {
    let mut found = false;
    expr.columns(&mut |column| {
        found |= match column {
            Column::Role(role) => ids.roles.contains(role),
            Column::Input(name) => ids.columns.contains(&name.as_str()),
            _ => false,
        };
    });
    found
}
