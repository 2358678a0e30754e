//! Names of output columns that a warehouse takes in quotes only, always and by everybody: upper case, blanks, other
//! letters than ASCII's, and words of SQL.

use crate::diag::{Code, Diagnostic, Diagnostics, Span};
use crate::plan::{OutputColumn, needs_quotes};
use crate::resolve::names::snake_case;
use crate::spec;

use super::Subject;

pub(super) fn lint(subject: &Subject<'_>, out: &mut Diagnostics) {
    let rules = subject.written;
    for column in subject.output {
        let (name, Some(held)) = (column.name.as_str(), column.held()) else { continue };
        let Some(why) = needs_quotes(name) else { continue };
        let message = format!("warehouses take `{name}` as a column in quotes only");
        let mut diagnostic = Diagnostic::warning(Code::QuotedName, message)
            .with_hint(format!("{why}: {}", remedy(name, held)));
        if let Some(span) = place(rules, column, held) {
            diagnostic = diagnostic.with_span(span);
        }
        out.push(diagnostic);
    }
}

fn remedy(name: &str, held: &str) -> String {
    let plain = snake_case(name);
    let key = if held.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        held.to_owned()
    } else {
        format!("'{}'", held.replace('\'', "''"))
    };
    let is_plain = plain != name && needs_quotes(&plain).is_none();
    let new = if is_plain { plain } else { "…".to_owned() };
    format!("`output: {{rename: {{{key}: {new}}}}}` gives it another name")
}

/// Where the name comes from: the renaming, or the section that makes the column.
fn place(rules: &spec::Rules, column: &OutputColumn, held: &str) -> Option<Span> {
    let renamed = rules.output.rename.iter().filter(|_| column.renamed().is_some());
    let mut renamed = renamed.filter(|(old, _)| old.value == held).map(|(_, new)| new.span);
    let id = rules.inputs.orders.first().map(|orders| &orders.roles.customer);
    let names = id.into_iter().chain(
        rules.inputs.customers.iter().flat_map(|one| &one.attributes).map(|attribute| &attribute.name),
    );
    let names = names.chain(rules.metrics.iter().map(|metric| &metric.name));
    let names = names.chain(rules.scores.iter().map(|score| &score.name));
    let names = names.chain(rules.bands.iter().map(|band| &band.name));
    let mut names = names.chain(rules.segmentations.iter().map(|one| &one.name));
    let declared = || names.find(|name| name.value == held).map(|name| name.span);
    renamed.next().or_else(declared)
}
