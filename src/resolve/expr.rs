//! Expressions: names become columns, types are checked, implicit conversions become casts. What is wrong is
//! reported at its own place; the caller gets none and goes on with the next expression.

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Span, Spanned, nearest, suggest};
use crate::plan::{Column, Comparison, Expr, ExprKind, Literal, Role, Type};
use crate::spec::expr::{Expr as Written, ExprKind as WrittenKind, Operator};

use super::scope::{Found, Scope};
use super::types::numeric_common;

/// The most decimal places an exact product may have.
const MAX_SCALE: u8 = 12;

/// What becomes of a call of an aggregate function: only metrics have a use for one.
pub(super) trait AggregateCalls {
    /// Resolves `name(args)`; none where it was wrong and is reported.
    fn call(&mut self, call: &Call<'_>, out: &mut Diagnostics) -> Option<Expr>;
}

/// A function call as written.
pub(super) struct Call<'a> {
    pub(super) name: &'a Spanned<String>,
    pub(super) distinct: bool,
    pub(super) args: &'a [Written],
    pub(super) span: Span,
}

/// Where aggregates have no place: why not, and what to do.
pub(super) struct NoAggregates(pub(super) &'static str, pub(super) &'static str);

/// What to do where a metric's name is known.
pub(super) const BY_METRIC: &str = "define a metric with it, and use the metric's name";
/// What to do where there are rows only.
pub(super) const BY_RULE: &str = "define a metric with it, and ask for it in a rule of `segments`";

impl AggregateCalls for NoAggregates {
    fn call(&mut self, call: &Call<'_>, out: &mut Diagnostics) -> Option<Expr> {
        let message = format!("`{}` is an aggregate, and {}", call.name.value, self.0);
        out.push(Diagnostic::error(Code::AggregateMisplaced, message).with_span(call.span).with_hint(self.1));
        None
    }
}

/// Types one expression.
pub(super) struct Typer<'a> {
    pub(super) scope: &'a dyn Scope,
    pub(super) aggregates: &'a mut dyn AggregateCalls,
    pub(super) out: &'a mut Diagnostics,
}

impl Typer<'_> {
    /// An expression that must be a condition.
    pub(super) fn condition(&mut self, written: &Written) -> Option<Expr> {
        let expr = self.expr(written)?;
        if matches!(expr.ty, Type::Bool | Type::Unknown) {
            return Some(expr.cast(Type::Bool));
        }
        let message = format!("expected a condition, found {}", expr.ty);
        self.error(
            Diagnostic::error(Code::TypeMismatch, message)
                .with_hint("compare it with something: `revenue > 100`"),
            written.span,
        )
    }

    /// Any expression.
    pub(super) fn expr(&mut self, written: &Written) -> Option<Expr> {
        match &written.kind {
            WrittenKind::Null => Some(Expr::literal(Literal::Null)),
            WrittenKind::Bool(value) => Some(Expr::literal(Literal::Bool(*value))),
            WrittenKind::Number(number) => Some(number_literal(*number)),
            WrittenKind::Text(text) => Some(Expr::literal(Literal::Text(text.clone()))),
            WrittenKind::Date(text) => self.date_literal(text, written.span),
            WrittenKind::Name(name) => self.name(name, written.span).map(|found| found.expr),
            WrittenKind::QuotedName(name) => match self.scope.lookup(name) {
                Ok(found) => Some(found.expr),
                Err(diagnostic) => {
                    let text = name.replace('\'', "''");
                    let hint = format!("double quotes are for names: a text is `'{text}'`");
                    self.error(Diagnostic { hints: Vec::new(), ..diagnostic }.with_hint(hint), written.span)
                }
            },
            WrittenKind::Star => self.error(
                Diagnostic::error(Code::WrongArguments, "`*` stands only in `count(*)`"),
                written.span,
            ),
            WrittenKind::Not(inner) => {
                let inner = self.condition(inner)?;
                Some(Expr::new(ExprKind::Not(Box::new(inner)), Type::Bool))
            }
            WrittenKind::Negate(inner) => {
                let value = self.numeric(inner)?;
                let ty = widened(value.ty);
                Some(Expr::new(ExprKind::Negate(Box::new(value.cast(ty))), ty))
            }
            WrittenKind::Binary(left, op, right) => self.binary(left, *op, right, written.span),
            WrittenKind::In(value, list, negated) => self.in_list(value, list, *negated),
            WrittenKind::Between(value, low, high, negated) => {
                let above = self.compare(value, Comparison::GreaterEq, low, written.span);
                let below = self.compare(value, Comparison::LessEq, high, written.span);
                Some(negate_if(*negated, above?.and(below?)))
            }
            WrittenKind::IsNull(inner, negated) => {
                let inner = self.expr(inner)?;
                Some(negate_if(*negated, Expr::new(ExprKind::IsNull(Box::new(inner)), Type::Bool)))
            }
            WrittenKind::Like(value, pattern, negated) => {
                let text = self.expr(value)?;
                if !matches!(text.ty, Type::Text | Type::Unknown) {
                    let message = format!("`like` needs a text, found {}", text.ty);
                    return self.error(Diagnostic::error(Code::TypeMismatch, message), value.span);
                }
                let like = ExprKind::Like(Box::new(text), pattern.value.clone());
                Some(negate_if(*negated, Expr::new(like, Type::Bool)))
            }
            WrittenKind::Case(branches, otherwise) => self.case(branches, otherwise.as_deref(), written.span),
            WrittenKind::Cast(inner, ty) => self.written_cast(inner, ty),
            WrittenKind::Call(name, distinct, args) => {
                let call = Call { name, distinct: *distinct, args, span: written.span };
                self.function(&call)
            }
        }
    }

    /// What a name stands for.
    fn name(&mut self, name: &str, span: Span) -> Option<Found> {
        match self.scope.lookup(name) {
            Ok(found) => Some(found),
            Err(diagnostic) => self.error(diagnostic, span),
        }
    }

    pub(super) fn error<T>(&mut self, diagnostic: Diagnostic, span: Span) -> Option<T> {
        self.out.push(diagnostic.with_span(span));
        None
    }

    /// An expression that must be a number.
    pub(super) fn numeric(&mut self, written: &Written) -> Option<Expr> {
        let expr = self.expr(written)?;
        if expr.ty.is_numeric() || expr.ty == Type::Unknown {
            return Some(expr);
        }
        let message = format!("expected a number, found {}", expr.ty);
        self.error(Diagnostic::error(Code::TypeMismatch, message), written.span)
    }

    fn binary(&mut self, left: &Written, op: Operator, right: &Written, span: Span) -> Option<Expr> {
        let comparison = match op {
            Operator::And | Operator::Or => {
                let (left, right) = (self.condition(left), self.condition(right));
                let (left, right) = (Box::new(left?), Box::new(right?));
                let kind = match op {
                    Operator::And => ExprKind::And(left, right),
                    _ => ExprKind::Or(left, right),
                };
                return Some(Expr::new(kind, Type::Bool));
            }
            Operator::Add | Operator::Subtract | Operator::Multiply | Operator::Divide => {
                let (l, r) = (self.expr(left), self.expr(right));
                return self.arithmetic(l?, op, r?, span);
            }
            Operator::Eq => Comparison::Eq,
            Operator::NotEq => Comparison::NotEq,
            Operator::Less => Comparison::Less,
            Operator::LessEq => Comparison::LessEq,
            Operator::Greater => Comparison::Greater,
            Operator::GreaterEq => Comparison::GreaterEq,
        };
        self.compare(left, comparison, right, span)
    }

    fn compare(&mut self, left: &Written, op: Comparison, right: &Written, span: Span) -> Option<Expr> {
        if matches!(op, Comparison::Eq | Comparison::NotEq) {
            self.check_label(left, right);
            self.check_label(right, left);
            if self.is_unquoted(left, right) || self.is_unquoted(right, left) {
                return None;
            }
        }
        let (l, r) = (self.expr(left), self.expr(right));
        let (l, r) = self.unify((l?, left.span), (r?, right.span), span)?;
        if l.ty == Type::Bool && !matches!(op, Comparison::Eq | Comparison::NotEq) {
            return self.error(Diagnostic::error(Code::TypeMismatch, "conditions have no order"), span);
        }
        Some(Expr::new(ExprKind::Compare(Box::new(l), op, Box::new(r)), Type::Bool))
    }

    /// Reports a text that the named column can never be.
    fn check_label(&mut self, name: &Written, text: &Written) {
        let (WrittenKind::Name(name), WrittenKind::Text(label)) = (&name.kind, &text.kind) else { return };
        let Ok(Found { labels: Some(labels), .. }) = self.scope.lookup(name) else { return };
        if !labels.contains(label) {
            let hint = match self.scope.id_of_shown(name, label) {
                Some(id) => format!("that is how it is shown; its id is `{id}`: write `'{id}'`"),
                None => suggest(label, labels.iter().map(String::as_str), "it is one of"),
            };
            let message = format!("`{name}` is never `{label}`");
            self.out
                .push(Diagnostic::error(Code::UnknownLabel, message).with_span(text.span).with_hint(hint));
        }
    }

    /// Reports a label that stands without quotes beside its column: `rfm = champions`.
    fn is_unquoted(&mut self, name: &Written, label: &Written) -> bool {
        let (WrittenKind::Name(name), WrittenKind::Name(label_name)) = (&name.kind, &label.kind) else {
            return false;
        };
        let Ok(Found { labels: Some(labels), .. }) = self.scope.lookup(name) else { return false };
        if self.scope.lookup(label_name).is_ok() {
            return false;
        }
        let known = labels.iter().find(|known| known.eq_ignore_ascii_case(label_name)).map(String::as_str);
        let known = known.or_else(|| self.scope.id_of_shown(name, label_name));
        let Some(id) = known.or_else(|| nearest(label_name, labels.iter().map(String::as_str))) else {
            return false;
        };
        let message = format!("nothing here is named `{label_name}`");
        let hint = format!("a label stands in single quotes: `'{id}'`");
        self.out.push(Diagnostic::error(Code::UnknownName, message).with_span(label.span).with_hint(hint));
        true
    }

    fn in_list(&mut self, value: &Written, list: &[Written], negated: bool) -> Option<Expr> {
        let tested = self.expr(value)?;
        let mut literals = Vec::new();
        let mut others: Option<Expr> = None;
        for item in list {
            self.check_label(value, item);
            if self.is_unquoted(value, item) {
                continue;
            }
            let Some(one) = self.expr(item) else { continue };
            let tested_too = (tested.clone(), value.span);
            let Some((l, r)) = self.unify(tested_too, (one, item.span), item.span) else { continue };
            match r.kind {
                ExprKind::Literal(literal) if literal != Literal::Null && l.ty == tested.ty => {
                    literals.push(literal);
                }
                _ => {
                    let equal =
                        Expr::new(ExprKind::Compare(Box::new(l), Comparison::Eq, Box::new(r)), Type::Bool);
                    others = Some(match others {
                        None => equal,
                        Some(before) => {
                            Expr::new(ExprKind::Or(Box::new(before), Box::new(equal)), Type::Bool)
                        }
                    });
                }
            }
        }
        let within = Expr::new(ExprKind::In(Box::new(tested), literals.clone()), Type::Bool);
        let all = match others {
            None => within,
            Some(others) if literals.is_empty() => others,
            Some(others) => Expr::new(ExprKind::Or(Box::new(within), Box::new(others)), Type::Bool),
        };
        Some(negate_if(negated, all))
    }

    fn case(
        &mut self,
        branches: &[(Written, Written)],
        otherwise: Option<&Written>,
        span: Span,
    ) -> Option<Expr> {
        let mut conditions = Vec::new();
        let mut values = Vec::new();
        for (condition, value) in branches {
            conditions.push(self.condition(condition));
            values.push(self.expr(value).map(|expr| (expr, value.span)));
        }
        values.push(match otherwise {
            Some(written) => self.expr(written).map(|expr| (expr, written.span)),
            None => Some((Expr::literal(Literal::Null), span)),
        });
        let conditions: Vec<Expr> = conditions.into_iter().collect::<Option<_>>()?;
        let mut values = self.unify_all(values.into_iter().collect::<Option<_>>()?, span)?;
        let otherwise = values.pop()?;
        let ty = otherwise.ty;
        let branches = conditions.into_iter().zip(values).collect();
        Some(Expr::new(ExprKind::Case(branches, Box::new(otherwise)), ty))
    }

    fn arithmetic(&mut self, l: Expr, op: Operator, r: Expr, span: Span) -> Option<Expr> {
        let known = |ty: Type| ty != Type::Unknown;
        let (l, r) = (as_date(l), as_date(r));
        match (l.ty, op, r.ty) {
            (Type::Date, Operator::Subtract, Type::Date) => {
                return Some(Expr::new(ExprKind::DaysBetween(Box::new(l), Box::new(r)), Type::Days));
            }
            (Type::Date, Operator::Add | Operator::Subtract, days) if days.is_integer() => {
                let days = r.cast(Type::Int);
                let days = match op {
                    Operator::Add => days,
                    _ => Expr::new(ExprKind::Negate(Box::new(days)), Type::Int),
                };
                return Some(Expr::new(ExprKind::AddDays(Box::new(l), Box::new(days)), Type::Date));
            }
            (a, _, b) if (known(a) && !a.is_numeric()) || (known(b) && !b.is_numeric()) => {
                let message = format!("`{}` of {a} and {b}", op.as_str());
                let hint = "it takes numbers; a date minus a date is a number of days";
                return self.error(Diagnostic::error(Code::TypeMismatch, message).with_hint(hint), span);
            }
            (a, _, b) if op != Operator::Divide && !(known(a) && known(b)) => {
                return Some(Expr::new(ExprKind::Add(Box::new(l), Box::new(r)), Type::Unknown));
            }
            _ => {}
        }
        let build = |kind: fn(Box<Expr>, Box<Expr>) -> ExprKind, l: Expr, r: Expr, ty: Type| {
            Some(Expr::new(kind(Box::new(l), Box::new(r)), ty))
        };
        match op {
            Operator::Divide => {
                build(ExprKind::Divide, l.cast(Type::Double), r.cast(Type::Double), Type::Double)
            }
            Operator::Multiply => match (scale(l.ty), scale(r.ty)) {
                (Some(0), Some(0)) if l.ty.is_integer() && r.ty.is_integer() => {
                    build(ExprKind::Multiply, l.cast(Type::Int), r.cast(Type::Int), Type::Int)
                }
                (Some(a), Some(b)) if a.saturating_add(b) <= MAX_SCALE => {
                    build(ExprKind::Multiply, as_decimal(l), as_decimal(r), Type::Decimal(a + b))
                }
                (Some(a), Some(b)) => {
                    let places = u16::from(a) + u16::from(b);
                    let message =
                        format!("the exact product has {places} decimal places, {MAX_SCALE} are the most");
                    let hint = "round one side first: `round(x, 2)`";
                    self.error(Diagnostic::error(Code::TypeMismatch, message).with_hint(hint), span)
                }
                _ => build(ExprKind::Multiply, l.cast(Type::Double), r.cast(Type::Double), Type::Double),
            },
            _ => {
                let ty = numeric_common(widened(l.ty), widened(r.ty))?;
                let kind = if op == Operator::Add { ExprKind::Add } else { ExprKind::Subtract };
                let (l, r) = (self.convert(l, ty, span)?, self.convert(r, ty, span)?);
                build(kind, l, r, ty)
            }
        }
    }
}

/// The local date of a time; the time role has it ready.
pub(super) fn as_date(value: Expr) -> Expr {
    match (&value.kind, value.ty) {
        (ExprKind::Column(Column::Role(Role::Time)), _) => Expr::column(Column::Role(Role::Day), Type::Date),
        (_, Type::Time) => value.cast(Type::Date),
        _ => value,
    }
}

pub(super) fn number_literal(number: Decimal) -> Expr {
    match (number.scale, i64::try_from(number.unscaled)) {
        (0, Ok(whole)) => Expr::literal(Literal::Int(whole)),
        _ => Expr::literal(Literal::Decimal(number)),
    }
}

fn negate_if(negated: bool, condition: Expr) -> Expr {
    if negated { Expr::new(ExprKind::Not(Box::new(condition)), Type::Bool) } else { condition }
}

/// The type arithmetic is done in: whole numbers are 64 bits wide.
pub(super) fn widened(ty: Type) -> Type {
    if ty.is_integer() { Type::Int } else { ty }
}

fn scale(ty: Type) -> Option<u8> {
    match ty {
        Type::Decimal(scale) => Some(scale),
        ty if ty.is_integer() => Some(0),
        _ => None,
    }
}

fn as_decimal(value: Expr) -> Expr {
    if value.ty.is_integer() { value.cast(Type::Decimal(0)) } else { value }
}
