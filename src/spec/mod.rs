//! The rules file as written: what stands there and where, shape checked, nothing looked up and no default
//! applied. One file per section. It is read in three passes: YAML text to a tree ([`yaml`]), the tree against
//! the table of the format ([`shape`], [`format`]), the tree to typed sections. Each pass reports all it finds.

mod audience;
mod band;
mod clv;
mod csv;
mod edges;
pub mod expr;
mod fitted;
mod format;
mod input;
mod input_format;
mod measure_format;
mod metric;
mod output;
mod overrides;
mod preset;
mod preset_format;
mod privacy;
mod quality;
mod quality_format;
mod read;
mod reader;
mod rules;
mod schema;
mod score;
mod segment_format;
mod segmentation;
mod shape;
mod summary;
mod test;
mod torn;
mod units;
mod yaml;

pub use audience::Audience;
pub use band::{Band, Bounds};
pub use clv::{Clv, Margin};
pub use csv::Csv;
pub use edges::Edges;
pub use expr::Expr;
pub use fitted::{Fitted, GapsOf};
pub(crate) use format::VERSION;
pub use input::{Attribute, Customers, Events, Grain, Input, Inputs, Roles, TimeForm, Unknown};
pub use metric::Metric;
pub use output::Output;
pub use overrides::{OverrideLine, OverrideLines, Overrides, read_overrides, shown_field};
pub use preset::{
    Preset, PresetBody, PresetCondition, PresetMetric, PresetRule, PresetScores, PresetVariable, SCORE_ROLES,
};
pub use privacy::{Privacy, Suppress};
pub use quality::{Gate, WrittenLimit};
pub use read::{Override, read};
pub use rules::Rules;
pub use schema::json_schema;
pub use score::{Best, Method, Score, Ties};
pub use segmentation::{Entry, Looks, Rule, Segment, Segmentation};
pub use summary::Summary;
pub use test::{Cell, Expected, Test, TestRow, read_tests};
