//! What the tests of rules files share: text and overrides through the same passes as a run, and small Parquet
//! files to check them against. Asserts nothing itself.

use std::fs::{self, File};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, RecordBatch, new_empty_array, new_null_array};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use chrono::NaiveDate;
use parquet::arrow::ArrowWriter;
use tempfile::TempDir;
use tiermill::catalog::OverridesFile;
use tiermill::diag::{Diagnostics, Source, render};
use tiermill::plan::Plan;
use tiermill::resolve::{self, Catalogs, Missing, Settings};
use tiermill::spec::{self, Override};

/// What came of a rules file.
pub(crate) struct Checked {
    /// The job, if nothing was wrong and there was data.
    pub(crate) plan: Option<Plan>,
    /// What was wrong.
    pub(crate) diagnostics: Diagnostics,
    /// The text with the overrides behind it, that the diagnostics point into.
    pub(crate) source: Source,
}

impl Checked {
    /// The complaints as a user sees them, with paths below the temporary folder made relative.
    pub(crate) fn text(&self) -> String {
        let text = render::text(&self.diagnostics, &self.source, false);
        text.replace(&format!("{}/", folder().display()), "")
    }
}

/// The settings of every test: a fixed as-of date, paths relative to the folder with the test data.
pub(crate) fn settings() -> Settings {
    let as_of = NaiveDate::from_ymd_opt(2026, 11, 1).expect("a date");
    Settings { as_of, base: folder().to_path_buf(), out: None, lint: true }
}

/// Reads and resolves a rules file, with the data that it names or without any.
pub(crate) fn check(text: &str, overrides: &[Override], with_data: bool) -> Checked {
    check_with(text, overrides, with_data, None)
}

/// The same with a file of labels set by hand.
pub(crate) fn check_with(
    text: &str,
    overrides: &[Override],
    with_data: bool,
    labels: Option<&OverridesFile>,
) -> Checked {
    let mut source = Source::new("rules.yml", text);
    let mut diagnostics = Diagnostics::new();
    let settings = settings();
    let plan = spec::read(&mut source, overrides, &mut diagnostics).and_then(|rules| {
        let catalogs = match with_data {
            true => Catalogs::read(&rules, &settings, Missing::Error, &mut diagnostics),
            false => Catalogs::default(),
        };
        let catalogs = Catalogs { overrides: labels.cloned().or(catalogs.overrides.clone()), ..catalogs };
        resolve::resolve(&rules, &catalogs, &settings, &source, &mut diagnostics)
    });
    Checked { plan, diagnostics, source }
}

/// The folder with the test data, made once a run.
pub(crate) fn folder() -> &'static Path {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        make_data(&folder.path().join("data"));
        folder
    });
    FOLDER.path()
}

/// The columns of `data/orders.parquet`: every type that a rules file may meet.
fn columns() -> Vec<Field> {
    let column = |name: &str, ty: DataType| Field::new(name, ty, true);
    let item = Arc::new(Field::new("item", DataType::Utf8, true));
    vec![
        column("customer_id", DataType::Utf8),
        column("order_id", DataType::Int64),
        column("ordered_at", DataType::Timestamp(TimeUnit::Microsecond, None)),
        column("amount", DataType::Decimal128(18, 2)),
        column("status", DataType::Utf8),
        column("category", DataType::Utf8),
        column("channel", DataType::Utf8),
        column("is_gift", DataType::Boolean),
        column("price", DataType::Float64),
        column("units", DataType::Int32),
        column("paid_on", DataType::Date32),
        column("slot", DataType::Time32(TimeUnit::Millisecond)),
        column("tags", DataType::List(item)),
        column("blob", DataType::Binary),
    ]
}

fn make_data(data: &Path) {
    let orders = columns();
    write(&data.join("orders.parquet"), &orders, 1);
    write(&data.join("empty/a.parquet"), &orders, 0);
    write(&data.join("empty/b.parquet"), &orders, 0);

    let mut other_type = orders.clone();
    other_type[3] = Field::new("amount", DataType::Float64, true);
    write(&data.join("types/a.parquet"), &orders, 1);
    write(&data.join("types/b.parquet"), &other_type, 1);
    write(&data.join("columns/a.parquet"), &orders, 1);
    write(&data.join("columns/b.parquet"), &orders[..12], 1);
    write(&data.join("more/a.parquet"), &orders[..12], 1);
    write(&data.join("more/b.parquet"), &orders, 1);

    let column = |name: &str, ty: DataType| Field::new(name, ty, true);
    let item = Arc::new(Field::new("item", DataType::Utf8, true));
    let people = [
        column("customer_id", DataType::Utf8),
        column("number", DataType::Int64),
        column("region", DataType::Utf8),
        column("Birth Year", DataType::Int32),
        column("agreed", DataType::Boolean),
        column("since", DataType::Date32),
        column("tags", DataType::List(item)),
    ];
    write(&data.join("people.parquet"), &people, 1);
    let store = [
        column("card", DataType::Utf8),
        column("number", DataType::Int64),
        column("receipt", DataType::Utf8),
        column("day", DataType::Date32),
        column("total", DataType::Float64),
        column("category", DataType::Int64),
        column("units", DataType::Float32),
    ];
    write(&data.join("store.parquet"), &store, 1);
    fs::write(data.join("opt_out.csv"), "Customer,why\n").expect("a file");
    fs::write(data.join("nothing.csv"), "").expect("a file");

    let broken = data.join("broken");
    fs::create_dir_all(&broken).expect("a folder");
    fs::write(broken.join("text.parquet"), "customer_id,order_id\n1,2\n").expect("a file");
    fs::write(broken.join("empty.parquet"), "").expect("a file");
    let whole = fs::read(data.join("orders.parquet")).expect("the orders");
    fs::write(broken.join("cut.parquet"), &whole[..whole.len() / 2]).expect("a file");
}

fn write(path: &Path, fields: &[Field], rows: usize) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    let schema = Arc::new(Schema::new(fields.to_vec()));
    let array = |field: &Field| -> ArrayRef {
        match rows {
            0 => new_empty_array(field.data_type()),
            _ => new_null_array(field.data_type(), rows),
        }
    };
    let batch = RecordBatch::try_new(schema.clone(), fields.iter().map(array).collect()).expect("a batch");
    let mut writer =
        ArrowWriter::try_new(File::create(path).expect("a file"), schema, None).expect("a writer");
    writer.write(&batch).expect("rows");
    writer.close().expect("a footer");
}
