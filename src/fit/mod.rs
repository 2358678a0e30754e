//! What is learned from the population, and nothing else: the model. Works on plain slices; knows no engine.

pub(crate) mod agreement;
mod bands;
pub(crate) mod boundaries;
pub mod clv;
mod clv_model;
mod cuts;
mod groups;
mod histogram;
mod lifecycle;
mod mean;
mod model;

pub use agreement::Misfit;
pub(crate) use agreement::{best_word, method, type_word};
pub use bands::{band_cuts, top_cuts};
pub use clv_model::{Calibration, ClvModel, ModelFit};
pub use cuts::{quantile_cuts, split_positions};
pub use groups::{Group, Groups};
pub use histogram::{Histogram, Kind, Number, double_key, key_double};
pub use lifecycle::{LearnedDays, LifecycleModel, gap_quantile, quantile_place};
pub use mean::{Expansion, mean_cut};
pub use model::{BandCut, BandModel, Cut, FORMAT, Model, Origin, ScoreModel};
