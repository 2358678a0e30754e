//! The columns of a test's table: those of the input's own files if these are there, or else what its rows show.

use chrono::NaiveDate;

use crate::catalog::Catalog;
use crate::decimal::Decimal;
use crate::diag::{Code, Diagnostic, Diagnostics, Spanned, suggest};
use crate::plan::Physical;
use crate::spec::{Cell, TestRow};

use super::value::{self, Value};

/// What a table of a test looks like.
pub(super) struct Layout {
    /// Roles, and the columns that play them.
    pub(super) roles: Vec<(String, String)>,
    /// Columns and how they are held.
    pub(super) columns: Vec<(String, Physical)>,
    /// Whether the columns are those of the input's own files.
    pub(super) from_files: bool,
}

impl Layout {
    /// The columns of the input's files.
    pub(super) fn of_files(roles: Vec<(String, String)>, catalog: &Catalog) -> Self {
        let usable = catalog.columns.iter().filter(|column| !matches!(column.physical, Physical::Other(_)));
        let columns = usable.map(|column| (column.name.clone(), column.physical.clone())).collect();
        Self { roles, columns, from_files: true }
    }

    /// The roles and all columns that rows name; `ids` is how customers' ids are held.
    pub(super) fn of_rows(
        roles: Vec<(String, String)>,
        rows: &[&TestRow],
        more: impl Iterator<Item = String>,
        ids: &Physical,
    ) -> Self {
        let mut layout = Self { roles, columns: Vec::new(), from_files: false };
        let mut names: Vec<String> = layout.roles.iter().map(|(_, column)| column.clone()).collect();
        let keys =
            rows.iter().flat_map(|row| row.iter()).map(|(key, _)| layout.column(&key.value).to_owned());
        for name in keys.chain(more).collect::<Vec<_>>() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for name in names {
            let cells = rows.iter().flat_map(|row| row.iter());
            let cells =
                cells.filter(|(key, _)| layout.column(&key.value) == name).map(|(_, cell)| &cell.value);
            let role = layout.roles.iter().find(|(_, column)| *column == name).map(|(role, _)| role.as_str());
            let physical = match (role, physical_of(cells)) {
                (Some("customer"), _) => ids.clone(),
                (Some("time"), found) => found.unwrap_or(Physical::Date),
                (Some("amount"), found) => found.unwrap_or(Physical::Decimal(2)),
                (Some("order"), found) => found.unwrap_or(Physical::Int),
                (_, found) => found.unwrap_or(Physical::Text),
            };
            layout.columns.push((name, physical));
        }
        layout
    }

    /// The column of a role, or of its own name.
    fn column<'a>(&'a self, key: &'a str) -> &'a str {
        self.roles.iter().find(|(role, _)| role == key).map_or(key, |(_, column)| column)
    }

    /// The values of the rows, column by column; what is wrong with them is reported.
    pub(super) fn values(
        &self,
        rows: &[&TestRow],
        zone: chrono_tz::Tz,
        out: &mut Diagnostics,
    ) -> Vec<Vec<Option<Value>>> {
        let mut values: Vec<Vec<Option<Value>>> = vec![vec![None; rows.len()]; self.columns.len()];
        for (number, row) in rows.iter().enumerate() {
            for (key, cell) in *row {
                let Some(at) = self.columns.iter().position(|(name, _)| name == self.column(&key.value))
                else {
                    out.push(self.unknown(key));
                    continue;
                };
                values[at][number] = self.value(cell, &self.columns[at].1, zone, out);
            }
            // Orders that are not told apart by the test are orders of their own.
            let order = self.roles.iter().find(|(role, _)| role == "order").map(|(_, column)| column);
            let is_named = |column: &String| row.iter().any(|(key, _)| self.column(&key.value) == column);
            if let Some(column) = order.filter(|column| !is_named(column))
                && let Some(at) = self.columns.iter().position(|(name, _)| name == column)
            {
                values[at][number] = value::numbered(number, &self.columns[at].1);
            }
        }
        values
    }

    fn value(
        &self,
        cell: &Spanned<Cell>,
        physical: &Physical,
        zone: chrono_tz::Tz,
        out: &mut Diagnostics,
    ) -> Option<Value> {
        let text = cell.value.text()?;
        let value = value::read(text, physical, zone);
        if value.is_none() {
            let held = crate::catalog::describe(physical);
            let message = format!("`{text}` does not go into a column of {held}");
            out.push(Diagnostic::error(Code::BadValue, message).with_span(cell.span));
        }
        value
    }

    fn unknown(&self, key: &Spanned<String>) -> Diagnostic {
        let roles = self.roles.iter().map(|(role, _)| role.as_str());
        let known = roles.chain(self.columns.iter().map(|(name, _)| name.as_str()));
        let hint = suggest(&key.value, known, "roles and columns are");
        let of = if self.from_files { "the input's files have" } else { "the input has" };
        let message = format!("{of} no column `{}`", key.value);
        Diagnostic::error(Code::UnknownColumn, message).with_span(key.span).with_hint(hint)
    }
}

/// How values are held that have been written so; none without any.
fn physical_of<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<Physical> {
    let cells: Vec<&Cell> = cells.filter(|cell| **cell != Cell::Null).collect();
    let all = |fits: &dyn Fn(&str) -> bool| cells.iter().all(|cell| cell.text().is_some_and(fits));
    if cells.is_empty() {
        return None;
    }
    if cells.iter().all(|cell| matches!(cell, Cell::Bool(_))) {
        return Some(Physical::Bool);
    }
    if cells.iter().all(|cell| matches!(cell, Cell::Number(_))) {
        let scales = cells.iter().filter_map(|cell| {
            let text = cell.text()?;
            // As written: `120.00` is money.
            let places = text.split_once('.').map_or(0, |(_, places)| places.len());
            Decimal::parse(text).map(|_| u8::try_from(places).unwrap_or(Decimal::MAX_SCALE).min(6))
        });
        return Some(match scales.max().unwrap_or(0) {
            0 if all(&|text| text.parse::<i64>().is_ok()) => Physical::Int,
            places => Physical::Decimal(places),
        });
    }
    if all(&|text| NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()) {
        return Some(Physical::Date);
    }
    if all(&|text| value::is_instant(text)) {
        return Some(Physical::Instant);
    }
    if all(&|text| value::naive(text).is_some()) {
        return Some(Physical::Naive);
    }
    Some(Physical::Text)
}
