//! A Parquet file that the engine does not read as it is → a scratch file: whatever codec, encoding or type its used
//! columns have. A value that has no place in the type that the plan says is null.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit, TimestampMicrosecondType};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{LogicalType, Type as Basic};

use crate::engine::Error;
use crate::plan::{InputFile, Table};

use super::of_folders;
use super::output::{Output, arrow_type};

const ROWS: usize = 1 << 14;

/// The first and the last microsecond that count as a time, of the years 1 and 9999.
const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

pub(super) fn read(table: &Table, file: &InputFile, path: &Path) -> Result<(), Error> {
    let shown = file.path.display().to_string();
    let unreadable = |cause: String| Error::Unreadable { path: shown.clone(), cause };
    let opened = File::open(&file.path).map_err(Error::io(&file.path))?;
    // What the writer says of Arrow's own types would bring back views, dictionaries and zones.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata =
        ArrowReaderMetadata::load(&opened, options).map_err(|error| unreadable(error.to_string()))?;
    let schema = with_int96_as_micros(&metadata);
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(schema);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(opened, options);
    let builder = builder.map_err(|error| unreadable(error.to_string()))?;
    let names: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let place = |name: &str| names.iter().position(|known| known == name);
    let wanted: Vec<usize> = table.stored().filter_map(|column| place(&column.name)).collect();
    let uuids: Vec<bool> = names.iter().map(|name| is_uuid(&metadata, name)).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let reader = builder.with_projection(mask).with_batch_size(ROWS).build();
    let mut output = Output::create(table, path)?;
    let mut row = 0_i64;
    for batch in reader.map_err(|error| unreadable(error.to_string()))? {
        let batch = batch.map_err(|error| unreadable(error.to_string()))?;
        let rows = batch.num_rows();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for column in table.stored() {
            let unusable = || Error::Engine(format!("the column `{}` cannot be imported", column.name));
            let ty = arrow_type(&column.physical).ok_or_else(unusable)?;
            let found = match batch.column_by_name(&column.name) {
                Some(found) if place(&column.name).is_some_and(|at| uuids[at]) => uuid_texts(found),
                Some(found) => Arc::clone(found),
                None => match of_folders(table, file, &column.name) {
                    Some(value) => Arc::new(StringArray::from(vec![value; rows])),
                    None => new_null_array(&ty, rows),
                },
            };
            let cast = cast(&found, &ty)
                .map_err(|cause| unreadable(format!("column `{}`: {cause}", column.name)))?;
            columns.push(cast);
        }
        columns.push(Arc::new(Int64Array::from_iter_values(row + 1..=row + rows as i64)));
        let nothing = new_null_array(&DataType::Utf8, rows);
        columns.extend([Arc::clone(&nothing), nothing]);
        output.write(columns)?;
        row += rows as i64;
    }
    output.finish()
}

/// Instants of 96 bits, as nanoseconds, would end in the year 2262.
fn with_int96_as_micros(metadata: &ArrowReaderMetadata) -> Arc<Schema> {
    let parquet = metadata.parquet_schema();
    let is_int96 = |name: &str| {
        parquet
            .columns()
            .iter()
            .any(|leaf| leaf.path().parts() == [name] && leaf.physical_type() == Basic::INT96)
    };
    let fields = metadata.schema().fields().iter().map(|field| match is_int96(field.name()) {
        true => Arc::new(Field::new(
            field.name(),
            DataType::Timestamp(TimeUnit::Microsecond, None),
            field.is_nullable(),
        )),
        false => Arc::clone(field),
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn is_uuid(metadata: &ArrowReaderMetadata, name: &str) -> bool {
    let mut leaves = metadata.parquet_schema().columns().iter();
    leaves.any(|leaf| leaf.path().parts() == [name] && leaf.logical_type_ref() == Some(&LogicalType::Uuid))
}

/// `550e8400-e29b-41d4-a716-446655440000`
pub(in crate::engine) fn uuid_texts(array: &ArrayRef) -> ArrayRef {
    let Some(bytes) = array.as_fixed_size_binary_opt() else { return Arc::clone(array) };
    let text = |bytes: &[u8]| {
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            text.push_str(&format!("{byte:02x}"));
        }
        text
    };
    Arc::new(bytes.iter().map(|bytes| bytes.map(text)).collect::<StringArray>())
}

fn cast(array: &ArrayRef, ty: &DataType) -> Result<ArrayRef, String> {
    let options = CastOptions { safe: true, ..CastOptions::default() };
    // Bytes of a fixed length have no way to texts of their own.
    let array = match array.data_type() {
        DataType::FixedSizeBinary(_) if *ty == DataType::Utf8 => {
            cast_with_options(array, &DataType::Binary, &options).map_err(|error| error.to_string())?
        }
        _ => Arc::clone(array),
    };
    let to = match (ty, array.data_type()) {
        // Both are in UTC: the zone that a type names is no other number.
        (DataType::Timestamp(unit, _), DataType::Timestamp(_, zone)) => {
            &DataType::Timestamp(*unit, zone.clone())
        }
        _ => ty,
    };
    let cast = cast_with_options(&array, to, &options).map_err(|error| error.to_string())?;
    let DataType::Timestamp(TimeUnit::Microsecond, zone) = ty else { return Ok(cast) };
    let times = cast.as_primitive::<TimestampMicrosecondType>();
    let times: TimestampMicrosecondArray = match times.iter().flatten().all(|time| TIMES.contains(&time)) {
        true => times.clone(),
        false => times.iter().map(|time| time.filter(|time| TIMES.contains(time))).collect(),
    };
    Ok(Arc::new(times.with_timezone_opt(zone.clone())))
}
