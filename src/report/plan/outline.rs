//! The whole tree, and the page it is drawn on.

use std::path::Path;

use serde::Serialize;

use crate::plan::Plan;

use super::bands::Band;
use super::clv::Clv;
use super::hand::ByHand;
use super::inputs::{self, Input};
use super::left_out::LeftOut;
use super::metrics::{self, Metric, Summary};
use super::output::{Audience, Column, Edges, Privacy};
use super::page::{Grid, Page};
use super::scores::Score;
use super::segments::Segmentation;
use super::sql::Sql;

/// What a run would read, compute and replace.
#[derive(Debug, Serialize)]
pub struct Outline {
    rules: String,
    as_of: String,
    timezone: String,
    plan_sha256: String,
    inputs: Vec<Input>,
    left_out: LeftOut,
    /// What the rows are read for, each once; the page has them inside the metrics.
    aggregates: Vec<String>,
    metrics: Vec<Metric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clv: Option<Clv>,
    scores: Vec<Score>,
    bands: Vec<Band>,
    segmentations: Vec<Segmentation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overrides: Option<ByHand>,
    audiences: Vec<Audience>,
    #[serde(skip_serializing_if = "Option::is_none")]
    edges: Option<Edges>,
    #[serde(skip_serializing_if = "Option::is_none")]
    privacy: Option<Privacy>,
    summary: Summary,
    columns: Vec<Column>,
    /// The folder of the partition.
    output: String,
    /// Whether there is one, which the run would replace.
    replaces: bool,
}

impl Outline {
    /// The outline of a plan that publishes into this folder, which may be there already.
    pub fn of(plan: &Plan, folder: &Path, replaces: bool) -> Self {
        // A new part of the plan has to be thought of here.
        let Plan {
            name,
            as_of,
            timezone,
            customer: _,
            row_is_order: _,
            orders: _,
            events: _,
            customers: _,
            suppress: _,
            quality: _,
            aggregates: _,
            facts,
            measures,
            metrics,
            metric_order: _,
            clv,
            scores,
            bands,
            segmentations,
            segmentation_order: _,
            overrides,
            edges_within,
            audiences,
            privacy,
            output,
            part_customers: _,
            target: _,
            rules_sha256: _,
        } = plan;
        let sql = Sql::new(plan);
        Self {
            rules: name.clone(),
            as_of: as_of.to_string(),
            timezone: timezone.to_string(),
            plan_sha256: plan.digest(),
            inputs: inputs::inputs(plan, &sql),
            left_out: LeftOut::of(plan),
            aggregates: metrics::aggregates(plan, &sql),
            metrics: metrics.iter().map(|metric| Metric::of(metric, sql)).collect(),
            clv: clv.as_ref().map(|clv| Clv::of(clv, plan, &sql)),
            scores: scores.iter().map(|score| Score::of(score, &sql)).collect(),
            bands: bands.iter().map(|band| Band::of(band, &sql)).collect(),
            segmentations: segmentations.iter().map(|one| Segmentation::of(one, &sql)).collect(),
            overrides: overrides.as_ref().map(|overrides| ByHand::of(overrides, plan)),
            audiences: audiences.iter().map(|audience| Audience::of(audience, plan)).collect(),
            edges: edges_within.map(Edges::of),
            privacy: Privacy::of(privacy),
            summary: Summary::of(facts, measures, &sql),
            columns: output.iter().map(Column::of).collect(),
            output: folder.display().to_string(),
            replaces,
        }
    }

    /// The page: sections in the order of a run, each left out where there is nothing to say. Lines end with a line
    /// break, and hold no colours.
    pub fn text(&self) -> String {
        // `aggregates` stand inside the metrics, and hashes are for machines.
        let Self {
            rules,
            as_of,
            timezone,
            plan_sha256: _,
            inputs,
            left_out,
            aggregates: _,
            metrics,
            clv,
            scores,
            bands,
            segmentations,
            overrides,
            audiences,
            edges,
            privacy,
            summary,
            columns,
            output,
            replaces,
        } = self;
        let mut page = Page::default();
        page.line(&format!("{rules} as of {as_of}, calendar days of {timezone}"));
        page.section(
            &format!("read: {}", inputs::total(inputs)),
            &grid(inputs, Input::draw).right(inputs::RIGHT),
        );
        page.section("left out", &grid([left_out], LeftOut::draw));
        page.section("metrics", &grid(metrics, Metric::draw));
        page.section("lifetime value", &grid(clv, Clv::draw));
        page.section("scores, from 1 for the worst", &grid(scores, Score::draw));
        page.section("bands", &grid(bands, Band::draw));
        for (at, segmentation) in segmentations.iter().enumerate() {
            if at == 0 {
                page.line("");
                page.line("segments: the first rule that is true gives the label");
            }
            segmentation.draw(&mut page);
        }
        page.section("set by hand", &grid(overrides, ByHand::draw));
        page.section("segments with a file of their own", &grid(audiences, Audience::draw));
        let mut beside = Grid::new();
        edges.iter().for_each(|edges| edges.draw(&mut beside));
        beside.row(["  summary", &summary.words()]);
        page.section("beside the table", &beside);
        page.section("hidden", &grid(privacy, Privacy::draw));
        page.section("columns of the table", &grid(columns, Column::draw));
        page.line("");
        let there = if *replaces { "replaces what is there" } else { "new" };
        page.line(&format!("published to {output} ({there})"));
        page.finish()
    }
}

/// The rows of some parts of the tree.
fn grid<'a, T: 'a>(parts: impl IntoIterator<Item = &'a T>, draw: fn(&T, &mut Grid)) -> Grid {
    let mut grid = Grid::new();
    parts.into_iter().for_each(|part| draw(part, &mut grid));
    grid
}
