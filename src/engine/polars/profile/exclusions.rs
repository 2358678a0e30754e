//! Who is left out before the shards: rows of customers who are suppressed, or have given no consent, end here, whatever
//! else is right or wrong with them.

use polars::prelude::{Column, Int64Chunked, IntoColumn, NewChunkedArray, StringChunked};

use crate::engine::Error;
use crate::engine::id_list::{self, ListedIds};
use crate::plan::{Plan, Suppress, Type};

use super::aggregate::group_table::GroupTable;
use crate::engine::polars::ids::{self, CustomerIds};
use crate::engine::polars::profile::aggregate::group_table::NOBODY;

/// A set of customer ids, numbered as they came.
pub(in crate::engine::polars) struct IdSet {
    keys: GroupTable,
    ty: Type,
}

impl IdSet {
    pub(in crate::engine::polars) fn new(ty: Type) -> Self {
        Self { keys: GroupTable::new(ty), ty }
    }

    pub(in crate::engine::polars) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Takes the ids of a column in; nulls are nobody's.
    pub(in crate::engine::polars) fn insert(&mut self, column: &Column) -> Result<(), Error> {
        let ids = CustomerIds::new(column, self.ty)?;
        let here = column.is_not_null();
        let rows: Vec<u32> =
            (0..column.len() as u32).filter(|row| here.get(*row as usize) == Some(true)).collect();
        self.keys.groups(&ids, &ids.hashes(), &rows, &mut Vec::new());
        Ok(())
    }

    /// The number of each id of a column; [`NOBODY`] for null, and for ids that are not in the set.
    pub(in crate::engine::polars) fn find(&self, column: &Column) -> Result<Vec<u32>, Error> {
        let ids = CustomerIds::new(column, self.ty)?;
        Ok(self.find_ids(&ids, &ids.hashes()))
    }

    /// Takes the ids of these rows, none of them null, in, and returns their numbers.
    pub(super) fn groups(&mut self, ids: &CustomerIds, hashes: &[u64], rows: &[u32]) -> Vec<u32> {
        let mut groups = Vec::new();
        self.keys.groups(ids, hashes, rows, &mut groups);
        groups
    }

    fn find_ids(&self, ids: &CustomerIds, hashes: &[u64]) -> Vec<u32> {
        let rows: Vec<u32> = (0..hashes.len() as u32).collect();
        let mut found = Vec::new();
        self.keys.find(ids, hashes, &rows, &mut found);
        found
    }
}

/// Who has given consent.
pub(super) struct Consent {
    /// Everybody in the table of customers.
    pub(super) known: IdSet,
    /// Whether all that the table says of them is yes.
    pub(super) given: Vec<bool>,
}

/// What the exclusions say to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::polars) enum Verdict {
    /// It counts; rows without a customer do, too, and are set aside later.
    Pass,
    /// Its customer is on the list, at this place.
    Suppressed(u32),
    /// Its customer has not said yes.
    NoConsent,
}

/// The exclusions of a plan.
#[derive(Default)]
pub(in crate::engine::polars) struct Exclusions {
    pub(super) suppressed: Option<IdSet>,
    pub(super) consent: Option<Consent>,
}

impl Exclusions {
    /// Reads the list of suppressed customers. Consent is the table of customers', to which the list applies itself.
    pub(in crate::engine::polars) fn open(plan: &Plan) -> Result<Self, Error> {
        let suppressed = plan.suppress.as_ref().map(|list| read_list(list, plan.customer.ty)).transpose()?;
        Ok(Self { suppressed, consent: None })
    }

    /// How many ids the list of suppressed customers has.
    pub(super) fn listed(&self) -> Option<u64> {
        self.suppressed.as_ref().map(|ids| ids.len() as u64)
    }

    /// What is said to each of the ids; none where everybody passes.
    pub(super) fn verdicts(&self, ids: &CustomerIds, hashes: &[u64]) -> Option<Vec<Verdict>> {
        if self.suppressed.is_none() && self.consent.is_none() {
            return None;
        }
        let mut verdicts = vec![Verdict::Pass; hashes.len()];
        if let Some(consent) = &self.consent {
            let known = consent.known.find_ids(ids, hashes);
            for (row, (verdict, at)) in verdicts.iter_mut().zip(known).enumerate() {
                let given = consent.given.get(at as usize).copied().unwrap_or(false);
                if !given && ids.is_there(row) {
                    *verdict = Verdict::NoConsent;
                }
            }
        }
        if let Some(suppressed) = &self.suppressed {
            for (verdict, at) in verdicts.iter_mut().zip(suppressed.find_ids(ids, hashes)) {
                if at != NOBODY {
                    *verdict = Verdict::Suppressed(at);
                }
            }
        }
        Some(verdicts)
    }

    /// Whether each row of a column of ids may pass.
    pub(in crate::engine::polars) fn passing(&self, column: &Column, ty: Type) -> Result<Vec<bool>, Error> {
        let ids = CustomerIds::new(column, ty)?;
        let verdicts = self.verdicts(&ids, &ids.hashes());
        let pass = |verdicts: Vec<Verdict>| verdicts.iter().map(|one| *one == Verdict::Pass).collect();
        Ok(verdicts.map_or_else(|| vec![true; column.len()], pass))
    }
}

/// Drops the overrides of suppressed customers, before their ids become pseudonyms: nothing that is published names them.
pub fn drop_suppressed(plan: &mut Plan) -> Result<(), Error> {
    let (Some(overrides), true) = (&plan.overrides, plan.suppress.is_some()) else { return Ok(()) };
    let ty = plan.customer.ty;
    let ids = ids::column(ty, overrides.list.iter().map(|one| &one.customer));
    let mut stays = Exclusions::open(plan)?.passing(&ids, ty)?.into_iter();
    if let Some(overrides) = &mut plan.overrides {
        overrides.list.retain(|_| stays.next().unwrap_or(true));
    }
    Ok(())
}

fn read_list(list: &Suppress, ty: Type) -> Result<IdSet, Error> {
    let name = "id".into();
    let column = match id_list::read(list, ty)? {
        ListedIds::Whole(ids) => Int64Chunked::from_vec(name, ids).into_column(),
        ListedIds::Texts(ids) => StringChunked::from_iter_values(name, ids.into_iter()).into_column(),
    };
    let mut ids = IdSet::new(ty);
    ids.insert(&column)?;
    Ok(ids)
}
