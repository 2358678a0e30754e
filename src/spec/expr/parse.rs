//! SQL text → [`Expr`], with spans in the rules file. What SQL allows and the subset does not is refused here.

use sqlparser::ast::{
    self, BinaryOperator, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned as _,
    UnaryOperator, Value,
};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Source, Span, Spanned};

use super::complaint::{self, Stop};
use super::places::Places;
use super::tokens::{KEYWORDS, names_for_keywords, number_with_unit, operand_missing, operators, span_of};
use super::{Expr, ExprKind, Operator};

/// Longer expressions are refused: nobody can read them, and no recursion may run away.
const MAX_BYTES: usize = 16_384;
/// Deeper nesting is refused for the same reason; a row of `or`s nests, too, but not in the parser.
const MAX_DEPTH: usize = 200;
/// The parser itself makes a deep tree of `1 + 1 + 1 …` without recursion, but its tree recurses when it is asked for
/// its place, and when it is dropped.
const MAX_OPERATORS: usize = 500;
/// The same for the parser's own recursion.
const MAX_RECURSION: usize = 100;

/// The dialect: standard SQL and nothing else, names in any script, and the words above are never names.
#[derive(Debug)]
struct Subset;

impl Dialect for Subset {
    fn is_identifier_start(&self, c: char) -> bool {
        c.is_alphabetic() || c == '_'
    }

    fn is_identifier_part(&self, c: char) -> bool {
        c.is_alphanumeric() || c == '_'
    }

    fn is_delimited_identifier_start(&self, c: char) -> bool {
        c == '"' || c == '`'
    }

    fn is_reserved_for_identifier(&self, keyword: Keyword) -> bool {
        KEYWORDS.contains(&keyword)
    }
}

/// Parses the text of a YAML scalar at `node` into an expression.
pub fn parse(text: &str, node: Span, source: &Source) -> Result<Expr, Diagnostic> {
    parse_text(text, node, source).map_err(|diagnostic| match diagnostic.code {
        Code::ExprSyntax => diagnostic.with_hint_opt(complaint::in_half_width(text)),
        _ => diagnostic,
    })
}

fn parse_text(text: &str, node: Span, source: &Source) -> Result<Expr, Diagnostic> {
    if text.len() > MAX_BYTES {
        let message = format!("an expression of {} bytes; {MAX_BYTES} are the most", text.len());
        let hint = "`x in (…)` says a long row of `or`s; metrics can be derived from one another";
        return Err(Diagnostic::error(Code::UnsupportedSql, message).with_span(node).with_hint(hint));
    }
    let places = Places::new(text, node, source);
    let tokens = Tokenizer::new(&Subset, text).tokenize_with_location().map_err(|error| {
        complaint::unreadable(&error.message)
            .with_span(places.from((error.location.line, error.location.column)))
    })?;
    let tokens = names_for_keywords(tokens);
    let tail = source.text.get(places.node.end..).unwrap_or_default();
    let stops = Stops {
        tokens: &tokens,
        places: &places,
        comma_follows: tail.trim_start_matches(' ').starts_with(','),
    };
    if operators(&tokens) > MAX_OPERATORS {
        return Err(too_deep(places.node));
    }
    if let Some(complaint) = number_with_unit(&tokens, &places) {
        return Err(complaint);
    }
    if let Some(number) = operand_missing(&tokens) {
        return Err(stops.at("an expression", Some(tokens[number].span.start)));
    }
    let mut parser =
        Parser::new(&Subset).with_recursion_limit(MAX_RECURSION).with_tokens_with_locations(tokens.clone());
    let parsed = parser.parse_expr().map_err(|error| match error {
        ParserError::RecursionLimitExceeded => too_deep(places.node),
        error => stops.error(&error.to_string()),
    })?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        return Err(stops.at(complaint::THE_END, Some(next.span.start)));
    }
    Lowering { places: &places }.expr(&parsed, 0)
}

/// Where the parser may stop, and what is said about it.
struct Stops<'a> {
    tokens: &'a [TokenWithSpan],
    places: &'a Places,
    comma_follows: bool,
}

impl Stops<'_> {
    /// `sql parser error: Expected: X, found: Y at Line: 1, Column: 7`
    fn error(&self, error: &str) -> Diagnostic {
        let message = error.trim_start_matches("sql parser error: ");
        let (words, location) = match message.rsplit_once(" at Line: ") {
            Some((words, place)) => (words, parse_location(place)),
            None => (message, None),
        };
        let expected = words.split_once(", found: ").map_or(words, |(expected, _)| expected);
        self.at(expected.trim_start_matches("Expected: "), location)
    }

    fn at(&self, expected: &str, location: Option<Location>) -> Diagnostic {
        let number =
            location.and_then(|place| self.tokens.iter().position(|token| token.span.start == place));
        let words = |token: &TokenWithSpan| token.token.to_string();
        let found = number.map(|number| &self.tokens[number]);
        let before = number.unwrap_or(self.tokens.len()).checked_sub(1).map(|number| &self.tokens[number]);
        let (diagnostic, about_before) = complaint::complaint(&Stop {
            expected,
            found: found.map(words).as_deref(),
            before: before.map(words).as_deref(),
            comma_follows: self.comma_follows,
        });
        let token = if about_before { before } else { found };
        let span = token.map_or(self.places.node, |token| span_of(self.places, token.span));
        diagnostic.with_span(span)
    }
}

fn too_deep(node: Span) -> Diagnostic {
    Diagnostic::error(Code::UnsupportedSql, "the expression is too long or nested too deep")
        .with_span(node)
        .with_hint("`x in (…)` says a long row of `or`s; metrics can be derived from one another")
}

fn parse_location(place: &str) -> Option<Location> {
    let (line, column) = place.split_once(", Column: ")?;
    Some(Location::new(line.trim().parse().ok()?, column.trim().parse().ok()?))
}

struct Lowering<'a> {
    places: &'a Places,
}

impl Lowering<'_> {
    fn expr(&self, parsed: &ast::Expr, depth: usize) -> Result<Expr, Diagnostic> {
        if depth > MAX_DEPTH {
            return Err(too_deep(self.places.node));
        }
        let span = span_of(self.places, parsed.span());
        let one = |inner: &ast::Expr| self.expr(inner, depth + 1);
        let boxed = |inner: &ast::Expr| one(inner).map(Box::new);
        let kind = match parsed {
            ast::Expr::Nested(inner) => return one(inner),
            ast::Expr::Identifier(name) if name.quote_style.is_some() => {
                ExprKind::QuotedName(name.value.clone())
            }
            ast::Expr::Identifier(name) => ExprKind::Name(name.value.clone()),
            ast::Expr::Value(value) => self.value(&value.value, span)?,
            ast::Expr::TypedString(typed) if typed.data_type == ast::DataType::Date => {
                match &typed.value.value {
                    Value::SingleQuotedString(text) => ExprKind::Date(text.clone()),
                    _ => return Err(self.unsupported("this kind of literal", span)),
                }
            }
            ast::Expr::UnaryOp { op: UnaryOperator::Not, expr } => ExprKind::Not(boxed(expr)?),
            ast::Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match one(expr)? {
                Expr { kind: ExprKind::Number(number), .. } => {
                    ExprKind::Number(Decimal { unscaled: -number.unscaled, ..number })
                }
                inner => ExprKind::Negate(Box::new(inner)),
            },
            ast::Expr::UnaryOp { op: UnaryOperator::Plus, expr } => return one(expr),
            ast::Expr::BinaryOp { left, op, right } => {
                let op =
                    operator(op).ok_or_else(|| self.unsupported(&format!("the operator `{op}`"), span))?;
                ExprKind::Binary(boxed(left)?, op, boxed(right)?)
            }
            ast::Expr::InList { expr, list, negated } => {
                ExprKind::In(boxed(expr)?, list.iter().map(one).collect::<Result<_, _>>()?, *negated)
            }
            ast::Expr::Between { expr, negated, low, high } => {
                ExprKind::Between(boxed(expr)?, boxed(low)?, boxed(high)?, *negated)
            }
            ast::Expr::IsNull(expr) => ExprKind::IsNull(boxed(expr)?, false),
            ast::Expr::IsNotNull(expr) => ExprKind::IsNull(boxed(expr)?, true),
            ast::Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
                match one(pattern)? {
                    Expr { kind: ExprKind::Text(pattern), span } => {
                        ExprKind::Like(boxed(expr)?, Spanned::new(pattern, span), *negated)
                    }
                    other => return Err(self.unsupported("a pattern that is not a literal text", other.span)),
                }
            }
            ast::Expr::Case { operand, conditions, else_result, .. } => {
                let branch = |when: &ast::CaseWhen| {
                    let condition = one(&when.condition)?;
                    let condition = match operand {
                        None => condition,
                        Some(operand) => {
                            let span = condition.span;
                            let kind = ExprKind::Binary(boxed(operand)?, Operator::Eq, Box::new(condition));
                            Expr { kind, span }
                        }
                    };
                    Ok((condition, one(&when.result)?))
                };
                let branches = conditions.iter().map(branch).collect::<Result<_, Diagnostic>>()?;
                ExprKind::Case(branches, else_result.as_deref().map(boxed).transpose()?)
            }
            ast::Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, format: None, .. } => {
                ExprKind::Cast(boxed(expr)?, Spanned::new(data_type.to_string().to_lowercase(), span))
            }
            ast::Expr::Function(function) => self.call(function, span, depth)?,
            other => return Err(self.unsupported(&format!("`{other}`"), span)),
        };
        Ok(Expr { kind, span })
    }

    fn value(&self, value: &Value, span: Span) -> Result<ExprKind, Diagnostic> {
        match value {
            Value::Null => Ok(ExprKind::Null),
            Value::Boolean(value) => Ok(ExprKind::Bool(*value)),
            Value::SingleQuotedString(text) => Ok(ExprKind::Text(text.clone())),
            Value::Number(text, _) => Decimal::parse(text).map(ExprKind::Number).ok_or_else(|| {
                Diagnostic::error(Code::BadValue, format!("`{text}` has too many digits"))
                    .with_span(span)
                    .with_hint("24 digits, 12 of them after the point, are the most")
            }),
            other => Err(self.unsupported(&format!("the literal `{other}`"), span)),
        }
    }

    fn call(&self, function: &ast::Function, span: Span, depth: usize) -> Result<ExprKind, Diagnostic> {
        let plain = matches!(function.parameters, FunctionArguments::None)
            && function.within_group.is_empty()
            && function.filter.is_none()
            && function.null_treatment.is_none()
            && function.over.is_none()
            && !function.uses_odbc_syntax;
        let FunctionArguments::List(list) = &function.args else {
            return Err(self.unsupported("a function without parentheses", span));
        };
        if !plain || !list.clauses.is_empty() {
            return Err(self
                .unsupported("`filter`, `over` and other clauses of a function", span)
                .with_hint("a metric has `where:` and `window:` for that"));
        }
        let name =
            function.name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.value.to_lowercase());
        let name = name.filter(|_| function.name.0.len() == 1);
        let name = name.ok_or_else(|| self.unsupported("a function name with dots", span))?;
        let distinct = matches!(list.duplicate_treatment, Some(DuplicateTreatment::Distinct));
        let argument = |argument: &FunctionArg| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expr(expr, depth + 1),
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => Ok(Expr { kind: ExprKind::Star, span }),
            _ => Err(self.unsupported("this kind of argument", span)),
        };
        let args = list.args.iter().map(argument).collect::<Result<_, _>>()?;
        Ok(ExprKind::Call(Spanned::new(name, span_of(self.places, function.name.span())), distinct, args))
    }

    fn unsupported(&self, what: &str, span: Span) -> Diagnostic {
        Diagnostic::error(Code::UnsupportedSql, format!("{what} is outside the SQL subset of a rules file"))
            .with_span(span)
    }
}

fn operator(op: &BinaryOperator) -> Option<Operator> {
    Some(match op {
        BinaryOperator::And => Operator::And,
        BinaryOperator::Or => Operator::Or,
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Less,
        BinaryOperator::LtEq => Operator::LessEq,
        BinaryOperator::Gt => Operator::Greater,
        BinaryOperator::GtEq => Operator::GreaterEq,
        BinaryOperator::Plus => Operator::Add,
        BinaryOperator::Minus => Operator::Subtract,
        BinaryOperator::Multiply => Operator::Multiply,
        BinaryOperator::Divide => Operator::Divide,
        _ => return None,
    })
}
