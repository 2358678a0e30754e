//! Expressions of a plan as SQL that a person would write into a rules file: names instead of numbers of aggregates, no
//! conversion that is made without being asked for, no parentheses but those that are needed. What is written here reads
//! as the same expression again.

use chrono::NaiveDate;

use crate::plan::{
    Aggregate, Column, Comparison, DatePart, Expr, ExprKind, Function, Literal, Plan, Role, Type, Weight,
};

use super::rows::{Narrowing, Rows};
use super::words::plain;

/// Words that are no names unless they stand in double quotes.
const KEYWORDS: [&str; 16] = [
    "and", "or", "not", "in", "between", "is", "null", "like", "case", "when", "then", "else", "end",
    "distinct", "true", "false",
];

/// Writes expressions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sql<'a> {
    pub(super) as_of: NaiveDate,
    aggregates: &'a [Aggregate],
    /// What is said elsewhere of the rows of aggregates, so that it is not said of each of them.
    told: Narrowing<'a>,
}

/// How tightly an expression holds together, the loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    Or,
    And,
    Not,
    Predicate,
    Sum,
    Product,
    Sign,
    Whole,
}

/// An expression that is written out.
struct Written {
    text: String,
    hold: Hold,
}

impl<'a> Sql<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        Self { as_of: plan.as_of, aggregates: &plan.aggregates, told: Narrowing::NONE }
    }

    /// The same where something is said of the rows already.
    pub(super) fn told(self, told: Narrowing<'a>) -> Self {
        Self { told, ..self }
    }

    /// What narrows the rows of an expression: of its first aggregate, as all of a metric have the same.
    pub(super) fn narrowing(&self, expr: &Expr) -> Narrowing<'a> {
        let mut found = None;
        expr.columns(&mut |column| {
            if let (None, Column::Aggregate(at)) = (found, column) {
                found = self.aggregates.get(*at).map(Narrowing::of);
            }
        });
        found.unwrap_or(Narrowing::NONE)
    }

    /// An expression.
    pub(super) fn expr(&self, expr: &Expr) -> String {
        self.written(expr).text
    }

    /// An aggregate without what narrows its rows.
    pub(super) fn function(&self, function: &Function) -> String {
        let distinct = |x: &Expr| format!("distinct {}", self.expr(x));
        match function {
            Function::CountRows => call("count", &["*".to_owned()]),
            Function::CountValues(x) => call("count", &[self.expr(x)]),
            Function::CountDistinct(x) => call("count", &[distinct(x)]),
            Function::Sum(x) => call("sum", &[self.expr(x)]),
            Function::FirstDaySum(x) => format!("sum({}) of the first purchase day", self.expr(x)),
            Function::Min(x) => call("min", &[self.expr(x)]),
            Function::Max(x) => call("max", &[self.expr(x)]),
            Function::First(x) => call("first", &[self.expr(x)]),
            Function::Last(x) => call("last", &[self.expr(x)]),
            Function::Top(x, weight) => call("top", &[self.expr(x), self.weight(weight)]),
            Function::LastGap => call("last_gap", &["time".to_owned()]),
            Function::Gaps => call("gaps", &["time".to_owned()]),
            Function::MonthlyCv(_, weight) => call("monthly_cv", &[self.weight(weight)]),
        }
    }

    fn weight(&self, weight: &Weight) -> String {
        match weight {
            Weight::Rows => "count(*)".to_owned(),
            Weight::Sum(x) => call("sum", &[self.expr(x)]),
        }
    }

    /// An expression inside another one that holds it only if it holds together as tightly itself.
    fn inside(&self, expr: &Expr, least: Hold) -> String {
        let Written { text, hold } = self.written(expr);
        if hold < least { format!("({text})") } else { text }
    }

    fn list(&self, list: &[Expr]) -> Vec<String> {
        list.iter().map(|expr| self.expr(expr)).collect()
    }

    fn written(&self, expr: &Expr) -> Written {
        let whole = |text: String| Written { text, hold: Hold::Whole };
        let two = |x: &Expr, sign: &str, y: &Expr, hold: Hold, right: Hold| {
            let text = format!("{} {sign} {}", self.inside(x, hold), self.inside(y, right));
            Written { text, hold }
        };
        match &expr.kind {
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Column(column) => whole(self.column(column)),
            ExprKind::Cast(x) if is_day(expr) => whole(call("day", &[self.expr(x)])),
            ExprKind::Cast(x) => self.written(x),
            ExprKind::Convert(x) => {
                whole(format!("cast({} as {})", self.expr(x), expr.ty.sql().to_lowercase()))
            }
            ExprKind::Not(x) => match self.predicate(x, "not ") {
                Some(text) => Written { text, hold: Hold::Predicate },
                None => Written { text: format!("not {}", self.inside(x, Hold::Whole)), hold: Hold::Not },
            },
            // `and` and `or` of three are the same from the left and from the right.
            ExprKind::And(x, y) => match self.predicate(expr, "") {
                Some(text) => Written { text, hold: Hold::Predicate },
                None => two(x, "and", y, Hold::And, Hold::And),
            },
            ExprKind::Or(x, y) => two(x, "or", y, Hold::Or, Hold::Or),
            ExprKind::Compare(x, comparison, y) => {
                let text = format!("{} {comparison} {}", self.side(x, y), self.side(y, x));
                Written { text, hold: Hold::Predicate }
            }
            ExprKind::In(..) | ExprKind::IsNull(_) | ExprKind::Like(..) => {
                Written { text: self.predicate(expr, "").unwrap_or_default(), hold: Hold::Predicate }
            }
            ExprKind::Case(branches, otherwise) => whole(self.case(branches, otherwise)),
            ExprKind::Coalesce(list) => whole(call("coalesce", &self.list(list))),
            ExprKind::Least(list) => whole(call("least", &self.list(list))),
            ExprKind::Greatest(list) => whole(call("greatest", &self.list(list))),
            ExprKind::Negate(x) => {
                Written { text: format!("-{}", self.inside(x, Hold::Whole)), hold: Hold::Sign }
            }
            ExprKind::Add(x, y) => two(x, "+", y, Hold::Sum, Hold::Product),
            ExprKind::Subtract(x, y) => two(x, "-", y, Hold::Sum, Hold::Product),
            ExprKind::Multiply(x, y) => two(x, "*", y, Hold::Product, Hold::Sign),
            ExprKind::Divide(x, y) => match self.average(x, y) {
                Some(average) => whole(average),
                None => two(x, "/", y, Hold::Product, Hold::Sign),
            },
            ExprKind::Abs(x) => whole(call("abs", &[self.expr(x)])),
            ExprKind::Round(x, 0) => whole(call("round", &[self.expr(x)])),
            ExprKind::Round(x, places) => whole(call("round", &[self.expr(x), places.to_string()])),
            ExprKind::DaysBetween(x, y) if date_of(x) == Some(self.as_of) => {
                whole(call("days_since", &[self.last_time(y)]))
            }
            ExprKind::DaysBetween(x, y) => {
                let text = format!("{} - {}", self.day(x, Hold::Sum), self.day(y, Hold::Product));
                Written { text, hold: Hold::Sum }
            }
            ExprKind::AddDays(x, days) => {
                let (sign, days) = match &days.kind {
                    ExprKind::Negate(days) => ("-", days),
                    _ => ("+", days),
                };
                let text = format!("{} {sign} {}", self.day(x, Hold::Sum), self.inside(days, Hold::Product));
                Written { text, hold: Hold::Sum }
            }
            ExprKind::Part(DatePart::Year, x) => whole(call("year", &[self.day(x, Hold::Or)])),
            ExprKind::Part(DatePart::Month, x) => whole(call("month", &[self.day(x, Hold::Or)])),
            ExprKind::GapCount(_) => whole(call("gap_count", &["time".to_owned()])),
            ExprKind::GapQuantile(_, part) => whole(call("gap_quantile", &["time".to_owned(), plain(*part)])),
        }
    }

    /// What has a form of its own for its contrary, as `x not in (1, 2)`; none for everything else.
    fn predicate(&self, expr: &Expr, not: &str) -> Option<String> {
        let operand = |x: &Expr| self.inside(x, Hold::Sum);
        Some(match &expr.kind {
            ExprKind::In(x, list) => {
                let list: Vec<String> = list.iter().map(|one| self.beside(one, x)).collect();
                format!("{} {not}in ({})", operand(x), list.join(", "))
            }
            ExprKind::IsNull(x) => format!("{} is {not}null", operand(x)),
            ExprKind::Like(x, pattern) => format!("{} {not}like {}", operand(x), quoted(pattern)),
            ExprKind::And(low, high) => {
                let (
                    ExprKind::Compare(x, Comparison::GreaterEq, low),
                    ExprKind::Compare(same, Comparison::LessEq, high),
                ) = (&low.kind, &high.kind)
                else {
                    return None;
                };
                if bare(x) != bare(same) {
                    return None;
                }
                let (low, high) = (self.side(low, x), self.side(high, x));
                format!("{} {not}between {low} and {high}", operand(x))
            }
            _ => return None,
        })
    }

    /// One side of a comparison: a date needs no word for it beside what is a date anyway.
    fn side(&self, expr: &Expr, other: &Expr) -> String {
        match date_of(expr) {
            Some(date) => self.beside(&Literal::Date(date), other),
            None => self.inside(expr, Hold::Sum),
        }
    }

    fn beside(&self, literal: &Literal, other: &Expr) -> String {
        match literal {
            Literal::Date(date) if !matches!(bare(other).kind, ExprKind::Literal(_)) => format!("'{date}'"),
            _ => self.literal(literal).text,
        }
    }

    /// What is taken by its local date.
    fn day(&self, expr: &Expr, least: Hold) -> String {
        match &expr.kind {
            ExprKind::Literal(Literal::Date(date)) if *date == self.as_of => "as_of".to_owned(),
            ExprKind::Column(Column::Role(Role::Day)) => "time".to_owned(),
            ExprKind::Cast(x) if is_day(expr) => self.inside(x, least),
            _ => self.inside(expr, least),
        }
    }

    /// What `days_since` counts from: the day of the last time is the last day.
    fn last_time(&self, expr: &Expr) -> String {
        let ExprKind::Column(Column::Aggregate(at)) = &expr.kind else { return self.day(expr, Hold::Or) };
        let Some(aggregate) = self.aggregates.get(*at) else { return self.day(expr, Hold::Or) };
        let name = match &aggregate.function {
            Function::Min(day) if is_role(day, Role::Day) => "min",
            Function::Max(day) if is_role(day, Role::Day) => "max",
            _ => return self.day(expr, Hold::Or),
        };
        self.narrowed(call(name, &["time".to_owned()]), aggregate)
    }

    fn case(&self, branches: &[(Expr, Expr)], otherwise: &Expr) -> String {
        // A number of days that each customer's own gaps may give has a name.
        if let ([(_, own)], ExprKind::Column(Column::Learned { variable, .. })) = (branches, &otherwise.kind)
            && matches!(own.kind, ExprKind::GapQuantile(..))
        {
            return name(variable);
        }
        let mut text = "case".to_owned();
        for (condition, value) in branches {
            text += &format!(" when {} then {}", self.expr(condition), self.expr(value));
        }
        if !matches!(bare(otherwise).kind, ExprKind::Literal(Literal::Null)) {
            text += &format!(" else {}", self.expr(otherwise));
        }
        text + " end"
    }

    /// A sum over the count of the same is a mean.
    fn average(&self, sum: &Expr, count: &Expr) -> Option<String> {
        let aggregate = |expr: &Expr| match &bare(expr).kind {
            ExprKind::Column(Column::Aggregate(at)) => self.aggregates.get(*at),
            _ => None,
        };
        let (sum, count) = (aggregate(sum)?, aggregate(count)?);
        let (Function::Sum(summed), Function::CountValues(counted)) = (&sum.function, &count.function) else {
            return None;
        };
        let same = summed == counted && Narrowing::of(sum) == Narrowing::of(count);
        same.then(|| self.narrowed(call("avg", &[self.expr(summed)]), sum))
    }

    fn column(&self, column: &Column) -> String {
        match column {
            Column::Input(input) => name(input),
            Column::Customer(customer) => name(customer),
            Column::Role(Role::Customer) => "customer".to_owned(),
            Column::Role(Role::Order) => "order".to_owned(),
            Column::Role(Role::Time) => "time".to_owned(),
            Column::Role(Role::Day) => "day(time)".to_owned(),
            Column::Role(Role::Amount) => "amount".to_owned(),
            Column::Learned { segmentation: _, variable } => name(variable),
            Column::Aggregate(at) => match self.aggregates.get(*at) {
                Some(aggregate) => self.narrowed(self.function(&aggregate.function), aggregate),
                None => String::new(),
            },
        }
    }

    /// Says which rows an aggregate reads, unless that is told already.
    fn narrowed(&self, text: String, aggregate: &Aggregate) -> String {
        let narrowing = Narrowing::of(aggregate);
        if narrowing == self.told {
            return text;
        }
        let rows = Rows::of(narrowing, self.as_of, |condition| self.expr(condition)).words();
        let rows = if rows.is_empty() { "all orders".to_owned() } else { rows.join(", ") };
        format!("{text} filter ({rows})")
    }

    fn literal(&self, literal: &Literal) -> Written {
        let text = match literal {
            Literal::Null => "null".to_owned(),
            Literal::Bool(value) => value.to_string(),
            Literal::Int(value) => value.to_string(),
            Literal::Decimal(value) => plain(*value),
            Literal::Double(value) => value.to_string(),
            Literal::Text(text) => quoted(text),
            Literal::Date(date) => format!("date '{date}'"),
        };
        let hold = if text.starts_with('-') { Hold::Sign } else { Hold::Whole };
        Written { text, hold }
    }
}

fn call(name: &str, args: &[String]) -> String {
    format!("{name}({})", args.join(", "))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name, in double quotes where it would be something else without.
pub(super) fn name(name: &str) -> String {
    let begins = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_alphanumeric() || c == '_');
    if begins && goes_on && !KEYWORDS.contains(&name.to_lowercase().as_str()) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An expression without the conversion around it.
fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Cast(x) if !is_day(expr) => bare(x),
        _ => expr,
    }
}

/// Whether it is the local date of a time, which is no conversion that goes without saying.
fn is_day(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Cast(x) if (expr.ty, x.ty) == (Type::Date, Type::Time))
}

fn is_role(expr: &Expr, role: Role) -> bool {
    matches!(&expr.kind, ExprKind::Column(Column::Role(found)) if *found == role)
}

fn date_of(expr: &Expr) -> Option<NaiveDate> {
    match &bare(expr).kind {
        ExprKind::Literal(Literal::Date(date)) => Some(*date),
        _ => None,
    }
}
