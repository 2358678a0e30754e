//! Lists of people: who is to be left out, whose label is set by hand. A list that cannot be read to its end as it was meant ends
//! the run, and nothing that is said of it names anybody who wants to stay hidden.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Decimal128Array, Float64Array, NullArray, StringArray, UInt64Array,
};
use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;

use crate::support::{Ran, Rows, Sandbox, table};

const METRICS: &str =
    "metrics: {n: count(*)}\nsegments: {tier: {rules: [{id: best, when: n > 1}], default: rest}}\n";

/// Orders of the customers `a`, `b` and `c`, or of 1, 2 and 3.
fn sandbox(whole_ids: bool, more: &str) -> Sandbox {
    let orders = match whole_ids {
        false => "id:text at:date\n a 2025-01-01\n b 2025-01-01\n c 2025-01-01",
        true => "id:int at:date\n 1 2025-01-01\n 2 2025-01-01\n 3 2025-01-01",
    };
    let sandbox = Sandbox::new();
    sandbox.orders("orders.parquet", &table::words(orders));
    let inputs = "inputs: {orders: {path: orders.parquet, columns: {customer: id, time: at}}}\n";
    sandbox.text(
        "rules.yml",
        &format!("tiermill: 1\nname: shop\n{inputs}{METRICS}{more}output: {{path: out}}\n"),
    );
    sandbox
}

fn run(sandbox: &Sandbox) -> Ran {
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31"])
}

fn ids(sandbox: &Sandbox) -> Vec<String> {
    run(sandbox).done();
    let rows = Rows::parts(&sandbox.path("out/as_of=2025-01-31"));
    rows.rows.iter().map(|row| row[0].to_string()).collect()
}

fn suppressing(path: &str) -> String {
    format!("privacy: {{suppress: {{path: {path}, column: who}}}}\n")
}

fn write_list(sandbox: &Sandbox, who: ArrayRef) {
    let schema = Arc::new(Schema::new(vec![Field::new("who", who.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![who]).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(sandbox.path("out.parquet")).unwrap(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn listed_ids_of_every_type() {
    let decimals = Decimal128Array::from(vec![Some(300), None]).with_precision_and_scale(9, 2).unwrap();
    let whole: [ArrayRef; 3] = [
        Arc::new(Float64Array::from(vec![Some(3.0), Some(f64::NAN), None])),
        Arc::new(decimals),
        Arc::new(UInt64Array::from(vec![3, 99])),
    ];
    for who in whole {
        let sandbox = sandbox(true, &suppressing("out.parquet"));
        write_list(&sandbox, who);
        assert_eq!(ids(&sandbox), ["1", "2"]);
    }
    let texts: [ArrayRef; 2] =
        [Arc::new(BinaryArray::from_vec(vec![b"c"])), Arc::new(StringArray::from(vec!["c", "C", "c "]))];
    for who in texts {
        let sandbox = sandbox(false, &suppressing("out.parquet"));
        write_list(&sandbox, who);
        assert_eq!(ids(&sandbox), ["a", "b"]);
    }
    // Nobody has opted out yet.
    let sandbox = sandbox(false, &suppressing("out.parquet"));
    write_list(&sandbox, Arc::new(NullArray::new(2)));
    assert_eq!(ids(&sandbox).len(), 3);
}

#[test]
fn a_listed_id_that_is_none_ends_the_run() {
    let fractions: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 3.5]));
    let sandbox = sandbox(true, &suppressing("out.parquet"));
    write_list(&sandbox, fractions);
    let ran = run(&sandbox);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.stderr.contains("row 2 of the column `who` holds no whole number"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("3.5"), "{}", ran.stderr);
}

/// `check` says it before there is a run.
#[test]
fn a_list_that_does_not_read_to_its_end() {
    for (list, said) in [
        ("who,why\nx,\"because\nc,moved\n", "the quote that opens in line 2 is never closed"),
        ("who,why\n\"c\" x,y\n", "line 2 has text behind the closing quote"),
        ("who,why\nc\n", "line 2 has 1 cells, and the header 2"),
        ("who\nc,d\n", "line 2 has 2 cells, and the header 1"),
        ("who\nc\0\n", "line 2 has a zero byte"),
        ("who,who\na,c\n", "the column `who` stands twice"),
    ] {
        let sandbox = sandbox(false, &suppressing("out.csv"));
        sandbox.text("out.csv", list);
        let checked = sandbox.tiermill(&["check", "rules.yml"]);
        let ran = run(&sandbox);
        assert!(matches!(ran.code, Some(2 | 4)) && checked.code == ran.code, "{list:?}: {checked:?} {ran:?}");
        assert!(ran.stderr.contains(said), "{list:?}: {}", ran.stderr);
        assert!(!sandbox.path("out").exists());
    }
}

#[test]
fn a_list_of_which_nobody_is_known_is_said() {
    let sandbox = sandbox(false, &suppressing("out.csv"));
    sandbox.text("out.csv", "who\n00c\n");
    let ran = run(&sandbox).done();
    assert!(ran.stderr.contains("`out.csv`: none of its 1 ids is in any input"), "{}", ran.stderr);
    sandbox.text("out.csv", "who\nc\n");
    assert!(!run(&sandbox).stderr.contains("none of its"));
}

#[test]
fn overrides_that_cannot_mean_what_stands_there() {
    let header = "segmentation,customer,action,segment,reason,author";
    for (line, said) in [
        ("tier,c,pin,best,why,\"ann\ntier,a,pin,rest,why,bob\n", "a quote is opened and never closed"),
        ("tier,\"c\" x,pin,best,why,ann\n", "there is text behind a closing quote"),
        ("tier,c\0,pin,best,why,ann\n", "there is a zero byte"),
    ] {
        let sandbox = sandbox(false, "overrides: {path: hand.csv}\n");
        sandbox.text("hand.csv", &format!("{header}\n{line}"));
        let ran = run(&sandbox);
        assert_eq!(ran.code, Some(2), "{line:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{line:?}: {}", ran.stderr);
    }
}

/// A line that is shifted by a cell has the customer where another word should be.
#[test]
fn pseudonyms_also_hide_what_stands_at_the_wrong_place() {
    for text in [
        "segmentation,customer,action,segment,reason,author,expires_on\ntier,pin,somebody,best,why,ann,\n",
        "segmentation,customer,action,segment,reason,author,expires_on\nsomebody,tier,pin,best,why,ann,\n",
        "segmentation,customer,action,segment,reason,author,expires_on\ntier,a,pin,somebody,why,ann,\n",
        "segmentation,customer,action,segment,reason,author,expires_on\ntier,a,pin,best,why,ann,somebody\n",
        "segmentation,somebody,action,segment,reason,author,expires_on\ntier,a,pin,best,why,ann,\n",
        "somebody\n",
    ] {
        let more = "privacy: {pseudonymize: {key_env: TIERMILL_TEST_KEY}}\noverrides: {path: hand.csv}\n";
        let sandbox = sandbox(false, more);
        sandbox.text("hand.csv", text);
        for args in [&["check", "rules.yml"][..], &["run", "rules.yml", "--as-of", "2025-01-31"]] {
            let mut command = sandbox.command(args);
            let command = command.env("TIERMILL_TEST_KEY", "a key of many more bytes than sixteen");
            let ran = Ran::new(&command.output().unwrap());
            assert_eq!(ran.code, Some(2), "{text:?}: {ran:?}");
            let said = format!("{}{}", ran.stdout, ran.stderr);
            assert!(!said.contains("somebody"), "{text:?}: {said}");
        }
    }
}
