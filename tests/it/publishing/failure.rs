//! Runs that publish nothing, and leave what was published before as it is.

use super::{AS_OF, FOLDER, RUN, files, names, shop};
use crate::support::sandbox::lock;
use crate::support::{Sandbox, table};

/// Runs with more arguments and expects an exit code; the partition of the earlier run must stay.
fn check(sandbox: &Sandbox, args: &[&str], code: i32, message: &str) {
    let before = files(&sandbox.path(FOLDER));
    let ran = sandbox.tiermill(&[&RUN[..], args].concat());
    assert_eq!(ran.code, Some(code), "{}{}", ran.stdout, ran.stderr);
    let said = ran.result()["message"].as_str().unwrap().to_owned();
    assert!(said.contains(message), "{said}");
    assert!(files(&sandbox.path(FOLDER)) == before, "the earlier partition has changed");
}

fn no_staging(sandbox: &Sandbox) {
    assert_eq!(names(&sandbox.path("out")), ["as_of=2025-01-31"]);
    assert!(!names(&sandbox.path("")).contains(&".out.tiermill".to_owned()));
}

#[test]
fn a_value_too_large_for_its_column() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    // 17 digits before the point and two after it are 19.
    let orders = "id:text at:naive amount:int channel:text\n a 2025-01-01T10:00:00 99999999999999999 web";
    sandbox.orders("orders.parquet", &table::words(orders));
    check(&sandbox, &[], 2, "`revenue` does not fit DECIMAL(18, 2)");
    no_staging(&sandbox);
    // Whole numbers that add up to more than 64 bits.
    let orders = format!(
        "id:text at:naive amount:int channel:text n:int\n{}",
        "a 2025-01-01T10:00:00 1 web 9223372036854775807\n".repeat(2)
    );
    sandbox.orders("orders.parquet", &table::words(&orders));
    check(&sandbox, &["--set", "metrics.rows=sum(n)"], 2, "does not fit BIGINT");
    no_staging(&sandbox);
}

#[test]
fn a_model_that_does_not_fit() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    let model = std::fs::read_to_string(sandbox.path(FOLDER).join("_run/model.json")).unwrap();
    sandbox.text("model.json", &model);
    check(&sandbox, &["--model", "model.json", "--set", "scores.m.quantiles=4"], 2, "the model does not fit");
    no_staging(&sandbox);
    // Its cuts may be unreadable.
    sandbox.text("broken.json", &model.replace("\"value\": \"", "\"value\": \"x"));
    check(&sandbox, &["--model", "broken.json"], 2, "is not readable");
    no_staging(&sandbox);
}

#[test]
fn an_input_that_is_gone() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    std::fs::remove_file(sandbox.path("orders.parquet")).unwrap();
    check(&sandbox, &[], 4, "matches no file");
    no_staging(&sandbox);
}

#[test]
fn a_target_that_cannot_be_written() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    // A file stands where the staging area goes: not even root can write a folder's files into it.
    sandbox.text(".out.tiermill", "in the way");
    check(
        &sandbox,
        &[],
        5,
        ".out.tiermill` cannot hold the staging folder: it is no folder; help: name a folder",
    );
    std::fs::remove_file(sandbox.path(".out.tiermill")).unwrap();
    // The target itself is a file.
    sandbox.text("file", "");
    let ran = sandbox.tiermill(&["run", "rules.yml", "--as-of", AS_OF, "--out", "file"]);
    assert_eq!((ran.code, ran.result()["class"].as_str()), (Some(5), Some("transient")));
}

#[cfg(unix)]
#[test]
fn a_target_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    let set = |mode: u32| {
        std::fs::set_permissions(sandbox.path("out"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(0o555);
    // Root may write everywhere: then there is nothing to see.
    let may_write = std::fs::create_dir(sandbox.path("out/probe")).is_ok();
    if !may_write {
        check(&sandbox, &[], 5, "out");
    }
    set(0o755);
}

#[test]
fn a_lock_that_is_held() {
    let sandbox = shop();
    sandbox.tiermill(&RUN).done();
    let lock = lock(&sandbox.path("out"), AS_OF).unwrap();
    assert!(crate::support::sandbox::lock(&sandbox.path("out"), AS_OF).is_err());
    check(&sandbox, &[], 6, "another run holds");
    drop(lock);
    sandbox.tiermill(&RUN).done();
}

#[test]
fn nothing_to_do() {
    let sandbox = shop();
    let skip = [&RUN[..], &["--skip-code", "99"]].concat();
    let published = |args: &[&str]| {
        let ran = sandbox.tiermill(args);
        match ran.code {
            Some(0) => true,
            Some(99) => {
                let result = ran.result();
                assert_eq!((result["code"].as_u64(), result["class"].as_str()), (Some(99), Some("skipped")));
                false
            }
            _ => panic!("{ran:?}"),
        }
    };
    assert!(published(&skip));
    let before = files(&sandbox.path(FOLDER));
    assert!(!published(&skip), "the same run again");
    assert!(files(&sandbox.path(FOLDER)) == before);
    // Without the option it runs whatever is there.
    assert!(published(&RUN));
    assert!(!published(&skip));
    // Other rules, other values of them, other inputs, a partition that is not complete.
    assert!(published(&[&skip[..], &["--set", "scores.m.quantiles=2"]].concat()));
    assert!(published(&skip));
    std::fs::remove_file(sandbox.path(FOLDER).join("_SUCCESS")).unwrap();
    assert!(published(&skip));
    let part = names(&sandbox.path(FOLDER)).pop().unwrap();
    std::fs::write(sandbox.path(FOLDER).join(part), "cut").unwrap();
    assert!(published(&skip), "a part of another size");
    sandbox.text("out/as_of=2025-01-31/_SUCCESS", "of another manifest");
    assert!(published(&skip));
    let rules = std::fs::read_to_string(sandbox.path("rules.yml")).unwrap();
    sandbox.text("rules.yml", &rules.replace("days < 10", "days < 20"));
    assert!(published(&skip));
    assert!(!published(&skip));
    sandbox.orders(
        "orders.parquet",
        &table::words("id:text at:naive amount:decimal channel:text\n a 2025-01-01 1 web"),
    );
    assert!(published(&skip));
    // A frozen model is another run than a fitted one, unless it is the same model.
    sandbox
        .text("model.json", &std::fs::read_to_string(sandbox.path(FOLDER).join("_run/model.json")).unwrap());
    assert!(!published(&[&skip[..], &["--model", "model.json"]].concat()));
    let model = std::fs::read_to_string(sandbox.path("model.json")).unwrap();
    sandbox.text("model.json", &model.replace("\"at_least\": \"", "\"at_least\": \"7"));
    assert!(published(&[&skip[..], &["--model", "model.json"]].concat()));
    assert!(published(&skip), "a fitted run after a frozen one");
}
