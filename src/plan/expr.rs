//! Typed expressions. Operands of a comparison have one type, operands of arithmetic have their result's type;
//! where the rules file mixes them, a [`ExprKind::Cast`] stands between.

use std::cmp::Ordering;
use std::fmt;

use chrono::NaiveDate;

use crate::decimal::Decimal;

use super::Type;

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The type of its value.
    pub ty: Type,
}

/// The kinds of typed expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A column of the frame at hand.
    Column(Column),
    /// Null is `else`; conversions widen, but for Double → Decimal, which rounds half away from zero and makes
    /// null of what is no finite number, and Time → Date, which is the local date.
    Cast(Box<Expr>),
    /// What the rules file asks for: null where a value has no counterpart in the type (a fraction in whole numbers, a text
    /// that is no number); doubles and decimals to decimals with fewer places are rounded half away from zero.
    Convert(Box<Expr>),
    /// SQL's three-valued `not`.
    Not(Box<Expr>),
    /// SQL's three-valued `and`.
    And(Box<Expr>, Box<Expr>),
    /// SQL's three-valued `or`.
    Or(Box<Expr>, Box<Expr>),
    /// Of operands of one type.
    Compare(Box<Expr>, Comparison, Box<Expr>),
    /// `x in (…)` of literals of `x`'s type, without null.
    In(Box<Expr>, Vec<Literal>),
    /// Never null.
    IsNull(Box<Expr>),
    /// `%` is any run of characters, `_` any one.
    Like(Box<Expr>, String),
    /// The first true branch, or the last expression.
    Case(Vec<(Expr, Expr)>, Box<Expr>),
    /// The first that is not null.
    Coalesce(Vec<Expr>),
    /// The least that is not null.
    Least(Vec<Expr>),
    /// The greatest that is not null.
    Greatest(Vec<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// Exact for exact types.
    Add(Box<Expr>, Box<Expr>),
    /// Exact for exact types.
    Subtract(Box<Expr>, Box<Expr>),
    /// Exact for exact types; the scales of the operands add up to the result's.
    Multiply(Box<Expr>, Box<Expr>),
    /// IEEE quotient of doubles; null for a zero divisor.
    Divide(Box<Expr>, Box<Expr>),
    /// `|x|`
    Abs(Box<Expr>),
    /// Half away from zero, to this many places.
    Round(Box<Expr>, u8),
    /// Days from the second date to the first.
    DaysBetween(Box<Expr>, Box<Expr>),
    /// A date some days later.
    AddDays(Box<Expr>, Box<Expr>),
    /// A part of a date.
    Part(DatePart, Box<Expr>),
    /// How many gaps between purchase days there are.
    GapCount(Box<Expr>),
    /// The shortest gap that at least this part of the gaps do not exceed; null without gaps.
    GapQuantile(Box<Expr>, Decimal),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// Of any type.
    Null,
    /// A condition.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal; its type's scale is its own.
    Decimal(Decimal),
    /// A double.
    Double(f64),
    /// A text.
    Text(String),
    /// A date.
    Date(NaiveDate),
}

/// A column of the frame an expression is evaluated on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// A column of the input files.
    Input(String),
    /// A role of the input.
    Role(Role),
    /// An aggregate of the profile, by its number.
    Aggregate(usize),
    /// A column of the customer row: attribute, metric, score, band, CLV or segmentation.
    Customer(String),
    /// A number of days that a segmentation has learned: see [`super::Lifecycle`].
    Learned {
        /// The segmentation's column.
        segmentation: String,
        /// The preset's variable.
        variable: String,
    },
}

/// Roles of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The customer's id.
    Customer,
    /// The order's id.
    Order,
    /// The local time.
    Time,
    /// The local date.
    Day,
    /// The exact amount.
    Amount,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Eq,
    /// `<>`
    NotEq,
    /// `<`
    Less,
    /// `<=`
    LessEq,
    /// `>`
    Greater,
    /// `>=`
    GreaterEq,
}

impl Comparison {
    /// Whether it is true of values that stand in this order.
    pub fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Eq => ordering.is_eq(),
            Self::NotEq => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessEq => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterEq => ordering.is_ge(),
        }
    }
}

/// Parts of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DatePart {
    /// 2026
    Year,
    /// 1 to 12
    Month,
}

impl Expr {
    /// A typed expression.
    pub fn new(kind: ExprKind, ty: Type) -> Self {
        Self { kind, ty }
    }

    /// A column of a type.
    pub fn column(column: Column, ty: Type) -> Self {
        Self { kind: ExprKind::Column(column), ty }
    }

    /// A constant of its own type.
    pub fn literal(literal: Literal) -> Self {
        let ty = match &literal {
            Literal::Null => Type::Unknown,
            Literal::Bool(_) => Type::Bool,
            Literal::Int(_) => Type::Int,
            Literal::Decimal(decimal) => Type::Decimal(decimal.scale),
            Literal::Double(_) => Type::Double,
            Literal::Text(_) => Type::Text,
            Literal::Date(_) => Type::Date,
        };
        Self { kind: ExprKind::Literal(literal), ty }
    }

    /// The same value as another type; nothing where it has that type already.
    pub fn cast(self, ty: Type) -> Self {
        if self.ty == ty {
            return self;
        }
        match (&self.kind, ty) {
            (ExprKind::Literal(Literal::Null), _) => Self { ty, ..self },
            (ExprKind::Literal(Literal::Int(value)), Type::Double) => {
                Self::literal(Literal::Double(*value as f64))
            }
            (ExprKind::Literal(Literal::Decimal(value)), Type::Double) => {
                Self::literal(Literal::Double(value.to_f64()))
            }
            _ => Self { kind: ExprKind::Cast(Box::new(self)), ty },
        }
    }

    /// Both conditions.
    pub fn and(self, other: Self) -> Self {
        Self { kind: ExprKind::And(Box::new(self), Box::new(other)), ty: Type::Bool }
    }

    /// Calls `visit` for every column read.
    pub fn columns<'a>(&'a self, visit: &mut dyn FnMut(&'a Column)) {
        self.visit(&mut |expr| {
            if let ExprKind::Column(column) = &expr.kind {
                visit(column);
            }
        });
    }

    /// Calls `visit` for this expression and every one in it, the outer before the inner.
    pub fn visit<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Column(_) => {}
            ExprKind::Cast(x)
            | ExprKind::Convert(x)
            | ExprKind::Not(x)
            | ExprKind::In(x, _)
            | ExprKind::IsNull(x)
            | ExprKind::Like(x, _)
            | ExprKind::Negate(x)
            | ExprKind::Abs(x)
            | ExprKind::Round(x, _)
            | ExprKind::Part(_, x)
            | ExprKind::GapCount(x)
            | ExprKind::GapQuantile(x, _) => x.visit(visit),
            ExprKind::And(x, y)
            | ExprKind::Or(x, y)
            | ExprKind::Compare(x, _, y)
            | ExprKind::Add(x, y)
            | ExprKind::Subtract(x, y)
            | ExprKind::Multiply(x, y)
            | ExprKind::Divide(x, y)
            | ExprKind::DaysBetween(x, y)
            | ExprKind::AddDays(x, y) => {
                x.visit(visit);
                y.visit(visit);
            }
            ExprKind::Coalesce(all) | ExprKind::Least(all) | ExprKind::Greatest(all) => {
                all.iter().for_each(|x| x.visit(visit));
            }
            ExprKind::Case(branches, otherwise) => {
                for (condition, value) in branches {
                    condition.visit(visit);
                    value.visit(visit);
                }
                otherwise.visit(visit);
            }
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(name) | Self::Customer(name) => f.write_str(name),
            Self::Role(role) => f.write_str(match role {
                Role::Customer => "customer",
                Role::Order => "order",
                Role::Time => "time",
                Role::Day => "day(time)",
                Role::Amount => "amount",
            }),
            Self::Aggregate(at) => write!(f, "#{at}"),
            Self::Learned { segmentation, variable } => write!(f, "{segmentation}.{variable}"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Decimal(value) => write!(f, "{value}"),
            Self::Double(value) => write!(f, "{value:?}"),
            Self::Text(value) => write!(f, "'{}'", value.replace('\'', "''")),
            Self::Date(value) => write!(f, "date '{value}'"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eq => "=",
            Self::NotEq => "<>",
            Self::Less => "<",
            Self::LessEq => "<=",
            Self::Greater => ">",
            Self::GreaterEq => ">=",
        })
    }
}

/// An operand of a comparison: a condition stands in parentheses, so that no two expressions read the same.
struct Operand<'a>(&'a Expr);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            ExprKind::Compare(..)
            | ExprKind::In(..)
            | ExprKind::IsNull(_)
            | ExprKind::Like(..)
            | ExprKind::Not(_) => write!(f, "({})", self.0),
            _ => write!(f, "{}", self.0),
        }
    }
}

/// SQL-like, with every conversion written out.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = |f: &mut fmt::Formatter<'_>, name: &str, args: &[Self]| {
            write!(f, "{name}(")?;
            for (at, arg) in args.iter().enumerate() {
                write!(f, "{}{arg}", if at == 0 { "" } else { ", " })?;
            }
            f.write_str(")")
        };
        match &self.kind {
            ExprKind::Literal(literal) => write!(f, "{literal}"),
            ExprKind::Column(column) => write!(f, "{column}"),
            ExprKind::Cast(x) => write!(f, "cast({x} as {})", self.ty.sql()),
            ExprKind::Convert(x) => write!(f, "convert({x} as {})", self.ty.sql()),
            ExprKind::Not(x) => write!(f, "not ({x})"),
            ExprKind::And(x, y) => write!(f, "({x} and {y})"),
            ExprKind::Or(x, y) => write!(f, "({x} or {y})"),
            ExprKind::Compare(x, op, y) => write!(f, "{} {op} {}", Operand(x), Operand(y)),
            ExprKind::In(x, list) => {
                write!(f, "{x} in (")?;
                for (at, literal) in list.iter().enumerate() {
                    write!(f, "{}{literal}", if at == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            ExprKind::IsNull(x) => write!(f, "{} is null", Operand(x)),
            ExprKind::Like(x, pattern) => write!(f, "{x} like '{}'", pattern.replace('\'', "''")),
            ExprKind::Case(branches, otherwise) => {
                f.write_str("case")?;
                for (condition, value) in branches {
                    write!(f, " when {condition} then {value}")?;
                }
                write!(f, " else {otherwise} end")
            }
            ExprKind::Coalesce(all) => call(f, "coalesce", all),
            ExprKind::Least(all) => call(f, "least", all),
            ExprKind::Greatest(all) => call(f, "greatest", all),
            ExprKind::Negate(x) => write!(f, "-({x})"),
            ExprKind::Add(x, y) => write!(f, "({x} + {y})"),
            ExprKind::Subtract(x, y) => write!(f, "({x} - {y})"),
            ExprKind::Multiply(x, y) => write!(f, "({x} * {y})"),
            ExprKind::Divide(x, y) => write!(f, "({x} / {y})"),
            ExprKind::Abs(x) => write!(f, "abs({x})"),
            ExprKind::Round(x, places) => write!(f, "round({x}, {places})"),
            ExprKind::DaysBetween(x, y) => write!(f, "({x} - {y})"),
            ExprKind::AddDays(x, y) => write!(f, "({x} + {y})"),
            ExprKind::Part(DatePart::Year, x) => write!(f, "year({x})"),
            ExprKind::Part(DatePart::Month, x) => write!(f, "month({x})"),
            ExprKind::GapCount(x) => write!(f, "gap_count({x})"),
            ExprKind::GapQuantile(x, part) => write!(f, "gap_quantile({x}, {part})"),
        }
    }
}
