//! The gate before the shards: rows of customers who are suppressed, or have given no consent, end here, whatever
//! else is right or wrong with them.

use std::fs::File;

use polars::lazy::dsl::col;
use polars::prelude::{
    Column, DataFrame, Engine, IntoColumn, LazyFrame, NewChunkedArray, PlRefPath, ScanArgsParquet,
    StringChunked,
};

use crate::engine::Error;
use crate::engine::polars::types::computed;
use crate::plan::{ListFile, Plan, Suppress, Type};

use super::ids::Ids;
use super::keys::{Keys, NOBODY};

/// A set of customer ids, numbered as they came.
pub(in crate::engine::polars) struct IdSet {
    keys: Keys,
    ty: Type,
}

impl IdSet {
    pub(in crate::engine::polars) fn new(ty: Type) -> Self {
        Self { keys: Keys::new(ty), ty }
    }

    pub(in crate::engine::polars) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Takes the ids of a column in; nulls are nobody's.
    pub(in crate::engine::polars) fn insert(&mut self, column: &Column) -> Result<(), Error> {
        let ids = Ids::new(column, self.ty)?;
        let here = column.is_not_null();
        let rows: Vec<u32> =
            (0..column.len() as u32).filter(|row| here.get(*row as usize) == Some(true)).collect();
        self.keys.groups(&ids, &ids.hashes(), &rows, &mut Vec::new());
        Ok(())
    }

    /// The number of each id of a column; [`NOBODY`] for null, and for ids that are not in the set.
    pub(in crate::engine::polars) fn find(&self, column: &Column) -> Result<Vec<u32>, Error> {
        let ids = Ids::new(column, self.ty)?;
        Ok(self.find_ids(&ids, &ids.hashes()))
    }

    /// Takes the ids of these rows, none of them null, in, and returns their numbers.
    pub(super) fn groups(&mut self, ids: &Ids, hashes: &[u64], rows: &[u32]) -> Vec<u32> {
        let mut groups = Vec::new();
        self.keys.groups(ids, hashes, rows, &mut groups);
        groups
    }

    fn find_ids(&self, ids: &Ids, hashes: &[u64]) -> Vec<u32> {
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

/// What the gate says to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::polars) enum Verdict {
    /// It may pass; rows without a customer do, too, and are set aside later.
    Pass,
    /// Its customer is on the list, at this place.
    Suppressed(u32),
    /// Its customer has not said yes.
    NoConsent,
}

/// The gate of a plan.
#[derive(Default)]
pub(in crate::engine::polars) struct Gate {
    pub(super) suppressed: Option<IdSet>,
    pub(super) consent: Option<Consent>,
}

impl Gate {
    /// Reads the list of suppressed customers. Consent is the table of customers', which passes the gate itself.
    pub(in crate::engine::polars) fn open(plan: &Plan) -> Result<Self, Error> {
        let suppressed = plan.suppress.as_ref().map(|list| read_list(list, plan.customer.ty)).transpose()?;
        Ok(Self { suppressed, consent: None })
    }

    /// How many ids the list of suppressed customers has.
    pub(super) fn listed(&self) -> Option<u64> {
        self.suppressed.as_ref().map(|ids| ids.len() as u64)
    }

    /// What is said to each of the ids; none where everybody passes.
    pub(super) fn verdicts(&self, ids: &Ids, hashes: &[u64]) -> Option<Vec<Verdict>> {
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
        let ids = Ids::new(column, ty)?;
        let verdicts = self.verdicts(&ids, &ids.hashes());
        let pass = |verdicts: Vec<Verdict>| verdicts.iter().map(|one| *one == Verdict::Pass).collect();
        Ok(verdicts.map_or_else(|| vec![true; column.len()], pass))
    }
}

fn read_list(list: &Suppress, ty: Type) -> Result<IdSet, Error> {
    let mut ids = IdSet::new(ty);
    for file in &list.files {
        let read =
            if file.is_csv { of_csv(file, &list.column, ty)? } else { of_parquet(file, &list.column, ty)? };
        ids.insert(&read)?;
    }
    Ok(ids)
}

fn of_parquet(file: &ListFile, column: &str, ty: Type) -> Result<Column, Error> {
    let args = ScanArgsParquet { glob: false, cache: false, ..Default::default() };
    let frame = LazyFrame::scan_parquet(PlRefPath::try_from_path(&file.path)?, args)?;
    let frame: DataFrame = frame
        .select([col(column).cast(computed(ty))])
        .collect_with_engine(Engine::Streaming)?
        .unwrap_single();
    Ok(frame.column(column)?.clone())
}

/// An id that cannot be read is an error: whoever it stands for would be computed after all.
fn of_csv(file: &ListFile, column: &str, ty: Type) -> Result<Column, Error> {
    let path = file.path.display().to_string();
    let io = |source| Error::Io { path: path.clone(), source };
    let unreadable = |error: csv::Error| Error::Unreadable(format!("`{path}`: {error}"));
    let opened = File::open(&file.path).map_err(io)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(opened);
    let header = reader.headers().map_err(unreadable)?;
    let at = header.iter().position(|name| name.trim_start_matches('\u{feff}') == column);
    let at = at.ok_or_else(|| Error::Unreadable(format!("`{path}` has no column `{column}`")))?;
    let mut texts: Vec<String> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let text = record.get(at).unwrap_or_default();
        if ty == Type::Int && !text.is_empty() && text.parse::<i64>().is_err() {
            let line = record.position().map_or(0, csv::Position::line);
            // Without the id: messages are logged, and these people asked to be forgotten.
            let message = format!("`{path}`, line {line}: not a whole number, as all customer ids are");
            return Err(Error::Unreadable(message));
        }
        texts.push(text.to_owned());
    }
    texts.retain(|text| !text.is_empty());
    let texts = StringChunked::from_iter_values(column.into(), texts.iter()).into_column();
    Ok(texts.cast(&computed(ty))?)
}
