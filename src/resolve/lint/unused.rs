//! Metrics, scores and bands that nobody uses: not in `output.columns`, and read by nothing that is.

use std::collections::HashSet;

use crate::diag::{Code, Diagnostic, Diagnostics, Spanned};
use crate::plan::{Column, Expr, ScoreKind};

use super::Subject;

pub(super) fn lint(subject: &Subject<'_>, out: &mut Diagnostics) {
    // Without a list all columns are published.
    let Some(published) = &subject.written.output.columns else { return };
    let mut used: HashSet<&str> = published.iter().map(|column| column.value.as_str()).collect();
    let read = |expr: &Expr| {
        let mut names = Vec::new();
        expr.columns(&mut |column| {
            if let Column::Customer(name) = column {
                names.push(name.clone());
            }
        });
        names
    };
    let mut names: Vec<String> = Vec::new();
    subject.metrics.iter().for_each(|metric| names.extend(read(&metric.expr)));
    let money = subject.clv.iter().filter_map(|clv| clv.money.as_ref());
    money.for_each(|money| names.extend(read(&money.margin)));
    for score in subject.scores {
        match &score.kind {
            ScoreKind::Fitted { of, within, .. } => {
                names.extend(read(of));
                within.iter().for_each(|within| names.extend(read(&within.by)));
            }
            ScoreKind::Breaks { of, .. } => names.extend(read(of)),
            ScoreKind::Weighted(parts) => names.extend(parts.iter().map(|(name, _)| name.clone())),
        }
    }
    for band in subject.bands {
        names.extend(read(&band.of));
        band.within.iter().for_each(|within| names.extend(read(&within.by)));
    }
    for rule in subject.segmentations.iter().flat_map(|one| &one.rules) {
        names.extend(read(&rule.when));
    }
    let audiences = subject.written.audiences.iter().flat_map(|one| one.columns.iter().flatten());
    used.extend(audiences.map(|column| column.value.as_str()));
    let summary = &subject.written.summary;
    let in_summary = summary.revenue.iter().chain(&summary.metrics);
    used.extend(in_summary.map(|column| column.value.as_str()));
    used.extend(names.iter().map(String::as_str));
    let rules = subject.written;
    let columns = rules.metrics.iter().map(|metric| ("metric", &metric.name));
    let columns = columns.chain(rules.scores.iter().map(|score| ("score", &score.name)));
    for (what, name) in columns.chain(rules.bands.iter().map(|band| ("band", &band.name))) {
        let Spanned { value, span } = name;
        if !used.contains(value.as_str()) {
            let message = format!("nobody uses the {what} `{value}`");
            let hint = "nothing reads it, and it is not among `output.columns`: add it there, or take it out";
            out.push(Diagnostic::warning(Code::UnusedColumn, message).with_span(*span).with_hint(hint));
        }
    }
}
