//! Which column plays which role: by its name first. A column that is called like a role and cannot play it is an error
//! with the remedy, never a reason to take the next one.

use crate::catalog::{Catalog, Column, Sample, Values, describe};
use crate::diag::{Code, Diagnostic};
use crate::plan::Physical;

use super::marks::{self, Marks};
use super::names::{self, Words};

/// A column for a role, and the others that would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guess {
    /// The best.
    pub column: String,
    /// The others, the best first.
    pub others: Vec<String>,
    /// What is to be known of it.
    pub note: Option<String>,
}

/// Where money comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Money {
    /// A column.
    Column(Guess),
    /// A quantity times the price of one.
    Product {
        /// How many.
        quantity: String,
        /// What one of them costs.
        unit_price: String,
    },
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
    /// Whether times are instants, which a zone makes local.
    pub time_is_instant: bool,
    /// The amount.
    pub amount: Option<Money>,
    /// What was bought.
    pub category: Option<Guess>,
    /// Whether a row is a line of an order.
    pub is_line: bool,
    /// What shows that a row does not count.
    pub marks: Marks,
}

/// A column that is called like a role.
struct Named<'a> {
    column: &'a Column,
    others: Vec<String>,
}

/// The columns of an input and their first values.
struct Look<'a> {
    columns: &'a [Column],
    sample: &'a Sample,
}

impl Guesses {
    /// Of a file's columns and first rows.
    pub fn of(catalog: &Catalog, sample: &Sample) -> Result<Self, Diagnostic> {
        let look = Look { columns: &catalog.columns, sample };
        let time = look.time()?;
        let time_is_instant =
            look.columns.iter().any(|one| one.name == time.column && one.physical == Physical::Instant);
        let customer = look.customer(&time.column)?;
        let taken = [time.column.as_str(), customer.column.as_str()];
        let order = look.order(&taken)?;
        let order_column = order.as_ref().map(|order| order.column.as_str());
        let amount = look.amount(&[taken[0], taken[1], order_column.unwrap_or_default()])?;
        let is_text =
            |column: &Column| column.physical == Physical::Text && !taken.contains(&column.name.as_str());
        let category = look.named(&names::CATEGORY, &is_text).map(|named| named.guess(None));
        let status = look.named(&names::STATUS, &is_text).map(|named| named.column.name.clone());
        let is_line = order_column.and_then(|order| sample.values(order)).is_some_and(repeats);
        let numbers: Vec<&str> = match &amount {
            Some(Money::Product { quantity, .. }) => vec![quantity],
            Some(Money::Column(amount)) => vec![&amount.column],
            None => Vec::new(),
        };
        let marks = marks::of(sample, status.as_deref(), order_column, &numbers);
        Ok(Self { customer, order, time, time_is_instant, amount, category, is_line, marks })
    }

    /// The names that most people have.
    pub fn generic() -> Self {
        let named = |column: &str| Guess { column: column.to_owned(), ..Guess::default() };
        Self {
            customer: named("customer_id"),
            order: Some(named("order_id")),
            time: named("ordered_at"),
            time_is_instant: false,
            amount: Some(Money::Column(named("amount"))),
            category: None,
            is_line: false,
            marks: Marks::generic(),
        }
    }
}

impl<'a> Look<'a> {
    /// The column whose name is the likeliest, of those that may be.
    fn named(&self, words: &Words, may_be: &dyn Fn(&Column) -> bool) -> Option<Named<'a>> {
        let is_index = |column: &Column| column.name.starts_with("__index_level_");
        let columns = self.columns.iter().filter(|column| !is_index(column) && may_be(column));
        let mut ranked: Vec<(usize, &Column)> =
            columns.filter_map(|column| Some((words.place(&column.name)?, column))).collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        let mut ranked = ranked.into_iter().map(|(_, column)| column);
        let column = ranked.next()?;
        Some(Named { column, others: ranked.take(3).map(|column| column.name.clone()).collect() })
    }

    fn customer(&self, time: &str) -> Result<Guess, Diagnostic> {
        let Some(named) = self.named(&names::CUSTOMER, &|column| column.name != time) else {
            return Err(self.unknown("the customer's id", |column| {
                matches!(column.physical, Physical::Int | Physical::Text) && column.name != time
            }));
        };
        self.check_id(named.column, "customer")?;
        let note = self.about_customer(named.column);
        Ok(named.guess(note))
    }

    /// What may surprise in the customer's id.
    fn about_customer(&self, column: &Column) -> Option<String> {
        let (values, rows) = (self.sample.values(&column.name)?, self.sample.rows);
        let (named, distinct) = (values.len(), values.counts.len());
        if rows >= 50 && distinct == named && named == rows {
            return Some(format!("is it the customer's? It is another one in each of the first {rows} rows"));
        }
        let none = rows.saturating_sub(named);
        (none > 0)
            .then(|| format!("{none} of the first {rows} rows have none: they are set aside as rejected"))
    }

    fn order(&self, taken: &[&str]) -> Result<Option<Guess>, Diagnostic> {
        let Some(named) = self.named(&names::ORDER, &|column| !taken.contains(&column.name.as_str())) else {
            return Ok(None);
        };
        self.check_id(named.column, "order")?;
        Ok(Some(named.guess(None)))
    }

    /// Whole numbers and texts are ids; floats are where all of them are whole, as pandas writes ids with gaps.
    fn check_id(&self, column: &Column, role: &str) -> Result<(), Diagnostic> {
        match column.physical {
            Physical::Int | Physical::Text | Physical::Decimal(0) => Ok(()),
            Physical::Float => {
                let fraction =
                    self.values(column).and_then(|values| values.counts.keys().find(|one| !is_whole(one)));
                fraction.map_or(Ok(()), |one| {
                    let what = format!("holds floats such as {one}, which are no ids");
                    Err(cannot(column, role, &what, "write it as text or whole numbers"))
                })
            }
            _ => {
                let what = format!("holds {}", describe(&column.physical));
                Err(cannot(column, role, &what, "write it as text or whole numbers"))
            }
        }
    }

    fn time(&self) -> Result<Guess, Diagnostic> {
        let Some(named) = self.named(&names::TIME, &|_| true) else {
            let is_time = |column: &Column| {
                matches!(column.physical, Physical::Date | Physical::Naive | Physical::Instant)
            };
            // The only time that there is needs no name.
            let mut times = self.columns.iter().filter(|column| is_time(column));
            if let (Some(only), None) = (times.next(), times.next()) {
                return Ok(Guess { column: only.name.clone(), ..Guess::default() });
            }
            return Err(self.unknown("the time of the order", is_time));
        };
        let column = named.column;
        match column.physical {
            Physical::Date | Physical::Naive | Physical::Instant => Ok(named.guess(None)),
            Physical::Text => {
                let other = self
                    .values(column)
                    .and_then(|values| values.counts.keys().filter(|one| !is_iso(one)).min());
                other.map_or_else(
                    || Ok(named.guess(Some("texts, read as ISO 8601".to_owned()))),
                    |one| {
                        let what = format!("holds texts such as `{one}`, which are not ISO 8601");
                        Err(cannot(
                            column,
                            "time",
                            &what,
                            "write it as a timestamp, or as 2026-10-31 08:30:00",
                        ))
                    },
                )
            }
            _ => {
                let what = format!("holds {}", describe(&column.physical));
                Err(cannot(column, "time", &what, "write it as a date or timestamp"))
            }
        }
    }

    /// What is called money; else a quantity times a unit price; else what may be money.
    fn amount(&self, taken: &[&str]) -> Result<Option<Money>, Diagnostic> {
        let is_free = |column: &Column| !taken.contains(&column.name.as_str());
        if let Some(named) = self.named(&names::AMOUNT, &is_free) {
            return self.check_amount(named.column).map(|()| Some(Money::Column(named.guess(None))));
        }
        let is_number = |column: &Column| {
            is_free(column)
                && matches!(column.physical, Physical::Int | Physical::Float | Physical::Decimal(_))
        };
        let quantity = self.named(&names::QUANTITY, &is_number);
        let unit_price = self.named(&names::UNIT_PRICE, &is_number);
        if let Some((quantity, unit_price)) = quantity.zip(unit_price) {
            let name = |named: Named<'_>| named.column.name.clone();
            return Ok(Some(Money::Product { quantity: name(quantity), unit_price: name(unit_price) }));
        }
        Ok(self.named(&names::PERHAPS_AMOUNT, &is_number).map(|named| Money::Column(named.guess(None))))
    }

    fn check_amount(&self, column: &Column) -> Result<(), Diagnostic> {
        let remedy = "write it as a decimal, or leave `amount` out";
        match column.physical {
            Physical::Int | Physical::Float | Physical::Decimal(_) => Ok(()),
            Physical::Text => {
                let other = self
                    .values(column)
                    .and_then(|values| values.counts.keys().filter(|one| !is_number(one)).min());
                other.map_or(Ok(()), |one| {
                    let what = format!("holds texts such as `{one}`, which are no numbers");
                    Err(cannot(column, "amount", &what, remedy))
                })
            }
            _ => Err(cannot(column, "amount", &format!("holds {}", describe(&column.physical)), remedy)),
        }
    }

    fn values(&self, column: &Column) -> Option<&'a Values> {
        self.sample.values(&column.name)
    }

    /// No name says anything: which columns there are.
    fn unknown(&self, what: &str, may_be: impl Fn(&Column) -> bool) -> Diagnostic {
        let names =
            self.columns.iter().filter(|column| may_be(column)).map(|column| format!("`{}`", column.name));
        let names: Vec<String> = names.take(8).collect();
        let diagnostic = Diagnostic::error(Code::UnknownColumn, format!("no column is called like {what}"));
        let diagnostic = match names.as_slice() {
            [] => diagnostic.with_hint("and none has a type that could be it"),
            names => diagnostic.with_hint(format!("by its type it could be {}", names.join(", "))),
        };
        diagnostic.with_hint("`tiermill init` without `--from` writes a starter to fill in by hand")
    }
}

impl Named<'_> {
    fn guess(self, note: Option<String>) -> Guess {
        Guess { column: self.column.name.clone(), others: self.others, note }
    }
}

/// A column that is called like a role and cannot play it.
fn cannot(column: &Column, role: &str, what: &str, remedy: &str) -> Diagnostic {
    let message = format!("the column `{}` is called like the {role}, but {what}", column.name);
    Diagnostic::error(Code::ColumnType, message).with_hint(remedy).with_hint(format!(
        "if another column is the {role}, `tiermill init` without `--from` writes a starter to fill in"
    ))
}

/// More than one id of a hundred stands there again: not a stray copy of a row.
fn repeats(orders: &Values) -> bool {
    orders.counts.len() * 100 < orders.len() * 99
}

fn is_whole(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|number| number.fract() == 0.0)
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// `2026-10-31`, with or without a time: the beginning decides.
fn is_iso(text: &str) -> bool {
    let date = text.trim().get(..10).is_some_and(|date| date.parse::<chrono::NaiveDate>().is_ok());
    date && text.trim().get(10..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['T', ' ']))
}
