//! The job as meant: closed and typed. Every name is looked up, every default applied, every implicit conversion
//! an explicit [`ExprKind::Cast`], so an engine only translates. No YAML, no Polars, nothing optional that means
//! "default".

mod aggregate;
mod audience;
mod band;
mod clv;
mod column_name;
mod expr;
mod file_stamp;
mod fingerprint;
mod import;
mod input;
mod job;
mod lifecycle;
mod output;
mod overrides;
mod privacy;
mod quality;
mod score;
mod segmentation;
mod types;
mod within;

pub use aggregate::{Aggregate, Function, MONTH_DAYS, Weight};
pub use audience::{Audience, FileFormat, Labels};
pub use band::{Band, Bounds, Top};
pub use clv::{Clv, ClvModel, Holdout, Money, OnFailure, OrdersKind, OrdersModel, Spend, SpendModel};
pub use column_name::needs_quotes;
pub use expr::{Column, Comparison, DatePart, Expr, ExprKind, Literal, Role};
pub use file_stamp::FileStamp;
pub use import::{CsvFormat, CsvType, Encoding, Import, Marks};
pub use input::{
    Amount, AmountEncoding, Attribute, Customer, Customers, EpochUnit, Input, InputColumn, InputFile,
    LeftOut, ListFile, OrderId, Physical, Source, Suppress, Table, Time, TimeEncoding,
};
pub(crate) use job::hex;
pub use job::{Facts, Metric, Plan};
pub use lifecycle::{GapsOf, LearnedNumber, Lifecycle};
pub use output::{OutputColumn, OutputSource};
pub use overrides::{Action, Id, Override, Overrides};
pub use privacy::Privacy;
pub use quality::{Gate, InputGates, Limit, Measure};
pub use score::{Best, Bins, Score, ScoreKind, Ties};
pub use segmentation::{Looks, Rule, Segment, Segmentation};
pub use types::Type;
pub use within::Within;
