//! Columns of a frame as texts, for whoever compares or shows single values.

use polars::prelude::{AnyValue, DataType};

use crate::decimal::render;

use super::Frame;

/// One column as texts.
#[derive(Clone, Debug)]
pub struct Cells {
    /// Row by row; null is none.
    pub texts: Vec<Option<String>>,
    /// Whether they are doubles.
    pub is_double: bool,
    /// Whether they are numbers of any kind.
    pub is_number: bool,
}

/// The names of the columns that people know.
pub fn columns(frame: &Frame) -> Vec<&str> {
    let names = frame.get_column_names().into_iter().map(|name| name.as_str());
    names.filter(|name| !name.starts_with(['@', '#'])).collect()
}

/// A column, if there is one of this name.
pub fn of(frame: &Frame, name: &str) -> Option<Cells> {
    let column = frame.column(name).ok().filter(|_| columns(frame).contains(&name))?;
    let texts = (0..frame.height()).map(|row| text(&column.get(row).ok()?)).collect();
    let ty = column.dtype();
    let is_number = ty.is_primitive_numeric() || matches!(ty, DataType::Decimal(..));
    Some(Cells { texts, is_double: *ty == DataType::Float64, is_number })
}

/// One value as a text; null is none.
pub(super) fn text(value: &AnyValue<'_>) -> Option<String> {
    Some(match value {
        AnyValue::Null => return None,
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Decimal(unscaled, _, scale) => render(*unscaled, u8::try_from(*scale).unwrap_or(0)),
        AnyValue::Float64(value) => format!("{value}"),
        other => other.to_string(),
    })
}
