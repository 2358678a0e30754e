//! The columns of several inputs as those of one table: a column that metrics read is in each, with types that go
//! together.

use crate::catalog::{Catalog, Column, describe};
use crate::diag::{Code, Diagnostic};
use crate::plan::Type;

use super::types::common_type;

/// One column that a source offers.
#[derive(Clone, Debug)]
pub(super) struct Offered {
    pub(super) name: String,
    /// Its type in all inputs, or why it has none (the place is not set).
    pub(super) ty: Result<Type, Diagnostic>,
}

/// The columns of all inputs, each with the path that the rules file gives it.
pub(super) fn columns(inputs: &[(&str, &Catalog)]) -> Vec<Offered> {
    let mut offered: Vec<Offered> = Vec::new();
    for (_, catalog) in inputs {
        for column in &catalog.columns {
            if !offered.iter().any(|known| known.name == column.name) {
                offered.push(Offered { name: column.name.clone(), ty: unite(&column.name, inputs) });
            }
        }
    }
    offered
}

fn unite(name: &str, inputs: &[(&str, &Catalog)]) -> Result<Type, Diagnostic> {
    let mut common = Type::Unknown;
    let mut first: Option<(&str, &Column)> = None;
    for (path, catalog) in inputs {
        let Some(column) = catalog.column(name) else {
            let message =
                format!("the column `{name}` is not in all of the orders: `{path}` does not have it");
            let hint = "files that are read together share the columns that metrics read: `missing: null` reads it as null";
            return Err(Diagnostic::error(Code::UnknownColumn, message).with_hint(hint));
        };
        let Some(ty) = column.ty() else {
            let holds = describe(&column.physical);
            let message = format!("the column `{name}` holds {holds}, which no expression can use");
            return Err(Diagnostic::error(Code::ColumnType, message));
        };
        let (first_path, first) = *first.get_or_insert((path, column));
        common = common_type(common, ty).ok_or_else(|| {
            let (here, there) = (describe(&column.physical), describe(&first.physical));
            let message =
                format!("the column `{name}` holds {here} in `{path}`, but {there} in `{first_path}`");
            Diagnostic::error(Code::ColumnType, message).with_hint("write the files with one type for it")
        })?;
    }
    Ok(common)
}
