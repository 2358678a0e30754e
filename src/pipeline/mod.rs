//! The order of a run, once: compile (rules and data → plan), prepare, profile, learn, then label or publish. Each step
//! returns what it made, so whoever wants less stops on the way; `run`, `test`, the hold-out check, benches and tests
//! of the crate all go this way and no other. What a step may end in is an [`Exit`]. Prints nothing: whoever wants to
//! tell how far a run is hands in an [`Observer`].
//!
//! The order of the steps that protect people is part of it ([`Prepared`]): overrides of suppressed customers are dropped
//! before anything is computed, and ids become pseudonyms before cuts are learned or anything is published.

mod compile;
mod exit;
mod gates;
mod key;
mod model;
mod observer;
mod quality;
mod resources;
mod run;
mod steps;
mod unchanged;
mod witness;

pub use compile::{Compiled, Data, compile, read_source};
pub use exit::{Exit, Failure};
pub use model::read_model;
pub use observer::{Observer, Silent};
pub use resources::{Asked, Resources, available_threads};
pub use run::{Published, Request, run};
pub use steps::{Learned, Prepared, prepare};
pub use witness::{blame_input, is_probing, why_cut_short};
