//! `quality`: the limits of gates, and what has to be measured for them.

use crate::catalog::Catalog;
use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Source, Spanned};
use crate::plan::{Column, Expr, Gate, InputGates, Limit, Literal, Measure, Type};
use crate::spec;

use super::roles;

/// Every input that has gates.
pub(super) fn resolve(rules: &spec::Rules, source: &Source, out: &mut Diagnostics) -> Vec<InputGates> {
    let spec::Inputs { orders, customers, events } = &rules.inputs;
    let orders_of = orders.iter().map(|input| ("orders", input));
    let events = events.iter().filter_map(|one| Some((one.name.value.as_str(), one.input.as_ref()?)));
    let mut all = Vec::new();
    for (name, input) in orders_of.chain(events) {
        let has_strangers = name != "orders" || customers.is_some();
        input.quality.iter().for_each(|gate| check_role(gate, input, has_strangers, out));
        all.push(of_input(name, &input.path.value, &input.quality, source, out));
    }
    if let Some(spec::Customers { path: Some(path), quality, .. }) = customers {
        all.push(of_input("customers", &path.value, quality, source, out));
    }
    check_paths(rules, &all, out);
    all.retain(|one| !one.gates.is_empty());
    all
}

fn of_input(
    input: &str,
    path: &str,
    written: &[spec::Gate],
    source: &Source,
    out: &mut Diagnostics,
) -> InputGates {
    let gates = written.iter().filter_map(|one| {
        let spec::Gate { name, allowed, days: _, warn, fail } = one;
        if warn.is_none() && fail.is_none() {
            let message = format!("`{}` has no limit", name.value);
            let hint = "write `warn`, `fail` or both";
            out.push(Diagnostic::error(Code::MissingKey, message).with_span(name.span).with_hint(hint));
            return None;
        }
        let key = allowed
            .as_ref()
            .map_or_else(|| name.value.clone(), |(column, _)| format!("{}.{}", name.value, column.value));
        let mut limit = |written: &Option<spec::WrittenLimit>| match written {
            None => Some(None),
            Some(written) => limit(&name.value, written, out).map(Some),
        };
        let (warn, fail) = (limit(warn), limit(fail));
        let line = source.line_column(name.span.start).0;
        Some(Gate { name: key, line, warn: warn?, fail: fail? })
    });
    InputGates { input: input.to_owned(), path: path.to_owned(), gates: gates.collect() }
}

/// One path is one input in what a run says, so it has gates once.
fn check_paths(rules: &spec::Rules, all: &[InputGates], out: &mut Diagnostics) {
    for (at, input) in rules.inputs.orders.iter().enumerate() {
        let twice = rules.inputs.orders[..at].iter().any(|other| other.path.value == input.path.value);
        if twice && all.iter().any(|one| one.path == input.path.value && !one.gates.is_empty()) {
            let message = format!("the path `{}` stands twice, and has gates", input.path.value);
            let hint = "give each of the orders a path of its own, so that gates can tell them apart";
            out.push(Diagnostic::error(Code::BadValue, message).with_span(input.path.span).with_hint(hint));
        }
    }
}

/// That a gate looks at something that the input has.
fn check_role(gate: &spec::Gate, input: &spec::Input, has_strangers: bool, out: &mut Diagnostics) {
    let roles = &input.roles;
    let is_line = input.grain.as_ref().is_some_and(|grain| grain.value == spec::Grain::Line);
    if gate.name.value == "duplicate_order" && is_line {
        let message =
            "`duplicate_order` has nothing to look at: a row is a line of an order, and an order has several";
        let hint = "take the gate out, or say `grain: order`";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(gate.name.span).with_hint(hint));
    }
    let lacks = match gate.name.value.as_str() {
        "null_order" | "duplicate_order" if roles.order.is_none() => "no role `order`",
        "null_amount" | "negative_amount" | "zero_amount" if roles.amount.is_none() => "no role `amount`",
        "unknown_customer" if !has_strangers => "no customers who could be unknown",
        _ => return,
    };
    let message = format!("`{}` has nothing to look at: this input has {lacks}", gate.name.value);
    let hint = match gate.name.value.as_str() {
        "unknown_customer" => "add `inputs.customers`, or take the gate out",
        _ => "name the column under `columns`, or take the gate out",
    };
    out.push(Diagnostic::error(Code::MissingKey, message).with_span(gate.name.span).with_hint(hint));
}

fn limit(gate: &str, written: &spec::WrittenLimit, out: &mut Diagnostics) -> Option<Limit> {
    let texts: Vec<&str> = written.numbers.iter().map(|number| number.value.trim()).collect();
    let (found, hint) = match gate {
        "rows" => (bounds(&texts), "write the least and the most rows, as in `[1000, 2000000]`"),
        "max_age_days" => (
            texts.first().and_then(|text| text.parse().ok()).map(Limit::Days),
            "write a whole number of days, as in `2`",
        ),
        _ => (
            texts.first().and_then(|text| share_or_count(text)),
            "a share from 0 to 1 has a point or a percent sign (`0.05`, `5%`), a number of rows has none (`10`)",
        ),
    };
    if found.is_none() {
        let message = format!("`{}` is no limit of `{gate}`", texts.join(", "));
        out.push(Diagnostic::error(Code::BadValue, message).with_span(written.span).with_hint(hint));
    }
    found
}

fn bounds(texts: &[&str]) -> Option<Limit> {
    let [least, most] = texts else { return None };
    let (least, most) = (least.parse().ok()?, most.parse().ok()?);
    (least <= most).then_some(Limit::Between(least, most))
}

/// With a point or a percent sign a share, without a number of rows.
fn share_or_count(text: &str) -> Option<Limit> {
    let percent = text.strip_suffix('%').map(str::trim_end);
    if percent.is_none() && !text.contains('.') {
        return text.parse().ok().map(Limit::Count);
    }
    let Decimal { unscaled, scale } = Decimal::parse(percent.unwrap_or(text))?;
    let scale = if percent.is_some() { scale + 2 } else { scale };
    let is_share = unscaled >= 0 && unscaled <= 10_i128.pow(u32::from(scale));
    is_share.then_some(Limit::Share(Decimal { unscaled, scale }))
}

/// What has to be counted of the rows of a layout; none where a gate reads what is not there.
pub(super) fn measures(
    written: &[spec::Gate],
    catalog: Option<&Catalog>,
    out: &mut Diagnostics,
) -> Option<Vec<Measure>> {
    let mut measures = Vec::new();
    for gate in written {
        measures.extend(match gate.name.value.as_str() {
            "null_order" => Some(Measure::NullOrder),
            "negative_amount" => Some(Measure::NegativeAmount),
            "zero_amount" => Some(Measure::ZeroAmount),
            "max_age_days" => Some(Measure::Newest),
            "too_old" => gate.days.as_ref().map(|days| Measure::TooOld(days.value)),
            "allowed" => match &gate.allowed {
                Some((column, values)) => Some(allowed(column, values, catalog?, out)?),
                None => None,
            },
            _ => None,
        });
    }
    Some(measures)
}

fn allowed(
    column: &Spanned<String>,
    values: &[Spanned<String>],
    catalog: &Catalog,
    out: &mut Diagnostics,
) -> Option<Measure> {
    let found = roles::column(column, Some(catalog), out)?;
    let ty = found.ty().unwrap_or(Type::Unknown);
    let literals: Option<Vec<Literal>> = match ty {
        Type::Text | Type::Unknown => {
            Some(values.iter().map(|one| Literal::Text(one.value.clone())).collect())
        }
        Type::Int => values
            .iter()
            .map(|one| {
                let number = one.value.parse().ok().map(Literal::Int);
                if number.is_none() {
                    let message = format!(
                        "`{}` is no value of the column `{}`, which holds whole numbers",
                        one.value, column.value
                    );
                    out.push(Diagnostic::error(Code::BadValue, message).with_span(one.span));
                }
                number
            })
            .collect(),
        _ => {
            let what = "values that are allowed are texts or whole numbers";
            roles::wrong_type(column, &found.physical, what, out);
            None
        }
    };
    let column = Expr::column(Column::Input(column.value.clone()), ty);
    Some(Measure::Unknown(column, literals?))
}
