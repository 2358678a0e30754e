//! A CSV file → a scratch file. A cell that does not read as its column's type is null, and the row says so; the row
//! stays, so that it can be counted and shown as rejected.

use std::io;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Float64Builder, Int64Builder, StringBuilder,
    TimestampMicrosecondBuilder,
};

use crate::delimited::cell::{self, Times};
use crate::delimited::{self, Record, Records};
use crate::engine::Error;
use crate::plan::{CsvFormat, CsvType, InputFile, Marks, Table};

use super::output::Output;
use super::{RAGGED, of_folders};

/// Rows, and bytes of text, that are turned over at a time.
const ROWS: usize = 1 << 14;
const BYTES: usize = 8 << 20;

pub(super) fn read(
    table: &Table,
    file: &InputFile,
    format: &CsvFormat,
    path: &std::path::Path,
) -> Result<(), Error> {
    let shown = file.path.display().to_string();
    let unreadable = |error: delimited::Error| match error {
        delimited::Error::Io(source) => Error::Io { path: shown.clone(), source },
        other => Error::Unreadable { path: shown.clone(), cause: other.to_string() },
    };
    let changed = || Error::Io {
        path: shown.clone(),
        source: io::Error::other("the file has changed since the run began"),
    };
    let mut records = Records::open(&file.path, format).map_err(|error| unreadable(error.into()))?;
    let mut record = Record::default();
    if !records.read(&mut record).map_err(unreadable)? {
        return Err(changed());
    }
    let header: Vec<String> = record.cells().map(|name| name.trim().to_owned()).collect();
    let mut columns = Vec::new();
    for column in table.stored() {
        let at = header.iter().position(|name| *name == column.name);
        let constant = of_folders(table, file, &column.name);
        if at.is_none() && constant.is_none() {
            return Err(changed());
        }
        columns.push(Column {
            name: column.name.clone(),
            at,
            constant,
            builder: Builder::of(format, &column.name)?,
        });
    }
    let times = Times::new(format.date.as_deref(), table.timezone);
    let times = times.ok_or_else(|| Error::Engine("a format of dates that cannot be read".to_owned()))?;
    let mut output = Output::create(table, path)?;
    let mut rows = Rows {
        columns,
        lines: Int64Builder::new(),
        faults: StringBuilder::new(),
        cells: StringBuilder::new(),
    };
    let (mut waiting, mut bytes) = (0, 0);
    while records.read(&mut record).map_err(unreadable)? {
        bytes += rows.push(&record, header.len(), format.marks, &times);
        waiting += 1;
        if waiting == ROWS || bytes > BYTES {
            output.write(rows.take())?;
            (waiting, bytes) = (0, 0);
        }
    }
    output.write(rows.take())?;
    output.finish()?;
    let found = records.finish().map_err(|error| unreadable(error.into()))?;
    if found.sha256 != file.footer_sha256 { Err(changed()) } else { Ok(()) }
}

/// Rows while they are gathered.
struct Rows {
    columns: Vec<Column>,
    lines: Int64Builder,
    faults: StringBuilder,
    cells: StringBuilder,
}

struct Column {
    name: String,
    /// Where it stands; none of a folder's column.
    at: Option<usize>,
    constant: Option<String>,
    builder: Builder,
}

enum Builder {
    Integer(Int64Builder),
    Decimal(Decimal128Builder, u8),
    Double(Float64Builder),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Text(StringBuilder),
    Number(StringBuilder),
}

impl Rows {
    /// Adds a row; returns the bytes of its texts.
    fn push(&mut self, record: &Record, width: usize, marks: Marks, times: &Times<'_>) -> usize {
        self.lines.append_value(i64::try_from(record.line()).unwrap_or(i64::MAX));
        let mut fault: Option<(&str, &str)> = None;
        let mut bytes = 0;
        let is_ragged = record.len() != width;
        for column in &mut self.columns {
            let text = match (column.at, &column.constant) {
                // Which cell is whose is not known.
                _ if is_ragged => "",
                (Some(at), _) => record.cell(at).unwrap_or_default(),
                (None, constant) => constant.as_deref().unwrap_or_default(),
            };
            bytes += text.len();
            let value = Some(text).filter(|text| !text.trim().is_empty());
            if !column.builder.push(value, marks, times) && fault.is_none() {
                fault = Some((&column.name, text));
            }
        }
        if is_ragged {
            fault = Some((RAGGED, ""));
        }
        self.faults.append_option(fault.map(|(column, _)| column));
        self.cells.append_option(fault.map(|(_, cell)| cell));
        bytes
    }

    fn take(&mut self) -> Vec<ArrayRef> {
        let mut arrays: Vec<ArrayRef> = self.columns.iter_mut().map(|column| column.builder.take()).collect();
        arrays.push(Arc::new(self.lines.finish()));
        arrays.push(Arc::new(self.faults.finish()));
        arrays.push(Arc::new(self.cells.finish()));
        arrays
    }
}

impl Builder {
    fn of(format: &CsvFormat, name: &str) -> Result<Self, Error> {
        let wrong = |error: arrow::error::ArrowError| Error::Engine(error.to_string());
        Ok(match format.type_of(name) {
            CsvType::Integer => Self::Integer(Int64Builder::new()),
            CsvType::Decimal(places) => {
                let builder = Decimal128Builder::new().with_precision_and_scale(38, places as i8);
                Self::Decimal(builder.map_err(wrong)?, places)
            }
            CsvType::Double => Self::Double(Float64Builder::new()),
            CsvType::Boolean => Self::Boolean(BooleanBuilder::new()),
            CsvType::Date => Self::Date(Date32Builder::new()),
            CsvType::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::new()),
            CsvType::Text => Self::Text(StringBuilder::new()),
            CsvType::Number => Self::Number(StringBuilder::new()),
        })
    }

    /// Adds a cell; false where it is not null, and cannot be read.
    fn push(&mut self, cell: Option<&str>, marks: Marks, times: &Times<'_>) -> bool {
        macro_rules! append {
            ($builder:expr, $read:expr) => {{
                let value = cell.map($read);
                $builder.append_option(value.flatten());
                !matches!(value, Some(None))
            }};
        }
        match self {
            Self::Integer(builder) => append!(builder, |text| cell::integer(text, marks)),
            Self::Decimal(builder, places) => append!(builder, |text| cell::decimal(text, *places, marks)),
            Self::Double(builder) => append!(builder, |text| cell::double(text, marks)),
            Self::Boolean(builder) => append!(builder, cell::boolean),
            Self::Date(builder) => append!(builder, |text| times.date(text)),
            Self::Timestamp(builder) => append!(builder, |text| times.time(text)),
            Self::Text(builder) => append!(builder, Some),
            Self::Number(builder) => {
                // What is no number is the amount's own fault, and is shown as it stands there.
                builder.append_option(
                    cell.map(|text| cell::number(text, marks).unwrap_or_else(|| text.to_owned())),
                );
                true
            }
        }
    }

    fn take(&mut self) -> ArrayRef {
        match self {
            Self::Integer(builder) => Arc::new(builder.finish()),
            Self::Decimal(builder, _) => Arc::new(builder.finish()),
            Self::Double(builder) => Arc::new(builder.finish()),
            Self::Boolean(builder) => Arc::new(builder.finish()),
            Self::Date(builder) => Arc::new(builder.finish()),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Text(builder) | Self::Number(builder) => Arc::new(builder.finish()),
        }
    }
}
