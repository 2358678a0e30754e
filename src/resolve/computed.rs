//! Roles that are expressions over the files' columns: each becomes a column of the input under its own text, so that
//! everything else sees columns only.

use chrono::NaiveDate;

use crate::catalog::{Catalog, Column};
use crate::diag::Diagnostics;
use crate::plan::{Expr, InputColumn, Physical, Source, Type};
use crate::spec;

use super::expr::{BY_RULE, NoAggregates, Typer};
use super::scope::RowScope;
use super::united;

/// Adds the columns that the roles of an input compute, and returns them. A text that is the name of a column is that column.
pub(super) fn add(
    expressions: &[(String, spec::Expr)],
    label: &str,
    catalog: &mut Catalog,
    as_of: NaiveDate,
    out: &mut Diagnostics,
) -> Vec<(String, Expr)> {
    let mut computed: Vec<(String, Expr)> = Vec::new();
    for (text, written) in expressions {
        if catalog.column(text).is_some() {
            continue;
        }
        let scope = RowScope {
            source: Source::Orders,
            customer_type: Type::Unknown,
            roles: Vec::new(),
            scale: 0,
            columns: Some(united::columns(&[(label, catalog)])),
            as_of,
            files_first: true,
        };
        let mut none = NoAggregates("a role is computed of each row", BY_RULE);
        let typed = Typer { scope: &scope, aggregates: &mut none, out }.expr(written);
        // What is wrong has been said; a column of unknown type keeps the rest quiet.
        let expr = typed.unwrap_or_else(|| Expr::literal(crate::plan::Literal::Null));
        catalog.columns.push(Column {
            name: text.clone(),
            physical: physical(expr.ty),
            storage: InputColumn::COMPUTED.to_owned(),
            nullable: true,
            foreign: false,
        });
        computed.push((text.clone(), expr));
    }
    computed
}

/// How a column that is computed holds values of a type.
fn physical(ty: Type) -> Physical {
    match ty {
        Type::Bool => Physical::Bool,
        Type::Score | Type::Days | Type::Int => Physical::Int,
        Type::Decimal(scale) => Physical::Decimal(scale),
        Type::Double => Physical::Float,
        Type::Text => Physical::Text,
        Type::Date => Physical::Date,
        Type::Time => Physical::Naive,
        Type::Unknown => Physical::Null,
        Type::Gaps => Physical::Other("gaps".to_owned()),
    }
}

/// What the customer's id is called in the output: its column; of an expression the one column that it reads.
pub(super) fn id_name(roles: &spec::Roles) -> String {
    let text = &roles.customer.value;
    let Some((_, written)) = roles.expressions.iter().find(|(known, _)| known == text) else {
        return text.clone();
    };
    match &names(written)[..] {
        [only] => only.clone(),
        _ => "customer_id".to_owned(),
    }
}

/// The names that an expression reads, each once.
pub(super) fn names(expr: &spec::Expr) -> Vec<String> {
    let mut names = Vec::new();
    collect(expr, &mut names);
    names
}

fn collect(expr: &spec::Expr, names: &mut Vec<String>) {
    if let spec::expr::ExprKind::Name(name) | spec::expr::ExprKind::QuotedName(name) = &expr.kind
        && !names.contains(name)
    {
        names.push(name.clone());
    }
    expr.parts().into_iter().for_each(|part| collect(part, names));
}
