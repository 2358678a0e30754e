//! Columns that roles read and that some files of an input lack.

use crate::catalog::Catalog;
use crate::diag::{Diagnostics, Spanned};
use crate::spec;

use super::{computed, roles};

/// Says which roles have no column in the files of a layout, though other files of the input have them.
pub(super) fn of_roles(written: &spec::Input, whole: &Catalog, part: &mut Catalog, out: &mut Diagnostics) {
    for role in read_by_roles(&written.roles) {
        let Some(column) = whole.column(&role.value).filter(|_| part.column(&role.value).is_none()) else {
            continue;
        };
        out.push(roles::files_lack(&role, &part.files.iter().collect::<Vec<_>>()));
        part.columns.push(column.clone());
    }
}

/// The columns that roles read, by name or in an expression, each with its place.
fn read_by_roles(roles: &spec::Roles) -> Vec<Spanned<String>> {
    let spec::Roles { customer, order, time, amount, time_form: _, expressions } = roles;
    let named = [Some(customer), order.as_ref(), Some(time), amount.as_ref()].into_iter().flatten().cloned();
    let in_expressions = expressions.iter().flat_map(|(_, written)| {
        let names = computed::names(written).into_iter();
        names.map(|name| Spanned::new(name, written.span))
    });
    named.chain(in_expressions).collect()
}
