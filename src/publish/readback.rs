//! The read-back check: what Polars wrote is read with another library before it is published. One row a customer,
//! ids ascending, exact sums equal to what was computed.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Decimal128Type, Int16Type, Int32Type, Int64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::reader::{FileReader, SerializedFileReader};
use rayon::prelude::*;

use crate::engine::polars::tables::sums::Sums;
use crate::plan::{Plan, Type};

use super::Error;

/// Reads the parts and compares.
pub fn check(plan: &Plan, folder: &Path, parts: &[String], expected: &Sums) -> Result<(), Error> {
    let mut found = Sums::nothing(plan);
    for part in parts {
        found.add(check_part(plan, &folder.join(part))?);
    }
    if found.rows != expected.rows {
        let message = format!("{} rows were written for {} customers", found.rows, expected.rows);
        return Err(Error::Broken(message));
    }
    for (found, wanted) in found.columns.iter().zip(&expected.columns) {
        if found != wanted {
            let (name, values, sum) = found;
            let message = format!(
                "`{name}` holds {values} values with the sum {sum}, {} with {} were computed",
                wanted.1, wanted.2
            );
            return Err(Error::Broken(message));
        }
    }
    Ok(())
}

/// The rows of a Parquet file, by its footer.
pub fn rows(path: &Path) -> Result<u64, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let reader = SerializedFileReader::new(file).map_err(|error| broken(path, &error.to_string()))?;
    Ok(u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0))
}

fn broken(path: &Path, why: &str) -> Error {
    Error::Broken(format!("`{}`: {why}", path.display()))
}

/// Reads the row groups of a part side by side.
fn check_part(plan: &Plan, path: &Path) -> Result<Sums, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())
        .map_err(|error| broken(path, &error.to_string()))?;
    check_schema(plan, path, metadata.schema())?;
    let groups = 0..metadata.metadata().num_row_groups();
    let groups: Vec<Group> = groups
        .into_par_iter()
        .map(|group| check_group(plan, path, metadata.clone(), group))
        .collect::<Result<_, _>>()?;
    let mut found = Sums::nothing(plan);
    let mut last: Option<Id> = None;
    for group in groups {
        if let Some((before, first)) =
            last.as_ref().zip(group.first.as_ref()).filter(|(last, first)| last >= first)
        {
            let why = format!("the customer {first:?} comes after {before:?}: out of order, or there twice");
            return Err(broken(path, &why));
        }
        last = group.last.or(last);
        found.add(group.found);
    }
    Ok(found)
}

/// What one row group holds.
struct Group {
    found: Sums,
    first: Option<Id>,
    last: Option<Id>,
}

fn check_group(
    plan: &Plan,
    path: &Path,
    metadata: ArrowReaderMetadata,
    group: usize,
) -> Result<Group, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let reader =
        ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata).with_row_groups(vec![group]);
    let id = plan.id_column().map_or("", |column| column.name.as_str());
    let mut found = Sums::nothing(plan);
    let wanted = found.columns.iter().map(|(name, ..)| name.as_str()).chain([id]);
    let mask = ProjectionMask::columns(reader.parquet_schema(), wanted);
    let reader = reader.with_projection(mask).with_batch_size(65_536).build();
    let reader = reader.map_err(|error| broken(path, &error.to_string()))?;
    let (mut first, mut last): (Option<Id>, Option<Id>) = (None, None);
    for batch in reader {
        let batch = batch.map_err(|error| broken(path, &error.to_string()))?;
        found.rows += batch.num_rows() as u64;
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| broken(path, &format!("the column `{name}` is missing")))
        };
        if first.is_none() && batch.num_rows() > 0 {
            first = check_ids(&column(id)?.slice(0, 1), None).map_err(|why| broken(path, &why))?;
        }
        last = check_ids(column(id)?, last).map_err(|why| broken(path, &why))?;
        for (name, values, sum) in &mut found.columns {
            let (count, total) =
                add_up(column(name)?).map_err(|why| broken(path, &format!("`{name}` {why}")))?;
            *values += count;
            *sum += total;
        }
    }
    Ok(Group { found, first, last })
}

fn check_schema(plan: &Plan, path: &Path, schema: &arrow::datatypes::Schema) -> Result<(), Error> {
    let fits = |ty: Type, written: &DataType| match ty {
        Type::Bool => *written == DataType::Boolean,
        Type::Score => *written == DataType::Int16,
        Type::Days => *written == DataType::Int32,
        Type::Int => *written == DataType::Int64,
        Type::Decimal(scale) => *written == DataType::Decimal128(18, scale as i8),
        Type::Double => *written == DataType::Float64,
        Type::Text => matches!(written, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View),
        Type::Date => *written == DataType::Date32,
        Type::Time => matches!(written, DataType::Timestamp(..)),
        Type::Gaps | Type::Unknown => false,
    };
    let written: Vec<(&str, &DataType)> =
        schema.fields().iter().map(|field| (field.name().as_str(), field.data_type())).collect();
    let same = written.len() == plan.output.len()
        && plan
            .output
            .iter()
            .zip(&written)
            .all(|(column, (name, ty))| column.name == *name && fits(column.ty, ty));
    if same {
        return Ok(());
    }
    Err(broken(path, &format!("its columns are {written:?}")))
}

/// A customer's id as it was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Id {
    Int(i64),
    Text(String),
}

/// Ids must be there and strictly ascend, across batches, too.
fn check_ids(ids: &dyn Array, mut last: Option<Id>) -> Result<Option<Id>, String> {
    let out_of_order =
        |id: &dyn std::fmt::Debug| format!("the customer {id:?} is out of order or stands twice");
    if ids.null_count() > 0 {
        return Err("a customer has no id".to_owned());
    }
    match ids.data_type() {
        DataType::Int64 => {
            for id in ids.as_primitive::<Int64Type>().values() {
                if last.as_ref().is_some_and(|last| *last >= Id::Int(*id)) {
                    return Err(out_of_order(id));
                }
                last = Some(Id::Int(*id));
            }
            Ok(last)
        }
        DataType::Utf8 => texts(ids.as_string::<i32>().iter().flatten(), last, &out_of_order),
        DataType::LargeUtf8 => texts(ids.as_string::<i64>().iter().flatten(), last, &out_of_order),
        DataType::Utf8View => texts(ids.as_string_view().iter().flatten(), last, &out_of_order),
        other => Err(format!("customer ids are of type {other}")),
    }
}

fn texts<'a>(
    ids: impl Iterator<Item = &'a str>,
    last: Option<Id>,
    out_of_order: &dyn Fn(&dyn std::fmt::Debug) -> String,
) -> Result<Option<Id>, String> {
    let mut before: Option<String> = match last {
        Some(Id::Text(text)) => Some(text),
        _ => None,
    };
    let mut current: Option<&str> = None;
    for id in ids {
        if current.or(before.as_deref()).is_some_and(|last| last >= id) {
            return Err(out_of_order(&id));
        }
        current = Some(id);
    }
    if let Some(id) = current {
        before = Some(id.to_owned());
    }
    Ok(before.map(Id::Text))
}

fn add_up(values: &dyn Array) -> Result<(u64, i128), String> {
    let count = (values.len() - values.null_count()) as u64;
    let sum = match values.data_type() {
        DataType::Int16 => total::<Int16Type>(values),
        DataType::Int32 => total::<Int32Type>(values),
        DataType::Int64 => total::<Int64Type>(values),
        DataType::Decimal128(..) => total::<Decimal128Type>(values),
        other => return Err(format!("is of type {other}")),
    };
    Ok((count, sum))
}

/// Most columns have no nulls, and then their numbers lie side by side.
fn total<T: ArrowPrimitiveType<Native: Into<i128>>>(values: &dyn Array) -> i128 {
    let values = values.as_primitive::<T>();
    match values.null_count() {
        0 => values.values().iter().map(|number| (*number).into()).sum(),
        _ => values.iter().flatten().map(Into::into).sum(),
    }
}
