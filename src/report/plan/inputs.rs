//! What is read: every input with its files, and of them the columns, by what they are for.

use std::path::Path;

use serde::Serialize;

use crate::plan::{
    self, Amount, AmountEncoding, Attribute, Customers, OrderId, Physical, Plan, Source, Time, TimeEncoding,
    Type,
};

use super::page::Grid;
use super::sql::Sql;
use super::words::{count, size};

/// No more files than these are listed on a page; the JSON has all.
const LISTED: usize = 10;

/// One input.
#[derive(Debug, Serialize)]
pub(super) struct Input {
    /// Its name under `inputs`.
    name: String,
    /// As written in the rules file.
    path: String,
    /// What a row is: `order`, `line of an order`, `event` or `customer`.
    row: &'static str,
    rows: u64,
    bytes: u64,
    /// The zone whose local dates count.
    timezone: String,
    /// What is read of the files, and the roles that are not.
    columns: Vec<Column>,
    /// Only rows for which this is true are used.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    /// Its gates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quality: Vec<String>,
    #[serde(flatten)]
    files: Files,
}

/// The files of an input.
#[derive(Debug, Serialize)]
pub(super) struct Files {
    #[serde(rename = "files")]
    read: Vec<File>,
    /// What else its path names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<NotRead>,
}

/// One file or folder that is not read.
#[derive(Debug, Serialize)]
struct NotRead {
    path: String,
    why: String,
}

/// One file that is read.
#[derive(Debug, Serialize)]
pub(super) struct File {
    path: String,
    rows: u64,
    bytes: u64,
}

/// One column of the files.
#[derive(Debug, Serialize)]
struct Column {
    /// What it is for; none where only conditions and metrics read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// Its name in the files.
    name: String,
    /// What it holds.
    #[serde(rename = "type")]
    ty: String,
    /// What becomes of it while it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Whether anything needs it: an order's id may be named and never asked for.
    read: bool,
}

/// The rows and sizes of files end under one another.
pub(super) const RIGHT: &[usize] = &[1, 2];

/// Every input of a plan: orders, events, customers.
pub(super) fn inputs(plan: &Plan, sql: &Sql<'_>) -> Vec<Input> {
    let rows = plan.inputs().map(|input| Input::of(input, plan.row_is_order, sql));
    let mut inputs: Vec<Input> = rows.chain(plan.customers.iter().map(Input::of_customers)).collect();
    for input in &mut inputs {
        let own = plan.quality.iter().filter(|one| one.input == input.name && one.path == input.path);
        input.quality = own.flat_map(|one| one.gates.iter().map(ToString::to_string)).collect();
    }
    inputs
}

impl Input {
    fn of(input: &plan::Input, row_is_order: bool, sql: &Sql<'_>) -> Self {
        // Days that an earlier run has left out are a matter of the kept profile.
        let plan::Input {
            source,
            table,
            condition,
            customer,
            order,
            time,
            amount,
            later_than: _,
            measures: _,
        } = input;
        let mut columns = vec![Column::of("customer", &customer.column, table)];
        columns.extend(order.as_ref().map(|order| Column::of_order(order, table)));
        columns.push(Column::of_time(time, table));
        columns.extend(amount.as_ref().map(|amount| Column::of_amount(amount, table)));
        let row = match source {
            Source::Orders if row_is_order => "order",
            Source::Orders => "line of an order",
            Source::Events(_) => "event",
        };
        let condition = condition.as_ref().map(|condition| sql.expr(condition));
        Self { condition, ..Self::of_table(source.name(), row, table, columns) }
    }

    fn of_customers(customers: &Customers) -> Self {
        let Customers { table, customer, attributes, unknown_join: _, consent } = customers;
        let mut columns = vec![Column::of("customer", &customer.column, table)];
        columns.extend(attributes.iter().map(|attribute| Column::of_attribute(attribute, table)));
        columns.extend(consent.as_ref().map(|consent| Column::of("consent", consent, table)));
        Self::of_table("customers", "customer", table, columns)
    }

    fn of_table(name: &str, row: &'static str, table: &plan::Table, mut columns: Vec<Column>) -> Self {
        let plan::Table {
            path,
            files,
            hive_root: _,
            left_out,
            columns: read,
            computed: _,
            keeps_blank_ids: _,
            import: _,
            timezone,
        } = table;
        for column in read {
            if !columns.iter().any(|known| known.name == column.name) {
                columns.push(Column { role: None, ..Column::of("", &column.name, table) });
            }
        }
        Self {
            name: name.to_owned(),
            path: path.clone(),
            row,
            rows: table.rows(),
            bytes: files.iter().map(|file| file.bytes).sum(),
            timezone: timezone.to_string(),
            columns,
            condition: None,
            quality: Vec::new(),
            files: Files {
                read: files.iter().map(File::of).collect(),
                left_out: left_out.iter().map(NotRead::of).collect(),
            },
        }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let Self { name, path, row, rows: _, bytes: _, timezone: _, columns, condition, quality, files } =
            self;
        grid.row([format!("  {name}"), format!("{path}, a row is {}", with_article(row))]);
        let words = |role: Option<&'static str>| -> Vec<String> {
            columns.iter().filter(|column| column.role == role).map(Column::words).collect()
        };
        for role in ["customer", "order", "time", "amount"] {
            words(Some(role)).into_iter().for_each(|column| grid.row([format!("    {role}"), column]));
        }
        let more = [("attributes", Some("attribute")), ("consent", Some("consent")), ("also", None)];
        for (key, role) in more {
            let words = words(role);
            if !words.is_empty() {
                grid.row([format!("    {key}"), words.join(", ")]);
            }
        }
        if let Some(condition) = condition {
            grid.row(["    where", condition]);
        }
        let mut key = "    quality";
        for gate in quality {
            grid.row([key, gate]);
            key = "";
        }
        files.draw(grid);
    }
}

/// `1 file, 69,659 rows, 0.5 MB`
pub(super) fn total(inputs: &[Input]) -> String {
    let files: usize = inputs.iter().map(|input| input.files.read.len()).sum();
    let (rows, bytes) =
        inputs.iter().fold((0, 0), |(rows, bytes), input| (rows + input.rows, bytes + input.bytes));
    format!("{}, {}, {}", count(files as u64, "file"), count(rows, "row"), size(bytes))
}

impl Files {
    fn draw(&self, grid: &mut Grid) {
        let Self { read, left_out } = self;
        // A last line for one more file would say less than the file.
        let listed = if read.len() <= LISTED + 1 { read.len() } else { LISTED };
        let (shown, others) = read.split_at(listed);
        let mut key = if read.len() == 1 { "    file" } else { "    files" };
        for File { path, rows, bytes } in shown {
            grid.row([key, &count(*rows, "row"), &size(*bytes), path]);
            key = "";
        }
        if !others.is_empty() {
            let (rows, bytes) = others.iter().fold((0, 0), |(r, b), file| (r + file.rows, b + file.bytes));
            let number = others.len();
            grid.row(["", &format!("and {number} more: {}, {}", count(rows, "row"), size(bytes))]);
        }
        let listed = if left_out.len() <= LISTED + 1 { left_out.len() } else { LISTED };
        let mut key = "    left out";
        for NotRead { path, why } in &left_out[..listed] {
            grid.row([key, &format!("{path}: {why}")]);
            key = "";
        }
        if listed < left_out.len() {
            grid.row(["", &format!("and {} more", left_out.len() - listed)]);
        }
    }
}

impl NotRead {
    fn of(left_out: &plan::LeftOut) -> Self {
        let plan::LeftOut { path, why } = left_out;
        Self { path: path.display().to_string(), why: why.clone() }
    }
}

impl File {
    fn of(file: &plan::InputFile) -> Self {
        let plan::InputFile { path, bytes, rows, footer_sha256: _, imported: _, stamp: _ } = file;
        Self { path: path.display().to_string(), rows: *rows, bytes: *bytes }
    }
}

impl Column {
    /// A column that is read as it is; what it holds is looked up.
    fn of(role: &'static str, name: &str, table: &plan::Table) -> Self {
        let read = table.columns.iter().find(|column| column.name == name);
        let ty = read.map_or_else(String::new, |column| held(&column.physical));
        let note = is_of_folders(name, table).then(|| "from the folders' names".to_owned());
        Self { role: Some(role), name: name.to_owned(), ty, note, read: read.is_some() }
    }

    fn of_order(order: &OrderId, table: &plan::Table) -> Self {
        let OrderId { column, ty } = order;
        let found = Self::of("order", column, table);
        let unread = || if *ty == Type::Text { held(&Physical::Text) } else { held(&Physical::Int) };
        Self { ty: if found.read { found.ty } else { unread() }, ..found }
    }

    fn of_time(time: &Time, table: &plan::Table) -> Self {
        let Time { column, encoding, by_instant: _ } = time;
        let note = match encoding {
            TimeEncoding::Instant => format!("converted to {}", table.timezone),
            TimeEncoding::Text => format!("read as ISO 8601, in {}", table.timezone),
            TimeEncoding::Format(form) => format!("read as `{form}`, in {}", table.timezone),
            TimeEncoding::Epoch(unit) => {
                format!("{} since 1970, converted to {}", unit.words(), table.timezone)
            }
            TimeEncoding::Null => "nothing but nulls".to_owned(),
            TimeEncoding::Date | TimeEncoding::Naive => format!("in {}", table.timezone),
        };
        Self { note: Some(note), ..Self::of("time", column, table) }
    }

    fn of_amount(amount: &Amount, table: &plan::Table) -> Self {
        let Amount { column, encoding, scale } = amount;
        let found = Self::of("amount", column, table);
        let note = match encoding {
            AmountEncoding::Decimal(own) if own == scale => return found,
            AmountEncoding::Decimal(own) if own < scale => format!("kept with {scale} places"),
            AmountEncoding::Decimal(_) | AmountEncoding::Float => format!("rounded to {scale} places"),
            AmountEncoding::Int => "whole units".to_owned(),
            AmountEncoding::Null => "nothing but nulls".to_owned(),
            AmountEncoding::Text => format!("read as a number with {scale} places"),
        };
        Self { note: Some(note), ..found }
    }

    fn of_attribute(attribute: &Attribute, table: &plan::Table) -> Self {
        let Attribute { name, column, ty: _ } = attribute;
        let found = Self::of("attribute", column, table);
        let renamed = (name != column).then(|| format!("called {name}"));
        Self { note: renamed.or(found.note), ..found }
    }

    /// `ordered_at (date, in UTC)`
    fn words(&self) -> String {
        let Self { role: _, name, ty, note, read } = self;
        let unread = if *read { "" } else { ", not read" };
        let note = note.as_ref().map_or(String::new(), |note| format!(", {note}"));
        format!("{name} ({ty}{note}{unread})")
    }
}

/// What a column holds, in words.
fn held(physical: &Physical) -> String {
    match physical {
        Physical::Bool => "boolean".to_owned(),
        Physical::Int => "whole number".to_owned(),
        Physical::Float => "float".to_owned(),
        Physical::Decimal(scale) => format!("decimal with {scale} places"),
        Physical::Text => "text".to_owned(),
        Physical::Date => "date".to_owned(),
        Physical::Naive => "local time".to_owned(),
        Physical::Instant => "instant".to_owned(),
        Physical::Bytes => "bytes, read as text".to_owned(),
        Physical::Uuid => "UUID".to_owned(),
        Physical::Null => "nulls".to_owned(),
        Physical::Other(what) => what.clone(),
    }
}

/// Whether a column is the `key` of `key=value` folders.
fn is_of_folders(name: &str, table: &plan::Table) -> bool {
    let Some(root) = &table.hive_root else { return false };
    let inside = |path: &Path| path.strip_prefix(root).ok().and_then(Path::parent).map(Path::to_path_buf);
    let folders = table.files.first().and_then(|file| inside(&file.path));
    folders.is_some_and(|folders| {
        folders.iter().any(|folder| {
            let folder = folder.to_string_lossy();
            folder.split_once('=').is_some_and(|(key, _)| key == name)
        })
    })
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
