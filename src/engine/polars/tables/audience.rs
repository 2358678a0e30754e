//! Audiences: the customers of one segment, sorted by id as everybody is, with the columns that were chosen.

use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray};

use crate::engine::Error;
use crate::plan::{Audience, OutputColumn};

use crate::engine::polars::apply::published;

/// Those of some customers who are in an audience, in their published types.
pub(super) fn customers(audience: &Audience, labelled: &DataFrame) -> Result<DataFrame, Error> {
    let labels = labelled.column(&audience.segmentation)?.str()?;
    let is_in = labels.iter().map(|label| label == Some(audience.segment.as_str()));
    let mask = BooleanChunked::from_iter_values("".into(), is_in);
    let columns: Vec<&str> = audience.columns.iter().filter_map(OutputColumn::held).collect();
    published(&audience.columns, &labelled.select(columns)?.filter(&mask)?)
}
