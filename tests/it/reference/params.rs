//! Generated rules: one rules file that uses every part of the format, with its numbers, methods and conditions drawn.

use std::fmt::Write;

use proptest::prelude::*;

use super::condition::{Condition, condition};
use super::input::Input;
use super::overrides;

/// What a score or band may be of: whole numbers, money and doubles, some of them null.
pub(crate) const MEASURES: [&str; 8] =
    ["recency_days", "revenue", "most_w", "gap", "avg_order", "orders_w", "share", "clv"];
/// Where the bands change.
pub(crate) const BOUNDS: [&[(&str, &str)]; 4] = [
    &[("A", "0.80"), ("B", "0.95"), ("C", "1")],
    &[("A", "0.5"), ("B", "0.95"), ("C", "1")],
    &[("A", "0.01"), ("B", "0.1"), ("C", "1")],
    &[("A", "0.999999"), ("C", "1")],
];
/// Places from the top: a number of customers, millionths of them, or all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    First(u64),
    Millionths(i128),
    All,
}
pub(crate) const TOPS: [&[(&str, &str, Place)]; 3] = [
    &[("A", "1", Place::First(1)), ("B", "50%", Place::Millionths(500_000)), ("C", "all", Place::All)],
    &[("A", "33.3333%", Place::Millionths(333_333)), ("B", "2", Place::First(2)), ("C", "100%", Place::All)],
    &[("A", "999", Place::First(999)), ("C", "all", Place::All)],
];
/// What may make groups: texts and whole numbers, null or not.
const GROUPS: [&str; 6] = ["first_channel", "top_by_rows", "last_channel", "rows", "gap", "purchase_days"];
pub(crate) const WEIGHTS: [&str; 4] = ["0.2", "0.333333", "-1", "3"];

/// How a score comes about.
#[derive(Clone, Debug)]
pub(crate) enum Method {
    Quantiles(u16),
    Split(u16),
    Breaks(Vec<&'static str>),
    Mean,
}

#[derive(Clone, Debug)]
pub(crate) struct Score {
    pub(crate) name: String,
    pub(crate) of: &'static str,
    pub(crate) method: Method,
    pub(crate) low: bool,
    pub(crate) within: Within,
}

/// What makes groups, and the smallest with cuts of its own.
pub(crate) type Within = Option<(&'static str, u64)>;

/// How a band comes about, by its place in [`BOUNDS`] or [`TOPS`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bounds {
    Share(usize),
    Top(usize),
}

/// A segmentation that is not a preset.
pub(crate) type Segments = Vec<(&'static str, Condition)>;

#[derive(Clone, Debug)]
pub(crate) struct Params {
    pub(crate) window: u32,
    pub(crate) months: u32,
    /// 5 or 2.
    pub(crate) bins: u16,
    /// r, f, m, and others.
    pub(crate) scores: Vec<Score>,
    /// Of r, f and of the first other score.
    pub(crate) weights: Vec<usize>,
    pub(crate) bands: Vec<(&'static str, Bounds, Within)>,
    pub(crate) stage: Segments,
    pub(crate) tier: Segments,
    /// Labels set by hand, if the rules file names a file of them.
    pub(crate) overrides: Option<Vec<ByHand>>,
}

/// One override, every part of it an index.
pub(crate) type ByHand = (u8, u8, u8, u8, u8);

const BREAKS: [&str; 9] = ["-10", "-0.5", "0", "0.005", "1", "5", "10", "30", "60.5"];

fn method(bins: u16) -> BoxedStrategy<Method> {
    let breaks = prop::sample::subsequence(BREAKS.to_vec(), usize::from(bins) - 1).prop_map(Method::Breaks);
    let mean = if bins == 2 { 2 } else { 0 };
    prop_oneof![
        2 => Just(Method::Quantiles(bins)),
        1 => Just(Method::Split(bins)),
        1 => breaks,
        mean => Just(Method::Mean),
    ]
    .boxed()
}

fn within() -> impl Strategy<Value = Within> {
    prop::option::weighted(0.4, (prop::sample::select(GROUPS.to_vec()), 1..4_u64))
}

pub(crate) fn params() -> impl Strategy<Value = Params> {
    let bins = prop_oneof![Just(5_u16), Just(2)];
    let rfm = bins.prop_flat_map(|bins| (Just(bins), prop::collection::vec((method(bins), within()), 3)));
    let any_method = prop_oneof![2..8_u16, Just(100)].prop_flat_map(|bins| match bins {
        100 => prop_oneof![Just(Method::Quantiles(100)), Just(Method::Split(100))].boxed(),
        bins => method(bins),
    });
    let of = prop::sample::select(MEASURES.to_vec());
    let others = prop::collection::vec((of, any_method, any::<bool>(), within()), 1..4);
    let bounds =
        prop_oneof![(0..BOUNDS.len()).prop_map(Bounds::Share), (0..TOPS.len()).prop_map(Bounds::Top)];
    let of = prop::sample::select(MEASURES[1..].to_vec());
    let bands = prop::collection::vec((of, bounds, within()), 1..3);
    let weights = prop::collection::vec(0..WEIGHTS.len(), 3);
    let segments = (condition(false), condition(false), condition(true), overrides::seeds());
    (rfm, others, weights, bands, segments, 1..70_u32, 1..5_u32).prop_map(
        |((bins, rfm), others, weights, bands, (one, two, three, overrides), window, months)| {
            let mut scores = Vec::new();
            for ((method, within), (name, of, low)) in rfm.into_iter().zip([
                ("r", "recency_days", true),
                ("f", "rows", false),
                ("m", "revenue", false),
            ]) {
                scores.push(Score { name: name.to_owned(), of, method, low, within });
            }
            for (at, (of, method, low, within)) in others.into_iter().enumerate() {
                scores.push(Score { name: format!("s{at}"), of, method, low, within });
            }
            let stage = vec![("one", one), ("two", two)];
            let tier = vec![("three", three)];
            Params { window, months, bins, scores, weights, bands, stage, tier, overrides }
        },
    )
}

impl Params {
    /// The preset that fits r, f and m.
    pub(crate) fn preset(&self) -> &'static str {
        if self.bins == 5 { "rfm-11" } else { "cn-8" }
    }

    /// The rules file.
    pub(crate) fn rules(&self, input: &Input) -> String {
        let (window, days) = (self.window, self.months * 30);
        let filter = if input.filtered { "    where: status = 'done'\n" } else { "" };
        let scale = input.scale.map_or(String::new(), |scale| format!("    scale: {scale}\n"));
        let (mut beside, mut privacy, mut visits) = (String::new(), String::new(), "");
        let (mut item, mut rest) = ("  ", String::new());
        if let Some(sides) = &input.sides {
            (beside, privacy) = sides.rules();
            visits = "  visits: {from: visits, expr: count(*)}\n  \
                last_visit: {from: visits, expr: days_since(max(time))}\n";
        }
        if input.is_apart() {
            item = "- ";
            rest = format!(
                "  - path: apart/*.parquet\n    \
                 columns: {{customer: member, order: slip, time: sold, amount: total}}\n{filter}{scale}"
            );
        }
        let mut text = format!(
            "tiermill: 1
name: reference
timezone: {zone}
inputs:
  orders:
  {item}path: orders/*.parquet
    columns: {{customer: customer_id, order: order_id, time: ordered_at, amount: amount}}
{filter}{scale}{rest}{beside}{privacy}metrics:
  recency_days: days_since(max(time))
  first_days: days_since(min(time))
  gap: last_gap(time)
  usual_gap: gap_quantile(time, 0.7)
  purchase_days: count(distinct day(time))
  rows: count(*)
  orders: count(distinct order)
  known: count(channel)
  channels: count(distinct channel)
  avg_order: revenue / rows
  revenue: sum(amount)
  revenue_w: {{expr: sum(amount), window: {window}d}}
  orders_w: {{expr: count(*), window: {window}d}}
  least: min(amount)
  most_w: {{expr: max(amount), window: {window}d}}
  mean_amount: {{expr: avg(amount), where: channel = 'web'}}
  first_channel: first(channel)
  last_channel: last(channel)
  first_amount: first(amount)
  last_amount_w: {{expr: last(amount), window: {window}d}}
  top_by_amount: top(channel, sum(amount))
  top_by_rows: top(channel, count(*))
  share: {{expr: sum(amount), where: channel = 'web', per: revenue}}
  cv: {{expr: monthly_cv(count(*)), window: {days}d}}
  cv_amount: {{expr: monthly_cv(sum(amount)), window: {days}d}}
{visits}clv: {{model: simple, horizon: 365d, margin: 0.3}}
scores:
",
            zone = input.zone.name(),
        );
        let grouped = |within: &Within| match within {
            Some((by, min_group)) => format!(", within: {by}, min_group: {min_group}"),
            None => String::new(),
        };
        for Score { name, of, method, low, within } in &self.scores {
            // Breaks are the same for everybody.
            let within = if matches!(method, Method::Breaks(_)) { String::new() } else { grouped(within) };
            let method = match method {
                Method::Quantiles(bins) => format!("quantiles: {bins}"),
                Method::Split(bins) => format!("quantiles: {bins}, ties: split"),
                Method::Breaks(breaks) => format!("breaks: [{}]", breaks.join(", ")),
                Method::Mean => "mean: true".to_owned(),
            };
            let best = if *low { ", best: low" } else { "" };
            writeln!(text, "  {name}: {{of: {of}, {method}{best}{within}}}").unwrap();
        }
        let weight = |at: usize| WEIGHTS[self.weights[at]];
        writeln!(text, "  value: {{weighted: {{r: {}, f: {}, s0: {}}}}}", weight(0), weight(1), weight(2))
            .unwrap();
        text.push_str("bands:\n");
        for (at, (of, bounds, within)) in self.bands.iter().enumerate() {
            let (way, bounds): (_, Vec<String>) = match bounds {
                Bounds::Share(at) => (
                    "cumulative",
                    BOUNDS[*at].iter().map(|(band, share)| format!("{band}: {share}")).collect(),
                ),
                Bounds::Top(at) => {
                    ("top", TOPS[*at].iter().map(|(band, place, _)| format!("{band}: {place}")).collect())
                }
            };
            let within = grouped(within);
            writeln!(text, "  b{at}: {{of: {of}, {way}: {{{}}}{within}}}", bounds.join(", ")).unwrap();
        }
        writeln!(text, "segments:\n  rfm: {{preset: {}, scores: [r, f, m]}}", self.preset()).unwrap();
        for (name, rules) in [("stage", &self.stage), ("tier", &self.tier)] {
            writeln!(text, "  {name}:\n    rules:").unwrap();
            for (id, when) in rules {
                writeln!(text, "      - id: {id}\n        when: >-\n          {when}").unwrap();
            }
            writeln!(text, "    default: rest").unwrap();
        }
        if self.overrides.is_some() {
            writeln!(text, "overrides: {{path: overrides.csv}}").unwrap();
        }
        text
    }
}
