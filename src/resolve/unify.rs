//! Operands of different types → one type: numbers to the widest, texts to dates where they meet dates.

use chrono::NaiveDate;

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Span};
use crate::plan::{Expr, ExprKind, Literal, Type};

use super::expr::Typer;
use super::types::common_type;

impl Typer<'_> {
    /// Brings two operands to one type.
    pub(super) fn unify(&mut self, l: (Expr, Span), r: (Expr, Span), span: Span) -> Option<(Expr, Expr)> {
        let mut both = self.unify_all(vec![l, r], span)?;
        let r = both.pop()?;
        Some((both.pop()?, r))
    }

    /// Brings values, each with its place, to one type: numbers to the widest, texts to dates where they meet dates.
    pub(super) fn unify_all(&mut self, values: Vec<(Expr, Span)>, span: Span) -> Option<Vec<Expr>> {
        let mut common = Type::Unknown;
        for (value, _) in &values {
            common = match (common, value.ty) {
                (a, b) if common_type(a, b).is_some() => common_type(a, b)?,
                (ty @ (Type::Date | Type::Time), Type::Text)
                | (Type::Text, ty @ (Type::Date | Type::Time)) => ty,
                (a, b) => {
                    let message = format!("{a} and {b} do not go together");
                    let with_text = matches!((a, b), (Type::Text, _) | (_, Type::Text));
                    let quoted = |(value, _): &(Expr, Span)| matches!(&value.kind, ExprKind::Literal(Literal::Text(text)) if Decimal::parse(text).is_some());
                    let hint = match with_text && (a.is_numeric() || b.is_numeric()) {
                        true if values.iter().any(quoted) => Some("numbers stand without quotes".to_owned()),
                        true => Some("a text in single quotes goes with texts only".to_owned()),
                        false => None,
                    };
                    let diagnostic = Diagnostic::error(Code::TypeMismatch, message).with_hint_opt(hint);
                    return self.error(diagnostic, span);
                }
            };
        }
        values.into_iter().map(|(value, span)| self.convert(value, common, span)).collect()
    }

    /// A date that is written out.
    pub(super) fn date_literal(&mut self, text: &str, span: Span) -> Option<Expr> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        // Years of more or less than four digits are typing mistakes, and some engines cannot hold them.
        match date.filter(|_| text.len() == "2026-11-01".len()) {
            Some(date) => Some(Expr::literal(Literal::Date(date))),
            None => {
                let message = format!("`{text}` is not a date");
                let hint = "write it as `'2026-11-01'`";
                self.error(Diagnostic::error(Code::BadValue, message).with_hint(hint), span)
            }
        }
    }

    fn rescaled(&mut self, number: Decimal, scale: u8, span: Span) -> Option<Expr> {
        let Some(unscaled) = number.rescale(scale) else {
            let message = format!("`{number}` has too many digits beside {scale} decimal places");
            return self.error(Diagnostic::error(Code::BadValue, message), span);
        };
        Some(Expr::new(
            ExprKind::Literal(Literal::Decimal(Decimal { unscaled, scale })),
            Type::Decimal(scale),
        ))
    }

    /// A value as another type; literals are converted here and now.
    pub(super) fn convert(&mut self, value: Expr, ty: Type, span: Span) -> Option<Expr> {
        match (&value.kind, value.ty, ty) {
            (ExprKind::Literal(Literal::Text(text)), Type::Text, Type::Date | Type::Time) => {
                Some(self.date_literal(text, span)?.cast(ty))
            }
            (_, Type::Text, Type::Date | Type::Time) => {
                let message = "a text and a date do not go together";
                self.error(Diagnostic::error(Code::TypeMismatch, message), span)
            }
            (ExprKind::Literal(Literal::Int(number)), _, Type::Decimal(scale)) => {
                self.rescaled(Decimal { unscaled: i128::from(*number), scale: 0 }, scale, span)
            }
            (ExprKind::Literal(Literal::Decimal(number)), _, Type::Decimal(scale)) => {
                self.rescaled(*number, scale, span)
            }
            _ => Some(value.cast(ty)),
        }
    }
}
