//! The whole job.

use std::fmt;
use std::path::PathBuf;

use chrono::NaiveDate;
use chrono_tz::Tz;
use sha2::{Digest, Sha256};

use crate::decimal::Decimal;

use super::{
    Aggregate, Audience, Band, Clv, Column, Customer, Customers, Expr, ExprKind, Input, InputFile,
    InputGates, OutputColumn, Overrides, Privacy, Score, ScoreKind, Segmentation, Suppress, Table, Type,
    Within,
};

/// A job: everything a run does, with nothing left to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The rules' name.
    pub name: String,
    /// The last local date that counts.
    pub as_of: NaiveDate,
    /// The zone whose local dates count.
    pub timezone: Tz,
    /// The customer's id: its name in the output, and its type in every input.
    pub customer: Customer,
    /// Whether a row of the orders is an order (otherwise it is a line of one).
    pub row_is_order: bool,
    /// The orders to read, united; never empty.
    pub orders: Vec<Input>,
    /// Tables of events.
    pub events: Vec<Input>,
    /// The population, if it is not everybody with an order.
    pub customers: Option<Customers>,
    /// Who is taken out of every input.
    pub suppress: Option<Suppress>,
    /// What the rows of inputs may be: the inputs with gates.
    pub quality: Vec<InputGates>,
    /// What the profile computes of each customer's rows.
    pub aggregates: Vec<Aggregate>,
    /// What the summary adds up, over aggregates.
    pub facts: Facts,
    /// Columns whose mean and median the summary says of every segment.
    pub measures: Vec<String>,
    /// Metrics in the order of the file.
    pub metrics: Vec<Metric>,
    /// The metrics' numbers in an order in which each reads only earlier ones.
    pub metric_order: Vec<usize>,
    /// Lifetime value, if asked for.
    pub clv: Option<Clv>,
    /// Scores in the order of the file.
    pub scores: Vec<Score>,
    /// Bands in the order of the file.
    pub bands: Vec<Band>,
    /// Segmentations in the order of the file.
    pub segmentations: Vec<Segmentation>,
    /// The segmentations' numbers in an order in which each reads only earlier ones.
    pub segmentation_order: Vec<usize>,
    /// Labels set by hand, if there are any.
    pub overrides: Option<Overrides>,
    /// How close to a boundary is close, as a part of it; none where nobody asked.
    pub edges_within: Option<Decimal>,
    /// The segments that get a file of their own.
    pub audiences: Vec<Audience>,
    /// What is hidden.
    pub privacy: Privacy,
    /// The output's columns, in order; the customer's id is always among them.
    pub output: Vec<OutputColumn>,
    /// The most customers of one part of the output.
    pub part_customers: usize,
    /// The folder that gets `as_of=…`.
    pub target: PathBuf,
    /// SHA-256 of the rules file's text, in hex.
    pub rules_sha256: String,
}

/// One column of the customer row.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Over aggregates and other metrics.
    pub expr: Expr,
    /// The type it is published as.
    pub ty: Type,
}

/// What is known of every customer, whatever the rules ask for: the summary's orders, revenue and recency.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// How many orders: rows, or distinct order ids where a row is a line.
    pub orders: Expr,
    /// All revenue; none where the input has no amount.
    pub revenue: Option<Expr>,
    /// Days since the last order.
    pub recency_days: Expr,
    /// The gaps between purchase days, where a segmentation learns from them.
    pub gaps: Option<Expr>,
    /// Rows whose order id another row of the same customer has, where a gate asks.
    pub repeated_orders: Option<Expr>,
}

impl Facts {
    /// The column of the customer row that holds the gaps.
    pub const GAPS: &str = "@gaps";
}

impl Plan {
    /// Customers of one part, which makes parts of 128–256 MB.
    pub const PART_CUSTOMERS: usize = 4_000_000;

    /// The output's column of the customer's id.
    pub fn id_column(&self) -> Option<&OutputColumn> {
        self.output.iter().find(|column| column.held() == Some(self.customer.column.as_str()))
    }

    /// How many parts a number of customers makes: it follows from nothing else.
    pub fn parts(&self, customers: usize) -> usize {
        customers.div_ceil(self.part_customers.max(1)).max(1)
    }

    /// SHA-256, in hex, of the job without its inputs, as-of and target: what a model must agree with.
    pub fn digest(&self) -> String {
        hex(&Sha256::digest(self.to_string()))
    }

    /// Everything with rows of customers: the orders, then the events.
    pub fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.orders.iter().chain(&self.events)
    }

    /// Every table that is read, with its name: orders, events, customers.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &Table)> {
        let inputs = self.inputs().map(|input| (input.source.name(), &input.table));
        inputs.chain(self.customers.as_ref().map(|customers| ("customers", &customers.table)))
    }

    /// Every file that is read and whose hash tells one input from another, with the name of the input.
    pub fn files(&self) -> impl Iterator<Item = (&str, &InputFile)> {
        let tables = self.tables().flat_map(|(name, table)| table.files.iter().map(move |file| (name, file)));
        tables.chain(self.overrides.iter().map(|overrides| ("overrides", &overrides.file)))
    }

    /// Rows of all files that are read.
    pub fn rows(&self) -> u64 {
        self.files().map(|(_, file)| file.rows).sum()
    }

    /// Whether the orders of one input are all there is, so that no other input has to be told from them.
    pub fn reads_only_orders(&self) -> bool {
        // Files that differ are several inputs of one path.
        let one_path = self.orders.iter().all(|input| input.table.path == self.orders[0].table.path);
        one_path && self.events.is_empty() && self.customers.is_none()
    }

    /// Decimal places of money, if the orders have amounts.
    pub fn money_scale(&self) -> Option<u8> {
        self.orders.iter().find_map(|input| Some(input.amount.as_ref()?.scale))
    }

    /// Whether customers have a lifetime value: without amounts only orders are foretold.
    pub fn has_clv_value(&self) -> bool {
        self.clv.as_ref().is_some_and(|clv| clv.money.is_some())
    }

    /// The type of the customer's id from the profile on: a pseudonym is a text.
    pub fn id_type(&self) -> Type {
        if self.privacy.key_env.is_some() { Type::Text } else { self.customer.ty }
    }

    /// The type of a score's column.
    pub fn score_type(score: &Score) -> Type {
        match score.kind {
            ScoreKind::Weighted(_) => Type::Decimal(Score::WEIGHTED_SCALE),
            _ => Type::Score,
        }
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn grouped(within: &Option<Within>) -> String {
    within.as_ref().map_or(String::new(), |within| format!(", {within}"))
}

/// The job in words, one line a column: the canonical text of which [`Plan::digest`] is taken, by which a manifest
/// tells one job from another. A change of one letter is a change of every digest, so it stays as it is, with every
/// conversion and in the terms of the program. What people read is another text, `report::Outline`.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "read")?;
        self.inputs().try_for_each(|input| write!(f, "{input}"))?;
        if let Some(customers) = &self.customers {
            write!(f, "{customers}")?;
        }
        if let Some(suppress) = &self.suppress {
            writeln!(f, "  suppress          {} ({})", suppress.path, suppress.column)?;
        }
        writeln!(f, "profile: one row a customer")?;
        for (at, aggregate) in self.aggregates.iter().enumerate() {
            writeln!(f, "  {:<17} {aggregate}", format!("#{at}"))?;
        }
        for metric in &self.metrics {
            writeln!(f, "  {:<17} {} -> {}", metric.name, metric.expr, metric.ty.sql())?;
        }
        writeln!(f, "fit and apply")?;
        if let Some(clv) = &self.clv {
            let days = clv.horizon_days;
            let simple = || clv.simple_value(self.as_of).map_or_else(String::new, |value| value.to_string());
            let value = match &clv.model {
                super::ClvModel::Simple => simple(),
                super::ClvModel::Orders(model) => {
                    let (name, unit, rate) = (model.kind.name(), model.time_unit_days, model.discount_rate);
                    match (&model.spend, &clv.money) {
                        (Some(spend), Some(money)) => format!(
                            "{name} and {:?} spend in units of {unit} days, {days} days ahead, discounted at {rate} a year, times {}",
                            spend.model, money.margin
                        ),
                        _ => format!("{name} in units of {unit} days, {days} days ahead, without amounts"),
                    }
                }
            };
            writeln!(f, "  clv               {value}")?;
        }
        for score in &self.scores {
            match &score.kind {
                ScoreKind::Fitted { of, bins, best, within } => {
                    writeln!(f, "  {:<17} {bins:?} of {of}, best {best:?}{}", score.name, grouped(within))?;
                }
                ScoreKind::Breaks { of, best, breaks } => {
                    let breaks: Vec<String> = breaks.iter().map(ToString::to_string).collect();
                    writeln!(
                        f,
                        "  {:<17} breaks [{}] of {of}, best {best:?}",
                        score.name,
                        breaks.join(", ")
                    )?;
                }
                ScoreKind::Weighted(parts) => {
                    let parts: Vec<String> = parts.iter().map(|(name, w)| format!("{w} * {name}")).collect();
                    writeln!(f, "  {:<17} {}", score.name, parts.join(" + "))?;
                }
            }
        }
        for band in &self.bands {
            let within = grouped(&band.within);
            writeln!(f, "  {:<17} bands of {} by {}{within}", band.name, band.of, band.bounds)?;
        }
        for segmentation in &self.segmentations {
            match &segmentation.lifecycle {
                None => writeln!(f, "  {}", segmentation.name)?,
                Some(lifecycle) => writeln!(f, "  {:<17} {lifecycle}", segmentation.name)?,
            }
            for (at, rule) in segmentation.rules.iter().enumerate() {
                writeln!(f, "    {:>3}. {:<20} {}", at + 1, rule.segment.id, rule.when)?;
            }
            writeln!(f, "      0. {}", segmentation.default.id)?;
        }
        if let Some(overrides) = &self.overrides {
            writeln!(f, "  overrides         {}", overrides.path)?;
        }
        writeln!(f, "publish")?;
        if let Some(key_env) = &self.privacy.key_env {
            writeln!(f, "  pseudonyms        HMAC-SHA-256, the key in {key_env}")?;
        }
        if let Some(least) = self.privacy.report_min_group {
            writeln!(f, "  reports           groups of {least} customers or more")?;
        }
        if let Some(within) = self.edges_within {
            writeln!(f, "  edges             within {within} of a boundary")?;
        }
        // The sum of all amounts goes without saying.
        let is_named = |one: &&Expr| !matches!(one.kind, ExprKind::Column(Column::Aggregate(_)));
        if let Some(revenue) = self.facts.revenue.as_ref().filter(is_named) {
            writeln!(f, "  revenue           {revenue}")?;
        }
        if !self.measures.is_empty() {
            writeln!(f, "  summary           {}", self.measures.join(", "))?;
        }
        for audience in &self.audiences {
            let columns: Vec<&str> = audience.columns.iter().map(|column| column.name.as_str()).collect();
            writeln!(f, "  {} {}{}", audience.file_name(), columns.join(", "), audience.format.words())?;
        }
        for column in &self.output {
            write!(f, "  {:<17} {}", column.name, column.ty.sql())?;
            match column.renamed() {
                Some(held) => writeln!(f, " of {held}")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}
