//! Typed expressions → Polars expressions. Every conversion is already in the plan, so each node is one step.

use polars::lazy::dsl::{Expr, coalesce, lit, max_horizontal, min_horizontal, when};
use polars::prelude::{AnyValue, DataType, LiteralValue, NULL, NamedFrom, Scalar, Series};

use crate::decimal::Decimal;
use crate::engine::Error;
use crate::plan::{self, Column, Comparison, DatePart, ExprKind, Literal, Type};

use super::types::{PRECISION, computed};
use super::{convert, gaps};

/// Lowers an expression; `column` says how the frame at hand holds a column.
pub(in crate::engine::polars) fn lower(
    expr: &plan::Expr,
    column: &dyn Fn(&Column) -> Expr,
) -> Result<Expr, Error> {
    let one = |inner: &plan::Expr| lower(inner, column);
    let all = |inner: &[plan::Expr]| inner.iter().map(one).collect::<Result<Vec<_>, _>>();
    Ok(match &expr.kind {
        ExprKind::Literal(literal) => constant(literal, expr.ty),
        ExprKind::Column(name) => column(name),
        ExprKind::Cast(inner) => cast(one(inner)?, inner.ty, expr.ty),
        ExprKind::Convert(inner) => converted(one(inner)?, inner.ty, expr.ty),
        ExprKind::Not(inner) => one(inner)?.not(),
        ExprKind::And(x, y) => one(x)?.and(one(y)?),
        ExprKind::Or(x, y) => one(x)?.or(one(y)?),
        ExprKind::Compare(x, op, y) => {
            let (x, y) = (one(x)?, one(y)?);
            match op {
                Comparison::Eq => x.eq(y),
                Comparison::NotEq => x.neq(y),
                Comparison::Less => x.lt(y),
                Comparison::LessEq => x.lt_eq(y),
                Comparison::Greater => x.gt(y),
                Comparison::GreaterEq => x.gt_eq(y),
            }
        }
        ExprKind::In(x, literals) => is_in(one(x)?, x.ty, literals),
        ExprKind::IsNull(x) => one(x)?.is_null(),
        ExprKind::Like(x, pattern) => one(x)?.str().contains(lit(like_to_regex(pattern)), true),
        ExprKind::Case(branches, otherwise) => {
            // From the last branch backwards: each one is asked before what follows it.
            let mut value = one(otherwise)?;
            for (condition, then) in branches.iter().rev() {
                value = when(one(condition)?).then(one(then)?).otherwise(value);
            }
            value
        }
        ExprKind::Coalesce(values) => coalesce(&all(values)?),
        ExprKind::Least(values) => min_horizontal(all(values)?)?,
        ExprKind::Greatest(values) => max_horizontal(all(values)?)?,
        ExprKind::Negate(x) => constant(&zero(expr.ty), expr.ty) - one(x)?,
        ExprKind::Add(x, y) => one(x)? + one(y)?,
        ExprKind::Subtract(x, y) => one(x)? - one(y)?,
        ExprKind::Multiply(x, y) => match expr.ty {
            // At the result's scale the exact product has nothing to round.
            Type::Decimal(_) => cast(one(x)?, x.ty, expr.ty) * cast(one(y)?, y.ty, expr.ty),
            _ => one(x)? * one(y)?,
        },
        ExprKind::Divide(x, y) => convert::quotient(one(x)?, one(y)?),
        ExprKind::Abs(x) => one(x)?.abs(),
        ExprKind::Round(x, places) => match x.ty {
            Type::Decimal(scale) if scale > *places => convert::round_decimal(one(x)?, scale, *places),
            Type::Double => convert::round_double(one(x)?, *places),
            _ => one(x)?,
        },
        ExprKind::DaysBetween(x, y) => one(x)?.cast(DataType::Int32) - one(y)?.cast(DataType::Int32),
        ExprKind::AddDays(date, days) => {
            (one(date)?.cast(DataType::Int32) + one(days)?.cast(DataType::Int32)).cast(DataType::Date)
        }
        ExprKind::Part(part, date) => {
            let date = one(date)?.dt();
            let part = match part {
                DatePart::Year => date.year(),
                DatePart::Month => date.month(),
            };
            part.cast(DataType::Int64)
        }
        ExprKind::GapCount(gaps) => gaps::count_of(one(gaps)?),
        ExprKind::GapQuantile(gaps, part) => gaps::quantile_of(one(gaps)?, *part),
    })
}

/// A constant of a type.
pub(super) fn constant(literal: &Literal, ty: Type) -> Expr {
    match literal {
        Literal::Null => lit(NULL).cast(computed(ty)),
        Literal::Bool(value) => lit(*value),
        Literal::Int(value) => match ty {
            Type::Decimal(scale) => decimal(i128::from(*value) * 10_i128.pow(u32::from(scale)), scale),
            Type::Double => lit(*value as f64),
            ty => lit(*value).cast(computed(ty)),
        },
        Literal::Decimal(value) => decimal(value.unscaled, value.scale),
        Literal::Double(value) => lit(*value),
        Literal::Text(value) => lit(value.clone()),
        Literal::Date(value) => lit(*value).cast(computed(ty)),
    }
}

/// An exact decimal constant.
pub(in crate::engine::polars) fn decimal(unscaled: i128, scale: u8) -> Expr {
    let scale = usize::from(scale);
    let value = AnyValue::Decimal(unscaled, PRECISION, scale);
    Expr::Literal(LiteralValue::Scalar(Scalar::new(DataType::Decimal(PRECISION, scale), value)))
}

fn zero(ty: Type) -> Literal {
    match ty {
        Type::Decimal(scale) => Literal::Decimal(Decimal { unscaled: 0, scale }),
        // Minus zero less x is -x for every double, zeros included.
        Type::Double => Literal::Double(-0.0),
        _ => Literal::Int(0),
    }
}

fn cast(value: Expr, from: Type, to: Type) -> Expr {
    match (from, to) {
        (from, to) if from == to => value,
        (Type::Double, Type::Decimal(scale)) => convert::double_to_decimal(value, scale),
        _ => value.cast(computed(to)),
    }
}

/// What a rules file's `cast` asks for; null where a value has no counterpart.
fn converted(value: Expr, from: Type, to: Type) -> Expr {
    match (from, to) {
        (Type::Double, Type::Int) => convert::whole_double(value),
        (Type::Decimal(scale), Type::Int) => convert::whole_decimal(value, scale),
        (Type::Text, Type::Int) => convert::text_to_int(value),
        (Type::Text, Type::Decimal(scale)) => convert::text_to_rounded_decimal(value, scale),
        (Type::Text, Type::Double) => convert::text_to_double(value),
        (Type::Decimal(own), Type::Decimal(scale)) if own > scale => {
            convert::round_decimal(value, own, scale)
        }
        (Type::Text, Type::Time) => convert::text_to_time(value, chrono_tz::Tz::UTC),
        (Type::Text, Type::Date) => convert::time_to_day(convert::text_to_time(value, chrono_tz::Tz::UTC)),
        (Type::Time, Type::Date) => convert::time_to_day(value),
        (Type::Decimal(_) | Type::Date | Type::Time, Type::Text) => convert::as_text(value, from),
        (from, to) => cast(value, from, to),
    }
}

/// Texts and whole numbers are looked up in a set; decimals and dates, of which lists are short, one by one.
fn is_in(value: Expr, ty: Type, literals: &[Literal]) -> Expr {
    let whole = |literal: &Literal| match literal {
        Literal::Int(value) => Some(*value),
        _ => None,
    };
    let text = |literal: &Literal| match literal {
        Literal::Text(value) => Some(value.clone()),
        _ => None,
    };
    let set = if let Some(values) = literals.iter().map(whole).collect::<Option<Vec<i64>>>() {
        Series::new("".into(), values)
    } else if let Some(values) = literals.iter().map(text).collect::<Option<Vec<String>>>() {
        Series::new("".into(), values)
    } else {
        let mut equal = literals.iter().map(|literal| value.clone().eq(constant(literal, ty)));
        let first = equal.next().unwrap_or_else(|| lit(false));
        return equal.fold(first, |any, one| any.or(one));
    };
    let value = if ty.is_integer() { value.cast(DataType::Int64) } else { value };
    value.is_in(lit(set).implode(false), false)
}

/// `%` and `_` as a regular expression over the whole text.
fn like_to_regex(pattern: &str) -> String {
    let mut regex = String::from("(?s)^");
    for c in pattern.chars() {
        match c {
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            c if c.is_alphanumeric() || c.is_whitespace() => regex.push(c),
            c if c.is_ascii() => regex.extend(['\\', c]),
            c => regex.push(c),
        }
    }
    regex.push('$');
    regex
}
