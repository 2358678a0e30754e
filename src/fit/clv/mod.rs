//! The mathematics of customer lifetime value on plain slices: who buys how often, who has stopped, and what an
//! order is worth. Knows no engine, no file and no rules: the caller brings whole days and amounts per customer.
//!
//! | file | its noun |
//! |---|---|
//! | `triple` | the distinct (repeats, recency, age) of a population, with weights |
//! | `distinct` | distinct values, and which each row has |
//! | `spend` | the distinct (repeats, mean amount), with weights |
//! | `beta_geometric`, `pareto_nbd` | models of repeat orders: BG/NBD and MBG/NBD, Pareto/NBD; `bg_nbd` what only the first has |
//! | `order_model` | any of the three; `nbd` is what they are without drop-out |
//! | `gamma_gamma` | the model of the amount of an order |
//! | `fit` | maximum likelihood; `start` where from, `optimise` how, `report` and `warning` what to say, `error` why not |
//! | `value` | predictions over a horizon |
//! | `special`, `quadrature`, `mixture`, `jet`, `symmetric` | numerical tools |
//!
//! Everything is deterministic: sums run over fixed chunks and are added in order, so a result has the same bits
//! on any number of threads.

#![expect(clippy::needless_range_loop, reason = "small matrices read better by index")]

mod beta_geometric;
mod bg_nbd;
mod distinct;
mod error;
mod fit;
mod gamma_gamma;
mod jet;
mod mixture;
mod nbd;
mod optimise;
mod order_model;
mod pareto_nbd;
mod quadrature;
mod report;
pub mod special;
mod spend;
mod start;
mod symmetric;
mod triple;
mod value;
mod warning;

pub use beta_geometric::{BetaGeometric, BgNbd, MbgNbd};
pub use error::{FitError, InputError};
pub use fit::{Fitted, fit, fit_gamma_gamma};
pub use gamma_gamma::GammaGamma;
pub use jet::Jet;
pub use optimise::{Bounds, Optimum, maximise};
pub use order_model::{OrderModel, OrderModelKind};
pub use pareto_nbd::ParetoNbd;
pub use report::{FitReport, Param, StartReport};
pub use spend::Spend;
pub use triple::{Triple, Triples};
pub use value::{Horizon, OrderValues, Predictions, expected_order_values, predict};
pub use warning::{Warning, WarningCode};
