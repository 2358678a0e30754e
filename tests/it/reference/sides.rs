//! What may stand beside the orders: orders of another system, the table of customers, events, opt-outs and consent.
//! Small numbers that shrink well, and what the contract says of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;

use crate::support::Value;
use crate::support::table::Cells;

use super::input::{AS_OF, DAYS, Id, Input};

const REGIONS: [Option<&str>; 4] = [Some("north"), Some("south"), None, Some("")];
/// Nobody's number: a null.
const NOBODY: u8 = 8;

/// A customer's number among those of the input, and two more small numbers.
type Seed = (u8, u8, u8);

#[derive(Clone, Debug)]
pub(crate) struct Sides {
    /// Rows of the table of customers: who, region, and whether they agreed.
    pub(crate) people: Option<Vec<Seed>>,
    pub(crate) join: bool,
    pub(crate) consent: bool,
    pub(crate) suppressed: Option<Vec<u8>>,
    /// Who, day, nothing.
    pub(crate) visits: Vec<Seed>,
    /// Whether the last file is another system's.
    pub(crate) apart: bool,
}

/// What the contract says of the side tables.
#[derive(Default)]
pub(crate) struct Population {
    /// Everybody in the table of customers who is computed, with their region.
    pub(crate) people: Option<BTreeMap<Id, Option<&'static str>>>,
    /// Rows of the table that are set aside: row from 1, reason.
    pub(crate) rejected: Vec<(i64, &'static str)>,
    pub(crate) identical: u64,
    suppressed: BTreeSet<Id>,
    agreed: Option<BTreeSet<Id>>,
}

pub(crate) fn sides() -> impl Strategy<Value = Option<Sides>> {
    let row = || (0..=NOBODY, 0..4_u8, 0..6_u8);
    let people = prop::option::weighted(0.7, prop::collection::vec(row(), 0..12));
    let suppressed = prop::option::weighted(0.5, prop::collection::vec(0..=NOBODY, 0..4));
    let visits = prop::collection::vec((0..=NOBODY, 0..17_u8, Just(0)), 0..20);
    let sides = (people, any::<bool>(), prop::bool::weighted(0.3), suppressed, visits, any::<bool>());
    let sides = sides.prop_map(|(people, join, consent, suppressed, visits, apart)| {
        let consent = consent && people.is_some();
        Sides { people, join, consent, suppressed, visits, apart }
    });
    prop::option::weighted(0.6, sides)
}

impl Sides {
    /// The lines of `inputs` below the orders, and `privacy`.
    pub(crate) fn rules(&self) -> (String, String) {
        let mut inputs = "  visits: {path: visits.parquet, columns: {customer: who, time: day}}\n".to_owned();
        if self.people.is_some() {
            let unknown = if self.join { "join" } else { "leave_out" };
            inputs += &format!(
                "  customers: {{path: people.parquet, columns: {{customer: who}}, attributes: [region], unknown: {unknown}}}\n"
            );
        }
        let mut privacy = Vec::new();
        if self.suppressed.is_some() {
            privacy.push("suppress: {path: out.parquet, column: who}");
        }
        if self.consent {
            privacy.push("consent: agreed");
        }
        let privacy = match privacy.is_empty() {
            true => String::new(),
            false => format!("privacy: {{{}}}\n", privacy.join(", ")),
        };
        (inputs, privacy)
    }

    /// The side tables as files.
    pub(crate) fn tables(&self, input: &Input) -> Vec<(&'static str, Vec<(&'static str, Cells)>)> {
        let day = |at: u8| at.checked_sub(1).map(|at| (date(at) - NaiveDate::default()).num_days() as i32);
        let who = |rows: &[Seed]| ids(input, rows.iter().map(|row| row.0));
        let mut tables = vec![(
            "visits.parquet",
            vec![
                ("who", who(&self.visits)),
                ("day", Cells::Date(self.visits.iter().map(|row| day(row.1)).collect())),
            ],
        )];
        if let Some(people) = &self.people {
            let region = |row: &Seed| REGIONS[usize::from(row.1)].map(str::to_owned);
            let columns = vec![
                ("who", who(people)),
                ("region", Cells::Text(people.iter().map(region).collect())),
                ("agreed", Cells::Bool(people.iter().map(agreed).collect())),
            ];
            tables.push(("people.parquet", columns));
        }
        if let Some(suppressed) = &self.suppressed {
            tables.push(("out.parquet", vec![("who", ids(input, suppressed.iter().copied()))]));
        }
        tables
    }

    pub(crate) fn population(&self, input: &Input) -> Population {
        let id = |at: &u8| input.id(*at);
        let mut found = Population {
            suppressed: self.suppressed.iter().flatten().filter_map(id).collect(),
            ..Population::default()
        };
        let Some(rows) = &self.people else { return found };
        let of =
            |wanted: &Id| rows.iter().filter(|row| id(&row.0).as_ref() == Some(wanted)).collect::<Vec<_>>();
        if self.consent {
            let all: BTreeSet<Id> = rows.iter().filter_map(|row| id(&row.0)).collect();
            let yes = |id: &Id| of(id).iter().all(|row| agreed(row) == Some(true));
            found.agreed = Some(all.into_iter().filter(yes).collect());
        }
        let mut people = BTreeMap::new();
        let mut kept: BTreeSet<Id> = BTreeSet::new();
        for (at, row) in rows.iter().enumerate() {
            let Some(id) = id(&row.0) else {
                found.rejected.push((at as i64 + 1, "null_customer"));
                continue;
            };
            if found.turned_away(&id).is_some() {
                continue;
            }
            let region = REGIONS[usize::from(row.1)];
            // Null is before all texts.
            let least = of(&id).iter().map(|row| REGIONS[usize::from(row.1)]).min().unwrap();
            if region != least {
                found.rejected.push((at as i64 + 1, "duplicate_customer"));
            } else if kept.insert(id.clone()) {
                people.insert(id, region);
            } else {
                found.identical += 1;
            }
        }
        found.people = Some(people);
        found
    }

    /// Visits of a customer up to the as-of date, and days since the last.
    pub(crate) fn visits(&self, input: &Input, id: &Id) -> (Value, Value) {
        let days = self.visits.iter().filter(|row| input.id(row.0).as_ref() == Some(id));
        let as_of: NaiveDate = AS_OF.parse().unwrap();
        let days = days.filter_map(|row| Some(date(row.1.checked_sub(1)?))).filter(|day| *day <= as_of);
        let days: Vec<NaiveDate> = days.collect();
        let last = days.iter().max().map_or(Value::Null, |day| Value::Int((as_of - *day).num_days()));
        (Value::Int(days.len() as i64), last)
    }
}

impl Population {
    /// Why no row of a customer counts, whatever it says.
    pub(crate) fn turned_away(&self, id: &Id) -> Option<&'static str> {
        if self.suppressed.contains(id) {
            return Some("suppressed");
        }
        let agreed = self.agreed.as_ref()?;
        (!agreed.contains(id)).then_some("no_consent")
    }
}

fn agreed(row: &Seed) -> Option<bool> {
    match row.2 {
        0 => None,
        1 => Some(false),
        _ => Some(true),
    }
}

fn date(at: u8) -> NaiveDate {
    AS_OF.parse::<NaiveDate>().unwrap() - TimeDelta::days(DAYS[usize::from(at)])
}

fn ids(input: &Input, who: impl Iterator<Item = u8>) -> Cells {
    let ids: Vec<Option<Id>> = who.map(|at| input.id(at)).collect();
    match input.holds_numbers() {
        true => Cells::Int(
            ids.iter().map(|id| if let Some(Id::Int(id)) = id { Some(*id) } else { None }).collect(),
        ),
        false => {
            let text = |id: &Option<Id>| if let Some(Id::Text(id)) = id { Some(id.clone()) } else { None };
            Cells::Text(ids.iter().map(text).collect())
        }
    }
}
