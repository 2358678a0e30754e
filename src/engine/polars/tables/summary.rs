//! The two small tables beside the parts: the segments as a dimension table, and what each of them holds.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use polars::io::SerReader;
use polars::io::parquet::read::ParquetReader;
use polars::prelude::{
    Column, DataFrame, Float64Chunked, Int64Chunked, Int128Chunked, IntoColumn, NewChunkedArray,
    StringChunked,
};

use crate::decimal::render;
use crate::engine::Error;
use crate::plan::{Bounds, Plan, Segment, Type};

use super::disclosure::hidden;
use super::measure::Measure;
use super::segment_totals::SegmentTotals;
use crate::engine::polars::expr::types::published;

/// Customers by (segmentation, segment) of an earlier run.
pub type Previous = HashMap<(String, String), i64>;

/// `segments.parquet`: one row a label, in the order of the rules; then one a band of which it is known how it is shown.
pub fn segments(plan: &Plan) -> Result<DataFrame, Error> {
    let row = |column: &str, segment: &Segment, rule: String| {
        let Segment { id, looks } = segment.clone();
        [
            Some(column.to_owned()),
            Some(id),
            looks.label_zh,
            looks.label_en,
            looks.strategy,
            looks.expected_effect,
            looks.color,
            Some(rule),
        ]
    };
    let mut rows: Vec<[Option<String>; 8]> = Vec::new();
    for segmentation in &plan.segmentations {
        for segment in segmentation.segments() {
            let rules = segmentation.rules.iter().filter(|rule| rule.segment.id == segment.id);
            let mut rules: Vec<&str> = rules.map(|rule| rule.text.as_str()).collect();
            if segmentation.default.id == segment.id {
                rules.push("everybody else");
            }
            rows.push(row(&segmentation.name, segment, rules.join("; or ")));
        }
    }
    for band in &plan.bands {
        let Bounds::Cumulative(bounds) = &band.bounds else { continue };
        for (segment, (_, bound)) in band.segments.iter().zip(bounds) {
            let rule = format!("share of {} ahead below {bound}", band.of);
            rows.push(row(&band.name, segment, rule));
        }
    }
    const NAMES: [&str; 8] =
        ["segmentation", "id", "label_zh", "label_en", "strategy", "expected_effect", "color", "rule"];
    let column = |(at, name): (usize, &&str)| {
        StringChunked::from_iter_options((*name).into(), rows.iter().map(|row| row[at].clone())).into_column()
    };
    Ok(DataFrame::new(rows.len(), NAMES.iter().enumerate().map(column).collect())?)
}

/// `summary.parquet`: one row a segment. `tallies` are those of each segmentation.
pub(super) fn summary(
    plan: &Plan,
    tallies: Vec<Vec<SegmentTotals>>,
    previous: &Previous,
) -> Result<DataFrame, Error> {
    let scale = match plan.facts.revenue.as_ref().map(|expr| expr.ty) {
        Some(Type::Decimal(scale)) => scale,
        Some(_) => 0,
        None => 2,
    };
    let mut table =
        SummaryRows::new(scale, plan.facts.revenue.is_some(), plan.has_clv_value(), plan.measures.len());
    for (segmentation, tallies) in plan.segmentations.iter().zip(tallies) {
        // Every customer is in one segment.
        let all: i64 = tallies.iter().map(|tally| tally.customers).sum();
        let revenue: i128 = tallies.iter().map(|tally| tally.revenue.sum()).sum();
        let segments = segmentation.segments();
        let size_before = |id: &str| previous.get(&(segmentation.name.clone(), id.to_owned())).copied();
        let least = plan.privacy.report_min_group;
        let now: Vec<u64> = tallies.iter().map(|tally| tally.customers.unsigned_abs()).collect();
        let before = segments.iter().map(|one| size_before(&one.id).unwrap_or(0).unsigned_abs());
        let (now, before) = (hidden(&now, least), hidden(&before.collect::<Vec<_>>(), least));
        for ((segment, tally), (hide, hide_before)) in
            segments.iter().zip(tallies).zip(now.into_iter().zip(before))
        {
            let before = size_before(&segment.id).filter(|_| !hide_before);
            let tally = (!hide).then_some(tally);
            table.push(&segmentation.name, &segment.id, tally, (all, revenue), before);
        }
    }
    table.finish(&plan.measures)
}

/// The columns of the summary while they grow.
struct SummaryRows {
    scale: u8,
    has_revenue: bool,
    has_clv: bool,
    texts: [Vec<String>; 2],
    counts: [Vec<Option<i64>>; 4],
    revenue: Vec<Option<i128>>,
    shares: [Vec<Option<f64>>; 6],
    /// Mean and median of each column that the plan names.
    measures: Vec<[Vec<Option<f64>>; 2]>,
}

impl SummaryRows {
    fn new(scale: u8, has_revenue: bool, has_clv: bool, measures: usize) -> Self {
        let (texts, counts, revenue, shares) = Default::default();
        let measures = vec![Default::default(); measures];
        Self { scale, has_revenue, has_clv, texts, counts, revenue, shares, measures }
    }

    fn push(
        &mut self,
        segmentation: &str,
        id: &str,
        tally: Option<SegmentTotals>,
        (all, revenue): (i64, i128),
        before: Option<i64>,
    ) {
        self.texts[0].push(segmentation.to_owned());
        self.texts[1].push(id.to_owned());
        let Some(tally) = tally else {
            // Too few to show.
            let counts = [None, None, before, None];
            self.counts.iter_mut().zip(counts).for_each(|(column, value)| column.push(value));
            self.revenue.push(None);
            self.shares.iter_mut().for_each(|column| column.push(None));
            self.measures.iter_mut().flatten().for_each(|column| column.push(None));
            return;
        };
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let own = tally.revenue.sum();
        let orders = tally.orders.sum();
        let counts =
            [Some(tally.customers), Some(orders), before, before.map(|before| tally.customers - before)];
        self.counts.iter_mut().zip(counts).for_each(|(column, value)| column.push(value));
        self.revenue.push(self.has_revenue.then_some(own));
        let unit = 10_f64.powi(i32::from(self.scale));
        let money = tally.revenue.median().map(|median| median / unit);
        let shares = [
            share(tally.customers as f64, all as f64),
            share(own as f64, revenue as f64).filter(|_| self.has_revenue),
            tally.recency.median(),
            tally.orders.median(),
            money.filter(|_| self.has_revenue),
            self.has_clv.then_some(tally.clv),
        ];
        self.shares.iter_mut().zip(shares).for_each(|(column, value)| column.push(value));
        let measures = tally.measures.into_iter().flat_map(Measure::mean_and_median);
        self.measures.iter_mut().flatten().zip(measures).for_each(|(column, value)| column.push(value));
    }

    fn finish(self, measures: &[String]) -> Result<DataFrame, Error> {
        let [segmentations, ids] = self.texts;
        let len = ids.len();
        let text = |name: &str, values: Vec<String>| {
            StringChunked::from_iter_values(name.into(), values.into_iter()).into_column()
        };
        let count = |name: &str, values: Vec<Option<i64>>| -> Column {
            Int64Chunked::from_iter_options(name.into(), values.into_iter()).into_column()
        };
        let double = |name: &str, values: Vec<Option<f64>>| -> Column {
            Float64Chunked::from_iter_options(name.into(), values.into_iter()).into_column()
        };
        let revenue = Int128Chunked::from_iter_options("revenue".into(), self.revenue.into_iter());
        let revenue = revenue
            .into_decimal_unchecked(crate::engine::polars::expr::types::PRECISION, usize::from(self.scale))
            .into_column();
        let revenue = revenue.strict_cast(&published(Type::Decimal(self.scale)))?;
        let [customers, orders, previous, change] = self.counts;
        let [share, revenue_share, recency, frequency, monetary, clv] = self.shares;
        let mut columns = vec![
            text("segmentation", segmentations),
            text("segment", ids),
            count("customers", customers),
            double("customer_share", share),
            count("orders", orders),
            revenue,
            double("revenue_share", revenue_share),
            double("median_recency_days", recency),
            double("median_orders", frequency),
            double("median_revenue", monetary),
            double("clv", clv),
            count("previous_customers", previous),
            count("customers_change", change),
        ];
        for (name, [mean, median]) in measures.iter().zip(self.measures) {
            columns
                .extend([double(&format!("{name}_mean"), mean), double(&format!("{name}_median"), median)]);
        }
        Ok(DataFrame::new(len, columns)?)
    }
}

/// One segment of a published summary.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The segmentation.
    pub segmentation: String,
    /// The label.
    pub segment: String,
    /// How many customers; none where there are too few to show.
    pub customers: Option<i64>,
    /// Their share of all customers.
    pub customer_share: Option<f64>,
    /// Their revenue, with its decimals; none without amounts.
    pub revenue: Option<String>,
    /// Its share of all revenue.
    pub revenue_share: Option<f64>,
}

/// Reads a published summary.
pub fn read(path: &Path) -> Result<Vec<Row>, Error> {
    // Opened once: another run may swap the folder meanwhile, and half of each file would be neither.
    let file = File::open(path).map_err(Error::io(path))?;
    let frame = ParquetReader::new(file).finish()?;
    let (segmentations, segments) = (frame.column("segmentation")?.str()?, frame.column("segment")?.str()?);
    let customers = frame.column("customers")?.i64()?;
    let (share, revenue_share) =
        (frame.column("customer_share")?.f64()?, frame.column("revenue_share")?.f64()?);
    let revenue = frame.column("revenue")?.decimal()?;
    let (revenue, scale) = (revenue.physical(), u8::try_from(revenue.scale()).unwrap_or(0));
    let row = |at: usize| {
        Some(Row {
            segmentation: segmentations.get(at)?.to_owned(),
            segment: segments.get(at)?.to_owned(),
            customers: customers.get(at),
            customer_share: share.get(at),
            revenue: revenue.get(at).map(|value| render(value, scale)),
            revenue_share: revenue_share.get(at),
        })
    };
    Ok((0..frame.height()).filter_map(row).collect())
}

/// The customers of an earlier run's segments.
pub fn previous(path: &Path) -> Result<Previous, Error> {
    let rows = read(path)?.into_iter();
    Ok(rows.filter_map(|row| Some(((row.segmentation, row.segment), row.customers?))).collect())
}
