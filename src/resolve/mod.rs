//! Spec + catalog → plan: every name looked up, every default applied, every type checked, one file per section.
//! All mistakes of a rules file are reported in one run. Without a catalog (`check` before there is data) the
//! columns' types are unknown and everything else is still checked.

mod aggregate;
mod audiences;
mod bands;
mod catalogs;
mod clv;
mod computed;
mod convert;
mod csv;
mod edges;
mod expr;
mod facts;
mod functions;
mod inputs;
mod lacking;
mod lifecycle;
mod lint;
mod metrics;
mod names;
mod order;
mod output;
mod overrides;
mod population;
mod preset_roles;
mod presets;
mod privacy;
mod quality;
mod roles;
mod scope;
mod scores;
mod segments;
mod summary;
mod types;
mod unify;
mod united;
mod within;

use std::path::PathBuf;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::diag::{Diagnostics, Source};
use crate::plan::{self, Plan, Type};
use crate::spec;

pub use aggregate::NAMES as AGGREGATE_FUNCTIONS;
pub use catalogs::{Catalogs, Missing};
pub use functions::SCALAR as SCALAR_FUNCTIONS;
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
        overrides,
        privacy,
        audiences,
        edges,
        summary,
        tests: _,
        output,
    } = rules;
    names::check_rules_name(name, out);
    names::check_columns(rules, out);

    let inputs = inputs::resolve(rules, catalogs, settings.as_of, out);
    let quality = quality::resolve(rules, source, out);
    let mut aggregates = aggregate::Aggregates::default();
    let profile = metrics::resolve(metrics, &inputs, &mut aggregates, settings.as_of, out);

    let mut scope = CustomerScope::new(settings.as_of);
    scope.attributes(&inputs.attributes);
    scope.metrics(&profile.metrics, metrics);
    let clv_columns = clv::columns(clv.as_ref(), &inputs.orders);
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
    let known = scores::Scores { written: written_scores, resolved: &scores };
    scope.has_overrides = overrides.is_some();
    let names: Vec<&str> = segmentations.iter().map(|one| one.name.value.as_str()).collect();
    let segments::Resolved { segmentations, order: segmentation_order } =
        segments::resolve(segmentations, known, &mut scope, out);
    let asked = summary::resolve(summary, &measures, &scope, out);
    let (id, id_type) = (&inputs.customer.column, inputs.customer.ty);
    let overrides = overrides.as_ref().and_then(|written| {
        let hide = privacy.key_env.is_some();
        let known =
            overrides::OverrideScope { segmentations: &segmentations, names: names.clone(), id_type, hide };
        overrides::resolve(written, catalogs.overrides.as_ref(), &known, out)
    });
    let edges_within = edges.as_ref().and_then(|written| edges::resolve(written, out));
    let privacy = privacy::resolve(privacy, &rules.inputs, &aggregates.list, out);
    let shown = if privacy.key_env.is_some() { Type::Text } else { id_type };
    let columns = output::all(&(id.clone(), shown), &scope);
    let output_columns = output::resolve(output, &columns, &scope, settings.as_of, out);
    let known = audiences::AudienceScope {
        segmentations: &segmentations,
        names,
        columns: &columns,
        scope: &scope,
        output: &output_columns,
        written: output,
    };
    let audiences = audiences::resolve(audiences, &known, out);

    if out.has_errors() || (rules.overrides.is_some() && overrides.is_none()) {
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
            output: &output_columns,
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
    let asks_for_repeated =
        quality.iter().flat_map(|one| &one.gates).any(|gate| gate.name == "duplicate_order");
    let facts = facts::resolve(
        row_is_order,
        learns_of_gaps,
        asks_for_repeated,
        asked.revenue,
        &inputs.orders,
        &mut aggregates,
    );
    let customer = inputs.customer.clone();
    let inputs = inputs.finish(&aggregates.list)?;
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
        quality,
        aggregates: aggregates.list,
        facts,
        measures: asked.measures,
        metrics: profile.metrics,
        metric_order: profile.order,
        clv,
        scores,
        bands,
        segmentations,
        segmentation_order,
        overrides,
        edges_within,
        audiences,
        privacy,
        output: output_columns,
        part_customers: Plan::PART_CUSTOMERS,
        target,
        rules_sha256: plan::hex(&Sha256::digest(source.text.as_bytes())),
    })
}
