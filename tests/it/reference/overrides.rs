//! Generated labels set by hand, as a file, and what the contract says each comes to.

use std::fmt::Write;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use crate::support::Value;

use super::apply::Row;
use super::input::{AS_OF, Id, Input};
use super::params::Params;
use super::presets;

const ACTIONS: [&str; 4] = ["pin", "floor", "cap", "exclude"];
/// Days from the as-of date to the last day; the first is without one.
const LAST_DAYS: [i64; 5] = [0, 0, 1, -1, 30];

/// One line as small numbers: customer, segmentation, action, segment, last day.
type Seed = (u8, u8, u8, u8, u8);

/// A label set by hand.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    pub(crate) segmentation: &'static str,
    pub(crate) customer: Id,
    pub(crate) action: &'static str,
    pub(crate) segment: &'static str,
    pub(crate) expires_on: Option<NaiveDate>,
}

pub(crate) fn seeds() -> impl Strategy<Value = Option<Vec<Seed>>> {
    let one = (0..8_u8, 0..3_u8, 0..4_u8, 0..16_u8, 0..5_u8);
    prop::option::of(prop::collection::vec(one, 0..12))
}

/// The labels of a segmentation in the order they are declared, that of everybody else last.
fn labels(params: &Params, segmentation: &str) -> Vec<&'static str> {
    match segmentation {
        "rfm" => presets::labels(params.preset()),
        "stage" => vec!["one", "two", "rest"],
        _ => vec!["three", "rest"],
    }
}

/// The lines that the seeds mean: those that a file may hold.
pub(crate) fn of(seeds: &[Seed], input: &Input, params: &Params) -> Vec<Override> {
    let mut list: Vec<Override> = Vec::new();
    for (customer, segmentation, action, segment, day) in seeds {
        let segmentation = ["rfm", "stage", "tier"][usize::from(*segmentation)];
        let (action, all) = (ACTIONS[usize::from(*action)], labels(params, segmentation));
        // Nothing is left without the label of everybody else.
        let choices = if action == "exclude" { &all[..all.len() - 1] } else { &all[..] };
        let customer = input.some_id(usize::from(*customer));
        let twice = list.iter().any(|one| one.segmentation == segmentation && one.customer == customer);
        if twice || customer == Id::Text(String::new()) {
            continue;
        }
        let as_of: NaiveDate = AS_OF.parse().unwrap();
        let expires_on = match LAST_DAYS[usize::from(*day)] {
            _ if *day == 0 => None,
            -1 => Some(as_of - Days::new(1)),
            days => Some(as_of + Days::new(days as u64)),
        };
        let segment = choices[usize::from(*segment) % choices.len()];
        list.push(Override { segmentation, customer, action, segment, expires_on });
    }
    list
}

/// The file.
pub(crate) fn csv(list: &[Override]) -> String {
    let mut text = "\u{feff}customer,segmentation,action,segment,author,expires_on,reason\r\n".to_owned();
    for one in list {
        let id = match &one.customer {
            Id::Int(id) => id.to_string(),
            Id::Text(id) => format!("\"{}\"", id.replace('"', "\"\"")),
        };
        let day = one.expires_on.map_or(String::new(), |day| day.to_string());
        let Override { segmentation, action, segment, .. } = one;
        writeln!(text, "{id}, {segmentation},{action},{segment},me,{day},\"said so, \"\"twice\"\"\"")
            .unwrap();
    }
    text
}

/// The label of a row, and the action that was taken: `rules` are (label, whether it is true) in order.
pub(crate) fn label(
    row: &mut Row,
    name: &str,
    all: &[&'static str],
    rules: &[(&'static str, bool)],
    own: &[&Override],
) {
    let default = *all.last().unwrap();
    let ruled = rules.iter().find(|(_, is_true)| *is_true).map_or(default, |(label, _)| label);
    let live = own.iter().find(|one| {
        one.segmentation == name && one.expires_on.is_none_or(|day| day >= AS_OF.parse().unwrap())
    });
    let place = |label: &str| all.iter().position(|one| *one == label).unwrap();
    let label = live.map_or(ruled, |one| match one.action {
        "pin" => one.segment,
        "floor" if place(ruled) > place(one.segment) => one.segment,
        "cap" if place(ruled) < place(one.segment) => one.segment,
        "exclude" => {
            let other = rules.iter().find(|(label, is_true)| *is_true && *label != one.segment);
            other.map_or(default, |(label, _)| label)
        }
        _ => ruled,
    });
    row.set(&format!("{name}_override"), live.map_or(Value::Null, |one| Value::text(one.action)));
    row.set(&format!("{name}_by_rules"), Value::text(ruled));
    row.set(name, Value::text(label));
}

/// What came of a line: the status, the label by the rules and the label, in words; `-` where there is none.
pub(crate) fn outcome(one: &Override, params: &Params, row: Option<&Row>) -> [String; 3] {
    let all = labels(params, one.segmentation);
    let place = |label: &str| all.iter().position(|one| *one == label).unwrap();
    let expired = one.expires_on.is_some_and(|day| day < AS_OF.parse().unwrap());
    let Some(row) = row else {
        let status = if expired { "expired" } else { "unknown_customer" };
        return [status.to_owned(), "-".to_owned(), "-".to_owned()];
    };
    let (ruled, label) = (row.get(&format!("{}_by_rules", one.segmentation)), row.get(one.segmentation));
    let (ruled, label) = (ruled.to_string(), label.to_string());
    let status = match place(&ruled).abs_diff(place(&label)) {
        _ if expired => "expired",
        0 => "no_op",
        1 => "applied",
        _ => "far_off",
    };
    [status.to_owned(), ruled, label]
}
