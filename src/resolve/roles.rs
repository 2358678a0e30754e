//! The roles of an input against the columns that are there.

use chrono_tz::Tz;

use crate::catalog::{Catalog, describe};
use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{self, AmountEncoding, EpochUnit, Physical, TimeEncoding, Type};
use crate::spec::TimeForm;

use super::scope::unknown;

/// Decimal places of money, unless the rules file or the files' own decimals say otherwise.
pub(super) const DEFAULT_SCALE: u8 = 2;

/// The column of a role; that it is missing is reported, if there is a catalog to miss it in.
pub(super) fn column<'a>(
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

/// That some files of an input have no such column.
pub(super) fn files_lack(column: &Spanned<String>, files: &[&plan::InputFile]) -> Diagnostic {
    let first = files.first().map_or_else(String::new, |file| file.path.display().to_string());
    let more = match files.len().saturating_sub(1) {
        0 => "has".to_owned(),
        1 => "and one more file have".to_owned(),
        more => format!("and {more} more files have"),
    };
    let message = format!("`{first}` {more} no column `{}`, and other files have it", column.value);
    let hint = "`missing: null` reads it as null there; or leave those files out of `path`";
    Diagnostic::error(Code::FilesDisagree, message).with_span(column.span).with_hint(hint)
}

/// That a column's values cannot play a role.
pub(super) fn wrong_type(role: &Spanned<String>, physical: &Physical, what: &str, out: &mut Diagnostics) {
    let message = format!("the column `{}` holds {}: {what}", role.value, describe(physical));
    out.push(Diagnostic::error(Code::ColumnType, message).with_span(role.span));
}

/// The customer's id.
pub(super) fn customer(
    role: &Spanned<String>,
    catalog: Option<&Catalog>,
    out: &mut Diagnostics,
) -> Option<plan::Customer> {
    let column = column(role, catalog, out)?;
    if column.is_beyond_64_bits() {
        let message = format!("the column `{}` holds whole numbers beyond 9223372036854775807", role.value);
        let hint = format!("`customer: cast({} as varchar)` reads them as texts", role.value);
        out.push(Diagnostic::error(Code::ColumnType, message).with_span(role.span).with_hint(hint));
        return None;
    }
    let ty = match &column.physical {
        // Whole numbers come as floats and decimals, too: pandas writes the former where ids have gaps.
        Physical::Text | Physical::Bytes | Physical::Uuid => Type::Text,
        Physical::Int | Physical::Float | Physical::Decimal(_) => Type::Int,
        Physical::Null => Type::Unknown,
        other => {
            wrong_type(role, other, "a customer's id is a text or a whole number", out);
            return None;
        }
    };
    Some(plan::Customer { column: role.value.clone(), ty })
}

/// The time of the order or event.
pub(super) fn time(
    role: &Spanned<String>,
    form: Option<&Spanned<TimeForm>>,
    catalog: Option<&Catalog>,
    out: &mut Diagnostics,
) -> Option<plan::Time> {
    let column = column(role, catalog, out)?;
    if let Some(form) = form {
        return formed_time(role, form, &column.physical, out);
    }
    let encoding = match &column.physical {
        Physical::Null => TimeEncoding::Null,
        Physical::Date => TimeEncoding::Date,
        Physical::Naive => TimeEncoding::Naive,
        Physical::Instant => TimeEncoding::Instant,
        Physical::Text | Physical::Bytes => TimeEncoding::Text,
        number @ (Physical::Int | Physical::Float | Physical::Decimal(_)) => {
            let message =
                format!("the column `{}` holds {}: what do they count?", role.value, describe(number));
            let hint = format!(
                "`time: {{column: {}, epoch: ms}}` reads milliseconds since 1970; also `s`, `us`, `ns`",
                role.value
            );
            out.push(Diagnostic::error(Code::ColumnType, message).with_span(role.span).with_hint(hint));
            return None;
        }
        other => {
            wrong_type(role, other, "a time is a date, a timestamp or an ISO text", out);
            return None;
        }
    };
    let by_instant = encoding == TimeEncoding::Instant;
    Some(plan::Time { column: role.value.clone(), encoding, by_instant })
}

/// The time in numbers or texts of a form that the rules file says.
fn formed_time(
    role: &Spanned<String>,
    form: &Spanned<TimeForm>,
    physical: &Physical,
    out: &mut Diagnostics,
) -> Option<plan::Time> {
    let encoding = match (&form.value, physical) {
        (_, Physical::Null) => TimeEncoding::Null,
        (TimeForm::Epoch(unit), Physical::Int | Physical::Float | Physical::Decimal(_)) => {
            TimeEncoding::Epoch(match unit.as_str() {
                "s" => EpochUnit::Seconds,
                "ms" => EpochUnit::Milliseconds,
                "us" => EpochUnit::Microseconds,
                _ => EpochUnit::Nanoseconds,
            })
        }
        (TimeForm::Format(form), Physical::Text | Physical::Bytes) => TimeEncoding::Format(form.clone()),
        (TimeForm::Epoch(_), other) => {
            wrong_type(role, other, "`epoch` reads numbers", out);
            return None;
        }
        (TimeForm::Format(_), other) => {
            wrong_type(role, other, "`format` reads texts", out);
            return None;
        }
    };
    if let TimeForm::Format(text) = &form.value
        && chrono::format::StrftimeItems::new(text).any(|item| item == chrono::format::Item::Error)
    {
        let message = format!("`{text}` is no form of a time");
        let hint = "as in `%d.%m.%Y %H:%M`: day, month, year, hour, minute";
        out.push(Diagnostic::error(Code::BadValue, message).with_span(form.span).with_hint(hint));
        return None;
    }
    Some(plan::Time { column: role.value.clone(), encoding, by_instant: false })
}

/// The type of the order's id; unknown where it is not, or where it was complained about.
pub(super) fn order_type(role: &Spanned<String>, catalog: Option<&Catalog>, out: &mut Diagnostics) -> Type {
    let Some(column) = column(role, catalog, out) else { return Type::Unknown };
    if matches!(column.physical, Physical::Float | Physical::Decimal(_)) {
        return Type::Int;
    }
    column.ty().unwrap_or_else(|| {
        wrong_type(role, &column.physical, "an order's id is a text or a whole number", out);
        Type::Unknown
    })
}

/// The amount, at the scale of its own input.
pub(super) fn amount(
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
        Physical::Text | Physical::Bytes => AmountEncoding::Text,
        Physical::Null => AmountEncoding::Null,
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

/// The files of an input; which columns are read follows from everything else.
pub(super) fn table(path: &Spanned<String>, catalog: &Catalog, timezone: Tz) -> plan::Table {
    plan::Table {
        path: path.value.clone(),
        files: catalog.files.clone(),
        hive_root: catalog.hive_root.clone(),
        left_out: catalog.left_out.clone(),
        columns: Vec::new(),
        computed: Vec::new(),
        keeps_blank_ids: false,
        timezone,
        import: catalog.import.clone(),
    }
}

/// Customers are joined by their ids, so these have one type everywhere.
pub(super) fn check_id_type(
    role: &Spanned<String>,
    ty: Type,
    (first, first_ty): (&Spanned<String>, Type),
    out: &mut Diagnostics,
) {
    if ty == first_ty || ty == Type::Unknown || first_ty == Type::Unknown {
        return;
    }
    let name = |ty: Type| if ty == Type::Text { "texts" } else { "whole numbers" };
    let message = format!("customer ids are {} here, and {} in the orders", name(ty), name(first_ty));
    out.push(
        Diagnostic::error(Code::ColumnType, message)
            .with_span(role.span)
            .with_related(first.span, "the id of the orders")
            .with_hint("write the files with ids of one type: `7` and `'007'` are not the same customer"),
    );
}
