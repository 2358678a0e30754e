//! What a writer says of Arrow's types beside Parquet's own. The engine believes it, the plan goes by Parquet's: a column
//! of which the two say different things is imported, by Parquet's type alone.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};
use arrow::ipc::convert::try_fb_to_schema;
use arrow::ipc::root_as_message;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono_tz::Tz;
use parquet::arrow::{ARROW_SCHEMA_META_KEY, parquet_to_arrow_schema};
use parquet::file::metadata::ParquetMetaData;

/// For each top-level column, in the order of the file, whether the two agree in kind.
pub(super) fn agreement(metadata: &ParquetMetaData) -> Vec<bool> {
    let file = metadata.file_metadata();
    let roots = file.schema_descr().root_schema().get_fields().len();
    let mut said = file.key_value_metadata().into_iter().flatten();
    let Some(said) = said.find(|one| one.key == ARROW_SCHEMA_META_KEY) else { return vec![true; roots] };
    let embedded = said.value.as_deref().and_then(decode);
    match (parquet_to_arrow_schema(file.schema_descr(), None), embedded) {
        (Ok(parquet), Some(embedded))
            if parquet.fields().len() == roots && embedded.fields().len() == roots =>
        {
            let pairs = parquet.fields().iter().zip(embedded.fields());
            let same = |(one, other): (&Arc<Field>, &Arc<Field>)| {
                one.name() == other.name() && is_same_kind(one.data_type(), other.data_type())
            };
            pairs.map(same).collect()
        }
        // Types that nobody knows, or of other columns: nothing of it is to be relied upon.
        _ => vec![false; roots],
    }
}

/// The schema as it stands there: a message of Arrow's IPC format, perhaps behind a mark and a length of four bytes each.
fn decode(text: &str) -> Option<Schema> {
    let bytes = BASE64_STANDARD.decode(text).ok()?;
    let message = match bytes.strip_prefix(&[0xff; 4]) {
        Some(rest) => rest.get(4..)?,
        None => &bytes,
    };
    try_fb_to_schema(root_as_message(message).ok()?.header_as_schema()?).ok()
}

/// Whether both are read as the same values: the forms of a text do not matter, nor do the unit and the zone's name of
/// an instant.
fn is_same_kind(parquet: &DataType, embedded: &DataType) -> bool {
    use DataType::{
        Binary, BinaryView, Decimal32, Decimal64, Decimal128, Dictionary, LargeBinary, LargeUtf8, Timestamp,
        Utf8, Utf8View,
    };
    match (parquet, embedded) {
        (_, Dictionary(_, values)) => is_same_kind(parquet, values),
        (Utf8, LargeUtf8 | Utf8View) | (Binary, LargeBinary | BinaryView) => true,
        (Timestamp(_, one), Timestamp(_, other)) => {
            one.is_some() == other.is_some() && other.as_ref().is_none_or(|zone| zone.parse::<Tz>().is_ok())
        }
        (
            Decimal128(precision, scale),
            Decimal32(its_precision, its_scale) | Decimal64(its_precision, its_scale),
        ) => precision == its_precision && scale == its_scale,
        _ => parquet == embedded,
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    #[test]
    fn kinds() {
        let dictionary = |values| DataType::Dictionary(Box::new(DataType::Int32), Box::new(values));
        let instant = |zone: &str| DataType::Timestamp(TimeUnit::Millisecond, Some(Arc::from(zone)));
        let local = DataType::Timestamp(TimeUnit::Nanosecond, None);
        for (parquet, embedded, same) in [
            (DataType::Utf8, DataType::Utf8View, true),
            (DataType::Utf8, dictionary(DataType::LargeUtf8), true),
            (DataType::Date32, DataType::Date64, false),
            (DataType::Int64, DataType::Duration(TimeUnit::Second), false),
            (instant("UTC"), instant("Asia/Shanghai"), true),
            (instant("UTC"), instant("+05:30"), false),
            (instant("UTC"), local.clone(), false),
            (local.clone(), local, true),
            (DataType::Decimal128(9, 2), DataType::Decimal32(9, 2), true),
            (DataType::Decimal128(9, 2), DataType::Decimal256(9, 2), false),
            (
                DataType::Struct([Field::new("a", DataType::Int32, true)].into_iter().collect()),
                DataType::Int32,
                false,
            ),
        ] {
            assert_eq!(is_same_kind(&parquet, &embedded), same, "{parquet} {embedded}");
        }
    }
}
