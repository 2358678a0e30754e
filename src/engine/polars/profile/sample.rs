//! One id of an input, to show.

use polars::lazy::dsl::col;
use polars::prelude::{DataType, Engine};

use crate::engine::Error;
use crate::engine::polars::of_scan;
use crate::plan::{Input, Plan};

use super::columns::CUSTOMER;
use super::population;
use super::scan;

/// The first id of an input that may be shown, as text.
pub fn first_id(plan: &Plan, input: &Input) -> Result<Option<String>, Error> {
    let (exclusions, _) = population::open(plan)?;
    let frame = scan::with_roles(scan::open(input, None)?, input).select([col(CUSTOMER)]);
    let frame = frame.filter(col(CUSTOMER).is_not_null()).limit(1_000);
    let frame =
        frame.collect_with_engine(Engine::Streaming).map_err(of_scan(&input.table.path))?.unwrap_single();
    let ids = frame.column(CUSTOMER)?;
    let shown = exclusions.passing(ids, plan.customer.ty)?;
    let Some(at) = shown.iter().position(|shown| *shown) else { return Ok(None) };
    Ok(ids.cast(&DataType::String)?.str()?.get(at).map(str::to_owned))
}
