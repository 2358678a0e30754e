//! Scores and bands whose cuts depend on the customer's group: a look-up in a table of groups, row by row. Still a pure
//! function of (row, model), and as quick with a thousand groups as with one.

use std::cmp::Ordering;
use std::collections::HashMap;

use polars::lazy::dsl::Expr;
use polars::prelude::{
    Column, DataType, Field, Int16Chunked, IntoColumn, NewChunkedArray, PolarsError, PolarsResult,
    StringChunked,
};

use crate::engine::Error;
use crate::fit::{BandCut, Cut, Groups, Kind, Misfit, Number};
use crate::plan::{Best, Id, Type};

use crate::engine::polars::expr::types::computed;
use crate::engine::polars::fit::groups::texts;
use crate::engine::polars::fit::keys;

/// What a group has to say: cuts of its own, or those of the population.
struct GroupCuts<C> {
    population: C,
    groups: HashMap<String, C>,
}

impl<C> GroupCuts<C> {
    /// `read` makes something to compare with of the model's cuts.
    fn new<M>(
        population: &[M],
        groups: &Groups<M>,
        read: impl Fn(&[M]) -> Result<C, Error>,
    ) -> Result<Self, Error> {
        let own = |group: &crate::fit::Group<M>| {
            let cuts = group.cuts.as_deref()?;
            Some(read(cuts).map(|cuts| (group.value.clone(), cuts)))
        };
        let own = groups.groups.iter().filter_map(own).collect::<Result<_, _>>()?;
        Ok(Self { population: read(population)?, groups: own })
    }

    /// The cuts for a group, which may be none or unheard of.
    fn of(&self, group: Option<&str>) -> &C {
        group.and_then(|group| self.groups.get(group)).unwrap_or(&self.population)
    }
}

/// Where a score begins: a key in the order from the worst, and with `ties: split` the first customer of equals.
struct GroupCut {
    key: i128,
    customer: Option<Id>,
}

/// `1 + cuts reached`, null for null. `columns` are the group and the customer's id.
pub(super) fn score(
    value: Expr,
    columns: &[Expr; 2],
    (population, groups): (&[Option<Cut>], &Groups<Option<Cut>>),
    (kind, best, id): (Kind, Best, Type),
) -> Result<Expr, Error> {
    let boundaries = |cuts: &[Option<Cut>]| {
        let boundary = |cut: &Cut| {
            let unreadable = || Misfit::new(format!("the cut `{}` is not readable", cut.value));
            let key = Number::parse(&cut.value, kind).ok_or_else(unreadable)?.key;
            let customer = match (&cut.customer, id) {
                (Some(text), Type::Int) => Some(Id::Int(text.parse().map_err(|_| unreadable())?)),
                (Some(text), _) => Some(Id::Text(text.clone())),
                (None, _) => None,
            };
            Ok(GroupCut { key: from_worst(key, best), customer })
        };
        cuts.iter().flatten().map(boundary).collect::<Result<Vec<_>, Error>>()
    };
    let table = GroupCuts::new(population, groups, boundaries)?;
    let score = move |columns: &mut [Column]| -> Result<Column, Error> {
        let [value, group, customer] = columns else { return Err(missing()) };
        let (name, keys, groups) = (value.name().clone(), keys(value)?, texts(group)?);
        let customers = Customers::new(customer)?;
        let rows = keys.into_iter().zip(groups.iter()).enumerate();
        let scores = rows.map(|(row, (key, group))| {
            let key = from_worst(key?, best);
            let is_reached = |boundary: &GroupCut| match key.cmp(&boundary.key) {
                Ordering::Equal => {
                    boundary.customer.as_ref().is_none_or(|first| customers.is_at_least(row, first))
                }
                order => order == Ordering::Greater,
            };
            Some(table.of(group).partition_point(is_reached) as i16 + 1)
        });
        Ok(Int16Chunked::from_iter_options(name, scores).into_column())
    };
    Ok(map(value, columns, score, Type::Score))
}

/// The first band that the value reaches; the last takes the rest.
pub(super) fn band(
    value: Expr,
    group: Expr,
    (population, groups): (&[BandCut], &Groups<BandCut>),
    kind: Kind,
    last: &str,
) -> Result<Expr, Error> {
    let read = |cuts: &[BandCut]| {
        let reached = cuts.iter().filter_map(|cut| Some((cut.at_least.as_ref()?, cut)));
        let read = reached.map(|(at_least, cut)| match Number::parse(at_least, kind) {
            Some(number) => Ok((number.key, cut.band.clone())),
            None => Err(Misfit::new(format!("the cut `{at_least}` is not readable")).into()),
        });
        read.collect::<Result<Vec<_>, _>>()
    };
    let table = GroupCuts::new(population, groups, read)?;
    let last = last.to_owned();
    let band = move |columns: &mut [Column]| -> Result<Column, Error> {
        let [value, group] = columns else { return Err(missing()) };
        let (name, keys, groups) = (value.name().clone(), keys(value)?, texts(group)?);
        let bands = keys.into_iter().zip(groups.iter()).map(|(key, group)| {
            let cuts = key.map_or(&[][..], |_| table.of(group));
            let first = cuts.iter().find(|(at_least, _)| key >= Some(*at_least));
            Some(first.map_or(last.as_str(), |(_, band)| band.as_str()))
        });
        Ok(StringChunked::from_iter_options(name, bands).into_column())
    };
    Ok(map(value, &[group], band, Type::Text))
}

/// Keys whose order is from the worst to the best.
fn from_worst(key: i128, best: Best) -> i128 {
    match best {
        Best::High => key,
        Best::Low => -key,
    }
}

/// The ids of the rows at hand.
enum Customers {
    Int(polars::prelude::Int64Chunked),
    Text(StringChunked),
}

impl Customers {
    fn new(column: &Column) -> Result<Self, Error> {
        Ok(match column.dtype() {
            DataType::String => Self::Text(column.str()?.clone()),
            _ => Self::Int(column.cast(&DataType::Int64)?.i64()?.clone()),
        })
    }

    fn is_at_least(&self, row: usize, first: &Id) -> bool {
        match (self, first) {
            (Self::Int(ids), Id::Int(first)) => ids.get(row).is_some_and(|id| id >= *first),
            (Self::Text(ids), Id::Text(first)) => ids.get(row).is_some_and(|id| id >= first.as_str()),
            _ => false,
        }
    }
}

fn missing() -> Error {
    Error::Engine("a score or band was asked without its columns".to_owned())
}

/// A function of the rows of some columns.
fn map(
    value: Expr,
    columns: &[Expr],
    function: impl Fn(&mut [Column]) -> Result<Column, Error> + Send + Sync + 'static,
    ty: Type,
) -> Expr {
    let function = move |columns: &mut [Column]| -> PolarsResult<Column> {
        function(columns).map_err(|error| PolarsError::ComputeError(error.to_string().into()))
    };
    value.map_many(function, columns, move |_, fields| Ok(Field::new(fields[0].name().clone(), computed(ty))))
}
