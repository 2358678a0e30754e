//! The steps between a plan and what is published, in their order: prepare → import → profile → learn → label or publish.

use std::sync::Arc;

use crate::engine::import::{self, ScratchFolder};
use crate::engine::polars::fit::{self, clv, holdout};
use crate::engine::polars::profile::{self, exclusions};
use crate::engine::polars::profile_cache::{self, ProfileOrigin};
use crate::engine::polars::{Frame, apply};
use crate::engine::pseudonym::Key;
use crate::engine::{Error, Profile};
use crate::fit::{Calibration, ClvModel, Model};
use crate::plan::Plan;
use crate::publish::{self, Lock, Published};

use super::observer::Phases;
use super::{Failure, Observer, Resources, key};

/// A plan in which nobody is named who must not be: the overrides of suppressed customers are dropped, and under
/// pseudonyms those of the others name these. Only here is a plan run.
#[derive(Clone, Debug)]
pub struct Prepared {
    plan: Plan,
    key: Option<Key>,
    /// Holds what was imported for as long as it may be read.
    scratch: Option<Arc<ScratchFolder>>,
}

/// What was learned of the population, and every customer with what it says of them.
#[derive(Clone, Debug)]
pub struct Learned {
    /// One row a customer, CLV included; ids are those that are published.
    pub profile: Profile,
    /// What was learned, or handed in.
    pub model: Model,
    /// Whether the model was handed in.
    pub is_frozen: bool,
    /// How well the CLV model foretold the days held out, if some were.
    pub held_out: Option<holdout::Check>,
}

/// The first step: who is left out of what the plan itself says of customers. Reads the list of suppressed customers, if
/// there are overrides, and the key of the pseudonyms from the environment.
pub fn prepare(mut plan: Plan) -> Result<Prepared, Failure> {
    let key = key::of(&plan)?;
    exclusions::drop_suppressed(&mut plan)?;
    if let Some(key) = &key {
        key.hide_overrides(&mut plan);
    }
    Ok(Prepared { plan, key, scratch: None })
}

impl Prepared {
    /// The plan that is run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// Whether some files have to be imported before they can be read.
    pub fn needs_import(&self) -> bool {
        import::is_needed(&self.plan)
    }

    /// Reads the files that the engine cannot read as they are into scratch files, which are gone with what is returned.
    pub fn import(mut self, resources: &Resources) -> Result<Self, Error> {
        self.scratch = import::import(&mut self.plan, &resources.scratch)?.map(Arc::new);
        Ok(self)
    }

    /// Every metric of every customer: reads the inputs, or what is kept of them. Ids are still those of the inputs.
    pub fn profile(&self, resources: &Resources) -> Result<(Profile, ProfileOrigin), Error> {
        let Resources { threads, memory, cache, scratch: _ } = resources;
        profile_cache::run(&self.plan, *threads, memory.as_ref(), cache.as_ref())
    }

    /// What is learned, in the order in which it may be: the CLV model, its check on the days held out (which reads the
    /// orders as they are); then ids become pseudonyms, and only then cuts are learned, which may name customers.
    pub fn learn(
        &self,
        profile: Profile,
        frozen: Option<Model>,
        resources: &Resources,
        observer: &mut dyn Observer,
    ) -> Result<Learned, Error> {
        self.learn_in(profile, frozen, resources, &mut Phases::new(observer))
    }

    pub(super) fn learn_in(
        &self,
        profile: Profile,
        frozen: Option<Model>,
        resources: &Resources,
        phases: &mut Phases<'_>,
    ) -> Result<Learned, Error> {
        let plan = &self.plan;
        let clv_model = match &frozen {
            Some(model) => model.clv.clone(),
            None if plan.clv.as_ref().is_some_and(|clv| clv.is_learned()) => {
                phases.phase("clv", || clv::learn(plan, &profile), |model| clv_note(model.as_ref()))?
            }
            None => None,
        };
        let is_held_out = plan.clv.as_ref().is_some_and(|clv| clv.holdout_days().is_some());
        let held_out = match frozen.is_none() && is_held_out {
            true => phases.phase(
                "holdout",
                || {
                    let Resources { threads, memory, cache, scratch: _ } = resources;
                    holdout::check(plan, &profile, *threads, memory.as_ref(), cache.as_ref())
                },
                |check| match check {
                    Some(check) => calibration_note(&check.calibration),
                    None => "no model of the time before, so nothing to check".to_owned(),
                },
            )?,
            false => None,
        };
        let profile = match &self.key {
            Some(key) => phases.phase(
                "pseudonyms",
                || profile::pseudonyms::hide(plan, key, profile),
                |_| String::new(),
            )?,
            None => profile,
        };
        let profile = match &clv_model {
            Some(learned) => {
                phases.phase("value", || clv::value(plan, profile, Some(learned)), |_| String::new())?
            }
            None => clv::value(plan, profile, None)?,
        };
        let is_frozen = frozen.is_some();
        let model = match frozen {
            Some(model) => model,
            None => phases.phase(
                "fit",
                || fit::run(plan, &profile, clv_model),
                |model: &Model| format!("{} scores, {} bands", model.scores.len(), model.bands.len()),
            )?,
        };
        Ok(Learned { profile, model, is_frozen, held_out })
    }

    /// Every customer labelled; nothing is published.
    pub fn label(&self, learned: &Learned) -> Result<Frame, Error> {
        apply::label(&self.plan, &learned.model, &learned.profile.customers)
    }

    /// Labels, writes, verifies and swaps in. The lock of the target must be held.
    pub fn publish(&self, learned: &Learned, lock: &Lock) -> Result<Published, publish::Error> {
        let Learned { profile, model, is_frozen, held_out } = learned;
        let more: Vec<_> = held_out.iter().map(|check| ("calibration.parquet", &check.table)).collect();
        publish::publish(&self.plan, profile, model, *is_frozen, self.key(), &more, lock)
    }
}

fn calibration_note(calibration: &Calibration) -> String {
    let Calibration { predicted_orders, actual_orders, holdout_days, .. } = calibration;
    format!("{predicted_orders:.1} orders expected in {holdout_days} days, {actual_orders:.0} came")
}

/// What the fit says of itself, warnings included: nobody should have to open the model to see them.
fn clv_note(model: Option<&ClvModel>) -> String {
    let Some(model) = model else { return "nothing to learn".to_owned() };
    if let Some(why) = &model.fallback {
        return format!("`simple` instead: {why}");
    }
    let fits = || model.orders.iter().chain(&model.spend);
    let mut note: Vec<String> =
        fits().map(|fit| format!("{} ln L {:.3}", fit.model, fit.log_likelihood)).collect();
    note.extend(
        fits()
            .flat_map(|fit| &fit.warnings)
            .map(|warning| format!("warning: {}; {}", warning.message, warning.advice)),
    );
    note.join("; ")
}
