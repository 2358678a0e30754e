//! `inputs`: where the rows are, which column plays which role, which rows count; orders, event tables and the table
//! of customers.

use crate::diag::{Span, Spanned};

use super::Expr;
use super::csv::Csv;
use super::quality::{self, Gate};
use super::reader::Reader;
use super::yaml::{Kind, Node};

/// All of `inputs` as written.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// `orders`: one mapping, or a list of them that is united. Never empty.
    pub orders: Vec<Input>,
    /// `customers`.
    pub customers: Option<Customers>,
    /// Every other key, in the order of the file.
    pub events: Vec<Events>,
}

/// The orders, or some of them, or a table of events.
#[derive(Clone, Debug)]
pub struct Input {
    /// A file, a glob, or a hive-partitioned folder.
    pub path: Spanned<String>,
    /// How text files are written.
    pub csv: Option<Csv>,
    /// Which column plays which role.
    pub roles: Roles,
    /// What one row is; of orders only.
    pub grain: Option<Spanned<Grain>>,
    /// Rows for which this is not true are left out; the inner none is one that could not be read.
    pub condition: Option<Option<Expr>>,
    /// Decimal places of money.
    pub scale: Option<Spanned<u8>>,
    /// Whether columns that some files lack are null there.
    pub missing_is_null: bool,
    /// Whether blank ids are ids.
    pub keeps_blank_ids: bool,
    /// Whether INT96 timestamps are local times.
    pub int96_is_local: bool,
    /// Limits on its rows.
    pub quality: Vec<Gate>,
}

/// What one row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// A whole order: counting rows counts orders.
    Order,
    /// One line of an order.
    Line,
}

/// The file's columns by role.
#[derive(Clone, Debug)]
pub struct Roles {
    /// The customer's id.
    pub customer: Spanned<String>,
    /// The order's id.
    pub order: Option<Spanned<String>>,
    /// The time of the order or event.
    pub time: Spanned<String>,
    /// The amount.
    pub amount: Option<Spanned<String>>,
    /// How times are read that are no dates, timestamps or ISO texts.
    pub time_form: Option<Spanned<TimeForm>>,
    /// Those of the texts above that can be expressions rather than the name of a column, each with its text.
    pub expressions: Vec<(String, Expr)>,
}

/// How numbers or texts are times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeForm {
    /// Numbers of these units since 1970 in UTC: `s`, `ms`, `us` or `ns`.
    Epoch(String),
    /// Texts in this form of `strftime`.
    Format(String),
}

/// A table of events, under a name of its own.
#[derive(Clone, Debug)]
pub struct Events {
    /// What `from` calls it.
    pub name: Spanned<String>,
    /// The table; none where it could not be read (already reported).
    pub input: Option<Input>,
}

/// The table of customers.
#[derive(Clone, Debug)]
pub struct Customers {
    /// A file, a glob, or a hive-partitioned folder; none where it is missing (already reported).
    pub path: Option<Spanned<String>>,
    /// How text files are written.
    pub csv: Option<Csv>,
    /// The column with the customer's id; none where it is missing (already reported).
    pub customer: Option<Spanned<String>>,
    /// The id, too, where it can be an expression rather than the name of a column: its text, and what it means.
    pub expressions: Vec<(String, Expr)>,
    /// Columns that are published and that expressions read.
    pub attributes: Vec<Attribute>,
    /// What becomes of orders of customers who are not in the table.
    pub unknown: Option<Unknown>,
    /// Whether blank ids are ids.
    pub keeps_blank_ids: bool,
    /// Whether a column that some files lack is null there.
    pub missing_is_null: bool,
    /// Limits on its rows.
    pub quality: Vec<Gate>,
}

/// One attribute of a customer.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its column in the output.
    pub name: Spanned<String>,
    /// Its column in the file.
    pub column: Spanned<String>,
}

/// What becomes of orders of customers who are not in the table of customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// They are set aside.
    LeaveOut,
    /// Their customers join the population, without attributes.
    Join,
}

impl Inputs {
    /// The words of the format that stand for something of their own under `inputs`.
    const ORDERS: &'static str = "orders";
    const CUSTOMERS: &'static str = "customers";

    /// Reads the inputs; none where the orders could not be read (already reported).
    pub(super) fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let orders = node.get(Self::ORDERS)?;
        let orders: Vec<Option<Input>> = match &orders.kind {
            Kind::List(items) => items.iter().map(|item| Input::read(item, reader)).collect(),
            _ => vec![Input::read(orders, reader)],
        };
        let orders: Vec<Input> = orders.into_iter().collect::<Option<_>>()?;
        let others = node.entries().iter();
        let others =
            others.filter(|entry| ![Self::ORDERS, Self::CUSTOMERS].contains(&entry.key.value.as_str()));
        let events = others
            .map(|entry| Events { name: entry.key.clone(), input: Input::read(&entry.value, reader) })
            .collect();
        let customers = node.get(Self::CUSTOMERS).map(|node| Customers::read(node, reader));
        Some(Self { orders, customers, events }).filter(|inputs| !inputs.orders.is_empty())
    }
}

impl Input {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        let condition = node.get("where").map(|node| reader.expression_of(node));
        let columns = node.get("columns")?;
        Some(Self {
            path: reader.text(node, "path")?,
            csv: node.get("csv").map(Csv::read),
            roles: Roles::read(columns, reader)?,
            grain: reader.text(node, "grain").and_then(|grain| match grain.value.as_str() {
                "order" => Some(Spanned::new(Grain::Order, grain.span)),
                "line" => Some(Spanned::new(Grain::Line, grain.span)),
                _ => None,
            }),
            condition,
            scale: reader.integer(node, "scale"),
            missing_is_null: says(node, "missing", "null"),
            keeps_blank_ids: says(node, "blank_ids", "keep"),
            int96_is_local: says(node, "int96", "local"),
            quality: quality::read(node, reader),
        })
    }
}

impl Roles {
    fn read(columns: &Node, reader: &Reader<'_>) -> Option<Self> {
        let time = columns.get("time")?;
        let (time, time_form) = match &time.kind {
            Kind::Map(_) => (reader.text(time, "column")?, TimeForm::read(time, reader)),
            _ => (reader.text(columns, "time")?, None),
        };
        let customer = reader.text(columns, "customer")?;
        let (order, amount) = (reader.text(columns, "order"), reader.text(columns, "amount"));
        let written = [Some(&customer), order.as_ref(), Some(&time), amount.as_ref()];
        let expressions = written.into_iter().flatten().filter_map(|text| reader.maybe_expression(text));
        let expressions = expressions.collect();
        Some(Self { customer, order, time, amount, time_form, expressions })
    }
}

impl TimeForm {
    fn read(node: &Node, reader: &Reader<'_>) -> Option<Spanned<Self>> {
        let epoch = reader.text(node, "epoch").map(|unit| Spanned::new(Self::Epoch(unit.value), unit.span));
        epoch.or_else(|| {
            reader.text(node, "format").map(|form| Spanned::new(Self::Format(form.value), form.span))
        })
    }
}

/// Whether a key has this value; YAML's own null counts as its name.
fn says(node: &Node, key: &str, value: &str) -> bool {
    node.get(key).is_some_and(|found| match found.scalar() {
        Some(text) => text == value,
        None => value == "null" && matches!(found.kind, Kind::Null),
    })
}

impl Customers {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Self {
        let attribute = |name: Spanned<String>, column: Spanned<String>| Attribute { name, column };
        let attributes = match node.get("attributes") {
            Some(node) if matches!(node.kind, Kind::Map(_)) => node
                .entries()
                .iter()
                .filter_map(|entry| Some(attribute(entry.key.clone(), Reader::scalar(&entry.value)?)))
                .collect(),
            _ => {
                let names = reader.texts(node, "attributes").unwrap_or_default();
                names.into_iter().map(|name| attribute(name.clone(), name)).collect()
            }
        };
        let customer = node.get("columns").and_then(|columns| reader.text(columns, "customer"));
        let expressions = customer.iter().filter_map(|text| reader.maybe_expression(text));
        Self {
            path: reader.text(node, "path"),
            csv: node.get("csv").map(Csv::read),
            expressions: expressions.collect(),
            customer,
            attributes,
            unknown: reader.text(node, "unknown").and_then(|word| match word.value.as_str() {
                "leave_out" => Some(Unknown::LeaveOut),
                "join" => Some(Unknown::Join),
                _ => None,
            }),
            keeps_blank_ids: says(node, "blank_ids", "keep"),
            missing_is_null: says(node, "missing", "null"),
            quality: quality::read(node, reader),
        }
    }

    /// What to underline where the table as a whole is meant.
    pub fn span(&self) -> Option<Span> {
        self.path.as_ref().or(self.customer.as_ref()).map(|text| text.span)
    }
}
