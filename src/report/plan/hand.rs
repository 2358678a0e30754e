//! Labels that are set by hand. Whose they are is not told: an id is nothing for a log.

use serde::Serialize;

use crate::plan::{Action, Overrides, Plan};

use super::page::Grid;
use super::words::count;

/// All of them.
#[derive(Debug, Serialize)]
pub(super) struct ByHand {
    /// As written in the rules file.
    path: String,
    /// How many there are.
    labels: usize,
    /// How many of them count no longer.
    expired: usize,
    segmentations: Vec<OfOne>,
}

/// Those of one segmentation that count.
#[derive(Debug, Serialize)]
struct OfOne {
    name: String,
    actions: Vec<Actions>,
}

/// How often something is done.
#[derive(Debug, Serialize)]
struct Actions {
    action: &'static str,
    labels: usize,
}

impl ByHand {
    pub(super) fn of(overrides: &Overrides, plan: &Plan) -> Self {
        let Overrides { path, file: _, list } = overrides;
        let of_one = |name: &str| {
            let actions = Action::ALL.iter().map(|action| Actions {
                action: action.name(),
                labels: overrides.live(name, plan.as_of).filter(|one| one.action == *action).count(),
            });
            OfOne { name: name.to_owned(), actions: actions.filter(|some| some.labels > 0).collect() }
        };
        let all = plan.segmentations.iter().map(|one| of_one(&one.name));
        Self {
            path: path.clone(),
            labels: list.len(),
            expired: list.iter().filter(|one| one.is_expired(plan.as_of)).count(),
            segmentations: all.filter(|one| !one.actions.is_empty()).collect(),
        }
    }

    pub(super) fn draw(&self, grid: &mut Grid) {
        let Self { path, labels, expired, segmentations } = self;
        let expired = if *expired == 0 { String::new() } else { format!(", {expired} of them expired") };
        grid.row(["  file", &format!("{path}: {}{expired}", count(*labels as u64, "label"))]);
        for OfOne { name, actions } in segmentations {
            let actions: Vec<String> =
                actions.iter().map(|Actions { action, labels }| format!("{labels} {action}")).collect();
            grid.row([format!("  {name}"), actions.join(", ")]);
        }
    }
}
