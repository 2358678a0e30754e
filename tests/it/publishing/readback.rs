//! The read-back check: what was written is not what was computed.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int64Array, StringArray, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tiermill::engine::polars::tables::sums::Sums;
use tiermill::engine::polars::{apply, write};
use tiermill::plan::Plan;
use tiermill::publish::readback;

use super::{AS_OF, shop};
use crate::support::sandbox::learn;
use crate::support::{Sandbox, table};

const PART: &str = "part-00000.parquet";

/// A part as it is written, and what it must add up to.
struct Written {
    sandbox: Sandbox,
    plan: Plan,
    expected: Sums,
}

impl Written {
    fn new() -> Self {
        let sandbox = shop();
        let plan = sandbox.plan("rules.yml", AS_OF).unwrap();
        let (profile, model) = learn(&plan).unwrap();
        let labelled = apply::label(&plan, &model, &profile.customers).unwrap();
        let output = apply::published(&plan.output, &labelled).unwrap();
        let expected = Sums::of(&plan, &output).unwrap();
        write::table(&output, &sandbox.path(PART), &Vec::new()).unwrap();
        Self { sandbox, plan, expected }
    }

    /// What the check says of the folder.
    fn complaint(&self) -> Option<String> {
        let parts = [PART.to_owned()];
        let checked = readback::check(&self.plan, self.sandbox.path("").as_path(), &parts, &self.expected);
        checked.err().map(|error| error.to_string())
    }

    fn rows(&self) -> RecordBatch {
        let file = std::fs::File::open(self.sandbox.path(PART)).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
        concat_batches(&batches[0].schema(), &batches).unwrap()
    }

    /// Writes the part with its rows changed, and expects a complaint with these words.
    fn check(&self, change: impl Fn(RecordBatch) -> RecordBatch, words: &str) {
        let path = self.sandbox.path(PART);
        let bytes = std::fs::read(&path).unwrap();
        table::write(&path, &change(self.rows()));
        let complaint = self.complaint();
        std::fs::write(&path, bytes).unwrap();
        let complaint = complaint.unwrap_or_else(|| panic!("no complaint of {words}"));
        assert!(complaint.contains(words), "{complaint}");
    }
}

fn take(rows: &RecordBatch, picked: &[u32]) -> RecordBatch {
    take_record_batch(rows, &UInt32Array::from(picked.to_vec())).unwrap()
}

/// The rows with another column in place of one.
fn replaced(rows: &RecordBatch, column: &str, name: &str, array: ArrayRef) -> RecordBatch {
    let at = rows.schema().index_of(column).unwrap();
    let mut fields: Vec<Arc<Field>> = rows.schema().fields().to_vec();
    let mut columns = rows.columns().to_vec();
    fields[at] = Arc::new(Field::new(name, array.data_type().clone(), true));
    columns[at] = array;
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn the_same_rows_written_by_somebody_else_pass() {
    let written = Written::new();
    assert_eq!(written.complaint(), None);
    let rows = written.rows();
    table::write(&written.sandbox.path(PART), &rows);
    assert_eq!(written.complaint(), None);
}

#[test]
fn changed_rows() {
    let written = Written::new();
    written.check(|rows| take(&rows, &[0, 1, 3]), "3 rows were written for 4 customers");
    written.check(|rows| take(&rows, &[0, 1, 2, 3, 3]), "\"d\" is out of order or stands twice");
    written.check(|rows| take(&rows, &[0, 2, 1, 3]), "\"b\" is out of order or stands twice");
    written.check(|rows| take(&rows, &[]), "0 rows were written for 4 customers");
    // b has 10.00 and c 4.00: a cent more, a cent moved into nothing, a count.
    let revenue = |cents: &[Option<i128>]| -> ArrayRef {
        Arc::new(Decimal128Array::from(cents.to_vec()).with_precision_and_scale(18, 2).unwrap())
    };
    let cents = [Some(5000), Some(1001), Some(400), Some(1)];
    written.check(
        |rows| replaced(&rows, "revenue", "revenue", revenue(&cents)),
        "`revenue` holds 4 values with the sum 6402, 4 with 6401 were computed",
    );
    let cents = [Some(5001), Some(1000), Some(400), None];
    written.check(
        |rows| replaced(&rows, "revenue", "revenue", revenue(&cents)),
        "`revenue` holds 3 values with the sum 6401, 4 with 6401 were computed",
    );
    let counts = || Arc::new(Int64Array::from(vec![1, 1, 3, 1]));
    written.check(|rows| replaced(&rows, "rows", "rows", counts()), "`rows` holds 4 values with the sum 6");
    // A customer without an id, a column of another name or type, one too few.
    let ids = || Arc::new(StringArray::from(vec![None, Some("b"), Some("c"), Some("d")]));
    written.check(|rows| replaced(&rows, "id", "id", ids()), "a customer has no id");
    let column = |rows: &RecordBatch| Arc::clone(rows.column_by_name("rows").unwrap());
    written.check(|rows| replaced(&rows, "rows", "orders", column(&rows)), "its columns are");
    written.check(|rows| replaced(&rows, "days", "days", column(&rows)), "its columns are");
    written.check(|rows| rows.project(&[0, 1, 2]).unwrap(), "its columns are");
}

#[test]
fn broken_files() {
    let written = Written::new();
    let path = written.sandbox.path(PART);
    let bytes = std::fs::read(&path).unwrap();
    let broken = |content: &[u8], what: &str| {
        std::fs::write(&path, content).unwrap();
        let complaint = written.complaint().unwrap_or_else(|| panic!("no complaint: {what}"));
        assert!(complaint.contains("read-back check failed"), "{complaint}");
    };
    for length in [0, 4, bytes.len() / 2, bytes.len() - 1] {
        broken(&bytes[..length], &format!("cut after {length} bytes"));
    }
    // The pages of the revenue are overwritten; the footer is whole.
    let (start, length) = revenue_chunk(&path, &bytes);
    let mut zeroed = bytes;
    zeroed[start..start + length].fill(0);
    broken(&zeroed, "zeros instead of revenue");
    std::fs::remove_file(&path).unwrap();
    assert!(written.complaint().is_some(), "a file that is not there");
}

/// Where the pages of the second column are.
fn revenue_chunk(path: &Path, bytes: &[u8]) -> (usize, usize) {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    std::fs::write(path, bytes).unwrap();
    let reader = SerializedFileReader::new(std::fs::File::open(path).unwrap()).unwrap();
    let (start, length) = reader.metadata().row_group(0).column(1).byte_range();
    (start as usize, length as usize)
}
