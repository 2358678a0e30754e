//! Spec + catalog → plan: every name looked up, every default applied, every type checked, one file per section.
//! All mistakes of a rules file are reported in one run. Without a catalog (`check` before there is data) the
//! columns' types are unknown and everything else is still checked.

mod aggregate;
mod bands;
mod catalogs;
mod clv;
mod expr;
mod facts;
mod functions;
mod inputs;
mod lifecycle;
mod lint;
mod metrics;
mod names;
mod order;
mod output;
mod population;
mod presets;
mod roles;
mod scope;
mod scores;
mod segments;
mod unify;
mod united;
mod within;

use std::path::PathBuf;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::diag::{Diagnostics, Source};
use crate::plan::{self, Plan};
use crate::spec;

pub use catalogs::{Catalogs, Missing};
use scope::CustomerScope;

/// What a run adds to the rules file.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The last local date that counts.
    pub as_of: NaiveDate,
    /// The folder that relative paths start from.
    pub base: PathBuf,
    /// Replaces `output.path`.
    pub out: Option<PathBuf>,
    /// Whether to look, too, for what is sound but surely not meant.
    pub lint: bool,
}

/// Resolves the rules against what the inputs offer. None where there are errors, or a catalog is missing.
pub fn resolve(
    rules: &spec::Rules,
    catalogs: &Catalogs,
    settings: &Settings,
    source: &Source,
    out: &mut Diagnostics,
) -> Option<Plan> {
    // Destructured in full, so that a new section is a compile error here.
    let spec::Rules {
        name,
        timezone: _,
        inputs: _,
        metrics,
        scores,
        bands,
        clv,
        segmentations,
        privacy: _,
        tests: _,
        output,
    } = rules;
    names::check_rules_name(name, out);
    names::check_columns(rules, out);

    let inputs = inputs::resolve(rules, catalogs, settings.as_of, out);
    let mut aggregates = aggregate::Aggregates::default();
    let profile = metrics::resolve(metrics, &inputs, &mut aggregates, settings.as_of, out);

    let mut scope = CustomerScope::new(settings.as_of);
    scope.attributes(&inputs.attributes);
    scope.metrics(&profile.metrics, metrics);
    let clv_columns = clv::columns(clv.as_ref());
    let clv = clv.iter().flatten().next();
    let clv = clv.and_then(|clv| clv::resolve(clv, &inputs.orders, &scope, &mut aggregates, out));
    if let Some(columns) = clv_columns {
        scope.clv(columns);
    }
    scope.later(rules);
    // Cuts are learned from metrics, before there are scores, bands and labels.
    let measures = scope.clone();
    let written_scores = scores;
    let scores = scores::resolve(written_scores, &measures, &mut scope, out);
    let bands = bands::resolve(bands, &measures, &mut scope, out);
    let known = segments::Scores { written: written_scores, resolved: &scores };
    let segments::Resolved { segmentations, order: segmentation_order } =
        segments::resolve(segmentations, known, &mut scope, out);
    let output_columns = output::resolve(output, &inputs.customer, &scope, out);

    if out.has_errors() {
        return None;
    }
    if settings.lint {
        let subject = lint::Subject {
            written: rules,
            scope: &scope,
            aggregates: &aggregates.list,
            metrics: &profile.metrics,
            clv: clv.as_ref(),
            scores: &scores,
            bands: &bands,
            segmentations: &segmentations,
        };
        lint::lint(&subject, out);
    }
    let target = match (&settings.out, &output.path) {
        (Some(out), _) => out.clone(),
        (None, Some(path)) => settings.base.join(&path.value),
        (None, None) => settings.base.join("out").join(&name.value),
    };
    let row_is_order = inputs.row_is_order;
    let learns_of_gaps = segmentations.iter().any(|one| one.lifecycle.is_some());
    let facts = facts::resolve(row_is_order, learns_of_gaps, &inputs.orders, &mut aggregates);
    let customer = inputs.customer.clone();
    let inputs = inputs.finish(&aggregates.list, catalogs)?;
    Some(Plan {
        name: name.value.clone(),
        as_of: settings.as_of,
        timezone: inputs.timezone,
        customer,
        row_is_order,
        orders: inputs.orders,
        events: inputs.events,
        customers: inputs.customers,
        suppress: inputs.suppress,
        aggregates: aggregates.list,
        facts,
        metrics: profile.metrics,
        metric_order: profile.order,
        clv,
        scores,
        bands,
        segmentations,
        segmentation_order,
        output: output_columns,
        target,
        rules_sha256: plan::hex(&Sha256::digest(source.text.as_bytes())),
    })
}
