//! Values of a test → a Parquet file like those of the input.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;

use crate::plan::Physical;

use super::layout::Layout;
use super::value::Value;

/// Writes one table.
pub(super) fn write(path: &Path, layout: &Layout, values: &[Vec<Option<Value>>]) -> io::Result<()> {
    let other = |error: &dyn std::fmt::Display| io::Error::other(error.to_string());
    let mut fields = Vec::new();
    let mut arrays = Vec::new();
    for ((name, physical), cells) in layout.columns.iter().zip(values) {
        let array = array(physical, cells).map_err(|error| other(&error))?;
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays).map_err(|error| other(&error))?;
    let mut writer =
        ArrowWriter::try_new(File::create(path)?, schema, None).map_err(|error| other(&error))?;
    writer.write(&batch).map_err(|error| other(&error))?;
    writer.close().map_err(|error| other(&error))?;
    Ok(())
}

fn array(physical: &Physical, cells: &[Option<Value>]) -> Result<ArrayRef, arrow::error::ArrowError> {
    macro_rules! each {
        ($variant:ident) => {
            cells.iter().map(|cell| match cell {
                Some(Value::$variant(value)) => Some(value.clone()),
                _ => None,
            })
        };
    }
    Ok(match physical {
        Physical::Bool => Arc::new(each!(Bool).collect::<BooleanArray>()),
        Physical::Int => Arc::new(each!(Int).collect::<Int64Array>()),
        Physical::Float => Arc::new(each!(Float).collect::<Float64Array>()),
        Physical::Decimal(scale) => {
            let array = each!(Decimal).collect::<Decimal128Array>();
            Arc::new(array.with_precision_and_scale(38, i8::try_from(*scale).unwrap_or(0))?)
        }
        Physical::Text | Physical::Bytes | Physical::Uuid | Physical::Null | Physical::Other(_) => {
            Arc::new(each!(Text).collect::<StringArray>())
        }
        Physical::Date => Arc::new(each!(Date).collect::<Date32Array>()),
        Physical::Naive => Arc::new(each!(Time).collect::<TimestampMicrosecondArray>()),
        Physical::Instant => {
            Arc::new(each!(Time).collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
    })
}
