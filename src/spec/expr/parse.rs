//! SQL text → [`Expr`], with spans in the rules file. What SQL allows and the subset does not is refused here.

use sqlparser::ast::{
    self, BinaryOperator, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned as _,
    UnaryOperator, Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Source, Span, Spanned};

use super::{Expr, ExprKind, Operator};

/// Longer expressions are refused: nobody can read them, and no recursion may run away.
const MAX_BYTES: usize = 16_384;
/// Deeper nesting is refused for the same reason.
const MAX_DEPTH: usize = 200;

/// Words that keep their meaning; every other SQL keyword is a name here (`order`, `time`, `first` …).
const KEYWORDS: &[Keyword] = &[
    Keyword::AND,
    Keyword::OR,
    Keyword::NOT,
    Keyword::IN,
    Keyword::BETWEEN,
    Keyword::IS,
    Keyword::NULL,
    Keyword::LIKE,
    Keyword::CASE,
    Keyword::WHEN,
    Keyword::THEN,
    Keyword::ELSE,
    Keyword::END,
    Keyword::DISTINCT,
    Keyword::TRUE,
    Keyword::FALSE,
];

/// Parses the text of a YAML scalar at `node` into an expression.
pub fn parse(text: &str, node: Span, source: &Source) -> Result<Expr, Diagnostic> {
    let places = Places::new(text, node, source);
    if text.len() > MAX_BYTES {
        let message = format!("an expression of {} bytes; {MAX_BYTES} are the most", text.len());
        return Err(Diagnostic::error(Code::UnsupportedSql, message).with_span(node));
    }
    let tokens = Tokenizer::new(&GenericDialect, text).tokenize_with_location().map_err(|error| {
        Diagnostic::error(Code::ExprSyntax, lowercase(&error.message))
            .with_span(places.token(error.location))
            .with_hint("texts stand in single quotes: `status = 'completed'`")
    })?;
    let tokens: Vec<TokenWithSpan> = names_for_keywords(tokens);
    let mut parser =
        Parser::new(&GenericDialect).with_recursion_limit(100).with_tokens_with_locations(tokens);
    let parsed =
        parser.parse_expr().map_err(|error| syntax_error(&error.to_string(), &mut parser, &places))?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        let message = format!("expected the end of the expression, found `{}`", next.token);
        return Err(Diagnostic::error(Code::ExprSyntax, message)
            .with_span(places.of(next.span))
            .with_hint("conditions are joined by `and` and `or`"));
    }
    Lowering { places: &places }.expr(&parsed, 0)
}

fn names_for_keywords(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut text_follows = false;
    let mut tokens: Vec<TokenWithSpan> =
        tokens.into_iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    tokens.reverse();
    for token in &mut tokens {
        let is_text = matches!(token.token, Token::SingleQuotedString(_));
        if let Token::Word(word) = &mut token.token {
            let date_literal = word.keyword == Keyword::DATE && text_follows;
            if !KEYWORDS.contains(&word.keyword) && !date_literal {
                word.keyword = Keyword::NoKeyword;
            }
        }
        text_follows = is_text;
    }
    tokens.reverse();
    tokens
}

fn syntax_error(error: &str, parser: &mut Parser<'_>, places: &Places<'_>) -> Diagnostic {
    let message = error.trim_start_matches("sql parser error: ");
    // `… found: X at Line: 1, Column: 7` names the place in words; the token itself is a better one.
    let (words, location) = match message.rsplit_once(" at Line: ") {
        Some((words, place)) => (words, parse_location(place)),
        None => (message, None),
    };
    let span = match location {
        Some(location) => places.token(location),
        None => places.of(parser.get_current_token().span),
    };
    let words = words.replace("found: EOF", "found the end of the expression");
    Diagnostic::error(Code::ExprSyntax, lowercase(&words)).with_span(span)
}

fn parse_location(place: &str) -> Option<Location> {
    let (line, column) = place.split_once(", Column: ")?;
    Some(Location::new(line.trim().parse().ok()?, column.trim().parse().ok()?))
}

fn lowercase(message: &str) -> String {
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Places in the expression's text → places in the file.
struct Places<'a> {
    text: &'a str,
    node: Span,
    /// Where the text begins in the file, if it stands there letter for letter.
    start: Option<usize>,
}

impl<'a> Places<'a> {
    fn new(text: &'a str, node: Span, source: &Source) -> Self {
        let written = source.slice(node);
        let start = if written == text {
            Some(node.start)
        } else if written.len() == text.len() + 2 && written.get(1..=text.len()) == Some(text) {
            Some(node.start + 1)
        } else {
            None
        };
        Self { text, node, start }
    }

    fn of(&self, span: sqlparser::tokenizer::Span) -> Span {
        match (self.offset(span.start), self.offset(span.end)) {
            (Some(start), Some(end)) => Span::new(start, end),
            _ => self.node,
        }
    }

    /// The token that begins at a location, up to the next space or sign.
    fn token(&self, location: Location) -> Span {
        let Some(start) = self.offset(location) else { return self.node };
        let rest = self.start.map_or("", |base| &self.text[(start - base).min(self.text.len())..]);
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let len = word.max(rest.chars().next().map_or(0, char::len_utf8));
        Span::new(start, start + len)
    }

    fn offset(&self, location: Location) -> Option<usize> {
        if location.line == 0 {
            return None;
        }
        let base = self.start?;
        let line_start = match location.line {
            1 => 0,
            line => self.text.match_indices('\n').nth(line as usize - 2)?.0 + 1,
        };
        let line = &self.text[line_start..];
        let within =
            line.char_indices().nth(location.column.saturating_sub(1) as usize).map_or(line.len(), |c| c.0);
        Some(base + line_start + within)
    }
}

struct Lowering<'a> {
    places: &'a Places<'a>,
}

impl Lowering<'_> {
    fn expr(&self, parsed: &ast::Expr, depth: usize) -> Result<Expr, Diagnostic> {
        let span = self.places.of(parsed.span());
        if depth > MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} deep");
            return Err(Diagnostic::error(Code::UnsupportedSql, message).with_span(self.places.node));
        }
        let one = |inner: &ast::Expr| self.expr(inner, depth + 1);
        let boxed = |inner: &ast::Expr| one(inner).map(Box::new);
        let kind = match parsed {
            ast::Expr::Nested(inner) => return one(inner),
            ast::Expr::Identifier(name) => ExprKind::Name(name.value.clone()),
            ast::Expr::Value(value) => self.value(&value.value, span)?,
            ast::Expr::TypedString(typed) if typed.data_type == ast::DataType::Date => {
                match &typed.value.value {
                    Value::SingleQuotedString(text) => ExprKind::Text(text.clone()),
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
        Ok(ExprKind::Call(Spanned::new(name, self.places.of(function.name.span())), distinct, args))
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
