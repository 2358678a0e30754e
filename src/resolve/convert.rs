//! `cast(x as type)`: which conversions there are.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Spanned};
use crate::plan::{Expr, ExprKind, Type};
use crate::spec::Expr as Written;

use super::expr::Typer;

/// The types that a cast may name.
const TYPES: &str = "`bigint`, `decimal(18, 2)`, `double`, `varchar`, `date`, `timestamp`";

impl Typer<'_> {
    /// A value as another type; null where it has no counterpart there.
    pub(super) fn written_cast(&mut self, written: &Written, wanted: &Spanned<String>) -> Option<Expr> {
        let value = self.expr(written)?;
        let Some(ty) = read_type(&wanted.value) else {
            let message = format!("`{}` is no type to convert to", wanted.value);
            let diagnostic =
                Diagnostic::error(Code::BadValue, message).with_hint(format!("types are {TYPES}"));
            return self.error(diagnostic, wanted.span);
        };
        if value.ty == ty || value.ty == Type::Unknown {
            return Some(value.cast(ty));
        }
        let is_possible = match ty {
            Type::Int | Type::Decimal(_) | Type::Double => {
                value.ty.is_numeric() || matches!(value.ty, Type::Text)
            }
            Type::Text => !matches!(value.ty, Type::Double | Type::Gaps),
            Type::Date => matches!(value.ty, Type::Time | Type::Text),
            Type::Time => matches!(value.ty, Type::Date | Type::Text),
            _ => false,
        };
        if !is_possible {
            let message = format!("{} cannot be converted to {}", value.ty, ty);
            let diagnostic = Diagnostic::error(Code::TypeMismatch, message);
            return self.error(diagnostic, wanted.span);
        }
        Some(Expr::new(ExprKind::Convert(Box::new(value)), ty))
    }
}

/// The type of a name of SQL's.
fn read_type(name: &str) -> Option<Type> {
    let (word, places) = match name.split_once('(') {
        None => (name, None),
        Some((word, places)) => (word, Some(places.trim_end_matches(')'))),
    };
    Some(match (word.trim(), places) {
        ("bigint" | "int" | "integer" | "smallint", None) => Type::Int,
        ("double" | "double precision", None) => Type::Double,
        ("varchar" | "text" | "string", _) => Type::Text,
        ("date", None) => Type::Date,
        ("timestamp", None) => Type::Time,
        ("decimal" | "numeric", Some(places)) => {
            let scale = places.split_once(',').map_or("0", |(_, scale)| scale.trim());
            Type::Decimal(scale.parse().ok().filter(|scale| *scale <= Decimal::MAX_SCALE)?)
        }
        ("decimal" | "numeric", None) => Type::Decimal(0),
        _ => return None,
    })
}
