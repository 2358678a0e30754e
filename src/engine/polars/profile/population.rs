//! The table of customers: who is in the population, and what is known of each. Rows that say the same of a customer
//! are one; of rows that differ the least is kept, so that the order of the files does not matter.

use polars::lazy::dsl::{Expr, col};
use polars::prelude::{
    BooleanChunked, ChunkApply, Column, DataFrame, DataType, Engine, IdxCa, IntoColumn, NewChunkedArray,
    SortMultipleOptions,
};

use super::columns::CUSTOMER;
use super::imported::{self, RAGGED_ROW, UNREADABLE};
use super::row_counts::RowCounts;
use super::{open, roles};
use crate::engine::Error;
use crate::engine::import::{FAULT, LINE, RAGGED};
use crate::plan::{Customers, Plan};

use super::aggregate::group_table::GroupTable;
use super::exclusions::{Consent, Exclusions, IdSet, Verdict};
use crate::engine::polars::ids::CustomerIds;

const ROW: &str = "@row";
const GROUP: &str = "@group";
const CONSENT: &str = "@consent";

/// Why rows of the table are set aside.
pub(in crate::engine::polars) const NULL_CUSTOMER: &str = "null_customer";
pub(in crate::engine::polars) const DUPLICATE_CUSTOMER: &str = "duplicate_customer";

/// Everybody who is computed, as far as the table of customers says.
pub(in crate::engine::polars) struct Population {
    /// One row a customer: [`CUSTOMER`] and the attributes by their names in the output.
    pub(in crate::engine::polars) frame: DataFrame,
    /// What happened to its rows.
    pub(super) tally: RowCounts,
    /// The rows that were set aside.
    pub(in crate::engine::polars) rejected: Vec<RejectedRow>,
}

/// A row that was set aside: its number across all files, its line if it is known, the reason, and the id.
pub(in crate::engine::polars) type RejectedRow = (i64, Option<i64>, &'static str, Option<String>);

/// Reads the exclusions of a plan, and the table of customers without those who are excluded.
pub(in crate::engine::polars) fn open(plan: &Plan) -> Result<(Exclusions, Option<Population>), Error> {
    let mut exclusions = Exclusions::open(plan)?;
    let Some(customers) = &plan.customers else { return Ok((exclusions, None)) };
    let (population, consent) = read(customers, &exclusions)?;
    exclusions.consent = consent;
    Ok((exclusions, Some(population)))
}

fn read(customers: &Customers, exclusions: &Exclusions) -> Result<(Population, Option<Consent>), Error> {
    let frame = rows(customers)?;
    let ty = customers.customer.ty;
    let column = frame.column(CUSTOMER)?;
    let (ids, numbers) = (CustomerIds::new(column, ty)?, frame.column(ROW)?.idx()?);
    let (lines, faults) = (frame.column(LINE)?.i64()?, frame.column(FAULT)?.str()?);
    let reject = |row: usize, reason: &'static str, id: Option<String>| -> RejectedRow {
        (i64::from(numbers.get(row).unwrap_or(0)), lines.get(row), reason, id)
    };
    let hashes = ids.hashes();
    let verdicts = exclusions.verdicts(&ids, &hashes);
    let mut tally = RowCounts::default();
    tally.counts.read = frame.height() as u64;
    let mut rejected = Vec::new();
    let mut kept: Vec<u32> = Vec::new();
    for row in 0..frame.height() {
        let verdict = verdicts.as_ref().map_or(Verdict::Pass, |verdicts| verdicts[row]);
        if let Verdict::Suppressed(at) = verdict {
            tally.suppress(at);
        } else if ids.is_there(row) {
            kept.push(row as u32);
        } else {
            let is_ragged = faults.get(row) == Some(RAGGED);
            rejected.push(reject(row, if is_ragged { RAGGED_ROW } else { NULL_CUSTOMER }, None));
        }
    }
    let consent = match &customers.consent {
        None => None,
        Some(_) => {
            let consent = consent_of(&frame, &ids, &hashes, &kept, ty)?;
            let known = consent.known.find(column)?;
            let before = kept.len();
            kept.retain(|row| consent.given[known[*row as usize] as usize]);
            tally.counts.no_consent = (before - kept.len()) as u64;
            Some(consent)
        }
    };
    let texts = column.cast(&DataType::String)?;
    let texts = texts.str()?;
    let id_of = |row: u32| texts.get(row as usize).map(str::to_owned);
    // Only now: a consent that cannot be read is none, whatever other rows say.
    let (unreadable, whole): (Vec<u32>, Vec<u32>) =
        kept.into_iter().partition(|row| faults.get(*row as usize).is_some());
    rejected.extend(unreadable.into_iter().map(|row| reject(row as usize, UNREADABLE, id_of(row))));
    kept = whole;
    let mut keys = GroupTable::new(ty);
    let mut groups = Vec::new();
    keys.groups(&ids, &hashes, &kept, &mut groups);
    if keys.len() < kept.len() {
        let more = Repeated::of(&frame, customers, &kept, &groups, keys.len())?;
        tally.counts.identical = more.identical;
        rejected
            .extend(more.set_aside.iter().map(|&row| reject(row as usize, DUPLICATE_CUSTOMER, id_of(row))));
        kept = more.kept;
    }
    rejected.sort_unstable();
    for reason in [RAGGED_ROW, UNREADABLE, NULL_CUSTOMER, DUPLICATE_CUSTOMER] {
        let rows = rejected.iter().filter(|(_, _, other, _)| *other == reason).count();
        if rows > 0 {
            tally.counts.rejected.push((reason.into(), rows as u64));
        }
    }
    tally.counts.used = kept.len() as u64;
    let mut frame = frame.take(&IdxCa::from_vec("".into(), kept))?;
    frame = frame.drop(ROW)?.drop(LINE)?.drop(FAULT)?;
    if customers.consent.is_some() {
        frame = frame.drop(CONSENT)?;
    }
    Ok((Population { frame, tally, rejected }, consent))
}

/// All rows of the table: their number, the id, the attributes, consent.
fn rows(customers: &Customers) -> Result<DataFrame, Error> {
    let table = &customers.table;
    let mut selected: Vec<Expr> = vec![
        col(ROW),
        imported::line(table),
        imported::fault(table),
        roles::id_of(table, &customers.customer.column, customers.customer.ty).alias(CUSTOMER),
    ];
    for attribute in &customers.attributes {
        selected.push(open::column_of(table, &attribute.column).alias(attribute.name.as_str()));
    }
    if let Some(consent) = &customers.consent {
        selected.push(col(consent.as_str()).alias(CONSENT));
    }
    let frame = open::open_table(table, Some(ROW))?.select(selected);
    let mut frame = frame.collect_with_engine(Engine::Streaming)?.unwrap_single();
    frame.rechunk_mut();
    for attribute in &customers.attributes {
        let column = frame.column(&attribute.name)?;
        if let Ok(doubles) = column.f64() {
            // Zeros and numbers that are none have one form each, or equal rows would differ.
            let one = |value: f64| match value {
                value if value.is_nan() => f64::NAN,
                value => value + 0.0,
            };
            let column = doubles.apply_values(one).into_column();
            frame.with_column(column)?;
        }
    }
    Ok(frame)
}

/// Consent is given where every row of a customer says yes.
fn consent_of(
    frame: &DataFrame,
    ids: &CustomerIds,
    hashes: &[u64],
    rows: &[u32],
    ty: crate::plan::Type,
) -> Result<Consent, Error> {
    let mut known = IdSet::new(ty);
    let groups = known.groups(ids, hashes, rows);
    let mut given = vec![true; known.len()];
    let said = frame.column(CONSENT)?.bool()?;
    for (row, group) in rows.iter().zip(groups) {
        if said.get(*row as usize) != Some(true) {
            given[group as usize] = false;
        }
    }
    Ok(Consent { known, given })
}

/// What is done about customers with several rows.
struct Repeated {
    /// One row a customer, of all customers.
    kept: Vec<u32>,
    /// Rows that say what the kept one says.
    identical: u64,
    /// Rows that say something else.
    set_aside: Vec<u32>,
}

impl Repeated {
    fn of(
        frame: &DataFrame,
        customers: &Customers,
        rows: &[u32],
        groups: &[u32],
        len: usize,
    ) -> Result<Self, Error> {
        let mut times = vec![0_u32; len];
        groups.iter().for_each(|group| times[*group as usize] += 1);
        let (several, single): (Vec<_>, Vec<_>) =
            rows.iter().zip(groups).partition(|(_, group)| times[**group as usize] > 1);
        let mut kept: Vec<u32> = single.into_iter().map(|(row, _)| *row).collect();
        let place = IdxCa::from_vec(ROW.into(), several.iter().map(|(row, _)| **row).collect());
        let names = || customers.attributes.iter().map(|attribute| attribute.name.as_str());
        let mut repeated = frame.select(names())?.take(&place)?;
        repeated.with_column(place.into_column())?;
        let group = IdxCa::from_vec(GROUP.into(), several.iter().map(|(_, group)| **group).collect());
        repeated.with_column(group.into_column())?;
        let by: Vec<&str> = [GROUP].into_iter().chain(names()).collect();
        let sorted = repeated.sort(by, SortMultipleOptions::default())?;
        let groups: Vec<u32> = sorted.column(GROUP)?.idx()?.iter().flatten().collect();
        let places: Vec<u32> = sorted.column(ROW)?.idx()?.iter().flatten().collect();
        let mut first = 0;
        let firsts: Vec<u32> = (0..groups.len())
            .map(|at| {
                if groups[at] != groups[first] {
                    first = at;
                }
                first as u32
            })
            .collect();
        let firsts = IdxCa::from_vec("".into(), firsts);
        let mut same = BooleanChunked::from_iter_values("".into(), groups.iter().map(|_| true));
        for name in names() {
            let column: &Column = sorted.column(name)?;
            same = &same & &equal(column, &column.take(&firsts)?)?;
        }
        let (mut identical, mut set_aside) = (0, Vec::new());
        for (at, (first, same)) in firsts.iter().zip(same.iter()).enumerate() {
            match (first == Some(at as u32), same == Some(true)) {
                (true, _) => kept.push(places[at]),
                (false, true) => identical += 1,
                (false, false) => set_aside.push(places[at]),
            }
        }
        kept.sort_unstable();
        Ok(Self { kept, identical, set_aside })
    }
}

fn equal(column: &Column, other: &Column) -> Result<BooleanChunked, Error> {
    use polars::prelude::ChunkCompareEq;
    Ok(column.equal_missing(other)?)
}
