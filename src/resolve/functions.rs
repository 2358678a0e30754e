//! Scalar functions of the expression language. Everything else that looks like a call is an aggregate.

use crate::diag::{Code, Diagnostic, Span, Spanned, did_you_mean, listed};
use crate::plan::{DatePart, Expr, ExprKind, Literal, Type};
use crate::spec::expr::{Expr as Written, ExprKind as WrittenKind};

use super::aggregate;
use super::expr::{Call, Typer, as_date, widened};

/// The scalar functions.
pub const SCALAR: [&str; 9] =
    ["abs", "coalesce", "day", "days_since", "greatest", "least", "month", "round", "year"];

impl Typer<'_> {
    /// A call of a scalar function, or of an aggregate.
    pub(super) fn function(&mut self, call: &Call<'_>) -> Option<Expr> {
        let name = call.name.value.as_str();
        if aggregate::NAMES.contains(&name) {
            return self.aggregates.call(call, self.out);
        }
        if !SCALAR.contains(&name) {
            let known = || SCALAR.into_iter().chain(aggregate::NAMES);
            let hint = match name {
                "now" | "today" | "current_date" => {
                    "the clock is never read: `as_of` is the date of the run".to_owned()
                }
                "cast" | "try_cast" => {
                    "types follow from the columns; `round(x, 2)` leaves two decimal places".to_owned()
                }
                "median" | "percentile" | "quantile" => {
                    "it is no exact sum: score with `quantiles` instead".to_owned()
                }
                "if" | "iff" | "iif" => "write `case when … then … else … end`".to_owned(),
                "nvl" | "ifnull" => "write `coalesce(x, y)`".to_owned(),
                "datediff" | "date_diff" => {
                    "a date minus a date is a number of days; so is `days_since(x)`".to_owned()
                }
                _ => did_you_mean(name, known()).unwrap_or_else(|| {
                    format!("there are {}, and the aggregates {}", listed(SCALAR), listed(aggregate::NAMES))
                }),
            };
            let diagnostic =
                Diagnostic::error(Code::UnknownFunction, format!("there is no function `{name}`"));
            return self.error(diagnostic.with_hint(hint), call.name.span);
        }
        if call.distinct {
            return self.wrong(call, "`distinct` stands only in `count(distinct x)`");
        }
        match (name, call.args) {
            ("coalesce", [_, ..]) => self.variadic(call, ExprKind::Coalesce),
            ("least", [_, ..]) => self.variadic(call, ExprKind::Least),
            ("greatest", [_, ..]) => self.variadic(call, ExprKind::Greatest),
            ("abs", [value]) => {
                let value = self.numeric(value)?;
                let ty = widened(value.ty);
                Some(Expr::new(ExprKind::Abs(Box::new(value.cast(ty))), ty))
            }
            ("round", [value]) => self.round(value, 0),
            ("round", [value, places]) => match &places.kind {
                WrittenKind::Number(number) if number.scale == 0 && (0..=9).contains(&number.unscaled) => {
                    self.round(value, number.unscaled as u8)
                }
                _ => self.wrong(call, "the number of places is a literal from 0 to 9"),
            },
            ("day", [value]) => self.date(value),
            ("year", [value]) => self.part(DatePart::Year, value),
            ("month", [value]) => self.part(DatePart::Month, value),
            ("days_since", [value]) => self.days_since(value),
            ("days_since" | "day" | "year" | "month" | "abs", _) => self.wrong(call, "it takes one argument"),
            ("round", _) => self.wrong(call, "it takes a number and the number of places"),
            _ => self.wrong(call, "it takes at least one argument"),
        }
    }

    fn wrong<T>(&mut self, call: &Call<'_>, why: &str) -> Option<T> {
        let message = format!("`{}` cannot be called like this", call.name.value);
        self.error(Diagnostic::error(Code::WrongArguments, message).with_hint(why), call.span)
    }

    fn variadic(&mut self, call: &Call<'_>, kind: fn(Vec<Expr>) -> ExprKind) -> Option<Expr> {
        let value = |arg: &Written| self.expr(arg).map(|expr| (expr, arg.span));
        let values: Vec<Option<(Expr, Span)>> = call.args.iter().map(value).collect();
        let values = self.unify_all(values.into_iter().collect::<Option<_>>()?, call.span)?;
        let ty = values.first()?.ty;
        Some(Expr::new(kind(values), ty))
    }

    fn round(&mut self, value: &Written, places: u8) -> Option<Expr> {
        let value = self.numeric(value)?;
        let ty = match value.ty {
            Type::Decimal(scale) => Type::Decimal(scale.min(places)),
            ty => ty,
        };
        let is_round = match value.ty {
            Type::Decimal(scale) => scale <= places,
            ty => ty != Type::Double,
        };
        if is_round {
            return Some(value);
        }
        Some(Expr::new(ExprKind::Round(Box::new(value), places), ty))
    }

    /// A date: of a time, its local date; of a text literal, what it says.
    fn date(&mut self, written: &Written) -> Option<Expr> {
        let value = self.expr(written)?;
        let value = match &value.kind {
            ExprKind::Literal(Literal::Text(_)) => {
                let model = Expr::new(ExprKind::Literal(Literal::Null), Type::Date);
                self.unify((value, written.span), (model, written.span), written.span)?.0
            }
            _ => as_date(value),
        };
        if matches!(value.ty, Type::Date | Type::Unknown) {
            return Some(value);
        }
        let message = format!("expected a date or a time, found {}", value.ty);
        self.error(Diagnostic::error(Code::TypeMismatch, message), written.span)
    }

    fn part(&mut self, part: DatePart, value: &Written) -> Option<Expr> {
        let date = self.date(value)?;
        Some(Expr::new(ExprKind::Part(part, Box::new(date)), Type::Int))
    }

    /// `days_since(max(time))` is the days since the latest local *date*, so the aggregate is taken of dates.
    fn days_since(&mut self, value: &Written) -> Option<Expr> {
        let date = match &value.kind {
            WrittenKind::Call(name, false, args) if matches!(name.value.as_str(), "min" | "max") => {
                match &args[..] {
                    [time @ Written { kind: WrittenKind::Name(role), span }] if role == "time" => {
                        let day = Spanned::new("day".to_owned(), *span);
                        let day =
                            Written { kind: WrittenKind::Call(day, false, vec![time.clone()]), span: *span };
                        let args = [day];
                        self.aggregates
                            .call(&Call { name, distinct: false, args: &args, span: value.span }, self.out)?
                    }
                    _ => self.date(value)?,
                }
            }
            _ => self.date(value)?,
        };
        let as_of = self.scope.lookup("as_of").ok()?.expr;
        if date.ty == Type::Unknown {
            return Some(Expr::new(ExprKind::Cast(Box::new(date)), Type::Days));
        }
        Some(Expr::new(ExprKind::DaysBetween(Box::new(as_of), Box::new(date)), Type::Days))
    }
}
