//! Which column plays which role: by its type, and then by its name.

use crate::catalog::{Catalog, Column};
use crate::plan::Physical;

/// A column for a role, and the others that would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The best.
    pub column: String,
    /// The others, the best first.
    pub others: Vec<String>,
}

/// What the columns of orders may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guesses {
    /// The customer's id.
    pub customer: Guess,
    /// The order's id.
    pub order: Option<Guess>,
    /// The time of the order.
    pub time: Guess,
    /// The amount.
    pub amount: Option<Guess>,
    /// Whether the order counts.
    pub status: Option<Guess>,
    /// What was bought.
    pub category: Option<Guess>,
}

/// Words of names, the likeliest first; a name is one of them, or holds it.
const CUSTOMER: &[&str] = &[
    "customer_id",
    "customer",
    "user_id",
    "member_id",
    "client_id",
    "buyer_id",
    "account_id",
    "cust",
    "user",
    "member",
    "client",
    "buyer",
    "account",
    "uid",
    "客户",
    "用户",
    "会员",
];
const ORDER: &[&str] = &[
    "order_id",
    "order_no",
    "order_number",
    "order",
    "invoice",
    "transaction",
    "receipt",
    "bill",
    "订单",
    "单号",
];
const TIME: &[&str] = &[
    "ordered_at",
    "order_time",
    "order_date",
    "purchased_at",
    "paid_at",
    "created_at",
    "purchase",
    "order",
    "created",
    "paid",
    "date",
    "time",
    "day",
    "timestamp",
    "时间",
    "日期",
];
const AMOUNT: &[&str] = &[
    "amount", "total", "revenue", "sales", "net", "paid", "payment", "price", "value", "金额", "总额", "价格",
];
const STATUS: &[&str] = &["status", "state", "状态"];
const CATEGORY: &[&str] = &["category", "department", "product_type", "product", "品类", "类别", "商品"];
/// What no amount is called.
const NO_AMOUNT: &[&str] = &[
    "id", "qty", "quantity", "units", "count", "discount", "cost", "tax", "number", "year", "month", "age",
    "数量", "折扣", "成本",
];

impl Guesses {
    /// Of a file's columns; none where nothing can be the customer or the time.
    pub fn of(catalog: &Catalog) -> Option<Self> {
        let columns = &catalog.columns;
        let time = ranked(columns, TIME, &|column| match column.physical {
            Physical::Date | Physical::Naive | Physical::Instant => Some(0),
            Physical::Text if place(&column.name, &["date", "time", "_at", "时间", "日期"]).is_some() => {
                Some(500)
            }
            _ => None,
        });
        let time = guess(time, true)?;
        let id = |column: &Column| match column.physical {
            Physical::Int | Physical::Text if column.name != time.column => Some(0),
            _ => None,
        };
        let customer = guess(ranked(columns, CUSTOMER, &id), true)?;
        let is_free = |column: &Column| column.name != customer.column && column.name != time.column;
        let order = guess(ranked(columns, ORDER, &|column| id(column).filter(|_| is_free(column))), false);
        let amount = ranked(columns, AMOUNT, &|column| {
            let is_id = order.as_ref().is_some_and(|order| order.column == column.name);
            if !is_free(column) || is_id || place(&column.name, NO_AMOUNT).is_some() {
                return None;
            }
            match column.physical {
                Physical::Decimal(_) => Some(0),
                Physical::Float => Some(1),
                Physical::Int => Some(20),
                _ => None,
            }
        });
        let amount = amount.into_iter().filter(|(rank, column)| {
            // A whole number is money only if it is called so.
            *rank < UNNAMED || columns.iter().any(|one| one.name == *column && one.physical != Physical::Int)
        });
        let amount = guess(amount.collect(), true);
        let text = |column: &Column| (column.physical == Physical::Text && is_free(column)).then_some(0);
        let status = guess(ranked(columns, STATUS, &text), false);
        let category = guess(ranked(columns, CATEGORY, &text), false);
        Some(Self { customer, order, time, amount, status, category })
    }

    /// The names that most people have.
    pub fn generic() -> Self {
        let named = |column: &str| Guess { column: column.to_owned(), others: Vec::new() };
        Self {
            customer: named("customer_id"),
            order: Some(named("order_id")),
            time: named("ordered_at"),
            amount: Some(named("amount")),
            status: Some(named("status")),
            category: None,
        }
    }
}

/// The rank of a column whose name says nothing.
const UNNAMED: usize = 1000;

/// The columns of a fitting type, the best first; `fits` adds to the rank of a type that fits less well.
fn ranked(
    columns: &[Column],
    words: &[&str],
    fits: &dyn Fn(&Column) -> Option<usize>,
) -> Vec<(usize, String)> {
    let rank = |column: &Column| {
        let ty = fits(column)?;
        Some((place(&column.name, words).unwrap_or(UNNAMED) + ty, column.name.clone()))
    };
    let mut ranked: Vec<(usize, String)> = columns.iter().filter_map(rank).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked
}

/// How likely a name is: whole words before parts of words.
fn place(name: &str, words: &[&str]) -> Option<usize> {
    let name = snake_case(name);
    let whole = words.iter().position(|word| name == *word);
    let parts: Vec<&str> = name.split('_').collect();
    let word = || words.iter().position(|word| parts.contains(word)).map(|at| 100 + at);
    // Short words stand in many others: `day` in `holiday_id`.
    let part = || {
        words
            .iter()
            .position(|word| word.chars().count() != 2 && word.len() > 3 && name.contains(word))
            .map(|at| 200 + at)
    };
    let chinese = || words.iter().position(|word| !word.is_ascii() && name.contains(word)).map(|at| 100 + at);
    whole.or_else(word).or_else(chinese).or_else(part)
}

/// `CustomerID`, `customer id` → `customer_id`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    for c in name.chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_ascii_digit()) {
            snake.push('_');
        }
        if c.is_alphanumeric() {
            snake.extend(c.to_lowercase());
        } else if !snake.ends_with('_') {
            snake.push('_');
        }
        before = c;
    }
    snake
}

/// The best column; one whose name says nothing only if there must be one.
fn guess(ranked: Vec<(usize, String)>, needed: bool) -> Option<Guess> {
    let mut ranked = ranked.into_iter().filter(|(rank, _)| needed || *rank < UNNAMED);
    let (_, column) = ranked.next()?;
    Some(Guess { column, others: ranked.take(3).map(|(_, column)| column).collect() })
}
